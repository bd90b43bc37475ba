//! The test kit, used as in the tests of another application.

// Shared with the library's own tests.
#[path = "../library/users.rs"]
#[expect(dead_code, reason = "used by those tests only")]
mod users;

mod answers;
mod app;
mod asynchronous;
mod credentials;
