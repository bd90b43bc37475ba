//! Users that an administrator adds, with a password or with an invitation.

use super::register::Registration;
use crate::accounts::audit::{Actor, AuditEvent, COPY_WINDOW, Entry, log_change};
use crate::accounts::links::{LinkToken, PasswordLink};
use crate::accounts::queries;
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, Username};
use vestibule::password::Password;
use vestibule::{Error, ErrorKind};

/// A new user.
#[derive(Debug)]
pub struct AddedUser {
    /// The user.
    pub user: User,
    /// The invitation, if the user was added without a password and no later request has made one.
    pub link: Option<PasswordLink>,
}

impl Accounts {
    /// Adds a user; `is_invited` says to make an invitation in the place of the password.
    ///
    /// # Errors
    /// 403 `forbidden` when the actor is no longer an administrator, 422 `invalid_field`, 409
    /// `username_taken`, 503 `busy` or `unavailable`.
    pub async fn add_user(
        &self,
        registration: &Registration,
        is_invited: bool,
        actor: &Actor,
    ) -> Result<AddedUser, Error> {
        let link = if is_invited {
            Some(PasswordLink::generate(actor.at(), self.invitation_lifetime)?)
        } else {
            None
        };
        let password = if is_invited { unknown_password()? } else { registration.password.clone() };
        let new = self.prepare(&Registration { password, ..registration.clone() }).await?;
        let actor = actor.clone();
        let added = self.run(move |connection| {
            let changed = queries::add(connection, &new, link.as_ref(), &actor)?;
            Ok::<_, Error>((changed, link))
        });
        let (changed, link) = added.await?;
        log_change(&changed);
        Ok(AddedUser { user: changed.user, link })
    }

    /// Returns the user whom this administrator added within the last minute by a form with the same fields.
    /// An invited user gets another invitation, because the browser dropped the response with the first;
    /// `link` is `None` if a later copy of the form has made one.
    ///
    /// # Errors
    /// 403 `forbidden` when the actor is no longer an administrator, 503 `unavailable`.
    pub async fn added_before(
        &self,
        registration: &Registration,
        is_invited: bool,
        actor: &Actor,
    ) -> Result<Option<AddedUser>, Error> {
        let Ok(name) = Username::parse(&registration.username) else { return Ok(None) };
        let Some(user) = self.run(move |connection| queries::named(connection, &name)).await?
        else {
            return Ok(None);
        };
        let (entries, _) = self.events(Some(user.id), None).await?;
        let is_equal = user.role == registration.role
            && user.full_name.as_deref().unwrap_or_default() == registration.full_name.trim()
            && has_unused_invitation(&entries) == is_invited;
        if !is_equal || !was_just_added(&entries, actor) {
            return Ok(None);
        }
        if !is_invited {
            let id = user.id;
            let hash = self.run(move |connection| queries::hash_of(connection, id)).await?;
            let is_same = self.hasher.verify(&registration.password, hash.as_deref()).await?;
            return Ok(is_same.then_some(AddedUser { user, link: None }));
        }
        match self.make_link(actor, user.id, self.invitation_lifetime).await {
            Ok((user, link)) => Ok(Some(AddedUser { user, link: Some(link) })),
            Err(error) if error.kind() == ErrorKind::AlreadyMade => {
                Ok(Some(AddedUser { user, link: None }))
            }
            Err(error) => Err(error),
        }
    }
}

fn was_just_added(entries: &[Entry], actor: &Actor) -> bool {
    entries.iter().any(|entry| {
        AuditEvent::parse(&entry.event) == Some(AuditEvent::Added)
            && entry.actor_account == actor.account
            && actor.at() < entry.time() + COPY_WINDOW
    })
}

fn has_unused_invitation(entries: &[Entry]) -> bool {
    let has = |event| entries.iter().any(|entry| AuditEvent::parse(&entry.event) == Some(event));
    has(AuditEvent::LinkMade) && !has(AuditEvent::LinkUsed)
}

/// Returns a password that nothing keeps: that of a user who has an invitation. Its hash is like any
/// other, so that a sign-in takes as long as with a wrong password.
///
/// # Errors
/// 503 `unavailable` without random numbers.
pub fn unknown_password() -> Result<Password, Error> {
    Ok(LinkToken::generate()?.reveal().into())
}
