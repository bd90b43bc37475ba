//! Changes to users, by administrators and by themselves, for pages and API. The command line
//! calls the queries directly.

use std::time::Duration;

use time::OffsetDateTime;

use super::audit::{self, Actor, ChangedUser, EVENTS_PAGE, Entry, RequestSource, log_change};
use super::links::PasswordLink;
use super::queries::{self, UserChange};
use super::service::Accounts;
use super::user::{User, Username};
use crate::languages::Tag;
use vestibule::Error;
use vestibule::guards::Authenticated;

impl Accounts {
    /// Returns the actor behind a guard, at this moment.
    ///
    /// # Errors
    /// 503 `unavailable` when the system clock is not usable.
    pub fn actor(
        &self,
        user: &impl Authenticated<Account = User>,
        source: RequestSource,
    ) -> Result<Actor, Error> {
        Ok(Actor::user(user, source, self.clock.now()?))
    }

    /// Changes a user; deactivating ends all sign-ins.
    ///
    /// # Errors
    /// 403 `forbidden` when the actor is no longer an administrator, 404 `not_found`, 409
    /// `last_administrator`, 503 `unavailable`.
    pub async fn change_user(
        &self,
        actor: &Actor,
        id: i64,
        change: UserChange,
    ) -> Result<ChangedUser, Error> {
        let actor = actor.clone();
        let changed =
            self.run_change(id, move |connection| queries::change(connection, id, &change, &actor));
        changed.await.inspect(log_change)
    }

    /// Changes a user's own full name.
    ///
    /// # Errors
    /// 401 `token_revoked` when the account is gone, 429 `too_many_attempts` after many changes, 503
    /// `unavailable`.
    pub async fn change_own_name(
        &self,
        id: i64,
        full_name: Option<String>,
        actor: &Actor,
    ) -> Result<User, Error> {
        let actor = actor.clone();
        let changed = self.run_change(id, move |connection| {
            queries::change_own_name(connection, id, full_name, &actor)
        });
        Ok(changed.await.inspect(log_change)?.user)
    }

    /// Changes the language that a user has chosen.
    ///
    /// # Errors
    /// 401 `token_revoked` when the account is gone, 503 `unavailable`.
    pub async fn change_language(&self, id: i64, language: Option<Tag>) -> Result<User, Error> {
        self.run_change(id, move |connection| queries::change_language(connection, id, language))
            .await
    }

    /// Ends all sign-ins of a user.
    ///
    /// # Errors
    /// The errors of [`change_user`](Self::change_user) except 409.
    pub async fn sign_user_out(&self, actor: &Actor, id: i64) -> Result<ChangedUser, Error> {
        let actor = actor.clone();
        let signed_out =
            self.run_change(id, move |connection| queries::sign_out(connection, id, &actor));
        signed_out.await.inspect(log_change)
    }

    /// Ends one sign-in of a user, or one of its keys.
    ///
    /// # Errors
    /// 403 `forbidden` when the actor is no longer an administrator, 404 `not_found` if it has ended or
    /// is another user's, 503 `unavailable`.
    pub async fn end_sign_in_of(
        &self,
        actor: &Actor,
        user: i64,
        sign_in: &str,
    ) -> Result<ChangedUser, Error> {
        let (actor, sign_in) = (actor.clone(), sign_in.to_owned());
        let ended = self.run_change(user, move |connection| {
            queries::revoke_sign_in(connection, &sign_in, Some(user), &actor)
        });
        ended.await.inspect(log_change)
    }

    /// Makes a link by which a user sets another password, in the place of an earlier link. It ends
    /// nothing.
    ///
    /// # Errors
    /// 403 `forbidden` when the actor is no longer an administrator, 403 `account_inactive` for
    /// an inactive user, 404 `not_found`, 409 `already_made` if a request that came later has made one, 503
    /// `unavailable`.
    pub async fn make_reset_link(
        &self,
        actor: &Actor,
        id: i64,
    ) -> Result<(User, PasswordLink), Error> {
        self.make_link(actor, id, self.reset_link_lifetime).await
    }

    /// Makes a link by which a user sets a password.
    pub(super) async fn make_link(
        &self,
        actor: &Actor,
        id: i64,
        lifetime: Duration,
    ) -> Result<(User, PasswordLink), Error> {
        let actor = actor.clone();
        let made = self.run(move |connection| {
            let link = PasswordLink::generate(actor.at(), lifetime)?;
            let changed = queries::make_reset_link(connection, id, &link, &actor)?;
            Ok::<_, Error>((changed, link))
        });
        let (changed, link) = made.await?;
        log_change(&changed);
        Ok((changed.user, link))
    }

    /// Returns when the link by which a user may set a password expires, if there is one.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn link_expiry(&self, user: &User) -> Result<Option<OffsetDateTime>, Error> {
        let (id, now) = (user.id, self.clock.now()?);
        self.run(move |connection| queries::link_expiry(connection, id, now)).await
    }

    /// Deletes a user for good; its events stay.
    ///
    /// # Errors
    /// The errors of [`change_user`](Self::change_user).
    pub async fn delete_user(&self, actor: &Actor, id: i64) -> Result<ChangedUser, Error> {
        let actor = actor.clone();
        let deleted =
            self.run_change(id, move |connection| queries::delete(connection, id, &actor));
        deleted.await.inspect(log_change)
    }

    /// Deletes a user for that user; `typed` is the own user name, as a confirmation.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `username` for another name, 401 `token_revoked` when the sign-in
    /// has ended meanwhile, 409 `last_administrator`, 503 `unavailable`.
    pub async fn delete_own(
        &self,
        user: &User,
        typed: &str,
        actor: &Actor,
    ) -> Result<ChangedUser, Error> {
        let (id, own) = (user.id, Username::parse(&user.username)?);
        if !Username::parse(typed).is_ok_and(|typed| typed.key() == own.key()) {
            let message = "This is not your user name. Nothing has been deleted.";
            return Err(Error::invalid_field("username", message));
        }
        let actor = actor.clone();
        let deleted =
            self.run_change(id, move |connection| queries::delete_own(connection, id, &actor));
        deleted.await.inspect(log_change)
    }

    /// Returns a page of the audit log, newest first: of one account or of all, from the newest
    /// row or before a row; and the row that the next page begins before, if there is one. It
    /// includes the events that this process has just queued.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn events(
        &self,
        account: Option<i64>,
        before: Option<i64>,
    ) -> Result<(Vec<Entry>, Option<i64>), Error> {
        self.audit().flush().await;
        let found = self.run(move |connection| audit::events(connection, account, before));
        let mut entries = found.await?;
        let size = usize::try_from(EVENTS_PAGE).unwrap_or(usize::MAX);
        let has_more = entries.len() > size;
        entries.truncate(size);
        let next = entries.last().map(|entry| entry.id).filter(|_| has_more);
        Ok((entries, next))
    }
}
