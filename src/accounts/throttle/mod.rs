//! Limits on attempts: failed passwords by account and by address, registrations, set-up links and
//! new access keys, counted in the database, so that neither a restart nor a second process forgets
//! them; and the share of a network in the queue of the hasher, counted in this process.
//!
//! Imports `accounts::{queries, audit, service, shares}`, `crate::db` and the library `vestibule`.

mod attempt;
mod counter;
mod queue_share;

pub use attempt::Client;
pub(super) use attempt::{ADDRESS_FACTOR, mark_known};
pub(super) use counter::{Counter, network};
