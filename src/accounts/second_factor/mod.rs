//! Second factors: authenticators, which show codes of six digits (RFC 6238), recovery codes, and browsers
//! that are trusted without either. Passkeys are in the room `passkeys`.
//!
//! Imports the rooms of the accounts up to `throttle`.

mod authenticator;
mod check;
mod recovery;
mod reseal;
mod set_up;
mod ticket;
mod trusted;

pub use authenticator::NewAuthenticator;
pub use recovery::RecoveryCodes;
pub use reseal::reseal_secrets;
pub use set_up::SecondFactors;
pub(super) use ticket::OpenTicket;
pub use ticket::{FirstStep, LoginTicket};
pub use trusted::TRUSTED_FOR;
