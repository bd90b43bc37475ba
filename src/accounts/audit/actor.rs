//! Who does something to an account.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::accounts::User;
use vestibule::Authenticated;

/// Who changes an account, from where, and when.
#[derive(Clone, Debug)]
pub struct Actor {
    pub(in crate::accounts) account: Option<i64>,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) sign_in: Option<String>,
    pub(in crate::accounts) address: Option<String>,
    pub(in crate::accounts) at: OffsetDateTime,
}

/// Who works on the machine itself. No user can have this name, for it holds a space.
const COMMAND_LINE: &str = "command line";

impl Actor {
    /// Whoever is behind a guard.
    #[must_use]
    pub fn user(
        who: &impl Authenticated<Account = User>,
        address: Option<IpAddr>,
        at: OffsetDateTime,
    ) -> Self {
        let authentication = who.authentication();
        let (user, sign_in) = (authentication.account(), authentication.sign_in());
        let sign_in = sign_in.map(|sign_in| sign_in.id.to_string());
        Self::account(user, sign_in, address, at)
    }

    pub(in crate::accounts) fn account(
        user: &User,
        sign_in: Option<String>,
        address: Option<IpAddr>,
        at: OffsetDateTime,
    ) -> Self {
        let (account, name) = (Some(user.id), user.username.clone());
        let address = address.map(|address| address.to_string());
        Self { account, name, sign_in, address, at }
    }

    /// Whoever works on the machine itself; needs nobody's leave.
    #[must_use]
    pub fn command_line(at: OffsetDateTime) -> Self {
        let name = COMMAND_LINE.to_owned();
        Self { account: None, name, sign_in: None, address: None, at }
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// Whether this is the user itself.
    #[must_use]
    pub fn is(&self, user: i64) -> bool {
        self.account == Some(user)
    }
}
