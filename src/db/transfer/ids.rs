//! The highest account id that was ever assigned. An id is never assigned twice, not even after a
//! transfer: an old credential must not belong to a new account.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::endpoints::number;
use crate::db::connection::AnyConnection;

#[derive(QueryableByName)]
struct Sequence {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Returns the highest id that was ever assigned; 0 if none was.
pub(super) fn highest(connection: &mut AnyConnection) -> QueryResult<i64> {
    let counter = match connection {
        AnyConnection::Sqlite(_) => "SELECT coalesce(max(seq), 0) AS n FROM sqlite_sequence \
             WHERE name = 'users'"
            .to_owned(),
        AnyConnection::Postgres(postgres) => {
            // The server returns the name with its schema, quoted if necessary.
            let query = diesel::sql_query("SELECT pg_get_serial_sequence('users', 'id') AS name");
            let Sequence { name } = query.get_result(postgres)?;
            format!("SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END AS n FROM {name}")
        }
    };
    let assigned = number(connection, &counter)?;
    // Rows that another tool inserted with their ids may be above the counter.
    let present = number(connection, "SELECT coalesce(max(id), 0) AS n FROM users")?;
    Ok(assigned.max(present))
}

/// Makes the next assigned id a higher one; in a transaction, a rollback undoes this.
pub(super) fn continue_after(connection: &mut AnyConnection, highest: i64) -> QueryResult<()> {
    connection.batch_execute(&match connection {
        AnyConnection::Sqlite(_) => format!(
            "DELETE FROM sqlite_sequence WHERE name = 'users'; \
             INSERT INTO sqlite_sequence (name, seq) VALUES ('users', {highest});"
        ),
        // Not `setval`, which a rollback does not undo.
        AnyConnection::Postgres(_) => {
            let next = highest.saturating_add(1);
            format!("ALTER TABLE users ALTER COLUMN id RESTART WITH {next}")
        }
    })
}
