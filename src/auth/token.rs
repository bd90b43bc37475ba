//! Signing programs in and out: the writing side of tokens.

use std::sync::Arc;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};
use serde::Serialize;
use time::OffsetDateTime;

use super::account::Account;
use super::bearer::refuse;
use super::claims::{Claims, TokenKind};
use super::digest::stamp_digest;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::events::{EventKind, report};
use super::guards::RefreshToken;
use super::opening::open;
use super::sentinel::{self, Proves};
use super::sign_in::{Rotation, SignIn, SignInId, SignInKind};
use super::standing::{find_account, revoked};
use super::state::AuthState;

/// What a program gets for a password or a refresh token (RFC 6749, section 5.1).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TokenPair {
    /// Presented on every request.
    pub access_token: String,
    /// Presented once, for the next pair.
    pub refresh_token: String,
    /// Always `Bearer`, or the configured scheme.
    pub token_type: String,
    /// Life of the access token, in seconds.
    pub expires_in: i64,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenPair").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// Guard: gives out, renews, verifies and ends tokens.
///
/// Without it: 404 in mode `session`, where tokens do not exist.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::json::Json;
/// use vestibule::auth::{Account, Error, TokenPair, Tokens};
///
/// async fn sign_in<U: Account>(tokens: Tokens<'_>, user: &U) -> Result<Json<TokenPair>, Error> {
///     Ok(Json(tokens.start(user).await?))
/// }
/// ```
pub struct Tokens<'r> {
    request: &'r Request<'r>,
    state: &'r AuthState,
}

