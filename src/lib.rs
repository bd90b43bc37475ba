#![doc = include_str!("../README.md")]

#[cfg(feature = "app")]
pub mod accounts;
#[cfg(feature = "app")]
pub mod api;
#[cfg(feature = "app")]
pub mod app;
pub mod auth;
#[cfg(feature = "app")]
pub mod cli;
#[cfg(feature = "app")]
pub mod db;
#[cfg(feature = "app")]
mod housekeeping;
#[cfg(feature = "app")]
pub mod http;
#[cfg(feature = "app")]
mod logging;
#[cfg(feature = "app")]
pub mod settings;
#[cfg(feature = "app")]
pub mod state_dir;
#[cfg(feature = "app")]
pub mod web;

/// The programs of the guide are compiled with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../docs/FROM-FLASK.md")]
pub struct FromFlask;
