//! How the database is, asked without changing anything.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::pool::limit;
use super::{AnyConnection, Db, DbError, write};

/// How long it is waited for whoever else is writing: longer than a write takes.
const PATIENCE: Duration = Duration::from_millis(50);

#[derive(QueryableByName)]
struct ReadOnly {
    #[diesel(sql_type = Text)]
    transaction_read_only: String,
}

impl Db {
    /// Whether the database takes writes at this moment; it can be read in any case.
    ///
    /// SQLite: nobody else holds the lock for writing, and the file is not read-only. PostgreSQL:
    /// the server is no standby and takes no vow of reading only. Nothing is written, so a full
    /// disk is not noticed.
    ///
    /// # Errors
    /// [`DbError`] when it cannot even be read.
    pub async fn is_writable(&self) -> Result<bool, DbError> {
        let usual = self.lock_timeout();
        self.run(move |connection| {
            connection.batch_execute("SELECT id FROM users LIMIT 1")?;
            limit(connection, PATIENCE)?;
            let writable = is_writable(connection);
            limit(connection, usual)?;
            Ok(writable)
        })
        .await
    }
}

/// Whether a connection's database takes writes, as [`Db::is_writable`] says; waits for a lock as
/// long as the connection does.
pub fn is_writable(connection: &mut AnyConnection) -> bool {
    match connection {
        AnyConnection::Sqlite(_) => write(connection, |_| Ok::<_, DbError>(())).is_ok(),
        AnyConnection::Postgres(postgres) => {
            let asked = diesel::sql_query("SHOW transaction_read_only").get_result(postgres);
            asked.is_ok_and(|found: ReadOnly| found.transaction_read_only == "off")
        }
    }
}
