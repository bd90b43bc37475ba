//! One program, run from any directory: its pages are in it, and a directory of templates
//! overrides them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

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

/// A directory with the layout and another template.
fn own_templates(home: &Home, layout: &str, other: (&str, &str)) {
    let own = home.path("own");
    fs::create_dir(&own).expect("a new directory");
    fs::write(own.join("layout.html.tera"), layout).expect("a new file");
    fs::write(own.join(other.0), other.1).expect("a new file");
    home.configure_alone(&format!(
        "[default]\nport = 0\ntemplate_dir = \"{}\"\n[default.auth.password]\ncost = 4\n",
        own.display()
    ));
}

fn layout() -> String {
    fs::read_to_string(sources().join("layout.html.tera")).expect("a template")
}

#[test]
fn a_directory_of_templates_overrides_what_is_built_in() {
    let home = Home::new();
    let layout = layout().replace("<body", "<body data-own=\"{{ title }}\"");
    own_templates(&home, &layout, ("home.html.tera", "own home"));
    let service = home.serve(LONG_TIMEOUT);
    let login = page(&service, "/login");
    assert!(login.contains("data-own=") && login.contains("name=\"password\""), "{login}");
    assert_eq!(page(&service, "/"), "own home");
}

#[test]
fn a_template_with_a_mistake_stops_the_start_which_names_it() {
    let home = Home::new();
    own_templates(&home, &layout(), ("login.html.tera", "{{ t( }}"));
    let done = home.run(&[], "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.err.contains("template_dir: ") && done.err.contains("login.html.tera"),
        "{done:?}"
    );
}

#[test]
fn the_log_says_by_the_id_of_the_response_why_a_page_failed() {
    let home = Home::new();
    own_templates(&home, &layout(), ("home.html.tera", "{{ nothing_of_this_name }}"));
    let service = home.serve(LONG_TIMEOUT);
    let failed = service.get("/", &[]);
    assert_eq!(failed.status, 500);
    let id = failed.header("x-request-id").expect("an id").to_owned();
    assert!(page(&service, "/login").contains("name=\"password\""), "the next page is right");
    service.stop();
    let is_reason = |line: &Value| {
        line["request_id"] == id.as_str() && line.to_string().contains("nothing_of_this_name")
    };
    assert!(home.log().iter().any(is_reason), "{:?}", home.log());
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
