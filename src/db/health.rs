//! Whether the database accepts writes, checked without changing anything.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connect::limit_waits;
use super::connection::AnyConnection;
use super::error::DbError;
use super::pool::Db;
use vestibule::database::write;

/// How long to wait for another writer: longer than a write takes.
const LOCK_TIMEOUT: Duration = Duration::from_millis(50);

#[derive(QueryableByName)]
struct ReadOnly {
    #[diesel(sql_type = Text)]
    transaction_read_only: String,
}

impl Db {
    /// Returns whether the database accepts writes at this moment.
    ///
    /// SQLite: no other connection holds the write lock, and the file is not read-only. PostgreSQL:
    /// the server is not a standby and not in read-only mode. Nothing is written, so a full disk
    /// is not noticed.
    ///
    /// # Errors
    /// [`DbError`] if the database cannot be read either.
    pub async fn is_writable(&self) -> Result<bool, DbError> {
        let usual = self.lock_timeout();
        self.run(move |connection| {
            connection.batch_execute("SELECT id FROM users LIMIT 1")?;
            limit_waits(connection, LOCK_TIMEOUT)?;
            let writable = is_writable(connection);
            limit_waits(connection, usual)?;
            Ok(writable)
        })
        .await
    }
}

/// Returns whether a connection's database accepts writes, like [`Db::is_writable`], but waits for
/// a lock as long as the connection's own timeout.
pub fn is_writable(connection: &mut AnyConnection) -> bool {
    match connection {
        AnyConnection::Sqlite(_) => write(connection, |_| Ok::<_, DbError>(())).is_ok(),
        AnyConnection::Postgres(postgres) => {
            let shown = diesel::sql_query("SHOW transaction_read_only").get_result(postgres);
            shown.is_ok_and(|found: ReadOnly| found.transaction_read_only == "off")
        }
    }
}
