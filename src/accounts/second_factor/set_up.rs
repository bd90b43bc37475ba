//! Setting up an authenticator, new recovery codes, and removing the second factors of a user.

use time::OffsetDateTime;

use crate::accounts::audit::{Actor, ChangedUser, log_change};
use crate::accounts::config::SecondFactorRule;
use crate::accounts::queries::{self, OwnPasskey, StoredAuthenticator, TrustedBrowser};
use crate::accounts::sealing::Purpose;
use crate::accounts::service::Accounts;
use crate::accounts::user::User;
use vestibule::events::{EndedBy, EventKind};
use vestibule::second_factors::{Authenticator, RecoveryCodes};
use vestibule::{Error, ErrorKind};

/// How long a secret that is being set up can be confirmed, in seconds.
const SET_UP_FOR: i64 = 15 * 60;

/// Said of a secret that was not confirmed in time, or is another user's.
const EXPIRED: &str = "This form is not valid any more. Start again: scan the new QR code.";

/// Said of a first code that is not right.
const WRONG: &str = "This is not the code of this secret. Check the clock of your device.";

/// The second factors of a user.
#[derive(Debug)]
pub struct SecondFactors {
    /// Since when there is an authenticator.
    pub authenticator_since: Option<OffsetDateTime>,
    /// The passkeys, oldest first.
    pub passkeys: Vec<OwnPasskey>,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// The trusted browsers, newest first.
    pub trusted_browsers: Vec<TrustedBrowser>,
}

/// An authenticator that is being set up.
pub struct NewAuthenticator {
    /// The secret in base32, to be typed.
    pub secret: String,
    /// The address that an app reads, `otpauth://totp/...`.
    pub uri: String,
    /// The secret for the form that confirms it, encrypted for the user.
    pub ticket: String,
}

impl NewAuthenticator {
    fn of(
        authenticator: &Authenticator,
        user: &User,
        site_name: &str,
        ticket: String,
    ) -> Result<Self, Error> {
        let uri = authenticator.uri(site_name, &user.username)?;
        Ok(Self { secret: authenticator.secret_base32(), uri, ticket })
    }
}

