//! The guards through which a handler starts, renews, lists and ends sign-ins: `Session`, `Tokens`,
//! `SignIns` and `AccessKeys`.
//!
//! Imports `guards`, `authentication` and every room below them; imported by `fairing` and `testing`.

pub(crate) mod access_keys;
pub(crate) mod create;
pub(crate) mod mint;
pub(crate) mod rotate;
pub(crate) mod session;
pub(crate) mod sign_ins;
pub(crate) mod token_cookies;
pub(crate) mod token_options;
pub(crate) mod tokens;
