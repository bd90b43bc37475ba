//! Limits on attempts: failed passwords by account and by address, registrations, set-up links and
//! new access keys. They are counted in the database, so that neither a restart nor a second
//! process forgets them.
//!
//! Imports `accounts::{queries, audit, service}`, `crate::db` and the library `vestibule`.

mod attempt;
mod counter;

pub(super) use attempt::ADDRESS_FACTOR;
pub use attempt::Client;
pub(super) use counter::{Counter, network};
