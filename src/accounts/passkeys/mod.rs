//! Passkeys (WebAuthn): a second factor, and as they verify their user also the only one.
//!
//! The browser asks the passkey to sign a challenge. What the service has to remember of it meanwhile is
//! encrypted at the client, for one purpose and five minutes, and counts once.
//!
//! Imports the rooms of the accounts up to `second_factor`.

mod add;
mod ceremony;
mod check;

pub use ceremony::{Ceremony, PasskeyAnswer, PasskeyOptions};
pub(super) use ceremony::{is_refused, refused};
