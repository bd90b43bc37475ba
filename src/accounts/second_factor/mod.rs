//! Second factors of users: setting up authenticators, checking codes, and browsers that are trusted without
//! one. Passkeys are in the room `passkeys`.
//!
//! Imports the rooms of the accounts up to `throttle`.

mod check;
mod reseal;
mod set_up;
mod ticket;
mod trusted;

pub use check::CodeStore;
pub use reseal::{count_unreadable, reseal_secrets, unreadable_warning};
pub use set_up::{NewAuthenticator, SecondFactors};
pub(super) use ticket::OpenTicket;
pub use ticket::{FirstStep, LoginTicket};
pub use trusted::TRUSTED_FOR;
