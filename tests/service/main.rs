//! The account service over HTTP, as three kinds of client use it, on both databases.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "tests/operations needs the rest")]
mod support;

mod access_keys;
mod accounts;
mod audit;
mod audit_retention;
mod languages;
mod metrics;
mod openapi;
mod pages;
mod passkeys;
mod program;
mod requests;
mod second_factor;
mod sign_ins;
mod testing_kit;
