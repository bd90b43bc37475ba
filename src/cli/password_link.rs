//! Links that set a password, as commands make and print them.

use std::net::SocketAddr;
use std::time::Duration;

use rocket::figment::Figment;

use super::failure::Failure;
use super::output::{print_line, print_remark, to_the_second};
use crate::accounts::{AccountsConfig, PasswordLink};
use crate::http::BaseUrl;
use crate::settings;
use vestibule::config::{Config, Mode};

/// Where links lead, and how long they live.
pub(super) struct PasswordLinks {
    base: BaseUrl,
    /// Whether `public_url` is set, which the links then begin with.
    is_public: bool,
    accounts: AccountsConfig,
}

impl PasswordLinks {
    /// Reads the settings.
    ///
    /// # Errors
    /// Without pages there are no links.
    pub(super) fn read(figment: &Figment, auth: &Config) -> Result<Self, Failure> {
        if auth.mode == Mode::Token {
            let line = "the service has no page for the link: this requires a mode with sessions";
            return Err(Failure::new(line));
        }
        let server = figment.extract::<rocket::Config>();
        let server = server.map_err(|error| Failure::new(error.to_string()))?;
        let public_url = settings::public_url(figment)?;
        let at = SocketAddr::new(server.address, server.port);
        let base = BaseUrl::listening(public_url.as_deref(), at);
        let is_public = public_url.is_some();
        Ok(Self { base, is_public, accounts: settings::accounts(figment)? })
    }

    pub(super) fn reset_lifetime(&self) -> Duration {
        self.accounts.reset_link_lifetime
    }

    pub(super) fn invitation_lifetime(&self) -> Duration {
        self.accounts.invitation_lifetime
    }

    /// Prints a link to standard output, and to standard error for whom it is.
    pub(super) fn print(&self, username: &str, link: &PasswordLink) {
        let until = to_the_second(link.expires_at);
        print_remark(&format!("{username} sets a password with this link, once, until {until}:"));
        print_line(format_args!("{}", self.base.password_link(&link.token)));
        if !self.is_public {
            print_remark(
                "public_url is not set, so the link has the address that the service listens on",
            );
        }
    }
}
