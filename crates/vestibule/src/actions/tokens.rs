//! `Tokens`: issues, refreshes, confirms, verifies and ends tokens.

use rocket::http::Status;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};
use serde::Serialize;

use crate::account::Account;
use crate::actions::create::{new_row, store};
use crate::actions::mint::{Mint, row_from_claims};
use crate::actions::outcome;
use crate::actions::rotate::{confirm, find_current, rotate};
use crate::actions::token_options::TokenOptions;
use crate::authentication::authenticate_text;
use crate::authentication::by_token::check_token;
use crate::authentication::find_active::find_account;
use crate::authentication::result::Authentication;
use crate::claims::Claims;
use crate::claims::check::CheckedClaims;
use crate::error::{Error, ErrorKind, TokenError};
use crate::events::EventKind;
use crate::guards::sentinel::{self, Proof};
use crate::guards::tokens::RefreshToken;
use crate::guards::users::Authenticated;
use crate::sign_in::rotation::Rotations;
use crate::sign_in::{SignInId, SignInKind};
use crate::state::AuthState;

/// The tokens issued for a password or a refresh token (RFC 6749, section 5.1).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TokenPair {
    /// Presented on every request.
    pub access_token: String,
    /// Presented once, for the next pair; `None` with
    /// [`access_only`](TokenOptions::access_only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// `Bearer`, or the configured scheme.
    pub token_type: String,
    /// Lifetime of the access token in seconds; `None` if it does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenPair").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// Guard: issues, refreshes, confirms, verifies and ends tokens.
///
/// Without it: 404 in mode `session`, where tokens do not exist.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::json::Json;
/// use vestibule::{Account, Error, Tokens};
/// use vestibule::tokens::TokenPair;
///
/// async fn sign_in<U: Account>(tokens: Tokens<'_>, user: &U) -> Result<Json<TokenPair>, Error> {
///     Ok(Json(tokens.start(user).await?))
/// }
/// ```
pub struct Tokens<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) state: &'r AuthState,
}

