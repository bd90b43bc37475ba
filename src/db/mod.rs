//! One connection type for both databases, and a pool that keeps its work off the async
//! threads and answers within a deadline.

mod address;
mod connection;
mod encryption;
mod error;
mod health;
mod inline_reader;
mod manager;
mod migrations;
mod pool;
pub mod schema;
mod transaction;
pub mod transfer;

pub use address::{Address, Backend};
pub use connection::AnyConnection;
pub use encryption::Encryption;
pub use error::DbError;
pub use health::is_writable;
pub use manager::connect;
pub use migrations::{Inspected, inspect, migrate};
pub use pool::{Db, DbConfig};
pub use transaction::write;
