//! One connection type for both databases, and a pool that keeps its work off the async
//! threads and answers within a deadline.

mod address;
mod connection;
mod error;
mod manager;
mod migrations;
mod pool;
pub mod schema;
mod transaction;

pub use address::{Address, Backend};
pub use connection::AnyConnection;
pub use error::DbError;
pub use manager::connect;
pub use migrations::migrate;
pub use pool::{Db, DbConfig};
pub use transaction::write;
