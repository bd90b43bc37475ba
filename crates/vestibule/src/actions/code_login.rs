//! `CodeLogin`: verifies a code of a second factor.

use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::account::Account;
use crate::actions::{begin_attempt, outcome};
use crate::error::Error;
use crate::guards::sentinel::{self, Proof};
use crate::second_factor::{SecondFactorStore, verify_code};
use crate::state::AuthState;

/// The message for every refused code, so that it does not show whether the code was used before.
const WRONG: &str = "This code is not valid, or was used before. Enter another one.";

/// Guard: verifies a code of an authenticator or a recovery code, with the throttle of
/// `[default.auth.throttle]`.
///
/// That the code was right is recorded by [`Session::confirm_with`](crate::Session::confirm_with), or by
/// [`Tokens::confirm_with`](crate::Tokens::confirm_with) with
/// [`proven`](crate::tokens::TokenOptions::proven).
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::State;
/// use vestibule::guards::Authenticated;
/// use vestibule::second_factors::{CodeLogin, SecondFactorStore};
/// use vestibule::sign_ins::Amr;
/// use vestibule::{Account, Error, Session, SessionUser};
///
/// /// The second step of a session that was started with the password.
/// async fn second_step<U: Account>(
///     user: SessionUser<U>,
///     code_login: CodeLogin<'_>,
///     session: Session<'_>,
///     store: &State<Box<dyn SecondFactorStore>>,
///     code: &str,
/// ) -> Result<(), Error> {
///     code_login.verify(store.as_ref(), user.account(), code).await?;
///     session.confirm_with(Amr::OTP).await
/// }
/// ```
#[must_use = "it does nothing until a method is called"]
pub struct CodeLogin<'r> {
    request: &'r Request<'r>,
    state: &'r AuthState,
}

impl CodeLogin<'_> {
    /// Verifies a code of an account and uses it up.
    ///
    /// Wrong codes are counted by account, apart from wrong passwords, so that signing in with the
    /// password does not reset them, and by network. An address at which a code was right within 30
    /// days is not refused for the failures of others. No event is reported.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `code`, 429 `too_many_attempts` with `Retry-After`, 503
    /// `unavailable`.
    pub async fn verify<U: Account>(
        &self,
        store: &(impl SecondFactorStore + ?Sized),
        account: &U,
        code: &str,
    ) -> Result<(), Error> {
        let (id, now) = (account.id().to_string(), self.state.clock.now()?);
        // Names are trimmed, so no counter of passwords has this key.
        let attempt = begin_attempt(self.request, self.state, &format!(" code of {id}")).await?;
        match verify_code(store, &id, code, now).await {
            Ok(true) => self.state.throttle.succeed(attempt, now).await,
            Ok(false) => Err(Error::invalid_field("code", WRONG)),
            Err(error) => {
                // Nothing was guessed. If the store fails too, the attempt stays counted.
                let _ = self.state.throttle.withdraw(attempt).await;
                Err(error)
            }
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CodeLogin<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        outcome(request, |state| Ok(Self { request, state }))
    }
}

impl Sentinel for CodeLogin<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "CodeLogin", Proof::Nothing)
    }
}
