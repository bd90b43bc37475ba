//! The settings of the service, read and validated once before it starts.

mod api;
mod database;
mod mail;
mod metrics;
mod profiles;
mod public_url;
mod relying_party;
mod tokens;

use std::net::IpAddr;
use std::time::Duration;

use rocket::figment::Figment;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::accounts::{AccountsConfig, SealingKeys, full_name};
use crate::db::DbConfig;
use crate::fingerprints::Fingerprint;
use crate::mail::Mailer;
use vestibule::config::{Config, ConfigError, Location, SessionPolicy};

pub use api::ApiConfig;
pub use database::{database, database_address};
pub use mail::mailer;
pub use metrics::{MetricsConfig, MetricsToken};
pub use profiles::{not_selected, profile_warnings, unknown_settings};
pub use public_url::public_url;

/// The validated settings of the service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `[default.auth]`.
    pub auth: Config,
    /// `[default.accounts]`.
    pub accounts: AccountsConfig,
    /// `[default.api]`.
    pub api: ApiConfig,
    /// `[default.databases.main]`.
    pub database: DbConfig,
    /// The token of `[default.metrics]`, if there is one.
    pub metrics: Option<MetricsToken>,
    /// What `[default.mail]` sends mails with, if anything; nothing if accounts have no addresses.
    pub mail: Option<Mailer>,
    /// Whether sample users are added to an empty database.
    pub sample_users: bool,
    /// The address of the service for its users, in links and in commands to copy, such as
    /// `https://login.example`. Without it that of the request, or else the one that it listens on.
    pub public_url: Option<String>,
    /// The address to listen on.
    pub address: IpAddr,
    /// The port to listen on; 0 means any free port.
    pub port: u16,
    /// The keys that encrypt secrets of users, derived from `secret_key`.
    pub sealing_keys: SealingKeys,
    /// The fingerprints of the secrets in use.
    pub(crate) fingerprints: Vec<Fingerprint>,
}

#[derive(Deserialize)]
struct AccountsTable {
    #[serde(default)]
    accounts: AccountsConfig,
}

impl Settings {
    /// Returns warnings about cookies, for every profile but `debug`.
    #[must_use]
    pub fn cookie_warnings(&self) -> Vec<&'static str> {
        let (mode, session, token) = (self.auth.mode, &self.auth.session, &self.auth.token);
        let in_cookies = mode.has_tokens() && token.locations.contains(&Location::Cookies);
        let weak = [
            (
                mode.has_sessions() && !session.is_secure(),
                "auth.session.secure is off: cookies travel in plain text; set it to true",
            ),
            (
                in_cookies && !token.cookies.secure.unwrap_or(session.is_secure()),
                "auth.token.cookies.secure is off: tokens travel in plain text; set it to true",
            ),
            (
                self.auth.policy == SessionPolicy::Always,
                "auth.policy is \"always\": responses to tokens may set cookies; set \"unless-token\"",
            ),
        ];
        weak.into_iter().filter(|(weak, _)| *weak).map(|(_, warning)| warning).collect()
    }

    /// Reads and validates the settings of the selected profile.
    ///
    /// # Errors
    /// One [`ConfigError`] per problem, with the key, its source and what is allowed.
    pub fn read(figment: &Figment) -> Result<Self, Vec<ConfigError>> {
        for found in [profiles::misplaced(figment), profiles::misspelt(figment)] {
            if !found.is_empty() {
                return Err(found);
            }
        }
        let mut errors = Vec::new();
        let mut collect = |found: Vec<ConfigError>| errors.extend(found);
        let server = figment.extract::<rocket::Config>();
        let server = server.map_err(|error| collect(ConfigError::list(figment, error))).ok();
        let auth = Config::from_figment(figment).map_err(&mut collect).ok();
        let accounts = accounts(figment).map_err(&mut collect).ok();
        let database = database(figment).map_err(&mut collect).ok();
        let metrics = metrics::read(figment).map_err(&mut collect).ok();
        if let (Some(server), Some(auth), Some(accounts), Some(database), Some(metrics)) =
            (server, auth, accounts, database, metrics)
        {
            let debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
            // Rocket would refuse this too, without naming the key.
            if !debug && !server.secret_key.is_provided() {
                let problem = "is missing; set 32 random bytes in base64, such as \
                               `openssl rand -base64 32` prints";
                return Err(vec![ConfigError::new(figment, "secret_key", problem)]);
            }
            // Rocket without its feature `tls` would ignore it and serve plain HTTP.
            if figment.find_value("tls").is_ok() {
                let problem = "is not supported: this program is built without Rocket's TLS; put \
                               nginx in front of it (deploy/nginx.conf)";
                return Err(vec![ConfigError::new(figment, "tls", problem)]);
            }
            // Rocket panics if one of these is 0; the system cannot start too many threads.
            if !(1..=1024).contains(&server.workers) {
                return Err(vec![ConfigError::new(figment, "workers", "must be 1 to 1024")]);
            }
            if server.max_blocking == 0 {
                return Err(vec![ConfigError::new(figment, "max_blocking", "must be at least 1")]);
            }
            let allowed = debug && server.address.is_loopback();
            tokens::check(figment, &auth)?;
            let public_url = public_url::of_service(figment, &auth)?;
            let mail = mail::of_service(figment, &accounts, auth.mode, public_url.as_deref())?;
            let api = ApiConfig::read(figment, &auth)?;
            let wanted = accounts.sample_users;
            if wanted == Some(true) && !allowed {
                let problem = "is allowed in the debug profile on a loopback address only";
                return Err(vec![ConfigError::new(figment, "accounts.sample_users", problem)]);
            }
            return Ok(Self {
                fingerprints: fingerprints(figment, &auth),
                sealing_keys: sealing_keys(figment, &auth)?,
                auth,
                accounts,
                api,
                database,
                metrics,
                mail,
                sample_users: wanted.unwrap_or(allowed),
                public_url,
                address: server.address,
                port: server.port,
            });
        }
        // An unreadable file is reported once by each of the parts above.
        errors.dedup();
        Err(errors)
    }
}

