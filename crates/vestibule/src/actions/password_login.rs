//! `PasswordLogin`: verifies a name and a password.

use std::marker::PhantomData;

use rocket::request::{self, FromRequest};
use rocket::{Ignite, Orbit, Request, Rocket, Sentinel};

use crate::account::PasswordAccount;
use crate::actions::{begin_attempt, outcome};
use crate::cache::auth_cache::AuthCache;
use crate::error::{Error, ErrorKind};
use crate::guards::sentinel::{self, Proof};
use crate::password::{Hasher, Password};
use crate::state::AuthState;

/// Guard: verifies a name and a password, with the throttle of `[default.auth.throttle]`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::password::Password;
/// use vestibule::{Error, PasswordAccount, PasswordLogin, Session};
///
/// async fn sign_in<U: PasswordAccount>(
///     login: PasswordLogin<'_, U>,
///     session: Session<'_>,
///     (name, password): (&str, &Password),
/// ) -> Result<(), Error> {
///     let user = login.verify(name, password).await?;
///     session.start(&user).await.map(drop)
/// }
/// ```
#[must_use = "it does nothing until a method is called"]
pub struct PasswordLogin<'r, U> {
    rocket: &'r Rocket<Orbit>,
    request: &'r Request<'r>,
    state: &'r AuthState,
    hasher: &'r Hasher,
    account: PhantomData<fn() -> U>,
}

impl<U: PasswordAccount> PasswordLogin<'_, U> {
    /// Verifies a name and a password and returns the account, for `session.start(&user)` or
    /// `tokens.start(&user)`. An outdated hash is replaced.
    ///
    /// An unknown name and a wrong password cost the same work and get the same response. Failures
    /// are counted by name, trimmed and in lowercase, and by network; an address at which the
    /// password was right within 30 days is not refused for the failures of others. The address is
    /// that of Rocket's `ip_header`, which only a proxy may set; without one set it to `false`.
    ///
    /// # Errors
    /// 401 `bad_credentials`, 403 `account_inactive` for the right password only, 429
    /// `too_many_attempts` with `Retry-After`, 503 `busy` or `unavailable`. A handler that shows its
    /// form again returns [`error.with_page(..)`](Error::with_page), which has that header too.
    pub async fn verify(&self, name: &str, password: &Password) -> Result<U, Error> {
        // Checked first, so that a flood which the hasher refuses costs no look-up.
        self.hasher.check_capacity()?;
        let attempt = begin_attempt(self.request, self.state, &name.trim().to_lowercase()).await?;
        let (account, hash) = match self.check(name, password).await {
            Ok(found) => found.ok_or(ErrorKind::BadCredentials)?,
            Err(error) => {
                // Nothing was guessed. If the store fails too, the attempt stays counted.
                let _ = self.state.throttle.withdraw(attempt).await;
                return Err(error);
            }
        };
        self.state.throttle.succeed(attempt, self.state.clock.now()?).await?;
        if !account.is_active() {
            return Err(ErrorKind::AccountInactive.into());
        }
        self.upgrade(account, &hash, password).await
    }

    /// Returns the account with its hash if the password is right.
    async fn check(&self, name: &str, password: &Password) -> Result<Option<(U, String)>, Error> {
        let found = U::find_by_name(self.rocket, name).await.map_err(Error::unavailable)?;
        let hash = found.as_ref().map(|(_, hash)| hash.as_str());
        let is_right = self.hasher.verify(password, hash).await?;
        Ok(found.filter(|_| is_right))
    }

    /// Replaces an outdated hash now that the password is known; a busy hasher leaves it to the next
    /// time.
    async fn upgrade(&self, account: U, hash: &str, password: &Password) -> Result<U, Error> {
        if !self.hasher.is_outdated(hash) {
            return Ok(account);
        }
        let Ok(new) = self.hasher.hash(password).await else { return Ok(account) };
        let id = account.id();
        let replaced = account.replace_hash(self.rocket, hash, &new).await;
        if let Some(cache) = self.rocket.state::<AuthCache>() {
            cache.invalidate_account(&id);
        }
        replaced.map_err(Error::unavailable)
    }
}

#[rocket::async_trait]
impl<'r, U: PasswordAccount> FromRequest<'r> for PasswordLogin<'r, U> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        outcome(request, |state| {
            state.check_account_type::<U>()?;
            let rocket = request.rocket();
            let hasher = rocket.state::<Hasher>().ok_or(ErrorKind::Internal)?;
            Ok(Self { rocket, request, state, hasher, account: PhantomData })
        })
    }
}

impl<U: PasswordAccount> Sentinel for PasswordLogin<'_, U> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort_for::<U>(rocket, "PasswordLogin", Proof::Nothing)
    }
}
