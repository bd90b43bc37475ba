//! The fairing: reads the configuration at ignition, checks the routes and completes every response.
//!
//! Imports every room below; only `testing` is above it.

pub(crate) mod auth;
mod challenge;
mod check_stores;
#[cfg(any(feature = "diesel-sqlite", feature = "diesel-postgres"))]
mod database;
mod login_required;
mod methods;
mod policy;
mod purge;
mod refusal;
mod response;
mod route_guards;
mod stores;
mod summary;
mod token_request;
mod unread;
