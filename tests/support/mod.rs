//! What the tests share: the application on either database, and three actors who speak HTTP
//! to it.

pub(crate) mod actor;
pub(crate) mod app;
pub(crate) mod postgres;
pub(crate) mod process;
