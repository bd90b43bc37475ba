//! Which ids of accounts were ever given: an old credential must never name a new person, also
//! not in another database.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::endpoints::number;
use crate::db::AnyConnection;

#[derive(QueryableByName)]
struct Sequence {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The highest id that was ever given; 0 before the first.
pub(super) fn highest(connection: &mut AnyConnection) -> QueryResult<i64> {
    let counter = match connection {
        AnyConnection::Sqlite(_) => "SELECT coalesce(max(seq), 0) AS n FROM sqlite_sequence \
             WHERE name = 'users'"
            .to_owned(),
        AnyConnection::Postgres(postgres) => {
            // As the server writes it: with its schema, and in quotes where it must be.
            let named = diesel::sql_query("SELECT pg_get_serial_sequence('users', 'id') AS name");
            let Sequence { name } = named.get_result(postgres)?;
            format!("SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END AS n FROM {name}")
        }
    };
    let given = number(connection, &counter)?;
    // Rows that came in with their ids, by whichever tool, need not be in the counter.
    let there = number(connection, "SELECT coalesce(max(id), 0) AS n FROM users")?;
    Ok(given.max(there))
}

/// Lets the next id be a higher one; belongs into a transaction, with which it is taken back.
pub(super) fn go_on_after(connection: &mut AnyConnection, highest: i64) -> QueryResult<()> {
    connection.batch_execute(&match connection {
        AnyConnection::Sqlite(_) => format!(
            "DELETE FROM sqlite_sequence WHERE name = 'users'; \
             INSERT INTO sqlite_sequence (name, seq) VALUES ('users', {highest});"
        ),
        // Not `setval`, which no transaction takes back.
        AnyConnection::Postgres(_) => {
            let next = highest.saturating_add(1);
            format!("ALTER TABLE users ALTER COLUMN id RESTART WITH {next}")
        }
    })
}
