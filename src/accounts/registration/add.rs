//! Users that an administrator adds, with a password or with an invitation.

use super::register::Registration;
use crate::accounts::audit::{Actor, log_change};
use crate::accounts::links::{LinkToken, PasswordLink};
use crate::accounts::queries;
use crate::accounts::service::Accounts;
use crate::accounts::user::User;
use vestibule::Error;
use vestibule::password::Password;

/// A new user.
#[derive(Debug)]
pub struct AddedUser {
    /// The user.
    pub user: User,
    /// The invitation, if the user was added without a password.
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
}

/// Returns a password that nothing keeps: that of a user who has an invitation. Its hash is like any
/// other, so that a sign-in takes as long as with a wrong password.
///
/// # Errors
/// 503 `unavailable` without random numbers.
pub fn unknown_password() -> Result<Password, Error> {
    Ok(LinkToken::generate()?.reveal().into())
}