impl Tokens<'_> {
    /// Creates a sign-in for an account that has proven its password and issues its first pair;
    /// the access token is fresh (`create_access_token`, `create_refresh_token`). Never starts a
    /// session.
    ///
    /// # Errors
    /// 403 `account_inactive`, 503 `unavailable`.
    pub async fn start<U: Account>(&self, account: &U) -> Result<TokenPair, Error> {
        self.start_with(account, TokenOptions::new()).await
    }

    /// As [`start`](Self::start), with these options; 500 `internal` for one that is not allowed,
    /// which the log names.
    pub async fn start_with<U: Account>(
        &self,
        account: &U,
        options: TokenOptions,
    ) -> Result<TokenPair, Error> {
        let life = options.sign_in_life(&self.state.config.token)?.of_row();
        let kind = SignInKind::Token(Rotations::default());
        let mut row = new_row(self.request, self.state, account, kind, life)?;
        row.amr = options.proven_now();
        // First, so that no sign-in is stored whose tokens cannot be created.
        let pair = self.mint(account, &options).pair(&row, options.fresh.unwrap_or(true))?;
        store(self.request, self.state, row).await?;
        Ok(pair)
    }

    /// Issues the next pair for a refresh token, which is then used up. Presented again it gives
    /// the newest refresh token within `refresh_grace` of the burst of refreshes that it belongs to,
    /// or within `refresh_retry` as long as its successor was never used; later it ends the sign-in.
    /// Neither lifetime nor freshness is extended, and what was proven stays; the account's claims are
    /// read again.
    ///
    /// # Errors
    /// 401 `token_revoked` if the sign-in or the account is not active, 401 `token_invalid` if the
    /// account type does not accept the claims, 503 `unavailable`.
    pub async fn refresh<U: Account>(&self, token: &RefreshToken) -> Result<TokenPair, Error> {
        self.refresh_with::<U>(token, TokenOptions::new()).await
    }

    /// As [`refresh`](Self::refresh), with these options. With
    /// [`access_only`](TokenOptions::access_only) the refresh token stays good and there is no next
    /// one, as in Flask-JWT-Extended; then a stolen copy is not detected.
    ///
    /// # Errors
    /// As `refresh`; 500 `internal` for an option that is not allowed, which the log names.
    pub async fn refresh_with<U: Account>(
        &self,
        token: &RefreshToken,
        options: TokenOptions,
    ) -> Result<TokenPair, Error> {
        options.check_for_existing(&self.state.config.token)?;
        if options.fresh == Some(true) {
            return Err(Error::misuse("TokenOptions: only a proven password makes a token fresh"));
        }
        if options.amr.is_some() {
            return Err(Error::misuse("TokenOptions: a refresh token proves nothing new"));
        }
        let claims = token.claims();
        let stamp = claims.stamp.as_deref();
        let account = find_account::<U>(self.request, &claims.sub, stamp).await??;
        if !U::accept(self.request.rocket(), claims).await.map_err(Error::unavailable)? {
            return Err(TokenError::Refused.into());
        }
        let now = self.state.clock.now()?;
        let mint = self.mint(&account, &options);
        // An error of signing must come before the refresh token is used up.
        mint.pair(&row_from_claims(claims, now)?, false)?;
        let row = match self.state.store.as_deref() {
            None => row_from_claims(claims, now)?,
            Some(store) if options.access_only => find_current(store, claims, now).await?,
            Some(store) => rotate(self.request, self.state, store, claims, now).await?,
        };
        mint.pair(&row, false)
    }

    /// Records that the password was proven again, and issues a fresh access token of the same
    /// sign-in; its refresh token stays good. Without a store the token belongs to a new sign-in
    /// that has no refresh token.
    ///
    /// # Errors
    /// 401 `credentials_missing` for a session, a foreign token and an access key, 503
    /// `unavailable`.
    ///
    /// ```
    /// # #[macro_use] extern crate rocket;
    /// use rocket::serde::json::Json;
    /// use vestibule::{Account, Error, Tokens, TokenUser};
    /// use vestibule::tokens::TokenPair;
    ///
    /// async fn prove<U: Account>(user: TokenUser<U>, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    ///     // ... verify the password that was sent ...
    ///     Ok(Json(tokens.confirm(&user).await?))
    /// }
    /// ```
    pub async fn confirm(&self, user: &impl Authenticated) -> Result<TokenPair, Error> {
        self.confirm_with(user, TokenOptions::new()).await
    }

    /// As [`confirm`](Self::confirm), with these options: what they call
    /// [`proven`](TokenOptions::proven) is added to what the sign-in had proven. 500 `internal` for one
    /// that is not allowed, which the log names.
    pub async fn confirm_with(
        &self,
        user: &impl Authenticated,
        options: TokenOptions,
    ) -> Result<TokenPair, Error> {
        options.check_for_existing(&self.state.config.token)?;
        let options = options.access_only();
        let found = user.authentication();
        let now = self.state.clock.now()?;
        let row = confirm(self.request, self.state, found, &options, now).await?;
        let (account, id) = (Some(row.account.as_str()), Some(row.id.as_str()));
        self.state.report(self.request, EventKind::Confirmed, account, id);
        self.mint(found.account(), &options).pair(&row, options.fresh.unwrap_or(true))
    }

    /// Ends the sign-in of an authenticated token or access key: its access and refresh token are
    /// revoked together. Ending what has ended is no error, nor is a foreign token, which presents
    /// no sign-in of ours.
    ///
    /// # Errors
    /// 401 `credentials_missing` for a session, 503 `unavailable`, 500 `internal` without a store,
    /// where the token stays good until it expires.
    pub async fn end(&self, user: &impl Authenticated) -> Result<(), Error> {
        let found = user.authentication();
        match (found.sign_in().filter(|_| found.is_key()), found.claims()) {
            (Some(key), _) => self.end_sign_in(&key.account, &key.id).await,
            (None, Some(claims)) => self.end_claims(claims).await,
            (None, None) => Err(ErrorKind::CredentialsMissing.into()),
        }
    }

    /// As [`end`](Self::end), for the sign-in that verified claims name; 503 `unavailable`, 500
    /// `internal` without a store.
    pub async fn end_claims(&self, claims: &Claims) -> Result<(), Error> {
        if self.state.store.is_none() && !claims.foreign {
            return Err(Error::misuse("without a store no token can be ended"));
        }
        match claims.sid.as_deref().and_then(SignInId::parse) {
            Some(id) => self.end_sign_in(&claims.sub, &id).await,
            None => Ok(()),
        }
    }

    async fn end_sign_in(&self, account: &str, id: &SignInId) -> Result<(), Error> {
        if self.state.end_sign_in(id).await? {
            let (account, id) = (Some(account), Some(id.as_str()));
            self.state.report(self.request, EventKind::SignedOut, account, id);
        }
        Ok(())
    }

    /// Verifies a token of ours from elsewhere, a web socket's first message for example: its
    /// signature, times, issuer and audience (`decode_token`), but not its sign-in.
    ///
    /// # Errors
    /// 401 `token_invalid`, also for a foreign token, or `token_expired`.
    pub fn verify(&self, token: &str) -> Result<Claims, Error> {
        self.check(token, false)?.in_time()
    }

    /// As [`verify`](Self::verify), but the token may have expired
    /// (`decode_token(allow_expired=True)`).
    pub fn verify_expired(&self, token: &str) -> Result<Claims, Error> {
        Ok(self.check(token, false)?.at_any_time())
    }

    /// As [`verify`](Self::verify), for a token of the issuer in `token.foreign`; 401
    /// `token_invalid` also for one of ours. Its `sub` is the issuer's name for the user and no
    /// account id here.
    pub fn verify_foreign(&self, token: &str) -> Result<Claims, Error> {
        self.check(token, true)?.in_time()
    }

    /// Authenticates by an access token or access key from elsewhere, as if it had been presented:
    /// for token introspection (RFC 7662). Returns `None` if it is not active, and for a refresh
    /// token.
    ///
    /// # Errors
    /// 503 `unavailable` when a store fails.
    pub async fn introspect<U: Account>(
        &self,
        token: &str,
    ) -> Result<Option<Authentication<U>>, Error> {
        match authenticate_text(self.request, self.state, token).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind().status() == Status::Unauthorized => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Verifies a token but for its expiry; 401 `token_invalid`, also for one of the other issuer.
    fn check(&self, token: &str, is_foreign: bool) -> Result<CheckedClaims, Error> {
        let checked = check_token(self.state, token)?;
        if checked.is_foreign() == is_foreign {
            Ok(checked)
        } else {
            Err(TokenError::Issuer.into())
        }
    }

    fn mint<'m, U>(&'m self, account: &'m U, options: &'m TokenOptions) -> Mint<'m, U> {
        Mint { state: self.state, account, options }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Tokens<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        outcome(request, |state| {
            let is_on = state.config.mode.has_tokens();
            is_on.then_some(Self { request, state }).ok_or_else(|| ErrorKind::NotFound.into())
        })
    }
}

impl Sentinel for Tokens<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "Tokens", Proof::Nothing)
    }
}
