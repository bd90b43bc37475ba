//! `docs/SECURITY-CASE.md` against `SECURITY.md` and the tests: every promise is on the page, every test and
//! script that the page names exists, and every requirement has a state.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../docs/SECURITY-CASE.md");
const SECURITY: &str = include_str!("../SECURITY.md");

const STATES: [&str; 4] = ["met", "not applicable", "not met", "operator"];

#[test]
fn every_test_and_every_script_on_the_page_exists() {
    assert_eq!(lost(PAGE), Vec::<String>::new());
}

#[test]
fn every_promise_is_a_claim_on_the_page() {
    let promises = promises(SECURITY);
    assert!(promises.len() > 10, "{promises:?}");
    assert_eq!(missing(&promises, PAGE), Vec::<String>::new());
}

#[test]
fn every_requirement_has_one_of_the_four_states() {
    assert!(requirements(PAGE).len() > 200);
    assert_eq!(without_state(PAGE), Vec::<String>::new());
}

#[test]
fn every_kind_of_mistake_on_the_page_is_found() {
    let broken = |from: &str, to: &str| {
        assert!(PAGE.contains(from), "{from:?} must be on the page");
        PAGE.replacen(from, to, 1)
    };
    let (file, script) = ("tests/policy/main.rs", "tests/enumeration.py");
    let page = broken(&format!("`{file}::every_answer"), &format!("`{file}::no_answer"));
    assert!(lost(&page).iter().all(|name| name.contains("::no_answer")) && lost(&page).len() == 1);
    assert_eq!(lost(&broken(script, "tests/numeration.py")), ["tests/numeration.py"]);
    let claim = "A presented token decides, good or bad";
    let page = broken(&format!("| {claim} |"), "| A token decides |");
    assert_eq!(missing(&promises(SECURITY), &page), [claim]);
    let page =
        broken("| V1.1.1 | input decoded once, before its checks | met |", "| V1.1.1 | x | meet |");
    assert_eq!(without_state(&page), ["V1.1.1"]);
}

/// The cells of each row of a table.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").collect()).collect()
}

/// The rows whose first cell is the id of a requirement, a section or a chapter.
fn requirements(page: &str) -> Vec<Vec<&str>> {
    let is_id = |text: &str| {
        let digits = text.strip_prefix('V').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    rows(page).into_iter().filter(|row| is_id(row[0])).collect()
}

fn without_state(page: &str) -> Vec<String> {
    let has_state = |row: &Vec<&str>| row.len() == 4 && STATES.contains(&row[2]);
    let rows = requirements(page).into_iter();
    rows.filter(|row| !has_state(row)).map(|row| row[0].to_owned()).collect()
}

/// What is bold at the beginning of each bullet of "What is promised".
fn promises(security: &str) -> Vec<String> {
    let section = security.split("\n## ").find(|section| section.starts_with("What is promised"));
    let bullets = section.unwrap_or_default().split("\n- **").skip(1);
    let bold = bullets.map(|bullet| bullet.split("**").next().unwrap_or_default());
    let words = bold.map(|bold| bold.split_whitespace().collect::<Vec<_>>().join(" "));
    words.map(|text| text.trim_end_matches('.').to_owned()).collect()
}

fn missing(promises: &[String], page: &str) -> Vec<String> {
    let claims: Vec<&str> = rows(page).into_iter().map(|row| row[0]).collect();
    promises.iter().filter(|promise| !claims.contains(&promise.as_str())).cloned().collect()
}

/// The names `file::function` and the files of the page that do not exist.
fn lost(page: &str) -> Vec<String> {
    let quoted = page.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let named = quoted.filter(|text| {
        ["tests/", "crates/", "src/", "static/", "deploy/"]
            .iter()
            .any(|folder| text.starts_with(folder))
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let exists = |text: &&str| match text.split_once("::") {
        Some((file, function)) => fs::read_to_string(root.join(file))
            .is_ok_and(|source| source.contains(&format!("fn {function}("))),
        None => root.join(text).exists(),
    };
    named.filter(|text| !exists(text)).map(str::to_owned).collect()
}
