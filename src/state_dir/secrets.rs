//! The content of `secrets.toml`: the generated secrets, the previous ones, and the next ones.

use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rocket::figment::Figment;
use rocket::figment::error::Kind;
use rocket::figment::providers::{Format, Toml};
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::key_pair;

/// For how long other services may cache the public keys.
const MAX_CACHED: Duration = Duration::minutes(5);

/// The content of the file. Unknown keys are an error, because rewriting the file would lose them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secrets {
    secret_key: String,
    #[serde(default)]
    replaced_at: Vec<String>,
    /// The secrets of the next rotation, which already stand among those that verify.
    next: Option<Next>,
    auth: AuthTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    published_at: String,
    secret_key: String,
    secret: String,
    private_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthTable {
    #[serde(default)]
    session: SessionTable,
    token: TokenTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionTable {
    #[serde(default)]
    previous_secret_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenTable {
    secret: String,
    #[serde(default)]
    previous_secrets: Vec<String>,
    private_key: Option<String>,
    #[serde(default)]
    public_keys: Vec<String>,
}

/// The previous secrets that were dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedSecrets {
    /// The number of previous values of `secret_key`.
    pub secret_keys: usize,
    /// The number of previous values of `auth.token.secret`.
    pub token_secrets: usize,
    /// The number of public keys.
    pub public_keys: usize,
    /// When they were replaced, newest first; empty if the file does not say.
    pub replaced_at: Vec<String>,
}

/// How long the new secrets of a rotation had been published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Not at all.
    None,
    /// For less than the five minutes for which other services may cache the public keys.
    TooRecent,
    /// For longer: other services know the new public keys.
    Known,
}

impl Secrets {
    /// Generates secrets, long enough for every algorithm, from the system's randomness.
    pub(super) fn random() -> io::Result<Self> {
        let secret_key = STANDARD.encode(random::<32>()?);
        let secret = URL_SAFE_NO_PAD.encode(random::<64>()?);
        let token = TokenTable {
            secret,
            previous_secrets: Vec::new(),
            private_key: None,
            public_keys: Vec::new(),
        };
        let auth = AuthTable { session: SessionTable::default(), token };
        Ok(Self { secret_key, replaced_at: Vec::new(), next: None, auth })
    }

