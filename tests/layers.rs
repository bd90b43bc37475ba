//! The shape of `src`: imports point down only, no file grows past reading, and the library
//! half knows no table and no template.

use std::fs;
use std::path::Path;

/// Each part of `src` with all the parts that it may name, from the bottom up.
///
/// Two parts are neither half nor layer. `settings` reads the sections of `auth`, `accounts`
/// and `db`, so it is above those three, and whoever needs a setting while serving is above
/// it. `state_dir` makes the files of the first start and is known to `app` and `cli` alone.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("auth", &[]),
    ("db", &[]),
    ("state_dir", &[]),
    ("logging", &["auth"]),
    ("accounts", &["auth", "db"]),
    ("housekeeping", &["accounts", "auth", "db"]),
    ("settings", &["accounts", "auth", "db"]),
    ("http", &["settings", "accounts", "auth", "db"]),
    ("api", &["http", "settings", "accounts", "auth", "db"]),
    ("web", &["http", "settings", "accounts", "auth", "db"]),
    (
        "app",
        &["api", "web", "http", "settings", "housekeeping", "state_dir", "accounts", "auth", "db"],
    ),
    (
        "cli",
        &[
            "app",
            "api",
            "web",
            "http",
            "settings",
            "housekeeping",
            "state_dir",
            "logging",
            "accounts",
            "auth",
            "db",
        ],
    ),
    ("main", &["cli"]),
    // Declares the parts and names none.
    ("lib", &[]),
];

/// Crates that the library half must not know.
const NOT_IN_AUTH: &[&str] = &["diesel", "diesel_migrations", "tera", "rocket_dyn_templates"];

/// Longest file, in lines: more than one idea fits into no less.
const LONGEST: usize = 320;

#[test]
fn imports_point_down_only() {
    let found: Vec<String> = sources().iter().flat_map(|(path, text)| upward(path, text)).collect();
    assert!(found.is_empty(), "upward imports:\n{}", found.join("\n"));
}

#[test]
fn no_file_is_too_long_to_read() {
    let found: Vec<String> = sources()
        .iter()
        .filter_map(|(path, text)| too_long(text).map(|lines| format!("{path}: {lines} lines")))
        .collect();
    assert!(found.is_empty(), "more than {LONGEST} lines:\n{}", found.join("\n"));
}

