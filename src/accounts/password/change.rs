//! Changing a password, and checking the current one again.

use super::rules::{PasswordOwner, check_form};
use crate::accounts::audit::{Actor, RequestSource};
use crate::accounts::queries::{self, CurrentSignIn};
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, Username};
use vestibule::events::{EndedBy, EventKind};
use vestibule::password::Password;
use vestibule::{Error, ErrorKind};

/// The two passwords of a change.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The current password.
    pub current: Password,
    /// The new password.
    pub new: Password,
    /// Where they come from.
    pub source: RequestSource,
}

/// How often a change is tried while sign-ins elsewhere upgrade the hash.
const MAX_UPGRADE_RACES: usize = 3;

impl Accounts {
    /// Checks the password of a signed-in user and returns the hash that it was checked against.
    ///
    /// # Errors
    /// 401 `bad_credentials`, 429 `too_many_attempts`, 503 `busy` or `unavailable`.
    pub async fn check_password(
        &self,
        user: &User,
        password: &Password,
        source: RequestSource,
        sign_in: Option<&str>,
    ) -> Result<String, Error> {
        let username = Username::parse(&user.username)?;
        self.check_capacity(source.address)?;
        let attempt = self.begin_attempt(username.key(), source, sign_in).await?;
        let id = user.id;
        let check = async {
            let _permit = self.acquire_permit(source.address)?;
            let stored = self.run(move |connection| queries::hash_of(connection, id)).await?;
            let is_right = self.hasher.verify(password, stored.as_deref()).await?;
            Ok(stored.filter(|_| is_right))
        };
        let (attempt, verified) = self.check_attempt(attempt, check).await?;
        self.audit().count_password(id, verified.is_some(), source);
        let hash = verified.ok_or(ErrorKind::BadCredentials)?;
        self.finish_password_attempt(attempt, user).await?;
        Ok(hash)
    }

    /// Replaces a user's password after checking the current one. All sign-ins end, except the
    /// current one if `current.stays`.
    ///
    /// # Errors
    /// 401 `bad_credentials` for a wrong current password, 401 `token_revoked` when the current
    /// sign-in has ended meanwhile, 422 `invalid_field`, 429 `too_many_attempts`, 503 `busy` or `unavailable`.
    pub async fn change_password(
        &self,
        user: &User,
        passwords: &NewPassword,
        current: CurrentSignIn,
    ) -> Result<(), Error> {
        let username = Username::parse(&user.username)?;
        let owner =
            PasswordOwner { username: username.key(), full_name: user.full_name.as_deref() };
        check_form("new_password", &passwords.new, owner, &self.auth.password)?;
        let source = passwords.source;
        let mut new_hash = None;
        // A sign-in elsewhere may upgrade the hash between check and change; then try again.
        for _ in 0..MAX_UPGRADE_RACES {
            let expected =
                self.check_password(user, &passwords.current, source, Some(&current.id)).await?;
            let hash = match &new_hash {
                Some(hash) => hash,
                None => new_hash.insert(self.hash_new(&passwords.new, owner).await?),
            };
            if let Some(ended) =
                self.replace_hash(user, (expected, hash.clone()), &current, passwords).await?
            {
                let sign_in = current.stays.then_some(current.id.as_str());
                let ended = EventKind::Ended(EndedBy::PasswordChange, ended);
                self.report(EventKind::PasswordChanged, user.id, sign_in, source);
                self.report(ended, user.id, sign_in, source);
                return Ok(());
            }
        }
        Err(ErrorKind::Unavailable.into())
    }

    /// Stores the new hash if the expected one is still stored, and returns how many sign-ins ended.
    async fn replace_hash(
        &self,
        user: &User,
        (expected, hash): (String, String),
        current: &CurrentSignIn,
        passwords: &NewPassword,
    ) -> Result<Option<u64>, Error> {
        let (sign_in, now) = (Some(current.id.clone()), self.clock.now()?);
        let actor = Actor::account(user, sign_in, passwords.source, now);
        let (user, current) = (user.clone(), current.clone());
        let changed = self.run_change(user.id, move |connection| {
            let hashes = (expected.as_str(), hash.as_str());
            queries::change_password(connection, &user, hashes, &current, &actor)
        });
        changed.await
    }

    /// Hashes a new password, unless it is easy to guess.
    async fn hash_new(
        &self,
        password: &Password,
        owner: PasswordOwner<'_>,
    ) -> Result<String, Error> {
        self.check_strength("new_password", password, owner).await?;
        self.hasher.hash(password).await
    }
}
