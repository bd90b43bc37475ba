//! Reads parts of the configuration; every error names its key and source.

use std::fmt;

use rocket::figment::error::Kind;
use rocket::figment::{self, Figment, Metadata, Profile, Provider};
use serde::de::DeserializeOwned;

/// An error in the configuration, in one line without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    key: String,
    source: String,
    problem: String,
}

impl ConfigError {
    /// An error in the value of `key`, whose source is looked up in the figment.
    #[must_use]
    pub fn new(figment: &Figment, key: &str, problem: impl Into<String>) -> Self {
        let source = source_of(figment, key).unwrap_or_else(|| "not set".to_owned());
        Self { key: key.to_owned(), source, problem: problem.into() }
    }

    /// An error in a table named like a profile; the source is that of its settings.
    pub fn of_profile(figment: &Figment, profile: &Profile, problem: impl Into<String>) -> Self {
        let data = figment.data().unwrap_or_default();
        let first = data.get(profile).and_then(|settings| settings.values().next());
        let metadata = first.and_then(|setting| figment.get_metadata(setting.tag()));
        let source = metadata.map_or_else(|| "not set".to_owned(), source_name);
        Self { key: profile.to_string(), source, problem: problem.into() }
    }

    /// Extracts a table around the needed one, so that a wrong key is named by its full path.
    ///
    /// # Errors
    /// One [`ConfigError`] per error of figment's.
    pub fn read<T: DeserializeOwned>(figment: &Figment) -> Result<T, Vec<Self>> {
        figment.extract().map_err(|error| Self::list(figment, error))
    }

    /// Returns one [`ConfigError`] per error of figment's.
    #[must_use]
    pub fn list(figment: &Figment, error: figment::Error) -> Vec<Self> {
        let located = |error: figment::error::Error| {
            let key = error.path.join(".");
            let problem = describe(&key, &error.kind);
            let source = error.metadata.as_ref().map(source_name);
            let source = source.or_else(|| source_of(figment, &key));
            Self { key, source: source.unwrap_or_else(|| "not set".to_owned()), problem }
        };
        error.into_iter().map(located).collect()
    }
}

/// The errors in values: key and sentence of each.
#[derive(Default)]
pub(super) struct Errors(pub(super) Vec<(&'static str, String)>);

impl Errors {
    /// Adds an error unless the value is as it must be.
    pub(super) fn require(&mut self, holds: bool, key: &'static str, problem: impl Into<String>) {
        self.add(key, (!holds).then(|| problem.into()));
    }

    /// Adds an error if there is one.
    pub(super) fn add(&mut self, key: &'static str, problem: Option<String>) {
        self.0.extend(problem.map(|problem| (key, problem)));
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            // The file as a whole cannot be read.
            return write!(f, "{}: {}", self.source, self.problem);
        }
        write!(f, "{} ({}): {}", self.key, self.source, self.problem)
    }
}

/// The source of a key's value: a file, an environment variable or a default.
fn source_of(figment: &Figment, key: &str) -> Option<String> {
    figment.find_metadata(key).map(source_name)
}

/// The short name of a source: of a file without its directory.
fn source_name(metadata: &Metadata) -> String {
    match metadata.source.as_ref() {
        Some(source) => match source.file_path() {
            Some(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into(),
            None => source.to_string(),
        },
        None => metadata.name.to_string(),
    }
}

/// Says what is allowed; repeats a value only if it cannot be a secret.
fn describe(key: &str, kind: &Kind) -> String {
    let is_secret = ["secret", "key", "url", "password"].iter().any(|part| key.contains(part));
    match kind {
        // A value in the place of a table may be a secret, one level too high.
        Kind::InvalidType(_, expected) if expected.to_string().starts_with("struct ") => {
            "expected a table".to_owned()
        }
        // A secret of digits only is parsed as a number.
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) if is_secret => {
            format!("expected {expected}")
        }
        Kind::UnknownField(name, allowed) => {
            format!("unknown key `{name}`; allowed: {}", allowed.join(", "))
        }
        Kind::UnknownVariant(name, allowed) => {
            format!("unknown value \"{name}\"; allowed: {}", allowed.join(", "))
        }
        other => without_excerpt(&other.to_string()),
    }
}

/// A parser's message in one line, without its excerpt of the file, which may hold a secret.
fn without_excerpt(message: &str) -> String {
    let lines = message.lines().map(str::trim).filter(|line| {
        let excerpt = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        !line.is_empty() && !excerpt.starts_with('|')
    });
    lines.collect::<Vec<_>>().join("; ")
}
