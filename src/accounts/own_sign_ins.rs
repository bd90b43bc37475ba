//! The sign-ins of one user: listing them page by page, ending one, and signing out.

use super::audit::Actor;
use super::guards::AnyUser;
use super::queries;
use super::scopes::OwnSignIns;
use super::service::Accounts;
use super::user::User;
use crate::db::AnyConnection;
use vestibule::guards::Scope;
use vestibule::sign_ins::{SignIn, SignIns};
use vestibule::{Error, ErrorKind};

/// What a new password ends.
#[derive(Debug)]
pub struct Endings {
    /// The number of sign-ins of browsers and programs.
    pub sign_ins: usize,
    /// The labels of the access keys, latest use first.
    pub keys: Vec<String>,
}

impl Accounts {
    /// Returns what a new password of a user ends.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn endings(&self, user: &User) -> Result<Endings, Error> {
        let (id, now, idle) = (user.id, self.clock.now()?, self.auth.session.idle);
        let found = self.run(move |connection| {
            let (_, all) = queries::active_sign_ins(connection, id, (now, idle), 1)?;
            Ok::<_, Error>((all, queries::active_keys(connection, id, now)?))
        });
        let (all, keys) = found.await?;
        let sign_ins = usize::try_from(all).unwrap_or(0).saturating_sub(keys.len());
        let labels = keys.iter().map(|key| key.label().unwrap_or_default().to_owned());
        Ok(Endings { sign_ins, keys: labels.collect() })
    }

    /// Returns a page, from 1, of a user's active sign-ins, latest use first, and their total.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn sign_ins(&self, user: &User, page: i64) -> Result<(Vec<SignIn>, i64), Error> {
        let (id, at) = (user.id, (self.clock.now()?, self.auth.session.idle));
        self.run(move |connection| queries::active_sign_ins(connection, id, at, page)).await
    }

    /// Ends one of a user's own sign-ins; a key as [`end_key`](Self::end_key) does. Deletes the
    /// pending address too, unless it is a key: an intruder may have asked for it.
    ///
    /// # Errors
    /// 404 `not_found` if it has ended or is another user's, 503 `unavailable`.
    pub async fn end_sign_in(
        &self,
        user: &User,
        id: &str,
        sign_ins: &SignIns<'_>,
        actor: &Actor,
    ) -> Result<(), Error> {
        match self.end_key(user, id, actor).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let account = user.id;
                // First, because after an interruption the sign-in is still there to be ended again.
                let delete = move |connection: &mut AnyConnection| {
                    queries::delete_pending_address(connection, account)
                };
                self.run(delete).await?;
                sign_ins.end(account, id).await
            }
            ended => ended,
        }
    }
}

/// Ends the sign-in of the presented credential, or `all` sign-ins of its user.
///
/// # Errors
/// 403 `insufficient_scope` for all by a key without the scope `sign-ins`, 503 `unavailable`.
pub async fn sign_out(user: &AnyUser, sign_ins: &SignIns<'_>, all: bool) -> Result<(), Error> {
    if all {
        let authentication = user.authentication();
        if authentication.is_key() && !authentication.has_scope(OwnSignIns::NAME) {
            return Err(ErrorKind::InsufficientScope.into());
        }
        sign_ins.end_all(&user.id.to_string(), None).await?;
    }
    // Also after `end_all`, to remove the session's cookies.
    sign_ins.sign_out(user).await
}