    /// Reads the file. The error never holds a value of it.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let read = Figment::from(Toml::file_exact(path)).extract();
        read.map_err(|error| match &error.kind {
            Kind::UnknownField(name, _) => {
                format!("{} holds the setting `{name}`; move it to Rocket.toml", path.display())
            }
            _ => format!(
                "{} does not hold what the first start wrote there; change its secrets by hand",
                path.display()
            ),
        })
    }

    /// Generates a key pair, unless there is one.
    pub(super) fn add_key_pair(&mut self) -> Result<(), String> {
        let private = &mut self.auth.token.private_key;
        if private.is_none() {
            *private = Some(key_pair::generate().map_err(cannot_change)?);
        }
        Ok(())
    }

    /// Publishes the secrets of the next rotation: they verify from now on, and sign nothing.
    pub(super) fn publish_ahead(&mut self, now: &str) -> Result<(), String> {
        if let Some(next) = &self.next {
            return Err(format!("holds the next secrets since {}", next.published_at));
        }
        let next = self.generate_next(now)?;
        let public = next.private_key.as_deref().map(public_half).transpose()?;
        self.auth.session.previous_secret_keys.insert(0, next.secret_key.clone());
        self.auth.token.previous_secrets.insert(0, next.secret.clone());
        self.auth.token.public_keys.splice(0..0, public);
        self.next = Some(next);
        Ok(())
    }

    /// Replaces the secrets by those that were published ahead, or else by generated ones; the old
    /// ones become the newest of the previous ones. Returns how long they had been published.
    pub(super) fn rotate(&mut self, now: &str) -> Result<Publication, String> {
        let next = self.next.take();
        let mut published = match &next {
            None => Publication::None,
            Some(next) if is_over(&next.published_at, now) => Publication::Known,
            Some(_) => Publication::TooRecent,
        };
        let mut next = next.map_or_else(|| self.generate_next(now), Ok)?;
        if self.auth.token.private_key.is_some() && next.private_key.is_none() {
            // The pair of keys is younger than the published secrets.
            next.private_key = Some(key_pair::generate().map_err(cannot_change)?);
            published = Publication::None;
        }
        let token = &mut self.auth.token;
        replace_secret(
            &mut self.secret_key,
            next.secret_key,
            &mut self.auth.session.previous_secret_keys,
        );
        replace_secret(&mut token.secret, next.secret, &mut token.previous_secrets);
        if let (Some(private), Some(next)) = (&mut token.private_key, next.private_key) {
            let (old, new) = (public_half(private)?, public_half(&next)?);
            token.public_keys.retain(|key| *key != new);
            token.public_keys.insert(0, old);
            *private = next;
        }
        self.replaced_at.insert(0, now.to_owned());
        Ok(published)
    }

    /// Generates the secrets of a rotation, of the kinds that the file holds.
    fn generate_next(&self, now: &str) -> Result<Next, String> {
        let Self { secret_key, auth, .. } = Self::random().map_err(cannot_change)?;
        let private_key = self.auth.token.private_key.as_ref().map(|_| key_pair::generate());
        Ok(Next {
            published_at: now.to_owned(),
            secret_key,
            secret: auth.token.secret,
            private_key: private_key.transpose().map_err(cannot_change)?,
        })
    }

    /// Drops the previous secrets; those that were published ahead are kept.
    pub(super) fn forget(&mut self) -> Result<DroppedSecrets, String> {
        let next = self.next.as_ref();
        let public = next.and_then(|next| next.private_key.as_deref()).map(public_half);
        let public = public.transpose()?;
        let token = &mut self.auth.token;
        let session = &mut self.auth.session;
        Ok(DroppedSecrets {
            secret_keys: drop_all_but(
                &mut session.previous_secret_keys,
                next.map(|next| &next.secret_key),
            ),
            token_secrets: drop_all_but(&mut token.previous_secrets, next.map(|next| &next.secret)),
            public_keys: drop_all_but(&mut token.public_keys, public.as_ref()),
            replaced_at: std::mem::take(&mut self.replaced_at),
        })
    }

    pub(super) fn text(&self) -> String {
        let (session, token) = (&self.auth.session, &self.auth.token);
        let mut text = format!(
            "# Made by Vestibule. Keep it secret and keep it: without it everybody is signed out.\n\
             # `vestibule secrets rotate` makes new ones.\n\
             secret_key = {}\n",
            quoted(&self.secret_key)
        );
        if !self.replaced_at.is_empty() {
            text += &format!("replaced_at = {}\n", list(&self.replaced_at));
        }
        if let Some(next) = &self.next {
            text += &format!(
                "\n[next]\npublished_at = {}\nsecret_key = {}\nsecret = {}\n",
                quoted(&next.published_at),
                quoted(&next.secret_key),
                quoted(&next.secret)
            );
            text += &private_key_line(next.private_key.as_deref());
        }
        if !session.previous_secret_keys.is_empty() {
            let keys = list(&session.previous_secret_keys);
            text += &format!("\n[auth.session]\nprevious_secret_keys = {keys}\n");
        }
        text += &format!("\n[auth.token]\nsecret = {}\n", quoted(&token.secret));
        if !token.previous_secrets.is_empty() {
            text += &format!("previous_secrets = {}\n", list(&token.previous_secrets));
        }
        text += &private_key_line(token.private_key.as_deref());
        if !token.public_keys.is_empty() {
            text += &format!("public_keys = {}\n", list(&token.public_keys));
        }
        text
    }
}

/// Returns whether all that was cached at the first of two times has expired at the second.
fn is_over(published_at: &str, now: &str) -> bool {
    let [published_at, now] =
        [published_at, now].map(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
    published_at.zip(now).is_some_and(|(published_at, now)| now - published_at >= MAX_CACHED)
}

fn cannot_change(cause: io::Error) -> String {
    format!("cannot be changed: {cause}")
}

/// Returns the public half of a private key of the file.
fn public_half(private: &str) -> Result<String, String> {
    key_pair::public_half(private).map_err(str::to_owned)
}

/// Replaces a secret; the old one becomes the newest of the previous ones.
fn replace_secret(current: &mut String, next: String, previous: &mut Vec<String>) {
    previous.retain(|secret| *secret != next);
    previous.insert(0, std::mem::replace(current, next));
}

/// Drops all secrets but one; returns how many were dropped.
fn drop_all_but(secrets: &mut Vec<String>, kept: Option<&String>) -> usize {
    let before = secrets.len();
    secrets.retain(|secret| Some(secret) == kept);
    before - secrets.len()
}

fn private_key_line(pem: Option<&str>) -> String {
    pem.map_or_else(String::new, |pem| format!("private_key = {}\n", quoted(pem)))
}

/// Quotes a TOML string; its escapes are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    let lines: String = texts.iter().map(|text| format!("  {},\n", quoted(text))).collect();
    format!("[\n{lines}]")
}

pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}