impl Tokens<'_> {
    /// Opens a new sign-in for an account that has proven its password and gives out its
    /// first pair; the access token is fresh (`create_access_token`,
    /// `create_refresh_token`). Never makes a session.
    ///
    /// # Errors
    /// 403 `account_inactive`, 503 `unavailable`.
    pub async fn start<U: Account>(&self, account: &U) -> Result<TokenPair, Error> {
        let lifetime = self.state.config.token.refresh;
        let opened =
            open(self.request, self.state, account, SignInKind::Token, lifetime, false).await?;
        self.pair(account, &opened, true)
    }

    /// Takes a refresh token for a new pair. The old one is dead; presented again within
    /// `refresh_grace` it answers the same successor, later it ends the sign-in. Neither
    /// lifetime nor freshness is gained; the account's claims are read anew.
    ///
    /// # Errors
    /// 401 `token_revoked` when the sign-in or the account does not stand, 401
    /// `token_invalid` when the account type does not accept the claims, 503 `unavailable`.
    pub async fn refresh<U: Account>(&self, token: &RefreshToken) -> Result<TokenPair, Error> {
        let claims = token.claims();
        let stamp = claims.stamp.as_deref();
        let account = find_account::<U>(self.request, &claims.sub, stamp).await?;
        let account = account.ok_or_else(revoked)?;
        if !U::accept(self.request.rocket(), claims).await.map_err(Error::unavailable)? {
            return Err(ErrorKind::TokenInvalid.into());
        }
        if self.state.ledger.is_stateless() {
            return self.pair(&account, &unkept(claims)?, false);
        }
        let id = claims.sid.as_deref().and_then(SignInId::parse).ok_or_else(revoked)?;
        let from = claims.generation.ok_or(ErrorKind::TokenInvalid)?;
        let now = self.state.clock.now()?;
        let grace = self.state.config.token.refresh_grace;
        let rotation = self.state.ledger.rotate(&id, from, now, grace).await?;
        if let Rotation::Rotated(row) = &rotation {
            report(self.request, EventKind::Rotated, Some(&row.account), Some(row.id.as_str()));
        }
        match rotation {
            Rotation::Rotated(row) | Rotation::Replayed(row)
                if row.account == claims.sub && row.kind == SignInKind::Token =>
            {
                self.pair(&account, &row, false)
            }
            Rotation::Theft => {
                report(self.request, EventKind::Theft, Some(&claims.sub), Some(id.as_str()));
                Err(revoked())
            }
            _ => Err(revoked()),
        }
    }

    /// Ends the sign-in that verified claims present: its access and refresh tokens die
    /// together. Ending what is gone is no error.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn end(&self, claims: &Claims) -> Result<(), Error> {
        match claims.sid.as_deref().and_then(SignInId::parse) {
            Some(id) => {
                if self.state.ledger.end(&id).await? {
                    let sid = Some(id.as_str());
                    report(self.request, EventKind::SignedOut, Some(&claims.sub), sid);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Verifies a token that came in some other way, a web socket's first message for
    /// example: signature, times, issuer, audience (`decode_token`). Whether its sign-in
    /// stands is not asked.
    ///
    /// # Errors
    /// 401 `token_invalid` or `token_expired`.
    pub fn verify(&self, token: &str) -> Result<Claims, Error> {
        let claims = self.state.keys.verify(token)?;
        Claims::check(claims, &self.state.config.token, self.state.clock.now()?)
    }

    pub(super) fn parts(&self) -> (&Request<'_>, &AuthState) {
        (self.request, self.state)
    }

    pub(super) fn pair<U: Account>(
        &self,
        account: &U,
        sign_in: &SignIn,
        fresh: bool,
    ) -> Result<TokenPair, Error> {
        let now = self.state.clock.now()?;
        let access = self.access_claims(account, sign_in, now, fresh)?;
        Ok(TokenPair {
            expires_in: access.exp - access.iat,
            access_token: self.sign(account, &access)?,
            refresh_token: self.sign(account, &self.refresh_claims(account, sign_in)?)?,
            token_type: self.state.config.token.scheme.clone(),
        })
    }

    fn access_claims<U: Account>(
        &self,
        account: &U,
        sign_in: &SignIn,
        now: OffsetDateTime,
        fresh: bool,
    ) -> Result<Claims, Error> {
        let end = (now + self.state.config.token.access).min(sign_in.expires_at);
        let common = self.common(account, sign_in, TokenKind::Access);
        Ok(Claims {
            fresh,
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: end.unix_timestamp(),
            csrf: self.csrf(|| Ok(SignInId::random()?.to_string()))?,
            jti: SignInId::random()?.to_string(),
            ..common
        })
    }

    /// Made of the row alone, so that the same row always makes the same token.
    fn refresh_claims<U: Account>(&self, account: &U, sign_in: &SignIn) -> Result<Claims, Error> {
        let since = sign_in.rotated_at.unwrap_or(sign_in.created_at).unix_timestamp();
        let common = self.common(account, sign_in, TokenKind::Refresh);
        let jti = format!("{}.{}", sign_in.id, sign_in.generation);
        Ok(Claims {
            iat: since,
            nbf: since,
            csrf: self.csrf(|| Ok(self.state.keys.derive("csrf", &[&jti])))?,
            jti,
            generation: Some(sign_in.generation),
            ..common
        })
    }

    /// The CSRF value of a new token, where tokens travel in cookies at all.
    fn csrf(&self, make: impl FnOnce() -> Result<String, Error>) -> Result<Option<String>, Error> {
        let wanted = self.state.has_token_cookies() && self.state.config.token.cookies.csrf;
        wanted.then(make).transpose()
    }

    fn common<U: Account>(&self, account: &U, sign_in: &SignIn, kind: TokenKind) -> Claims {
        let kept = !self.state.ledger.is_stateless();
        Claims {
            sub: sign_in.account.clone(),
            iss: self.state.config.token.issuer.clone(),
            aud: self.state.config.token.audience.clone(),
            kind,
            fresh: false,
            iat: 0,
            nbf: 0,
            exp: sign_in.expires_at.unix_timestamp(),
            jti: String::new(),
            sid: kept.then(|| sign_in.id.as_str().to_owned()),
            auth_time: sign_in.auth_time.unix_timestamp(),
            generation: None,
            csrf: None,
            stamp: stamp_digest(&account.stamp()),
            extra: account.claims(kind),
        }
    }

    fn sign<U: Account>(&self, account: &U, claims: &Claims) -> Result<String, Error> {
        self.state.keys.sign(&account.headers(claims.kind), &claims.to_map())
    }
}

/// What a refresh token itself says of its sign-in, where no ledger keeps it.
fn unkept(claims: &Arc<Claims>) -> Result<SignIn, Error> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(Error::internal);
    Ok(SignIn {
        id: SignInId::random()?,
        account: claims.sub.clone(),
        kind: SignInKind::Token,
        created_at: time(claims.iat)?,
        auth_time: time(claims.auth_time)?,
        last_seen_at: time(claims.iat)?,
        expires_at: time(claims.exp)?,
        remembered: false,
        generation: claims.generation.unwrap_or(0) + 1,
        rotated_at: None,
        user_agent: None,
        address: None,
        label: None,
    })
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Tokens<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        match AuthState::of(request) {
            Ok(state) if state.config.mode.has_tokens() => {
                state.asked(request);
                Outcome::Success(Self { request, state })
            }
            Ok(_) => refuse(request, ErrorKind::NotFound.into()),
            Err(error) => refuse(request, error),
        }
    }
}

impl Sentinel for Tokens<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "Tokens", Proves::Nothing)
    }
}
