//! One connection type for both databases, and a pool that keeps its work off the async
//! threads and answers within a deadline.

mod address;
mod connection;
mod encryption;
mod error;
mod manager;
mod migrations;
pub mod moving;
mod pool;
mod probe;
mod readers;
pub mod schema;
mod transaction;

pub use address::{Address, Backend};
pub use connection::AnyConnection;
pub use encryption::Encryption;
pub use error::DbError;
pub use manager::connect;
pub use migrations::{Inspected, inspect, migrate};
pub use pool::{Db, DbConfig};
pub use probe::is_writable;
pub use transaction::write;
