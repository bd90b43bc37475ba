//! Rebuilds when a migration changes, which `embed_migrations!` does not notice, and generates the
//! list of templates that are compiled into the program.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=templates");
    let target = Path::new(&env::var_os("OUT_DIR").expect("set by cargo")).join("templates.rs");
    fs::write(target, templates()).expect("a writable OUT_DIR");
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
