//! `vestibule new`. `tests/new.sh` builds and runs what it writes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What the command printed, and whether it succeeded.
fn new(arguments: &[&str], inside: &Path) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let done = command.arg("new").args(arguments).current_dir(inside).output().expect("a program");
    let printed = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(printed).expect("text"))
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(path).expect("a text")
}

/// The quoted values of a file.
fn values(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

#[test]
fn every_application_has_secrets_of_its_own_and_none_is_printed() {
    let work = directory();
    let mut secrets = Vec::new();
    for name in ["one", "two"] {
        let (done, printed) = new(&[name], work.path());
        assert!(done && printed.starts_with(&format!("{name} is ready")), "{printed}");
        let file = work.path().join(name).join("Rocket.toml");
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = read(file);
        let debug = text.split("[debug]").nth(1).expect("a profile");
        assert_eq!(values(debug).len(), 2, "{text}");
        for secret in values(debug) {
            assert!(secret.len() == 44 && !printed.contains(secret), "{printed}");
            secrets.push(secret.to_owned());
        }
    }
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 4);
}

#[test]
fn the_application_names_the_version_of_the_library_or_its_directory() {
    let work = directory();
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/vestibule");
    let manifest = |name: &str| read(work.path().join(name).join("Cargo.toml"));
    assert!(new(&["published"], work.path()).0);
    let version = format!("vestibule = {{ version = {:?}", env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest("published").matches(&version).count(), 2);
    assert!(new(&["from-here", "--library", library], work.path()).0);
    assert_eq!(
        manifest("from-here").matches(&format!("vestibule = {{ path = {library:?}")).count(),
        2
    );
    let (done, printed) = new(&["nothing", "--library", "."], work.path());
    assert!(!done && printed.contains("the library is not in ."), "{printed}");
    assert!(!work.path().join("nothing").exists());
}

#[test]
fn a_directory_that_is_not_empty_is_left_as_it_is() {
    let work = directory();
    fs::create_dir(work.path().join("mine")).expect("a directory");
    fs::write(work.path().join("mine/README.md"), "mine").expect("a file");
    let (done, printed) = new(&["mine"], work.path());
    assert!(!done && printed.contains("mine is not empty; nothing was written"), "{printed}");
    assert_eq!(fs::read_dir(work.path().join("mine")).expect("a list").count(), 1);
    assert_eq!(read(work.path().join("mine/README.md")), "mine");
    let (done, printed) = new(&["mine/README.md"], work.path());
    assert!(!done && printed.starts_with("vestibule: "), "{printed}");
}

#[test]
fn the_name_of_the_directory_becomes_that_of_the_package_or_is_refused() {
    let work = directory();
    let inside = work.path().join("my-app_2");
    fs::create_dir(&inside).expect("a directory");
    assert!(new(&["."], &inside).0);
    assert!(read(inside.join("Cargo.toml")).starts_with("[package]\nname = \"my-app_2\"\n"));
    for word in ["version", "edition", "name", "publish"] {
        assert!(new(&[word], &inside).0, "{word}");
    }
    let refused = ["My-App", "2nd", "a b", "a\"b", "é", "-x", "..", "rocket", "vestibule", "build"];
    for name in refused {
        let (done, printed) = new(&["--", name], &inside);
        assert!(!done && printed.contains("package"), "{name}: {printed}");
        assert_eq!(printed.lines().count(), 1, "{printed}");
        assert!(name == ".." || !inside.join(name).exists());
    }
}

#[test]
fn no_word_of_the_template_is_left() {
    let work = directory();
    assert!(new(&["app"], work.path()).0);
    let mut folders = vec![work.path().join("app")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a list") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = read(path.clone());
            for word in ["APP_NAME", "LIBRARY_SOURCE", "NEW_"] {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
        }
    }
    assert_eq!(files, 14);
}
