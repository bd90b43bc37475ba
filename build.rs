//! Rebuilds when a migration changes, which `embed_migrations!` does not notice, and generates the
//! lists of templates and languages that are compiled into the program.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=templates");
    println!("cargo:rerun-if-changed=languages");
    let out = env::var_os("OUT_DIR").expect("set by cargo");
    let out = Path::new(&out);
    fs::write(out.join("languages.rs"), languages()).expect("a writable OUT_DIR");
    fs::write(out.join("templates.rs"), templates()).expect("a writable OUT_DIR");
}

/// Returns Rust source: a slice of the name and text of every template.
fn templates() -> String {
    let files = fs::read_dir("templates").expect("the directory templates");
    let mut names: Vec<String> = files
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".html.tera").map(str::to_owned))
        .collect();
    names.sort();
    let mut source = "&[\n".to_owned();
    for name in names {
        let path =
            format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/templates/{name}.html.tera\")");
        writeln!(source, "({name:?}, include_str!({path})),")
            .expect("writing to a string cannot fail");
    }
    source + "]"
}

/// Returns Rust source: a slice of the tag of every language with the name and text of its files.
fn languages() -> String {
    let mut source = "&[\n".to_owned();
    for tag in names_in("languages") {
        writeln!(source, "({tag:?}, &[").expect("writing to a string cannot fail");
        for name in names_in(&format!("languages/{tag}")) {
            let path =
                format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/languages/{tag}/{name}\")");
            writeln!(source, "({name:?}, include_str!({path})),")
                .expect("writing to a string cannot fail");
        }
        source += "]),\n";
    }
    source + "]"
}

fn names_in(directory: &str) -> Vec<String> {
    let files = fs::read_dir(directory).expect("a directory");
    let mut names: Vec<String> =
        files.filter_map(|file| file.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}
