//! The application under test, its users and its store, and what the tests send to it.

pub(crate) mod app;
pub(crate) mod cookie_setters;
pub(crate) mod counting_store;
pub(crate) mod forged_tokens;
pub(crate) mod key_pairs;
pub(crate) mod token_locations;
pub(crate) mod users;
