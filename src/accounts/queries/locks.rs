//! Row locks that several queries need, each held until the transaction ends.

use diesel::prelude::*;

use crate::db::AnyConnection;
use crate::db::schema::sign_ins;

/// Locks a user. A transaction that needs a user and its sign-ins locks the user first: two that
/// locked them in different order could wait for each other. On SQLite the write transaction
/// already excludes others.
pub(super) fn lock_user(connection: &mut AnyConnection, id: i64) -> QueryResult<()> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE")
            .bind::<diesel::sql_types::BigInt, _>(id)
            .execute(postgres)?;
    }
    Ok(())
}

/// Locks a sign-in and returns whether it exists.
pub(super) fn lock_sign_in(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
    let row = sign_ins::table.find(id);
    Ok(diesel::update(row).set(sign_ins::id.eq(id)).execute(connection)? > 0)
}
