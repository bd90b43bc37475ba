//! The life of a sign-in, from the first proof of a password to every way in which it ends, on
//! both databases.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what other tests need of it")]
mod support;

// The small application of the library's own tests lends its ledger and its users.
#[path = "../library/ledger.rs"]
#[expect(dead_code, reason = "what those tests need of it")]
mod ledger;
#[path = "../library/users.rs"]
#[expect(dead_code, reason = "what those tests need of them")]
mod users;

mod endings;
mod events;
mod fresh;
mod helpers;
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
