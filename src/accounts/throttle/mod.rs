//! Limits on attempts: failed passwords by account and by address, counted in the database, so that
//! neither a restart nor a second process forgets them; and the permits of networks to have passwords
//! hashed, counted in this process.
//!
//! Imports `accounts::{audit, network_permits, service}` and the library `vestibule`.

mod attempt;
mod permit;
