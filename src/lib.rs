//! The account service: pages, API, database and command line, built on the crate `vestibule`.

pub mod accounts;
pub mod api;
pub mod app;
pub mod cli;
pub mod db;
mod delivery;
mod fingerprints;
mod housekeeping;
pub mod http;
pub mod languages;
mod logging;
pub mod mail;
pub mod metrics;
pub mod settings;
pub mod state_dir;
pub mod web;
