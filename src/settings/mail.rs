//! Reads `[default.mail]`.

use rocket::figment::Figment;
use serde::Deserialize;

use super::Settings;
use crate::accounts::{AccountsConfig, AddressPolicy};
use crate::mail::{MailConfig, Mailer};
use vestibule::config::{ConfigError, Mode};

#[derive(Deserialize)]
struct MailTable {
    #[serde(default)]
    mail: MailConfig,
}

/// Reads `[default.mail]`; `None` without a server or a directory.
///
/// # Errors
/// One [`ConfigError`] per problem.
pub fn mailer(figment: &Figment) -> Result<Option<Mailer>, Vec<ConfigError>> {
    let config = ConfigError::read::<MailTable>(figment)?.mail;
    Mailer::new(&config)
        .map_err(|(key, problem)| vec![ConfigError::new(figment, &format!("mail.{key}"), problem)])
}

/// Returns what the service sends mails with; `None` also if accounts have no addresses.
///
/// # Errors
/// One [`ConfigError`]: without what links need, and without mail where addresses are required.
pub(super) fn of_service(
    figment: &Figment,
    accounts: &AccountsConfig,
    mode: Mode,
    public_url: Option<&str>,
) -> Result<Option<Mailer>, Vec<ConfigError>> {
    let addresses = accounts.email;
    let error = |key, problem| Err(vec![ConfigError::new(figment, key, problem)]);
    let mail = mailer(figment)?.filter(|_| addresses != AddressPolicy::Off);
    let debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
    if !debug && mail.as_ref().is_some_and(|mailer| mailer.directory().is_some()) {
        let problem = "may be a directory in the debug profile only, where links are logged";
        return error("mail.url", problem);
    }
    if !debug && mail.is_some() && public_url.is_none() {
        return error("public_url", "is missing; links in mails lead to it");
    }
    if addresses == AddressPolicy::Required && mail.is_none() {
        let problem = "cannot be \"required\" while no mail is sent; set mail.url";
        return error("accounts.email", problem);
    }
    if addresses == AddressPolicy::Required && !mode.has_sessions() {
        let problem = "cannot be \"required\" without pages, to which the links in mails lead; set \
                       auth.mode to \"both\"";
        return error("accounts.email", problem);
    }
    if accounts.sign_in_links && (mail.is_none() || !mode.has_sessions()) {
        let problem = "needs mail.url, accounts.email and pages, which auth.mode \"token\" has not";
        return error("accounts.sign_in_links", problem);
    }
    Ok(mail)
}

impl Settings {
    /// Returns whether users can sign in by a link in a mail: with `accounts.sign_in_links`, mails, and
    /// pages.
    #[must_use]
    pub fn has_sign_in_links(&self) -> bool {
        self.accounts.sign_in_links && self.mail.is_some() && self.auth.mode.has_sessions()
    }
}
