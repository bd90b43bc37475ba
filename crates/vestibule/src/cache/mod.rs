//! What is cached between requests: sign-ins with their accounts, and verified tokens; and how
//! changes invalidate the sign-ins.
//!
//! Imports `account`, `claims`, `clock`, `digest`, `error` and `sign_in` only.

pub(crate) mod auth_cache;
pub(crate) mod sign_ins;
pub(crate) mod tokens;
