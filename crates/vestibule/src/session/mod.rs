//! TODO

pub(crate) mod cookies;
pub(crate) mod options;
pub(crate) mod previous_keys;
pub(crate) mod ticket;
