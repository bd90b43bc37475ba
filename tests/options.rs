//! `docs/OPTIONS.md` against the code: every key is on the page, every key on the page
//! exists, and every default is the one that the page gives.

use std::collections::BTreeMap;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Serialized, Toml};
use serde_json::{Map, Value};
use vestibule::config::Config;
use vestibule_service::accounts::AccountsConfig;
use vestibule_service::mail::MailConfig;
use vestibule_service::settings::{self, MetricsConfig};
use vestibule_service::state_dir::StateDir;

const PAGE: &str = include_str!("../docs/OPTIONS.md");

/// Keys whose default depends on the machine or the profile; the page says how, in words.
const IN_WORDS: &[&str] = &["auth.password.hashers"];

#[test]
fn every_key_of_auth_is_on_the_page_with_its_default() {
    compare_all("auth", &object(&Config::default()));
}

#[test]
fn every_key_of_accounts_is_on_the_page_with_its_default() {
    compare_all("accounts", &object(&AccountsConfig::default()));
}

#[test]
fn every_key_of_the_api_is_on_the_page_with_its_default() {
    compare_all("api", &object(&settings::ApiConfig::default()));
}

#[test]
fn every_key_of_mail_is_on_the_page_with_its_default() {
    compare_all("mail", &object(&MailConfig::default()));
}

#[test]
fn every_key_of_metrics_is_on_the_page_with_its_default() {
    compare_all("metrics", &object(&MetricsConfig::default()));
}

#[test]
fn every_key_of_the_database_is_on_the_page_with_its_default() {
    let url = "sqlite://target.sqlite3";
    let good = Figment::from(Serialized::default("databases.main.url", url));

    // The table is not public; its own refusal of an unknown key lists the known ones.
    let wrong = good.clone().merge(Serialized::default("databases.main.unknown", 1));
    let errors = settings::database(&wrong).expect_err("an unknown key");
    let error = errors.first().expect("one fault").to_string();
    let (_, listed) = error.split_once("allowed: ").expect("a list of what is allowed");
    let keys: Vec<&str> = listed.split(", ").collect();

    let config = settings::database(&good).expect("good settings");
    let mut known: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), Value::Null)).collect();
    known["pool_size"] = config.pool_size.into();
    known["timeout"] = humantime::format_duration(config.timeout).to_string().into();
    known["url"] = StateDir::at("var").database_url().into();
    assert_eq!(known.len(), keys.len(), "a default for each of {keys:?}");
    compare("databases.main", &known);
}

#[test]
fn every_key_outside_of_the_tables_is_on_the_page() {
    let section = section("`[default]`");
    assert_eq!(section.keys().collect::<Vec<_>>(), ["public_url"]);
    let figment = Figment::from(Serialized::default("public_url", "https://login.example"));
    let url = settings::public_url(&figment).expect("a good setting");
    assert_eq!(url.as_deref(), Some("https://login.example"));
    assert_eq!(settings::public_url(&Figment::new()).expect("no setting"), None);
}

#[test]
fn every_key_of_rocket_on_the_page_exists_and_has_the_default_it_says() {
    let real = object(&rocket::Config::release_default());
    // Those that the service sets otherwise than Rocket does.
    let ours = [
        ("ident", Value::Bool(false)),
        ("ip_header", Value::Bool(false)),
        ("log_level", Value::from("normal")),
    ];
    let template_dir = ("template_dir", Value::from("templates"));
    let real: Map<String, Value> = real
        .into_iter()
        .chain([template_dir].into_iter().chain(ours).map(|(key, value)| (key.to_owned(), value)))
        .collect();
    for (key, default) in section("Rocket's own") {
        let real = real.get(&key).or_else(|| (key == "secret_key").then_some(&Value::Null));
        let real = real.unwrap_or_else(|| panic!("docs/OPTIONS.md: Rocket has no key `{key}`"));
        if let Some(written) = literal(&default) {
            assert!(same(&written, real), "docs/OPTIONS.md: `{key}` is {real}, not {written}");
        }
    }
}

#[test]
fn no_setting_of_flask_is_in_the_tables_of_keys_and_in_that_of_missing_ones() {
    let heading = "\n## Flask's settings without one here\n";
    let (keys, missing) = PAGE.split_once(heading).expect("the last section");
    let rows = keys.lines().filter(|line| line.starts_with("| `"));
    let known: Vec<&str> =
        rows.filter_map(|row| row.trim_matches('|').split(" | ").nth(4)).collect();
    let known: Vec<&str> = known.into_iter().flat_map(flask_names).collect();
    assert!(known.contains(&"SESSION_COOKIE_NAME"), "{known:?}");
    let rows = missing.lines().filter(|line| line.starts_with("| `"));
    let missing = rows.filter_map(|row| row.trim_matches('|').split(" | ").next());
    let missing: Vec<&str> = missing.flat_map(flask_names).collect();
    assert!(missing.contains(&"LOGIN_DISABLED"), "{missing:?}");
    let both: Vec<_> = missing.into_iter().filter(|name| known.contains(name)).collect();
    assert!(both.is_empty(), "docs/OPTIONS.md: with a setting here and without one: {both:?}");
}

