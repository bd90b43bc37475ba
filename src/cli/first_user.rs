//! How the first user of a new service signs in.

use std::time::Duration;

use super::failure::Failure;
use crate::accounts::{LinkToken, Role, SAMPLES, new_setup_link, queries};
use crate::db;
use crate::http::BaseUrl;
use crate::settings::Settings;
use vestibule::{Clock, Error};

/// How long the start waits for the database.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How the first user signs in.
pub(super) enum FirstUser {
    /// As one of the sample users.
    Samples,
    /// As an administrator created by the command line, or with this link.
    Administrator(Option<LinkToken>),
    /// There already is an administrator.
    Exists,
}

impl FirstUser {
    /// Looks into the database. If there is no administrator, creates a new set-up link.
    pub(super) fn find_or_create_link(settings: &Settings) -> Result<Self, Failure> {
        if settings.sample_users {
            return Ok(Self::Samples);
        }
        let mut connection =
            db::connect(&settings.database.address, TIMEOUT, false).map_err(Error::from)?;
        if !settings.auth.mode.has_sessions() {
            let exists = queries::has_administrator(&mut connection)?;
            return Ok(if exists { Self::Exists } else { Self::Administrator(None) });
        }
        Ok(match new_setup_link(&mut connection, Clock::system().now()?)? {
            Some(token) => Self::Administrator(Some(token)),
            None => Self::Exists,
        })
    }

    /// Returns the lines for the banner.
    pub(super) fn banner_lines(&self, base: &BaseUrl) -> Vec<String> {
        match self {
            Self::Samples => {
                let head = "  Sample users of the debug profile (an empty database gets them):";
                let shown = |(name, password, role): &(&str, &str, Role)| {
                    format!("    {name:<8} {password:<9} {}", role.as_str())
                };
                [head.to_owned()].into_iter().chain(SAMPLES.iter().map(shown)).collect()
            }
            Self::Administrator(token) => {
                let mut lines = vec!["  The first administrator:".to_owned()];
                if let Some(token) = token {
                    lines.push(format!("    open {}", base.setup_link(token)));
                    lines.push("  (the link works once, within a day), or:".to_owned());
                }
                lines.push("    vestibule user add NAME --role admin".to_owned());
                lines
            }
            Self::Exists => Vec::new(),
        }
    }
}
