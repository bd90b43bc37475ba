//! The session of a browser as data: the ticket in the cookies, the cookies themselves, and the
//! keys that decrypt them.
//!
//! Imports `config`, `digest`, `error` and `sign_in` only; `authentication` reads and writes the
//! cookies, `actions` starts and ends sessions.

pub(crate) mod cookie;
pub(crate) mod options;
pub(crate) mod presented;
pub(crate) mod secret_keys;
pub(crate) mod ticket;
