//! The life of a sign-in on both databases: from the first password to every way in which it
//! ends.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests need the rest")]
mod support;

// Shared with the library's own tests.
#[path = "../../crates/vestibule/tests/http/support/users.rs"]
#[expect(dead_code, reason = "the library's tests need the rest")]
mod users;

mod endings;
mod events;
mod freshness;
mod helpers;
mod limits;
mod lists;
mod model;
mod new_secrets;
mod parallel_requests;
mod purge;
mod refresh_rotation;
mod remember_me;
mod session_protection;
mod store;
mod tampered_cookies;
