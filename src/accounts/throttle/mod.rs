//! Limits on attempts: failed passwords by account and by address, counted in the database, so that
//! neither a restart nor a second process forgets them; and the share of a network in the queue of
//! the hasher, counted in this process.
//!
//! Imports `accounts::{audit, service, shares}` and the library `vestibule`.

mod attempt;
mod queue_share;
