//! Stories over HTTP, told by three actors, on both databases.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "tests/deploy asks for more")]
mod support;

mod apart;
mod bodies;
mod command_line;
mod cross_site;
mod headers;
mod key_pairs;
mod login;
mod modes;
mod outage;
mod registration;
mod start;
mod throttle;
mod tokens;
mod users;
