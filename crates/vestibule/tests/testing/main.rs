//! The test kit, as another application's tests use it.

// The library's own tests lend the users of a small application.
#[path = "../library/users.rs"]
#[expect(dead_code, reason = "what those tests need of them")]
mod users;

mod answers;
mod app;
mod asynchronous;
mod credentials;
