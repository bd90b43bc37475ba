//! The actor: who changes an account.

use time::OffsetDateTime;

use super::source::RequestSource;
use crate::accounts::user::User;
use vestibule::guards::Authenticated;

/// Who changes an account, from where, and when.
#[derive(Clone, Debug)]
pub struct Actor {
    pub(in crate::accounts) account: Option<i64>,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) sign_in: Option<String>,
    pub(in crate::accounts) source: RequestSource,
    pub(in crate::accounts) at: OffsetDateTime,
}

/// Names in the log that no user can have, because they hold a space.
const COMMAND_LINE: &str = "command line";
const RETENTION: &str = "setting audit_retention";
const MAIL: &str = "asked for by mail";

impl Actor {
    /// The user behind a guard.
    #[must_use]
    pub fn user(
        user: &impl Authenticated<Account = User>,
        source: RequestSource,
        at: OffsetDateTime,
    ) -> Self {
        let authentication = user.authentication();
        let (user, sign_in) = (authentication.account(), authentication.sign_in());
        let sign_in = sign_in.map(|sign_in| sign_in.id.to_string());
        Self::account(user, sign_in, source, at)
    }

    pub(in crate::accounts) fn account(
        user: &User,
        sign_in: Option<String>,
        source: RequestSource,
        at: OffsetDateTime,
    ) -> Self {
        let (account, name) = (Some(user.id), user.username.clone());
        Self { account, name, sign_in, source, at }
    }

    /// The command line, which needs no permission.
    #[must_use]
    pub fn command_line(at: OffsetDateTime) -> Self {
        Self::named(COMMAND_LINE, at)
    }

    /// An unknown client, which asked for a mail.
    pub(in crate::accounts) fn mail(source: RequestSource, at: OffsetDateTime) -> Self {
        Self { source, ..Self::named(MAIL, at) }
    }

    /// The setting by which rows of the audit log expire.
    pub(super) fn retention(at: OffsetDateTime) -> Self {
        Self::named(RETENTION, at)
    }

    fn named(name: &str, at: OffsetDateTime) -> Self {
        let (name, source) = (name.to_owned(), RequestSource::default());
        Self { account: None, name, sign_in: None, source, at }
    }

    /// Returns when the change is made.
    #[must_use]
    pub fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// Returns whether the actor is this user.
    #[must_use]
    pub fn is(&self, user: i64) -> bool {
        self.account == Some(user)
    }
}
