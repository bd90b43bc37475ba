//! Sessions and tokens for Rocket.

pub mod auth;
#[cfg(feature = "app")]
pub mod db;
