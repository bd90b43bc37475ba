//! TODO

pub(crate) mod bearer;
pub(crate) mod credential;
pub(crate) mod csrf;
pub mod origin;
pub(crate) mod request_state;
