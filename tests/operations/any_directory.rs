//! One program, run from any directory: its pages are in it, and a directory of templates
//! overrides them.

use std::fs;
use std::path::{Path, PathBuf};

use super::client::{LONG_TIMEOUT, cookie, dashboard};
use crate::support::process::{Home, Service, ask};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")
}

/// A page, without the address that it shows.
fn page(service: &Service, path: &str) -> String {
    let reply = service.get(path, &[]);
    let kind = reply.header("content-type");
    assert_eq!(kind, Some("text/html; charset=utf-8"), "{path}: {}", reply.body);
    reply.body.replace(&service.address, "here")
}

#[test]
fn the_pages_are_in_the_program() {
    let (bare, full) = (Home::new(), Home::new());
    std::os::unix::fs::symlink(sources(), full.path("templates")).expect("a link can be made");
    let (bare, full) = (bare.serve(LONG_TIMEOUT), full.serve(LONG_TIMEOUT));
    for path in ["/", "/login", "/register", "/nothing"] {
        let built_in = page(&bare, path);
        assert!(built_in.contains("<h1>"), "{path}: {built_in}");
        assert_eq!(built_in, page(&full, path), "{path}");
    }
}

#[test]
fn what_a_person_typed_is_escaped_in_the_built_in_pages_too() {
    let home = Home::new();
    let service = home.serve(LONG_TIMEOUT);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = "username=ann&password=correct+horse&full_name=%3Cb%3EAnn%3C%2Fb%3E";
    let reply = ask(&service.address, "POST", "/register", &form, body).expect("an answer");
    let page = dashboard(&service.address, &cookie(&reply)).expect("an answer").body;
    assert!(page.contains("&lt;b&gt;Ann&lt;") && !page.contains("<b>Ann"), "{page}");
}

#[test]
fn every_template_is_built_in() {
    // What the build looks for: a folder in the folder would not be found.
    let files = fs::read_dir(sources()).expect("the templates").flatten();
    for file in files {
        let name = file.file_name().into_string().expect("a name in text");
        assert!(file.path().is_file() && name.ends_with(".html.tera"), "{name}");
        assert_eq!(name.matches('.').count(), 2, "{name}");
    }
}

#[test]
fn a_directory_of_templates_overrides_what_is_built_in() {
    let home = Home::new();
    let own = home.path("own");
    fs::create_dir(&own).expect("a new directory");
    let layout = fs::read_to_string(sources().join("layout.html.tera")).expect("a template");
    let layout = layout.replace("<body", "<body data-own=\"{{ title }}\"");
    fs::write(own.join("layout.html.tera"), layout).expect("a new file");
    home.configure_alone(&format!(
        "[default]\nport = 0\ntemplate_dir = \"{}\"\n[default.auth.password]\ncost = 4\n",
        own.display()
    ));
    let service = home.serve(LONG_TIMEOUT);
    let login = page(&service, "/login");
    assert!(login.contains("data-own=") && login.contains("name=\"password\""), "{login}");
}

#[test]
fn a_directory_without_the_layout_is_refused() {
    let home = Home::new();
    let own = home.path("templates");
    fs::create_dir(&own).expect("a new directory");
    // A folder of this name in the working directory is ignored.
    fs::write(own.join("index.html"), "").expect("a new file");
    drop(home.serve(LONG_TIMEOUT));
    fs::write(own.join("login.html.tera"), "").expect("a new file");
    let done = home.run(&[], "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("template_dir") && done.err.contains("layout"), "{done:?}");
    let mut named = home.command(&[]);
    named.env("ROCKET_TEMPLATE_DIR", home.path("nowhere"));
    let done = crate::support::process::finish(&mut named, "");
    assert!(done.err.contains("nowhere"), "{done:?}");
}
