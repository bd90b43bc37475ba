//! The life of a sign-in, from the first proof of a password to every way in which it ends, on
//! both databases.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what other tests need of it")]
mod support;

// The library's own tests lend the contract of a ledger and the users of a small application.
#[path = "../../crates/vestibule/tests/library/contract.rs"]
mod contract;
#[path = "../../crates/vestibule/tests/library/users.rs"]
#[expect(dead_code, reason = "what those tests need of them")]
mod users;

mod endings;
mod events;
mod fresh;
mod helpers;
mod ledgers;
mod limits;
mod lists;
mod model;
mod parallel;
mod protection;
mod purge;
mod remember;
mod rotation;
mod secrets;
mod tamper;
