//! `docs/FROM-FLASK.md` against the names of the three libraries and against our own tests:
//! every name has one row in its section, every row says something, and every test and every
//! setting that the page names exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

mod names;

use names::{
    EXCEPTIONS, EXPORTS, EXTENDED_SETTINGS, FLASK_JWT_SETTINGS, FLASK_LOGIN, FLASK_LOGIN_SETTINGS,
    HANDLERS, LOADERS, LOGIN_MANAGER, SECTIONS, SIGNALS,
};

const PAGE: &str = include_str!("../../docs/FROM-FLASK.md");
const OPTIONS: &str = include_str!("../../docs/OPTIONS.md");

#[test]
fn the_lists_have_as_many_names_as_the_libraries() {
    assert_eq!((EXPORTS.len(), LOADERS.len(), EXTENDED_SETTINGS.len()), (20, 15, 43));
    assert_eq!(EXCEPTIONS.len(), 11);
    assert_eq!((FLASK_LOGIN.len(), LOGIN_MANAGER.len(), SIGNALS.len()), (30, 11, 9));
    assert_eq!(
        (FLASK_LOGIN_SETTINGS.len(), FLASK_JWT_SETTINGS.len(), HANDLERS.len()),
        (16, 16, 10)
    );
    let all: usize = SECTIONS.iter().map(|(_, names)| names.all().len()).sum();
    assert_eq!(
        all,
        30 + 11 + 9 + 16 + 62 + 13 + 20 + 15 + 43 + 22 + 11 + 95 + 25 + 4 + 16 + 10 + 34 + 67
    );
    for (heading, names) in SECTIONS {
        let names = names.all();
        let different: BTreeSet<&String> = names.iter().collect();
        assert_eq!(different.len(), names.len(), "a name twice under {heading}");
    }
}

#[test]
fn every_name_has_one_row_in_its_section() {
    assert_eq!(missing_and_unknown(PAGE), Vec::<String>::new());
}

#[test]
fn every_row_says_what_to_write_and_shows_it_or_says_why_not() {
    assert_eq!(empty(PAGE), Vec::<String>::new());
}

#[test]
fn every_test_and_every_file_on_the_page_exists() {
    assert_eq!(lost(PAGE), Vec::<String>::new());
}

#[test]
fn every_setting_on_the_page_exists() {
    assert_eq!(unknown_settings(PAGE), Vec::<String>::new());
}

#[test]
fn every_kind_of_mistake_on_the_page_is_found() {
    let row = "| `T1` | no way to load users";
    let broken = |from: &str, to: &str| {
        assert_eq!(PAGE.matches(from).count(), 1, "{from:?} must be on the page once");
        PAGE.replacen(from, to, 1)
    };
    for (page, expected) in [
        (broken(row, "| T1 | x"), "`T1` is missing under Flask-Login: tested cases"),
        (broken(row, "| `T63` | x"), "`T63` is unknown under Flask-Login: tested cases"),
        (broken(row, "| `T2` | x"), "`T2` is there 2 times under Flask-Login: tested cases"),
        (broken("## Guide: roles", "## Guide: rolls"), "`1` is missing under Guide: roles"),
        (broken("## Guide: roles", "## Guide: rolls"), "Guide: rolls is not to be on the page"),
        (broken("| `get_jti` | ", "| `get_jwt` | "), "`get_jwt` is there 2 times"),
    ] {
        let found = missing_and_unknown(&page);
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{expected}: {found:?}");
    }

    let row = "| `JWT_AUTH_ENDPOINT` | the name of your handler | not used there either |";
    for (instead, expected) in [
        ("| `JWT_AUTH_ENDPOINT` | | not used there either |", "`JWT_AUTH_ENDPOINT`"),
        ("| `JWT_AUTH_ENDPOINT` | the name of your handler | |", "`JWT_AUTH_ENDPOINT`"),
        ("| `JWT_AUTH_ENDPOINT` | the name of your handler | - |", "`JWT_AUTH_ENDPOINT`"),
        ("| `JWT_AUTH_ENDPOINT` | the name of your handler |", "`JWT_AUTH_ENDPOINT`"),
        ("| `JWT_AUTH_ENDPOINT` | the name | of | your handler |", "`JWT_AUTH_ENDPOINT`"),
    ] {
        let found = empty(&broken(row, instead));
        assert!(found.iter().any(|problem| problem.contains(expected)), "{instead}: {found:?}");
    }

    for (instead, expected) in [
        ("`tests/examples/roles.rs::nobody_at_all`", "tests/examples/roles.rs::nobody_at_all"),
        ("`tests/examples/rolls.rs::x`", "tests/examples/rolls.rs::x"),
        // A function, but no test.
        ("`tests/examples/roles.rs::message`", "tests/examples/roles.rs::message"),
        ("`crates/vestibule/src/rolls.rs`", "crates/vestibule/src/rolls.rs"),
    ] {
        assert_eq!(lost(&broken(row, &row.replace("not used", instead))), [expected]);
    }
    for (instead, expected) in [
        ("`token.leeweg`", "token.leeweg"),
        ("`session.cookies.name`", "session.cookies.name"),
        ("`token.cookies.access_paht`", "token.cookies.access_paht"),
    ] {
        assert_eq!(unknown_settings(&broken(row, &row.replace("not used", instead))), [expected]);
    }
}

