//! The real program as an operator runs it: several processes on one database, behind nginx,
//! through failures of the database, from any directory.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "these tests talk to the program over the network only")]
mod support;

mod any_directory;
mod balancing;
mod client;
mod delivered_files;
mod descriptors;
mod doctor;
mod doctor_machine;
mod doctor_outside;
mod dump;
mod failover;
mod kill_behind_nginx;
mod migrate;
mod nginx;
mod openapi;
mod outage_postgres;
mod outage_sqlite;
mod pooler;
#[cfg(feature = "postgres-tls")]
mod postgres_tls;
mod reset_connections;
mod several_processes;
mod slow_clients;
mod stop;
mod transfer;
