//! Login tickets: what a client holds between a right password and the second factor. A ticket starts no
//! session and opens no route but that of the second step.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::accounts::links::digest;
use crate::accounts::sealing::Purpose;
use crate::accounts::service::Accounts;
use crate::accounts::user::User;
use vestibule::Error;
use vestibule::sign_ins::Amr;

/// How long a ticket is valid.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How far a first step led, usually a right password.
#[derive(Debug)]
pub enum FirstStep<T> {
    /// The user is signed in.
    SignedIn(T),
    /// The user has a second factor, for which this is the ticket.
    SecondFactor(LoginTicket),
}

/// An encrypted ticket.
#[derive(Clone)]
pub struct LoginTicket(String);

impl LoginTicket {
    /// Returns the text of the ticket.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LoginTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The content of a ticket.
#[derive(Debug, Deserialize, Serialize)]
pub(in crate::accounts) struct OpenTicket {
    pub(in crate::accounts) user: i64,
    /// What was proven, as `amr` spells it.
    amr: String,
    /// Whether the browser is to be remembered.
    pub(in crate::accounts) remember: bool,
    /// A digest of the hash of the password, after whose change the ticket is void.
    pub(super) password: String,
    /// In seconds since 1970.
    expires_at: i64,
}

impl OpenTicket {
    /// Returns what was proven in the first step.
    pub(in crate::accounts) fn amr(&self) -> Amr {
        Amr::parse(&self.amr)
    }

    /// Returns whether the hash of the user's password is still the one of the first step.
    pub(in crate::accounts) fn is_of(&self, hash: Option<&str>) -> bool {
        hash.is_some_and(|hash| digest(hash) == self.password)
    }
}

impl Accounts {
    /// Makes a ticket for a user who has proven `amr`; `hash` is that of the present password.
    pub(in crate::accounts) fn login_ticket(
        &self,
        user: &User,
        hash: &str,
        amr: Amr,
        remember: bool,
    ) -> Result<LoginTicket, Error> {
        let ticket = OpenTicket {
            user: user.id,
            amr: amr.to_string(),
            remember,
            password: digest(hash),
            expires_at: (self.clock.now()? + LIFETIME).unix_timestamp(),
        };
        let text = serde_json::to_vec(&ticket).map_err(Error::internal)?;
        Ok(LoginTicket(self.keys.seal(Purpose::LoginTicket, "", &text)?))
    }

    /// Opens a ticket; `None` for one that is not ours or has expired.
    pub(in crate::accounts) fn open_ticket(&self, text: &str) -> Result<Option<OpenTicket>, Error> {
        let now = self.clock.now()?.unix_timestamp();
        let text = self.keys.open(Purpose::LoginTicket, "", text);
        let ticket = text.and_then(|text| serde_json::from_slice::<OpenTicket>(&text).ok());
        Ok(ticket.filter(|ticket| now < ticket.expires_at))
    }
}
