use std::slice;

use proptest::prelude::*;
use rocket::figment::providers::Serialized;
use rocket::figment::{Figment, Profile};
use serde_json::{Value, json};
use vestibule::config::{Config, ConfigError};

use crate::inputs::{changed, changes, check, one_of};

/// Settings whose value no message may repeat.
const SECRETS: [&str; 5] =
    ["refusal_key", "secret", "previous_secrets", "private_key", "previous_secret_keys"];

/// Stands in every value of a secret.
const MARK: &str = "hunter2";

/// The paths of all settings, from the default values.
fn paths(table: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    match table.as_object() {
        Some(table) => {
            for (name, value) in table {
                paths(value, &[path, slice::from_ref(name)].concat(), found);
            }
        }
        None => found.push(path.to_vec()),
    }
}

/// Values of any setting.
fn values() -> impl Strategy<Value = Value> {
    let words = [
        "",
        "both",
        "session",
        "token",
        "unless-token",
        "always",
        "never",
        "lax",
        "strict",
        "off",
        "basic",
        "strong",
        "HS256",
        "HS512",
        "RS256",
        "EdDSA",
        "header",
        "cookies",
        "query",
        "json",
        "15m",
        "30 days",
        "0",
        "1s",
        "101 years",
        "sub",
        "iss",
        "__Host-x",
        "Authorization",
        "session",
        "remember_token",
        "/",
        "é",
        "a b",
    ];
    let text = (one_of(&words), changes(1));
    let text = text.prop_map(|(text, changes)| Value::from(changed(&text, &changes)));
    let number = prop_oneof![any::<i64>(), -1_i64..100].prop_map(Value::from);
    let plain = prop_oneof![
        6 => text, 2 => number, 2 => any::<bool>().prop_map(Value::from), 1 => Just(Value::Null),
        1 => any::<f64>().prop_map(|number| json!(number)),
    ];
    plain.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            inner.prop_map(|value| json!({ "x": value })),
        ]
    })
}

/// Values of a secret: good ones and some of the wrong kind.
fn secrets() -> impl Strategy<Value = Value> {
    let text = format!("{MARK} {MARK} {MARK} {MARK} {MARK} {MARK} {MARK} {MARK} {MARK}");
    prop::sample::select(vec![
        json!(text),
        json!([text]),
        json!([[text]]),
        json!({ MARK: text }),
        json!({ "a": text }),
        json!(MARK),
        json!([MARK]),
        json!(format!("-----BEGIN {MARK}-----")),
    ])
}

fn set(table: &mut Value, path: &[String], value: Value) {
    let place = path.iter().fold(table, |table, name| &mut table[name]);
    *place = value;
}

#[test]
fn settings_are_read_or_refused_without_a_secret_in_a_message_and_written_as_they_are_read() {
    let defaults = serde_json::to_value(Config::default()).expect("JSON");
    let mut all = Vec::new();
    paths(&defaults, &[], &mut all);
    let is_secret =
        |path: &[String]| path.last().is_some_and(|name| SECRETS.contains(&name.as_str()));
    let (secret, plain): (Vec<_>, Vec<_>) = all.into_iter().partition(|path| is_secret(path));
    assert_eq!(secret.len(), SECRETS.len());
    let setting = prop_oneof![
        1 => (prop::sample::select(secret), secrets()),
        6 => (prop::sample::select(plain), values()),
    ];
    let settings = prop::collection::vec(setting, 1..5);
    check(&(settings, any::<bool>()), |(settings, debug)| {
        let mut table = json!({});
        for (path, value) in &settings {
            set(&mut table, path, value.clone());
        }
        let profile =
            if debug { Profile::const_new("debug") } else { Profile::const_new("release") };
        let figment =
            Figment::from(Serialized::globals(json!({ "auth": table }))).select(profile.clone());
        let messages: Vec<String> = match figment.extract_inner::<Config>("auth") {
            Err(error) => {
                ConfigError::list(&figment, error).iter().map(ConfigError::to_string).collect()
            }
            Ok(config) => {
                let written = serde_json::to_value(&config).expect("JSON");
                let read = serde_json::from_value::<Config>(written.clone());
                let read =
                    read.map_err(|error| TestCaseError::fail(format!("{error}: {written}")))?;
                prop_assert_eq!(serde_json::to_value(&read).expect("JSON"), written);
                let errors = config.validate(&profile);
                errors
                    .into_iter()
                    .map(|(_, problem)| problem)
                    .chain([format!("{config:?}")])
                    .collect()
            }
        };
        for message in messages {
            prop_assert!(!message.contains(MARK), "{}", message);
        }
        Ok(())
    });
}
