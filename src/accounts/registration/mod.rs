//! New accounts: registration of visitors, the first administrator through a set-up link, and the
//! sample users of the Flask guide.
//!
//! Imports `accounts::{password, service, queries, audit, user}`, `crate::db` and the
//! library `vestibule`.

mod register;
mod samples;
mod setup;

pub use register::Registration;
pub use samples::{SAMPLES, active_samples, insert_samples};
pub(super) use setup::LINK_LIFETIME;
pub use setup::{SetupToken, new_setup_link};
