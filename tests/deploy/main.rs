//! The real program as an operator runs it: several processes on one database, behind nginx,
//! through bad weather, from any directory.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "nothing here asks the application without a network between")]
mod support;

mod anywhere;
mod balanced;
mod client;
mod doctor;
mod dump;
#[cfg(feature = "postgres-tls")]
mod encrypted;
mod files;
mod nginx;
mod several;
mod slow;
mod stop;
mod transfer;
mod weather_postgres;
mod weather_sqlite;