/// Reads `[default.accounts]` alone, for commands that need nothing else.
///
/// # Errors
/// One [`ConfigError`] per problem.
pub fn accounts(figment: &Figment) -> Result<AccountsConfig, Vec<ConfigError>> {
    let accounts = ConfigError::read::<AccountsTable>(figment)?.accounts;
    let AccountsConfig { registrations, max_sign_ins, audit_retention, .. } = accounts;
    let lifetimes = Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 60 * 60);
    let lifetime = "must be a duration from \"1m\" to \"30 days\"";
    let name = &accounts.site_name;
    let is_shown = full_name(name).is_ok_and(|shown| shown.as_ref() == Some(name));
    let day = Duration::from_secs(24 * 60 * 60);
    let wrong = [
        (
            !is_shown || !(1..=60).contains(&name.chars().count()),
            "site_name",
            "must be 1 to 60 characters in one line, without spaces around them",
        ),
        (
            registrations.max == 0 || registrations.window.is_zero(),
            "registrations",
            "max and window must be more than 0",
        ),
        (max_sign_ins == 0, "max_sign_ins", "must be at least 1"),
        (
            !audit_retention.is_zero() && audit_retention < day,
            "audit_retention",
            "must be at least \"1 day\", or 0 for ever",
        ),
        (!lifetimes.contains(&accounts.reset_link_lifetime), "reset_link_lifetime", lifetime),
        (!lifetimes.contains(&accounts.invitation_lifetime), "invitation_lifetime", lifetime),
        (
            !lifetimes.contains(&accounts.address_return_lifetime),
            "address_return_lifetime",
            lifetime,
        ),
    ];
    let wrong = wrong.into_iter().filter(|(is_wrong, ..)| *is_wrong);
    let errors: Vec<_> = wrong
        .map(|(_, key, problem)| ConfigError::new(figment, &format!("accounts.{key}"), problem))
        .collect();
    if errors.is_empty() { Ok(accounts) } else { Err(errors) }
}

/// Derives the keys that encrypt secrets of users. Without `secret_key`, in the debug profile, they are of
/// this run alone, as Rocket's key of cookies is.
///
/// # Errors
/// One [`ConfigError`] if it is no text, or if the system has no random numbers.
pub fn sealing_keys(figment: &Figment, auth: &Config) -> Result<SealingKeys, Vec<ConfigError>> {
    let error = |problem: &str| vec![ConfigError::new(figment, "secret_key", problem)];
    if !figment.contains("secret_key") {
        return SealingKeys::random().map_err(|_| error("is missing, and cannot be generated"));
    }
    let previous = auth.session.previous_secret_keys.iter().map(|secret| secret.reveal());
    match figment.extract_inner::<String>("secret_key") {
        Ok(key) => Ok(SealingKeys::new(&key, previous)),
        Err(_) => Err(error("must be a text: 32 bytes in base64")),
    }
}

/// Returns the fingerprints of the shared secrets in use; a pair of keys has none.
fn fingerprints(figment: &Figment, auth: &Config) -> Vec<Fingerprint> {
    let (session, token) = (&auth.session, &auth.token);
    // `vestibule secrets rotate` writes `replaced_at` beside the secrets.
    let times = figment.extract_inner::<Vec<String>>("replaced_at").unwrap_or_default();
    let times = times.iter().filter_map(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
    let replaced_at = times.max();
    let next = |name: &str| figment.extract_inner::<String>(&format!("next.{name}")).ok();
    let mut found = Vec::new();
    let secret_key = figment.extract_inner::<String>("secret_key").ok();
    if let Some(key) = secret_key.filter(|_| auth.mode.has_sessions()) {
        let previous = session.previous_secret_keys.iter().map(|secret| secret.reveal());
        let next = next("secret_key");
        found.push(Fingerprint::new("secret_key", &key, previous, next.as_deref(), replaced_at));
    }
    if let (Some(secret), true, false) =
        (&token.secret, auth.mode.has_tokens(), token.algorithm.is_asymmetric())
    {
        let previous = token.previous_secrets.iter().map(|secret| secret.reveal());
        let (secret, next) = (secret.reveal(), next("secret"));
        let setting = "auth.token.secret";
        found.push(Fingerprint::new(setting, secret, previous, next.as_deref(), replaced_at));
    }
    found
}
