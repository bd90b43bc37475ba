//! Builds anew when a migration changes, which `embed_migrations!` alone would not notice, and
//! lists the templates, so that the program holds them.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=templates");
    let target = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("templates.rs");
    fs::write(target, templates()).expect("the output directory can be written to");
}

/// A slice of name and text of every template, as source text.
fn templates() -> String {
    let files = fs::read_dir("templates").expect("the templates are beside the sources");
    let mut names: Vec<String> = files
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".html.tera").map(str::to_owned))
        .collect();
    names.sort();
    let mut source = "&[\n".to_owned();
    for name in names {
        let path =
            format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/templates/{name}.html.tera\")");
        writeln!(source, "({name:?}, include_str!({path})),").expect("a string takes it");
    }
    source + "]"
}
