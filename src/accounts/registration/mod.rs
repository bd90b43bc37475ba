//! New accounts: registration of visitors, users added by an administrator, the first administrator through a set-up link, and the
//! sample users of the Flask guide.
//!
//! Imports `accounts::{password, service, queries, audit, user}`, `crate::db` and the
//! library `vestibule`.

mod add;
mod by_address;
mod register;
mod samples;
mod setup;

pub use add::{AddedUser, unknown_password};
pub(super) use by_address::of_recipient;
pub use register::Registration;
pub use samples::{SAMPLES, active_samples, insert_samples};
pub(super) use setup::LINK_LIFETIME;
pub use setup::new_setup_link;
