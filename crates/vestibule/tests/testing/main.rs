//! The test kit, as another application's tests use it.

// Shared with the library's other tests.
#[path = "../http/support/users.rs"]
#[expect(dead_code, reason = "what those tests need of them")]
mod users;

mod app;
mod asynchronous;
mod credentials;
mod responses;
