//! TODO

pub(crate) mod auth_cache;
pub(crate) mod cached_sign_in;
pub(crate) mod invalidating_store;
pub(crate) mod sign_ins;
pub(crate) mod tickets;
pub(crate) mod tokens;
