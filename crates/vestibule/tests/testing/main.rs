//! The test kit, used as in the tests of another application.

// Shared with the library's other tests.
#[path = "../http/support/users.rs"]
#[expect(dead_code, reason = "used by those tests only")]
mod users;

mod app;
mod asynchronous;
mod catchers;
mod credentials;
mod responses;