/// The rows of each section, split at the bars.
fn rows(page: &str) -> BTreeMap<&str, Vec<Vec<&str>>> {
    let mut sections: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    let (mut heading, mut code) = ("", false);
    for line in page.lines() {
        code ^= line.starts_with("```");
        if let Some(title) = line.strip_prefix("## ").filter(|_| !code) {
            heading = title;
        }
        let cells = line.strip_prefix("| ").filter(|line| !line.starts_with("---") && !code);
        if let Some(cells) = cells.and_then(|cells| cells.strip_suffix('|')) {
            sections.entry(heading).or_default().push(split(cells));
        }
    }
    // A table begins with its titles; others than these are none of ours.
    sections.retain(|_, rows| rows.remove(0).last() == Some(&"shown by, or why not"));
    sections
}

/// Splits at bars, but not at one behind a backslash.
fn split(cells: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut begin, mut last) = (0, ' ');
    for (at, letter) in cells.char_indices() {
        if letter == '|' && last != '\\' {
            parts.push(cells[begin..at].trim());
            begin = at + 1;
        }
        last = letter;
    }
    parts.push(cells[begin..].trim());
    parts
}

/// The parts of a text in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn missing_and_unknown(page: &str) -> Vec<String> {
    let rows = rows(page);
    let mut problems = Vec::new();
    for (heading, names) in SECTIONS {
        let found = rows.get(heading).map_or(&[][..], Vec::as_slice);
        let of = |row: &Vec<&str>| quoted(row[0]).next().unwrap_or_default().to_owned();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        found.iter().for_each(|row| *counts.entry(of(row)).or_default() += 1);
        for name in names.all() {
            match counts.remove(&name) {
                None => problems.push(format!("`{name}` is missing under {heading}")),
                Some(1) => {}
                Some(n) => problems.push(format!("`{name}` is there {n} times under {heading}")),
            }
        }
        problems.extend(counts.keys().map(|name| format!("`{name}` is unknown under {heading}")));
    }
    let known = |heading: &&&str| SECTIONS.iter().any(|(known, _)| known == *heading);
    let unknown = rows.keys().filter(|heading| !known(heading));
    problems.extend(unknown.map(|heading| format!("{heading} is not to be on the page")));
    problems
}

fn empty(page: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (heading, rows) in rows(page) {
        for row in rows {
            let [name, here, shown] = row[..] else {
                problems.push(format!("{} has not three cells under {heading}", row[0]));
                continue;
            };
            // A reason is a few words at least.
            let reason = shown.split_whitespace().count() >= 3 || shown.contains(".rs::");
            if name.is_empty() || here.is_empty() || !reason {
                problems.push(format!("{name} is empty under {heading}"));
            }
        }
    }
    problems
}

/// The names `file::function` and the files of the page that do not exist.
fn lost(page: &str) -> Vec<&str> {
    let lines = page.lines();
    let named = lines.flat_map(quoted).filter(|text| {
        let ours = ["tests/", "crates/", "examples/"].iter().any(|folder| text.starts_with(folder));
        ours && !text.contains(' ')
    });
    let exists = |text: &&str| match text.split_once("::") {
        Some((file, function)) => text_of(file).is_some_and(|source| is_test(&source, function)),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join(text).exists(),
    };
    let lost: BTreeSet<&str> = named.filter(|text| !exists(text)).collect();
    lost.into_iter().collect()
}

fn text_of(file: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).ok()
}

/// Whether a source has a test function of this name: `#[test]` in one of the lines right above
/// it, or inside `proptest!`, which wants one there too.
fn is_test(source: &str, function: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_it = |line: &str| {
        line.strip_prefix("fn ").is_some_and(|rest| {
            rest.strip_prefix(function).is_some_and(|rest| rest.starts_with('('))
        })
    };
    lines.iter().enumerate().any(|(at, line)| {
        let mut above = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        is_it(line) && above.any(|line| *line == "#[test]")
    })
}

/// What looks like a setting of one of our tables and is not in OPTIONS.md.
fn unknown_settings(page: &str) -> Vec<&str> {
    let known = settings();
    let lines = page.lines();
    let unknown: BTreeSet<&str> = lines
        .flat_map(quoted)
        .filter(|text| {
            let mut parts = text.split('.');
            let ours = ["session", "token", "password"].contains(&parts.next().unwrap_or_default());
            let word = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            ours && text.contains('.') && parts.all(word)
        })
        .filter(|text| !known.contains(*text))
        .collect();
    unknown.into_iter().collect()
}

/// Every key of `[default.auth]`, with its table before it.
fn settings() -> BTreeSet<String> {
    let mut table = "";
    let mut keys = BTreeSet::new();
    for line in OPTIONS.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            table = heading.trim_matches('`');
        }
        let auth = table.strip_prefix("[default.auth").and_then(|rest| rest.strip_suffix(']'));
        if let (Some(inner), Some(row)) = (auth, line.strip_prefix("| `")) {
            let key = row.split('`').next().unwrap_or_default();
            keys.insert(format!("{inner}.{key}").trim_start_matches('.').to_owned());
            // A table is named too, as a whole.
            keys.insert(inner.trim_start_matches('.').to_owned());
        }
    }
    assert!(keys.contains("token.leeway") && keys.contains("token.cookies.csrf"), "{keys:?}");
    keys
}
