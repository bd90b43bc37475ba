//! Options for issuing tokens that differ from the configuration.

use serde_json::{Map, Value};

use crate::config::{Lifetime, TokenConfig, TokenKind};
use crate::error::Error;
use crate::sign_in::amr::Amr;

/// How tokens are issued where that differs from the configuration: the arguments of
/// `create_access_token` and `create_refresh_token`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use std::time::Duration;
/// use rocket::serde::json::Json;
/// use vestibule::{Account, Error, Tokens};
/// use vestibule::tokens::{TokenOptions, TokenPair};
///
/// /// A token for one download, good for a minute.
/// async fn ticket<U: Account>(tokens: Tokens<'_>, user: &U) -> Result<Json<TokenPair>, Error> {
///     let options = TokenOptions::new()
///         .access(Duration::from_secs(60))
///         .access_only()
///         .fresh(false)
///         .claim("scope", "download");
///     Ok(Json(tokens.start_with(user, options).await?))
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct TokenOptions {
    pub(crate) fresh: Option<bool>,
    pub(crate) amr: Option<Amr>,
    pub(crate) access: Option<Lifetime>,
    pub(crate) refresh: Option<Lifetime>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) headers: Map<String, Value>,
    pub(crate) access_only: bool,
}

impl TokenOptions {
    /// As the configuration says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the access token is fresh (`fresh`). Default: yes for a password, no for a
    /// refresh token.
    pub fn fresh(mut self, fresh: bool) -> Self {
        self.fresh = Some(fresh);
        self
    }

    /// What the application has proven of the user, for [`MultiFactor`](crate::guards::MultiFactor)
    /// guards; a sign-in that is confirmed keeps what it had proven before. Default: the password. A
    /// refresh token proves nothing new.
    pub fn proven(mut self, amr: Amr) -> Self {
        self.amr = Some(amr);
        self
    }

    /// Lifetime of the access token (`expires_delta`), up to `token.longest` and not past the end
    /// of its sign-in. Default: `token.access`.
    pub fn access(mut self, life: impl Into<Lifetime>) -> Self {
        self.access = Some(life.into());
        self
    }

    /// Lifetime of the sign-in and of its refresh tokens (`expires_delta`), up to `token.longest`.
    /// Default: `token.refresh`.
    pub fn refresh(mut self, life: impl Into<Lifetime>) -> Self {
        self.refresh = Some(life.into());
        self
    }

    /// One more claim for both tokens; see [`claims`](Self::claims).
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Further claims for both tokens (`additional_claims`). They take precedence over
    /// [`Account::claims`](crate::Account::claims); names of registered claims are ignored.
    /// A refreshed pair does not inherit them. Default: none.
    pub fn claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims.extend(claims);
        self
    }

    /// Further JOSE header fields for both tokens (`additional_headers`). They take precedence over
    /// [`Account::headers`](crate::Account::headers); fields that decide how a token is verified
    /// are ignored. Default: none.
    pub fn headers(mut self, headers: Map<String, Value>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Issues no refresh token. A new sign-in then ends with its access token; one that is
    /// refreshed keeps the refresh token that was presented.
    pub fn access_only(mut self) -> Self {
        self.access_only = true;
        self
    }

    /// What is proven for a new sign-in, or by a confirmation.
    pub(crate) fn proven_now(&self) -> Amr {
        self.amr.unwrap_or(Amr::PASSWORD)
    }

    /// The lifetime of the access token; 500 `internal` if it is out of bounds.
    pub(crate) fn access_life(&self, config: &TokenConfig) -> Result<Lifetime, Error> {
        checked_lifetime(config, TokenKind::Access, self.access)
    }

    /// The lifetime of a new sign-in; 500 `internal` if it is out of bounds.
    pub(crate) fn sign_in_life(&self, config: &TokenConfig) -> Result<Lifetime, Error> {
        let access = self.access_life(config)?;
        if self.access_only && self.refresh.is_some() {
            return Err(misuse("access_only has no refresh token to limit"));
        }
        if self.access_only {
            return Ok(access);
        }
        let refresh = checked_lifetime(config, TokenKind::Refresh, self.refresh)?;
        if self.access.is_some() && refresh < access {
            return Err(misuse("an access token cannot outlive its sign-in; set refresh too"));
        }
        Ok(refresh)
    }

    /// Checks the options for an existing sign-in, before anything is changed; 500 `internal` if
    /// they are out of bounds or would change its lifetime.
    pub(crate) fn check_for_existing(&self, config: &TokenConfig) -> Result<(), Error> {
        if self.refresh.is_some() {
            return Err(misuse("the lifetime of a sign-in is never changed"));
        }
        self.access_life(config).map(drop)
    }
}

fn checked_lifetime(
    config: &TokenConfig,
    kind: TokenKind,
    wanted: Option<Lifetime>,
) -> Result<Lifetime, Error> {
    let life = wanted.unwrap_or(config.lifetime(kind));
    if life > config.limit(kind) {
        return Err(misuse("a lifetime above the limit; raise auth.token.longest to allow it"));
    }
    if life > Lifetime::LONGEST && life != Lifetime::Never {
        return Err(misuse("a lifetime of more than a century; Lifetime::Never has no end"));
    }
    if life < Lifetime::SHORTEST {
        return Err(misuse("a lifetime of less than a second"));
    }
    Ok(life)
}

fn misuse(what: &str) -> Error {
    Error::misuse(format!("TokenOptions: {what}"))
}
