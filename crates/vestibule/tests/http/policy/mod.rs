//! The session policy: on which responses cookies may leave.

mod methods;
mod refusals;
mod session_policy;
mod token_cookies;
