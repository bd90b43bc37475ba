//! Stories over HTTP, told by three actors, on both databases.

#[path = "../support/mod.rs"]
mod support;

mod admin;
mod apart;
mod audit;
mod bodies;
mod command_line;
mod cross_site;
mod headers;
mod key_pairs;
mod login;
mod modes;
mod outage;
mod registration;
mod secrets;
mod start;
mod throttle;
mod tokens;
mod users;
