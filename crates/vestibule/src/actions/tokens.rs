//! Signing programs in and out: the writing side of tokens.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};
use serde::Serialize;

use crate::account::Account;
use crate::actions::create::{new_row, store};
use crate::actions::mint::{Mint, unkept};
use crate::actions::rotate::{confirmed, current, rotate};
use crate::actions::token_options::TokenOptions;
use crate::authentication::find_active::find_account;
use crate::authentication::verify::{verify_foreign, verify_own};
use crate::claims::Claims;
use crate::credentials::request_state::mark_depends_on_user;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::request_errors::refuse;
use crate::error::token_error::TokenError;
use crate::events::EventKind;
use crate::guards::sentinel::{self, Proof};
use crate::guards::token_holder::TokenHolder;
use crate::guards::tokens::RefreshToken;
use crate::guards::users::Authenticated;
use crate::sign_in::{SignInId, SignInKind};
use crate::state::AuthState;

/// What a program gets for a password or a refresh token (RFC 6749, section 5.1).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TokenPair {
    /// Credential on every request.
    pub access_token: String,
    /// Credential once, for the next pair; `None` where an [`Issue`] wanted none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Always `Bearer`, or the configured scheme.
    pub token_type: String,
    /// Life of the access token, in seconds; `None` for one without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
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
/// use vestibule::{Account, Error, TokenPair, Tokens};
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
        self.start_with(account, TokenOptions::new()).await
    }

    /// As [`start`](Self::start), with tokens as the [`Issue`] wants them.
    ///
    /// # Errors
    /// As `start`; 500 `internal` when it asks for what it may not, and the log says for what.
    pub async fn start_with<U: Account>(
        &self,
        account: &U,
        issue: TokenOptions,
    ) -> Result<TokenPair, Error> {
        let life = issue.sign_in_life(&self.state.config.token)?.of_row();
        let kind = SignInKind::Token;
        let row = new_row(self.request, self.state, account, kind, life, false)?;
        // First, so that no sign-in is kept whose tokens cannot be made.
        let pair = self.mint(account, &issue).pair(&row, issue.fresh.unwrap_or(true))?;
        store(self.request, self.state, row).await?;
        Ok(pair)
    }

    /// Takes a refresh token for a new pair. The old one is dead; presented again within
    /// `refresh_grace` it answers the same successor, later it ends the sign-in. Neither
    /// lifetime nor freshness is gained; the account's claims are read anew.
    ///
    /// # Errors
    /// 401 `token_revoked` when the sign-in or the account does not stand, 401
    /// `token_invalid` when the account type does not accept the claims, 503 `unavailable`.
    pub async fn refresh<U: Account>(&self, token: &RefreshToken) -> Result<TokenPair, Error> {
        self.refresh_with::<U>(token, TokenOptions::new()).await
    }

    /// As [`refresh`](Self::refresh), with tokens as the [`Issue`] wants them. With
    /// [`access_only`](TokenOptions::access_only) the refresh token stays good and there is no next
    /// one, as in Flask-JWT-Extended; then a copy in somebody else's hands is not noticed.
    ///
    /// # Errors
    /// As `refresh`; 500 `internal` when it asks for what it may not, and the log says for
    /// what.
    pub async fn refresh_with<U: Account>(
        &self,
        token: &RefreshToken,
        issue: TokenOptions,
    ) -> Result<TokenPair, Error> {
        issue.check_for_standing(&self.state.config.token)?;
        if issue.fresh == Some(true) {
            return Err(Error::misuse("Issue: only a proven password makes a token fresh"));
        }
        let claims = token.claims();
        let stamp = claims.stamp.as_deref();
        let account = find_account::<U>(self.request, &claims.sub, stamp).await??;
        if !U::accept(self.request.rocket(), claims).await.map_err(Error::unavailable)? {
            return Err(TokenError::Refused.into());
        }
        let now = self.state.clock.now()?;
        let mint = self.mint(&account, &issue);
        // What cannot be made must be noticed before the refresh token is used up.
        mint.pair(&unkept(claims, now)?, false)?;
        let row = match self.state.store.as_deref() {
            None => unkept(claims, now)?,
            Some(store) if issue.access_only => current(store, claims, now).await?,
            Some(store) => rotate(self.request, self.state, store, claims, now).await?,
        };
        mint.pair(&row, false)
    }

    /// Notes that whoever presents this token has proven the password again, and gives out a
    /// fresh access token of the same sign-in; there is no new refresh token, for the one that
    /// they have stays good. Without a ledger the token is one of a new sign-in that has no
    /// refresh token.
    ///
    /// # Errors
    /// 401 `credentials_missing` for a session, a foreign token and an access key, 503
    /// `unavailable`.
    ///
    /// ```
    /// # #[macro_use] extern crate rocket;
    /// use rocket::serde::json::Json;
    /// use vestibule::{Account, Error, TokenPair, TokenUser, Tokens};
    ///
    /// async fn prove<U: Account>(user: TokenUser<U>, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    ///     // ... verify the password that was sent ...
    ///     Ok(Json(tokens.confirm(&user).await?))
    /// }
    /// ```
    pub async fn confirm(&self, who: &impl Authenticated) -> Result<TokenPair, Error> {
        self.confirm_with(who, TokenOptions::new()).await
    }

    /// As [`confirm`](Self::confirm), with a token as the [`Issue`] wants it.
    ///
    /// # Errors
    /// As `confirm`; 500 `internal` when it asks for what it may not, and the log says for
    /// what.
    pub async fn confirm_with(
        &self,
        who: &impl Authenticated,
        issue: TokenOptions,
    ) -> Result<TokenPair, Error> {
        issue.check_for_standing(&self.state.config.token)?;
        let issue = issue.access_only();
        let found = who.authentication();
        let now = self.state.clock.now()?;
        let row = confirmed(self.request, self.state, found, &issue, now).await?;
        let sid = Some(row.id.as_str());
        self.state.report(self.request, EventKind::Confirmed, Some(&row.account), sid);
        self.mint(found.account(), &issue).pair(&row, issue.fresh.unwrap_or(true))
    }

    /// Ends the sign-in that a token or an access key presents: access and refresh token die
    /// together.
    /// Takes a guard of a user or a token, or claims. Ending what is gone is no error, nor is a
    /// foreign token, which presents no sign-in of ours.
    ///
    /// # Errors
    /// 401 `credentials_missing` for a session, 503 `unavailable`.
    pub async fn end(&self, who: &impl TokenHolder) -> Result<(), Error> {
        let (account, id) = match (who.sign_in_of_key(), who.claims()) {
            (Some(key), _) => (&key.account, Some(key.id.clone())),
            (None, Some(claims)) => (&claims.sub, claims.sid.as_deref().and_then(SignInId::parse)),
            (None, None) => return Err(ErrorKind::CredentialsMissing.into()),
        };
        if let Some(id) = id
            && self.state.end_sign_in(&id).await?
        {
            self.state.report(self.request, EventKind::SignedOut, Some(account), Some(id.as_str()));
        }
        Ok(())
    }

    /// Verifies a token of ours that came in some other way, a web socket's first message for
    /// example: signature, times, issuer, audience (`decode_token`). Whether its sign-in
    /// stands is not asked.
    ///
    /// # Errors
    /// 401 `token_invalid`, also for a foreign token, or `token_expired`.
    pub fn verify(&self, token: &str) -> Result<Claims, Error> {
        verify_own(self.state, token)?.in_time()
    }

    /// As [`verify`](Self::verify), but its time may be over
    /// (`decode_token(allow_expired=True)`).
    ///
    /// # Errors
    /// 401 `token_invalid`.
    pub fn verify_expired(&self, token: &str) -> Result<Claims, Error> {
        Ok(verify_own(self.state, token)?.at_any_time())
    }

    /// Verifies a token of the issuer in `token.foreign`, and none of ours. Its `sub` is a name
    /// that the issuer gives and no id of an account here.
    ///
    /// # Errors
    /// 401 `token_invalid`, also for a token of ours, or `token_expired`.
    pub fn verify_foreign(&self, token: &str) -> Result<Claims, Error> {
        verify_foreign(self.state, token)?.in_time()
    }

    pub(crate) fn parts(&self) -> (&Request<'_>, &AuthState) {
        (self.request, self.state)
    }

    fn mint<'m, U>(&'m self, account: &'m U, issue: &'m TokenOptions) -> Mint<'m, U> {
        Mint { state: self.state, account, issue }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Tokens<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        match AuthState::of(request) {
            Ok(state) if state.config.mode.has_tokens() => {
                mark_depends_on_user(request);
                Outcome::Success(Self { request, state })
            }
            Ok(_) => refuse(request, ErrorKind::NotFound.into()),
            Err(error) => refuse(request, error),
        }
    }
}

impl Sentinel for Tokens<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "Tokens", Proof::Nothing)
    }
}
