//! Shared by the tests: the application on either database, and three kinds of clients that
//! speak HTTP to it.

pub(crate) mod actor;
pub(crate) mod app;
pub(crate) mod postgres;
pub(crate) mod process;
