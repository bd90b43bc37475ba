//! Reads `public_url`.

use rocket::figment::Figment;
use serde::Deserialize;

use vestibule::config::{Config, ConfigError};

#[derive(Deserialize)]
struct PublicUrl {
    public_url: Option<String>,
}

/// Reads `public_url` alone, for commands that need nothing else.
///
/// # Errors
/// One [`ConfigError`] unless it is an origin.
pub fn public_url(figment: &Figment) -> Result<Option<String>, Vec<ConfigError>> {
    let url = ConfigError::read::<PublicUrl>(figment)?.public_url;
    if url.as_deref().is_none_or(super::api::is_origin) {
        return Ok(url);
    }
    let problem = "must be like \"https://login.example\": in lower case, without a path and \
                   without the scheme's own port";
    Err(vec![ConfigError::new(figment, "public_url", problem)])
}

/// Returns `public_url` of the service.
///
/// # Errors
/// One [`ConfigError`] unless it is an origin, or for one without TLS beside secure cookies.
pub(super) fn of_service(
    figment: &Figment,
    auth: &Config,
) -> Result<Option<String>, Vec<ConfigError>> {
    let public_url = public_url(figment)?;
    // Browsers treat their own machine as if it had TLS.
    let is_plain = public_url.as_ref().is_some_and(|url| {
        url.starts_with("http://")
            && !url.starts_with("http://localhost")
            && !url.starts_with("http://127.0.0.1")
    });
    if is_plain && auth.mode.has_sessions() && auth.session.is_secure() {
        let problem = "must begin with https://: browsers send secure cookies nowhere else \
                       (or set auth.session.secure to false)";
        return Err(vec![ConfigError::new(figment, "public_url", problem)]);
    }
    Ok(public_url)
}
