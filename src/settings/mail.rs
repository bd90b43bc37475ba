//! Reads `[default.mail]`.

use rocket::figment::Figment;
use serde::Deserialize;

use crate::mail::{MailConfig, Mailer};
use vestibule::config::ConfigError;

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
