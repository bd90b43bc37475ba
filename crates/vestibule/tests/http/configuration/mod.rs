//! What can be configured, and what refuses to launch.

mod access_keys;
mod hasher;
pub(crate) mod launch;
mod two_account_types;
mod unread_settings;
