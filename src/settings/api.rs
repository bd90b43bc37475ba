//! The settings in `[default.api]`.

use rocket::figment::Figment;
use serde::{Deserialize, Serialize};

use vestibule::config::{Config, ConfigError, Location};

/// Settings of the API.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// The origins whose scripts may call the API, such as `https://app.example`, or only `*` for
    /// all. Defaults to none.
    pub cors_origins: Vec<String>,
}

#[derive(Deserialize)]
struct ApiTable {
    #[serde(default)]
    api: ApiConfig,
}

impl ApiConfig {
    /// Reads `[default.api]` and checks it.
    pub(super) fn read(figment: &Figment, auth: &Config) -> Result<Self, Vec<ConfigError>> {
        let api = ConfigError::read::<ApiTable>(figment)?.api;
        let origins = &api.cors_origins;
        let is_any = origins.iter().any(|origin| origin == "*");
        let problem = if is_any && origins.len() > 1 {
            "must hold \"*\" alone, or no \"*\""
        } else if is_any && auth.token.locations.contains(&Location::Cookies) {
            "must name the origins, not \"*\", where tokens are in cookies"
        } else if !is_any && !origins.iter().all(|origin| is_origin(origin)) {
            "must be origins as browsers send them, such as \"https://app.example\": in lower \
             case, without a path and without the scheme's own port"
        } else {
            return Ok(api);
        };
        Err(vec![ConfigError::new(figment, "api.cors_origins", problem)])
    }
}

/// Whether a text is an origin as a browser sends it (RFC 6454, section 6.2).
pub(super) fn is_origin(text: &str) -> bool {
    let (host, own_port) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(host), _) => (host, ":443"),
        (None, Some(host)) => (host, ":80"),
        (None, None) => return false,
    };
    let is_plain =
        |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b':' | b'[' | b']');
    !host.is_empty() && host.bytes().all(is_plain) && !host.ends_with(own_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_sends_is_an_origin() {
        for origin in [
            "https://app.example",
            "http://localhost:3000",
            "http://127.0.0.1",
            "https://[::1]:8443",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "",
            "null",
            "app.example",
            "https://",
            "https://app.example/",
            "https://App.example",
            "https://app.example:443",
            "http://app.example:80",
            "https://user@app.example",
            "https://*.example",
            "ftp://app.example",
        ] {
            assert!(!is_origin(other), "{other}");
        }
    }
}