/// The names in capitals in backticks.
fn flask_names(cell: &str) -> Vec<&str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    let words = quoted.filter_map(|text| text.split([' ', '=']).next());
    words.filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase())).collect()
}

#[test]
fn the_message_on_the_page_is_the_real_one() {
    let wrong = Figment::from(Serialized::default("auth.token.acess", "5m"));
    let errors = Config::from_figment(&wrong).expect_err("an unknown key");
    let error = errors.first().expect("one fault").to_string();
    let (_, told) = error.split_once("unknown key").expect("that the key is unknown");
    assert!(PAGE.contains(told), "docs/OPTIONS.md shows another message than: {error}");
}

#[test]
fn a_missing_key_an_unknown_key_and_a_wrong_default_are_found() {
    let known = serde_json::json!({ "registration": true, "sample_users": null });
    let known = known.as_object().expect("a table");
    let page = |rows: &[(&str, &str)]| -> BTreeMap<String, String> {
        rows.iter().map(|(key, default)| ((*key).to_owned(), (*default).to_owned())).collect()
    };
    let good = [("registration", "`true`"), ("sample_users", "on in debug")];
    assert_eq!(differences("accounts", known, &page(&good)), Vec::<String>::new());

    for (rows, told) in [
        (&good[..1], "`accounts.sample_users` is not on the page"),
        (&[good[0], good[1], ("lunch", "`12`")][..], "`accounts.lunch` does not exist"),
        (&[("registration", "`false`"), good[1]][..], "`accounts.registration` is true, not false"),
        (
            &[("registration", "on"), good[1]][..],
            "`accounts.registration` has the default true, which the page does not write",
        ),
        (&[good[0], ("sample_users", "`true`")][..], "`accounts.sample_users` is null, not true"),
    ] {
        assert_eq!(differences("accounts", known, &page(rows)), [told]);
    }
    assert!(same(&Value::from("24h"), &Value::from("1day")), "durations are compared as such");
}

/// Holds a table and all tables inside it against their sections of the page.
#[track_caller]
fn compare_all(table: &str, known: &Map<String, Value>) {
    let (inner, keys): (Vec<_>, Vec<_>) =
        known.clone().into_iter().partition(|(_, value)| value.is_object());
    compare(table, &keys.into_iter().collect());
    for (name, keys) in inner {
        compare_all(&format!("{table}.{name}"), keys.as_object().expect("a table"));
    }
}

/// Holds a section of the page against the keys and defaults of the code.
#[track_caller]
fn compare(table: &str, known: &Map<String, Value>) {
    let documented = section(&format!("`[default.{table}]`"));
    let found = differences(table, known, &documented);
    assert!(found.is_empty(), "docs/OPTIONS.md: {}", found.join("; "));
}

fn differences(
    table: &str,
    known: &Map<String, Value>,
    documented: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (key, real) in known {
        let name = format!("{table}.{key}");
        let Some(default) = documented.get(key) else {
            found.push(format!("`{name}` is not on the page"));
            continue;
        };
        match literal(default) {
            Some(written) if same(&written, real) => {}
            Some(written) => found.push(format!("`{name}` is {real}, not {written}")),
            None if real.is_null() || IN_WORDS.contains(&name.as_str()) => {}
            None => found
                .push(format!("`{name}` has the default {real}, which the page does not write")),
        }
    }
    let unknown = documented.keys().filter(|key| !known.contains_key(*key));
    found.extend(unknown.map(|key| format!("`{table}.{key}` does not exist")));
    found
}

/// The keys of one section of the page, each with its column "default".
#[track_caller]
fn section(heading: &str) -> BTreeMap<String, String> {
    let after = PAGE.split_once(&format!("\n## {heading}\n"));
    let (_, after) = after.unwrap_or_else(|| panic!("docs/OPTIONS.md has no section {heading}"));
    let text = after.split("\n## ").next().unwrap_or(after);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    for row in &rows {
        assert_eq!(row.len(), 5, "docs/OPTIONS.md: five columns in {row:?}");
    }
    rows.iter().map(|row| (row[0].trim_matches('`').to_owned(), row[2].to_owned())).collect()
}

/// The TOML value in backticks that a cell is; `None` for words.
fn literal(cell: &str) -> Option<Value> {
    let text = cell.strip_prefix('`')?.strip_suffix('`')?;
    let toml = Figment::from(Toml::string(&format!("value = {text}")));
    Some(toml.extract_inner("value").unwrap_or_else(|error| panic!("{cell} is no TOML: {error}")))
}

/// Whether two values mean the same: equal, or the same span of time.
fn same(a: &Value, b: &Value) -> bool {
    let span =
        |value: &Value| -> Option<Duration> { humantime::parse_duration(value.as_str()?).ok() };
    a == b || span(a).is_some_and(|a| span(b) == Some(a))
}

fn object(config: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(map)) => map,
        other => panic!("a table, not {other:?}"),
    }
}
