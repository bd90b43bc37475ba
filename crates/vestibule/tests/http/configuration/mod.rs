//! What can be configured, and what refuses to launch.

mod access_keys;
pub(crate) mod launch;
mod two_account_types;
