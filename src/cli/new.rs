//! `vestibule new DIR`: writes a new application that uses the library.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;

use super::failure::Failure;
use super::output::print_line;

/// The manifest of the application. A `Cargo.toml` in the sources would end this package there.
const MANIFEST: &str = include_str!("new/template/manifest.toml");

/// The files of the application, with words in capitals that [`run`] replaces.
const FILES: &[(&str, &str)] = &[
    (".gitignore", include_str!("new/template/gitignore")),
    ("Cargo.toml", MANIFEST),
    ("README.md", include_str!("new/template/README.md")),
    ("Rocket.toml", include_str!("new/template/Rocket.toml")),
    (
        "migrations/2026-01-01-000000_users/down.sql",
        include_str!("new/template/migrations/2026-01-01-000000_users/down.sql"),
    ),
    (
        "migrations/2026-01-01-000000_users/up.sql",
        include_str!("new/template/migrations/2026-01-01-000000_users/up.sql"),
    ),
    ("src/login.rs", include_str!("new/template/src/login.rs")),
    ("src/main.rs", include_str!("new/template/src/main.rs")),
    ("src/tests.rs", include_str!("new/template/src/tests.rs")),
    ("src/user.rs", include_str!("new/template/src/user.rs")),
    ("templates/home.html.tera", include_str!("new/template/templates/home.html.tera")),
    ("templates/layout.html.tera", include_str!("new/template/templates/layout.html.tera")),
    ("templates/login.html.tera", include_str!("new/template/templates/login.html.tera")),
    ("templates/register.html.tera", include_str!("new/template/templates/register.html.tera")),
];

/// Names of cargo's own directories, which no program may have.
const RESERVED: &[&str] = &["build", "deps", "examples", "incremental"];

#[derive(Debug, Args)]
pub(super) struct NewArguments {
    /// The directory of the application, new or empty; its name is the name of the package
    dir: PathBuf,
    /// Use the library in this directory instead of the published version
    #[arg(long, value_name = "PATH")]
    library: Option<PathBuf>,
}

/// Writes the application.
pub(super) fn run(arguments: &NewArguments) -> Result<(), Failure> {
    let dir = &arguments.dir;
    let name = package_name(dir)?;
    let library = library(arguments.library.as_deref())?;
    check_empty(dir)?;
    let (secret_key, token_secret) = (random_secret()?, random_secret()?);
    for (path, text) in FILES {
        let text = text
            .replace("APP_NAME", &name)
            .replace("LIBRARY_SOURCE", &library)
            .replace("NEW_SECRET_KEY", &secret_key)
            .replace("NEW_TOKEN_SECRET", &token_secret);
        let path = dir.join(path);
        write(&path, &text).map_err(|cause| cannot("write", &path, &cause))?;
    }
    let needs = match arguments.library {
        Some(_) => String::new(),
        None => format!(", needs vestibule {} from crates.io", env!("CARGO_PKG_VERSION")),
    };
    print_line(format_args!(
        "{} is ready{needs}: start it there by `cargo run`, and open http://127.0.0.1:8000",
        dir.display()
    ));
    Ok(())
}

/// The name of the directory, if a package can have it.
fn package_name(dir: &Path) -> Result<String, Failure> {
    let full = fs::canonicalize(dir).or_else(|_| std::path::absolute(dir));
    let full = full.map_err(|cause| cannot("use", dir, &cause))?;
    let name = full.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    let dependencies = MANIFEST.lines().skip_while(|line| *line != "[dependencies]");
    let mut names = dependencies.filter_map(|line| line.split_once(" = "));
    if !is_plain {
        Err(Failure::new(format!(
            "{}: the package has the name of the directory: a lowercase letter, then lowercase \
             letters, digits, - and _",
            dir.display()
        )))
    } else if RESERVED.contains(&name) || names.any(|(dependency, _)| dependency == name) {
        Err(Failure::new(format!("a package cannot be named {name}; choose another directory")))
    } else {
        Ok(name.to_owned())
    }
}

/// Where cargo finds the library, in TOML.
fn library(path: Option<&Path>) -> Result<String, Failure> {
    let Some(path) = path else {
        return Ok(format!("version = \"{}\"", env!("CARGO_PKG_VERSION")));
    };
    if !path.join("src/lib.rs").is_file() {
        return Err(Failure::new(format!("the library is not in {}", path.display())));
    }
    let full = fs::canonicalize(path).map_err(|cause| cannot("use", path, &cause))?;
    // A string of TOML has the escapes of JSON.
    Ok(format!("path = {}", serde_json::Value::from(full.to_string_lossy())))
}

fn check_empty(dir: &Path) -> Result<(), Failure> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(Failure::new(format!("{} is not empty; nothing was written", dir.display())))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cannot("use", dir, &cause)),
    }
}

/// Writes a file that does not exist yet; `Rocket.toml` holds secrets and is for its owner alone.
fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let mode = if path.ends_with("Rocket.toml") { 0o600 } else { 0o666 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

fn random_secret() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|cause| Failure::new(cause.to_string()))?;
    Ok(STANDARD.encode(bytes))
}

fn cannot(what: &str, path: &Path, cause: &io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {cause}", path.display()))
}
