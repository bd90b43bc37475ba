//! `vestibule breached build`, and the file that it makes.

use std::fs;

use crate::support::process::Home;

/// SHA-1 of `correct horse battery`.
const LIST: &str = "98DECC62ECE399A22ED30D490EF333BE7FDE7385:3\r\n";

fn settings(file: &str) -> String {
    format!("[default.auth.password]\nbreached = \"{file}\"\ncost = 4\n")
}

#[test]
fn a_list_becomes_a_file_that_the_command_line_asks_too() {
    let home = Home::new();
    fs::write(home.path("list"), LIST).expect("a list");
    let built = home.run(&["breached", "build", "list", "list"], "");
    assert_eq!((built.code, built.err.as_str()), (Some(0), ""), "{built:?}");
    assert!(built.out.starts_with("1 passwords are in breached-passwords"), "{built:?}");
    home.configure_alone(&settings("breached-passwords"));
    let add = |password| home.run(&["user", "add", "ann", "--password-stdin"], password);
    let refused = add("correct horse battery");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("in a list of stolen passwords"), "{refused:?}");
    assert_eq!(add("correct horse staple").code, Some(0));
}

#[test]
fn a_list_that_is_none_is_refused_and_leaves_the_file_as_it_was() {
    let home = Home::new();
    fs::write(home.path("list"), "password\n").expect("a list");
    fs::write(home.path("breached-passwords"), "as it was").expect("a file");
    let refused = home.run(&["breached", "build", "list"], "");
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.err, "vestibule: list: line 1: there is no SHA-1 hash\n");
    let missing = home.run(&["breached", "build", "none"], "");
    assert!(missing.err.starts_with("vestibule: none: No such file"), "{missing:?}");
    fs::write(home.path("empty"), "").expect("a list");
    let empty = home.run(&["breached", "build", "empty"], "");
    assert_eq!(empty.err, "vestibule: the lists hold no hash\n");
    fs::write(home.path("list"), LIST).expect("a list");
    let over_itself = home.run(&["breached", "build", "list", "--output", "./list"], "");
    assert_eq!(over_itself.err, "vestibule: ./list: it is one of the lists\n");
    assert_eq!(fs::read_to_string(home.path("list")).expect("the list"), LIST);
    let left = fs::read_to_string(home.path("breached-passwords")).expect("a file");
    assert_eq!(left, "as it was");
    assert!(!home.path("breached-passwords.part").exists());
}

#[test]
fn the_service_does_not_start_with_another_file_or_none() {
    let home = Home::new();
    for (file, why) in [
        ("Rocket.toml", "it is no file of `vestibule breached build`"),
        ("none", "No such file or directory"),
    ] {
        home.configure_alone(&settings(file));
        let refused = home.run(&["serve"], "");
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(file) && refused.err.contains(why), "{refused:?}");
        let doctor = home.run(&["doctor"], "");
        assert!(doctor.code == Some(1) && doctor.out.contains(why), "{doctor:?}");
    }
}
