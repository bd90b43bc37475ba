//! Sign-ins and failed passwords in your database, by diesel: the cargo features `diesel-sqlite` and
//! `diesel-postgres`.
//!
//! Imports `config`, `error`, `sign_in` and `throttle`. The statements are compiled once for each
//! database, because diesel's types differ.
//!
//! The tables `sign_ins` and `throttle` are made by [`MIGRATIONS`], or by the SQL
//! files in `migrations` of this package, copied into those of your application; without them the
//! application does not launch. The pool is your
//! own: [`ConnectionPool`] is implemented for diesel's r2d2 pool and, with the feature
//! `rocket_sync_db_pools`, for a `#[database]` of that crate.
//!
//! ```no_run
//! # #[cfg(feature = "diesel-postgres")] {
//! use diesel::PgConnection;
//! use diesel::r2d2::{ConnectionManager, Pool};
//! use diesel_migrations::MigrationHarness;
//! use vestibule::Auth;
//! use vestibule::database::MIGRATIONS;
//!
//! # let url = "postgres://";
//! let pool = Pool::new(ConnectionManager::<PgConnection>::new(url)).expect("a pool");
//! let mut connection = pool.get().expect("a connection");
//! connection.run_pending_migrations(MIGRATIONS).expect("the tables");
//! let rocket = rocket::build().attach(Auth::fairing().database(pool));
//! # }
//! ```
//!
//! For SQLite [`open_sqlite`] does all of this, with the settings that it needs.

mod backend;
mod check;
mod micros;
#[cfg(feature = "diesel-sqlite")]
mod open_sqlite;
mod pool;
#[cfg(feature = "diesel-postgres")]
mod postgres;
mod row;
pub mod schema;
pub mod sign_ins;
#[cfg(feature = "diesel-sqlite")]
mod sqlite;
mod store;
mod throttle;
mod transaction;

pub use backend::{BackendConnection, StoreConnection};
#[cfg(feature = "diesel-sqlite")]
pub use open_sqlite::{SqlitePool, open_sqlite};
pub use pool::ConnectionPool;
#[cfg(feature = "rocket_sync_db_pools")]
pub use pool::{SyncDbPool, sync_db_pool};
pub use row::SignInRow;
pub use store::{AccountLock, DieselSignInStore};
pub use throttle::{DieselThrottle, purge as purge_throttle};
pub use transaction::write;

/// The migrations that make the tables, in SQLite or PostgreSQL.
pub const MIGRATIONS: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("migrations");