#[test]
fn the_library_half_knows_no_table_and_no_template() {
    let found: Vec<String> =
        sources().iter().flat_map(|(path, text)| forbidden_crates(path, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_an_insert_returns_is_read_to_its_end() {
    // SQLite commits a lone statement when its last row was read. Diesel's `get_result` reads the
    // first and does not hear of a commit that failed, on a full disk for example.
    let reads_one = |text: &str| {
        let after = text.split(".returning(").skip(1);
        let mut statements = after.filter_map(|rest| rest.split(';').next());
        statements.any(|rest| rest.contains(".get_result(") || rest.contains(".get_result::<"))
    };
    assert!(reads_one("insert_into(a).returning(b).get_result(c);"));
    assert!(reads_one("insert_into(a).returning(b).get_result::<Row>(c);"));
    assert!(!reads_one("insert_into(a).returning(b).get_results(c);"));
    let found: Vec<_> = sources().into_iter().filter(|(_, text)| reads_one(text)).collect();
    assert!(found.is_empty(), "{:?}", found.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    for (path, text) in [
        ("auth/session.rs", "use crate::db::Db;"),
        ("auth/session.rs", "fn f() { crate::accounts::register() }"),
        ("auth/session.rs", "use super::super::accounts::User;"),
        ("auth/guards/mod.rs", "use super::super::db::Db;"),
        ("auth/guards/users.rs", "use crate::{vestibule::Error, db::Db};"),
        ("auth/guards/users.rs", "use crate::{auth::{Error, AuthMethod}, settings};"),
        ("auth/mod.rs", "mod tests { use super::super::web::View; }"),
        ("db/pool.rs", "use crate::auth::Clock;"),
        ("accounts/user.rs", "use crate::http::Guarded;"),
        ("http/probes.rs", "use crate::api::BASE;"),
        ("web/pages.rs", "use crate::api::BASE;"),
        ("api/me.rs", "use\n    crate::web\n    ::routes;"),
        ("app.rs", "use super::cli::run;"),
        ("settings.rs", "use crate::app;"),
        ("web/pages.rs", "use crate::*;"),
        ("main.rs", "use vestibule_service::app;"),
        ("newcomer/mod.rs", "use crate::auth::Error;"),
    ] {
        assert_eq!(upward(path, text).len(), 1, "{path}: {text}");
    }
}

#[test]
fn a_good_import_is_let_through() {
    for (path, text) in [
        ("auth/session.rs", "use super::ticket::Ticket; use crate::auth::Error;"),
        ("auth/guards/users.rs", "use super::super::Error;"),
        ("auth/mod.rs", "//! crate::db\n/* crate::web */ const A: &str = \"crate::app\";"),
        ("auth/mod.rs", "const B: &str = r#\"a \" crate::app\"#; const C: char = '\"';"),
        ("settings.rs", "mod tests { use super::*; }"),
        ("accounts/guards.rs", "pub(crate) fn f<'a>(a: &'a crate::auth::Error) {}"),
        ("web/pages.rs", "use crate::{accounts::{User, Role}, auth, http::Guarded};"),
        ("cli/serve.rs", "use super::figment; use crate::app;"),
        ("main.rs", "fn main() { vestibule_service::cli::run() }"),
        ("lib.rs", "pub mod auth; pub mod db;"),
    ] {
        assert_eq!(upward(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_long_file_and_a_forbidden_crate_are_found() {
    assert_eq!(too_long(&"\n".repeat(LONGEST)), None);
    assert_eq!(too_long(&"\n".repeat(LONGEST + 1)), Some(LONGEST + 1));

    let query = "fn f() { diesel::insert_into(users) }";
    assert_eq!(forbidden_crates("auth/token.rs", query).len(), 1);
    assert_eq!(forbidden_crates("auth/token.rs", "use rocket_dyn_templates::Template;").len(), 1);
    assert!(forbidden_crates("auth/token.rs", "// Not for diesel alone.").is_empty());
    assert!(forbidden_crates("accounts/ledger.rs", query).is_empty());
}

/// Every file of `src`, by its path in there.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("src can be listed") {
            let path = entry.expect("src can be listed").path();
            if path.is_dir() {
                collect(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("inside src").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("a source is text")));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(found.len() > 50, "the sources are where they were");
    found.sort();
    found
}

fn too_long(text: &str) -> Option<usize> {
    Some(text.lines().count()).filter(|lines| *lines > LONGEST)
}

fn forbidden_crates(path: &str, text: &str) -> Vec<String> {
    if part_of(path) != "auth" {
        return Vec::new();
    }
    let tokens = tokens(text);
    let named = tokens.into_iter().filter(|token| NOT_IN_AUTH.contains(&token.as_str()));
    named.map(|token| format!("{path} names {token}")).collect()
}

/// What a file names and must not, one line each.
fn upward(path: &str, text: &str) -> Vec<String> {
    let part = part_of(path);
    let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == part) else {
        return vec![format!("{path}: say in tests/layers.rs where `{part}` belongs")];
    };
    named_parts(path, &tokens(text))
        .into_iter()
        .filter(|named| *named != part && !allowed.contains(&named.as_str()))
        .map(|named| format!("{path} ({part}) names {named}"))
        .collect()
}

/// The part that a file belongs to: its first folder, or its own name.
fn part_of(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The top-level names of this crate that the code of a file mentions, by whichever path.
fn named_parts(path: &str, tokens: &[String]) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let depth = stem.split('/').filter(|name| !["mod", "lib", "main"].contains(name)).count();
    // How deep the braces were when each inline module opened.
    let mut inline: Vec<usize> = Vec::new();
    let mut braces = 0;
    let mut named = Vec::new();
    let mut at = 0;
    let is = |at: usize, wanted: &str| tokens.get(at).is_some_and(|token| token == wanted);
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                inline.pop_if(|opened| *opened == braces);
            }
            "mod" if is(at + 2, "{") => inline.push(braces),
            "crate" | "vestibule" if is(at + 1, "::") => {
                named.extend(first_names(&tokens[at + 2..]));
            }
            "super" if is(at + 1, "::") => {
                let mut climbed = 0;
                while is(at, "super") && is(at + 1, "::") {
                    climbed += 1;
                    at += 2;
                }
                if climbed >= depth + inline.len() {
                    named.extend(first_names(&tokens[at..]));
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    named
}

/// The first name of a path, or of each path of a group in braces.
fn first_names(tokens: &[String]) -> Vec<String> {
    if tokens.first().is_none_or(|token| token != "{") {
        return tokens.first().into_iter().cloned().collect();
    }
    let mut names = Vec::new();
    let mut depth = 0;
    let mut begins = false;
    for token in tokens {
        match token.as_str() {
            "{" => {
                depth += 1;
                begins = depth == 1;
            }
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            "," => begins = depth == 1,
            name if begins => {
                names.push(name.to_owned());
                begins = false;
            }
            _ => {}
        }
    }
    names
}

/// The code of a file without comments and literals: words, `::`, and single signs.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let from = |at: usize, wanted: &str| {
        wanted.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if from(at, "//") {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if from(at, "/*") {
            let mut depth = 1;
            at += 2;
            while at < chars.len() && depth > 0 {
                (depth, at) = match (from(at, "/*"), from(at, "*/")) {
                    (true, _) => (depth + 1, at + 2),
                    (_, true) => (depth - 1, at + 2),
                    _ => (depth, at + 1),
                };
            }
        } else if let Some(hashes) = raw_string(&chars[at..]) {
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            while at < chars.len() && !from(at, &end) {
                at += 1;
            }
            at += end.len();
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if chars[at] == '\'' && (from(at + 1, "\\") || from(at + 2, "'")) {
            // A character; otherwise it is a lifetime, whose name does no harm.
            at += if from(at + 1, "\\") { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if is_word(&chars[at]) {
            let word: String = chars[at..].iter().take_while(|c| is_word(c)).collect();
            at += word.chars().count();
            tokens.push(word);
        } else if from(at, "::") {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            if !chars[at].is_whitespace() {
                tokens.push(chars[at].to_string());
            }
            at += 1;
        }
    }
    tokens
}

/// How many hashes a raw string that begins here has; `None` when none begins.
fn raw_string(chars: &[char]) -> Option<usize> {
    let rest = chars.strip_prefix(&['r'])?;
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}
