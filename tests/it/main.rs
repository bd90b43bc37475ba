//! Stories over HTTP, told by three actors, on both databases.

#[path = "../support/mod.rs"]
mod support;

mod login;
