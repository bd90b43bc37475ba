//! Stories over HTTP, told by three actors, on both databases.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "tests/deploy asks for more")]
mod support;

mod admin;
mod apart;
mod audit;
mod bodies;
mod command_line;
mod cross_site;
mod crowd;
mod enumeration;
mod headers;
mod import;
mod json_body;
mod key_pairs;
mod keys;
mod login;
mod modes;
mod naughty;
mod outage;
mod registration;
mod secrets;
mod setup;
mod standing;
mod start;
mod testing_kit;
mod throttle;
mod tokens;
mod users;
