//! `SignIns`: lists and ends the sign-ins of an account.

use std::fmt::Display;

use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::actions::outcome;
use crate::actions::session::Session;
use crate::actions::tokens::Tokens;
use crate::authentication::result::AuthMethod;
use crate::error::{Error, ErrorKind};
use crate::events::{EndedBy, EventKind};
use crate::guards::sentinel::{self, Proof};
use crate::guards::users::Authenticated;
use crate::sign_in::store::SignInStore;
use crate::sign_in::{SignIn, SignInId};
use crate::state::AuthState;

/// Guard: the sign-ins of accounts. It authenticates no user: require one beside it, and pass that
/// user's id. Without a store an application that uses it does not launch.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, CurrentUser, Error};
/// use vestibule::sign_ins::SignIns;
///
/// async fn where_am_i<U: Account>(user: CurrentUser<U>, sign_ins: SignIns<'_>) -> Result<String, Error> {
///     let all = sign_ins.list(user.account().id()).await?;
///     Ok(format!("signed in {} times", all.len()))
/// }
/// ```
pub struct SignIns<'r> {
    request: &'r Request<'r>,
    state: &'r AuthState,
}

impl SignIns<'_> {
    /// Lists the account's active sign-ins, last used first.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn list(&self, account: impl Display) -> Result<Vec<SignIn>, Error> {
        let now = self.state.clock.now()?;
        let idle = self.state.config.session.idle;
        let all = self.store()?.list(&account.to_string()).await?;
        Ok(all.into_iter().filter(|sign_in| sign_in.is_active(now, idle)).collect())
    }

    /// The store, without which the launch fails.
    fn store(&self) -> Result<&dyn SignInStore, Error> {
        self.state.store.as_deref().ok_or_else(|| Error::misuse("SignIns needs a store"))
    }

    /// Ends one of the account's sign-ins.
    ///
    /// # Errors
    /// 404 `not_found` if it is gone or another account's, 503 `unavailable`.
    pub async fn end(&self, account: impl Display, id: &str) -> Result<(), Error> {
        let account = account.to_string();
        let id = SignInId::parse(id).ok_or(ErrorKind::NotFound)?;
        let store = self.store()?;
        let found = store.get(&id).await?;
        found.filter(|sign_in| sign_in.account == account).ok_or(ErrorKind::NotFound)?;
        if !store.end(&id).await? {
            return Err(ErrorKind::NotFound.into());
        }
        let kind = EventKind::Ended(EndedBy::Owner, 1);
        self.state.report(self.request, kind, Some(&account), Some(id.as_str()));
        Ok(())
    }

    /// Ends the sign-in of the credential that authenticated the request, and of a session removes
    /// its cookies. Ending what has ended is no error.
    ///
    /// # Errors
    /// 401 `credentials_missing` for an account that a guard of yours authenticated, 503
    /// `unavailable`.
    pub async fn sign_out(&self, user: &impl Authenticated) -> Result<(), Error> {
        let (request, state) = (self.request, self.state);
        match user.authentication().method() {
            AuthMethod::Session => Session { request, state }.end().await,
            AuthMethod::Token | AuthMethod::External => Tokens { request, state }.end(user).await,
        }
    }

    /// Ends all of the account's sign-ins, or all but one; returns how many.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn end_all(
        &self,
        account: impl Display,
        except: Option<&SignInId>,
    ) -> Result<u64, Error> {
        let account = account.to_string();
        let ended = self.store()?.end_all(&account, except).await?;
        let kind = EventKind::Ended(EndedBy::Owner, ended);
        self.state.report(self.request, kind, Some(&account), except.map(SignInId::as_str));
        Ok(ended)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignIns<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        outcome(request, |state| Ok(Self { request, state }))
    }
}

impl Sentinel for SignIns<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort_without_store(rocket, "SignIns", Proof::Nothing)
    }
}
