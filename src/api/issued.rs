//! Issued tokens: in the body for programs, in cookies for browsers, whose scripts never see them.

use rocket::serde::Serialize;

use crate::http::{Json, JsonBody};
use vestibule::config::{Config, Location};
use vestibule::tokens::TokenPair;
use vestibule::{Error, Tokens};

/// The response to a request for tokens.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Issued {
    /// The tokens.
    InBody(TokenPair),
    /// Tokens in cookies: only how long the access token lives.
    InCookies {
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_in: Option<i64>,
    },
}

impl Issued {
    pub(super) fn new(
        tokens: &Tokens<'_>,
        pair: TokenPair,
        in_cookies: bool,
    ) -> Result<Json<Self>, Error> {
        if !in_cookies {
            return Ok(Json(Self::InBody(pair)));
        }
        tokens.set_cookies(&pair)?;
        Ok(Json(Self::InCookies { expires_in: pair.expires_in }))
    }
}

/// Whether the settings take tokens from cookies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenCookies {
    Never,
    /// Beside another location.
    Optional,
    Always,
}

impl TokenCookies {
    pub(super) fn of(auth: &Config) -> Self {
        let locations = &auth.token.locations;
        let is_cookies = |location: &Location| *location == Location::Cookies;
        match (locations.iter().any(is_cookies), locations.iter().all(is_cookies)) {
            (false, _) => Self::Never,
            (true, false) => Self::Optional,
            (true, true) => Self::Always,
        }
    }

    /// Takes the field of a login that asks for cookies.
    pub(super) fn take(self, body: &mut JsonBody) -> bool {
        let asked = body.optional_bool("cookies");
        let wrong = match (self, asked) {
            (Self::Never, Some(true)) => "This service takes no tokens from cookies.",
            (Self::Always, Some(false)) => "This service takes tokens from cookies only.",
            _ => return asked.unwrap_or(self == Self::Always),
        };
        body.add_error("cookies", wrong);
        false
    }
}
