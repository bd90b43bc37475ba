//! Passwords: what a new one may be, how one is checked at sign-in and re-authentication, and how
//! it is changed, or set by a link.
//!
//! Imports `accounts::{throttle, service, queries, audit, user}` and the library `vestibule`. It
//! has no route and no query of its own.

mod breached;
mod by_link;
mod change;
mod rules;
mod sign_in;

pub use change::NewPassword;
pub(super) use rules::check_form;
pub use rules::{PasswordOwner, new_password};
pub use sign_in::Credentials;
