//! The database: one connection type for SQLite and PostgreSQL, the pool, the schema, and
//! copying one database into another (`vestibule move`). Imports the library's statements and
//! nothing of the service.

mod address;
mod backup;
mod connect;
mod connection;
mod error;
mod health;
mod micros;
mod migrations;
mod pool;
mod pooler;
pub mod schema;
mod sqlite_file;
pub mod transfer;

pub use address::{Address, Backend, Encryption};
pub use backup::{check_whole, copy_backup, copy_to, merge_log, put_in_place, remove_copy};
pub use connect::{check_creatable, connect, ready_path};
pub use connection::AnyConnection;
pub use error::DbError;
pub use health::is_writable;
pub use micros::{from_micros, rfc3339, to_micros};
pub use migrations::{SchemaStatus, migrate, schema_status};
pub use pool::{Db, DbConfig, PoolStats};
pub use pooler::{POOLED_PER_TRANSACTION, is_pooled_per_transaction};
pub use vestibule::database::write;