impl Accounts {
    /// Returns the second factors of a user.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn second_factors(&self, user: &User) -> Result<SecondFactors, Error> {
        let (id, now) = (user.id, self.clock.now()?);
        self.run(move |connection| {
            Ok::<_, Error>(SecondFactors {
                authenticator_since: queries::authenticator_since(connection, id)?,
                passkeys: queries::passkeys(connection, id)?,
                recovery_codes: queries::count_recovery_codes(connection, id)?,
                trusted_browsers: queries::trusted_browsers(connection, id, now)?,
            })
        })
        .await
    }

    /// Whether this is a recovery code of a user, unused; uses nothing up.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn has_recovery_code(&self, user: &User, code: &str) -> Result<bool, Error> {
        let (id, Some(digest)) = (user.id, RecoveryCodes::digest(code)) else { return Ok(false) };
        self.run(move |connection| queries::has_recovery_code(connection, id, &digest)).await
    }

    /// Returns the rule of who needs a second factor.
    #[must_use]
    pub fn second_factor_rule(&self) -> SecondFactorRule {
        self.second_factor
    }

    /// Generates the secret of an authenticator for a user; nothing is stored until it is confirmed.
    ///
    /// # Errors
    /// 404 `not_found` if second factors are off, 409 `already_made` if there is an authenticator, 503
    /// `unavailable`.
    pub async fn new_authenticator(
        &self,
        user: &User,
        site_name: &str,
    ) -> Result<NewAuthenticator, Error> {
        if self.second_factor == SecondFactorRule::Off {
            return Err(ErrorKind::NotFound.into());
        }
        let id = user.id;
        if self.run(move |connection| queries::authenticator_since(connection, id)).await?.is_some()
        {
            return Err(ErrorKind::AlreadyMade.into());
        }
        let authenticator = Authenticator::generate()?;
        let expires_at = self.clock.now()?.unix_timestamp() + SET_UP_FOR;
        let content = [&expires_at.to_be_bytes(), authenticator.secret()].concat();
        let ticket = self.keys.seal(Purpose::SetUp, &user.id.to_string(), &content)?;
        NewAuthenticator::of(&authenticator, user, site_name, ticket)
    }

    /// Returns the secret of a form that was sent before, to be shown again.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `set_up_token` if it has expired.
    pub fn same_authenticator(
        &self,
        user: &User,
        site_name: &str,
        ticket: &str,
    ) -> Result<NewAuthenticator, Error> {
        let authenticator = self.open_set_up(user, ticket)?;
        NewAuthenticator::of(&authenticator, user, site_name, ticket.to_owned())
    }

    fn open_set_up(&self, user: &User, ticket: &str) -> Result<Authenticator, Error> {
        let now = self.clock.now()?.unix_timestamp();
        let content = self.keys.open(Purpose::SetUp, &user.id.to_string(), ticket);
        let found = content.as_deref().and_then(|content| content.split_first_chunk());
        match found {
            Some((expires_at, secret)) if now < i64::from_be_bytes(*expires_at) => {
                Ok(Authenticator::from_secret(secret.to_vec()))
            }
            _ => Err(Error::invalid_field("set_up_token", EXPIRED)),
        }
    }

    /// Stores an authenticator whose first code is right. If it is the user's first factor, all other
    /// sign-ins end, which were opened without it, but no access key, and the recovery codes are returned.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `code` or `set_up_token`, 409 `already_made` if there is an authenticator, 401
    /// `token_revoked` when the sign-in has ended meanwhile, 429 `too_many_attempts` after many changes of the account,
    /// 503 `unavailable`.
    pub async fn add_authenticator(
        &self,
        user: &User,
        (ticket, code): (&str, &str),
        actor: &Actor,
    ) -> Result<Option<RecoveryCodes>, Error> {
        let authenticator = self.open_set_up(user, ticket)?;
        let step = authenticator.matching_step(code, actor.at());
        let step = step.ok_or_else(|| Error::invalid_field("code", WRONG))?;
        let codes = RecoveryCodes::generate()?;
        let stored = StoredAuthenticator {
            secret: self.keys.seal(
                Purpose::Authenticator,
                &user.id.to_string(),
                authenticator.secret(),
            )?,
            sealed_by: self.keys.name(),
            step,
        };
        let (id, hashes, by) = (user.id, codes.digests(), actor.clone());
        let added = self.run_change(id, move |connection| {
            queries::add_authenticator(connection, id, &stored, &hashes, &by)
        });
        let (changed, is_first) = added.await?;
        self.report_change(&changed, actor);
        Ok(is_first.then_some(codes))
    }

    /// Replaces the recovery codes of a user.
    ///
    /// # Errors
    /// 404 `not_found` without a second factor, 401 `token_revoked` when the sign-in has ended meanwhile,
    /// 409 `already_made` if a request that came later has made others, 429 `too_many_attempts` after many
    /// changes of the account, 503 `unavailable`.
    pub async fn new_recovery_codes(
        &self,
        user: &User,
        actor: &Actor,
    ) -> Result<RecoveryCodes, Error> {
        let codes = RecoveryCodes::generate()?;
        let (id, hashes, actor) = (user.id, codes.digests(), actor.clone());
        let replaced = self.run_change(id, move |connection| {
            queries::replace_recovery_codes(connection, id, &hashes, &actor)
        });
        log_change(&replaced.await?);
        Ok(codes)
    }

    /// Removes all second factors of a user for that user, and ends all other sign-ins; returns whether there
    /// was one.
    ///
    /// # Errors
    /// 401 `token_revoked` when the sign-in has ended meanwhile, 503 `unavailable`.
    pub async fn remove_second_factors(&self, user: &User, actor: &Actor) -> Result<bool, Error> {
        let (id, by) = (user.id, actor.clone());
        let removed = self
            .run_change(id, move |connection| queries::remove_second_factors(connection, id, &by));
        let changed = removed.await?;
        self.report_change(&changed, actor);
        Ok(!changed.records.is_empty())
    }

    /// Removes all second factors of a user for an administrator; all its sign-ins end.
    ///
    /// # Errors
    /// 403 `forbidden` when the actor is no longer an administrator, 404 `not_found`, 503 `unavailable`.
    pub async fn reset_second_factors(&self, actor: &Actor, id: i64) -> Result<ChangedUser, Error> {
        let actor = actor.clone();
        let reset = self.run_change(id, move |connection| {
            queries::reset_second_factors(connection, id, &actor)
        });
        reset.await.inspect(log_change)
    }

    /// Reports a change of second factors, and the sign-ins that it ended.
    pub(in crate::accounts) fn report_change(&self, changed: &ChangedUser, actor: &Actor) {
        log_change(changed);
        if changed.ended > 0 {
            let ended = EventKind::Ended(EndedBy::Owner, changed.ended);
            self.report(ended, changed.user.id, actor.sign_in.as_deref(), actor.source);
        }
    }
}
