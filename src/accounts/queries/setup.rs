//! Queries about set-up links, which create the first administrator.

use diesel::prelude::*;
use time::OffsetDateTime;

use super::users::has_admin_role;
use crate::db::AnyConnection;
use crate::db::schema::{setup_links, users};
use crate::db::to_micros;

/// Returns whether an administrator exists, active or not.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn has_administrator(connection: &mut AnyConnection) -> QueryResult<bool> {
    let admins = users::table.filter(has_admin_role());
    let first: Option<i64> = admins.select(users::id).first(connection).optional()?;
    Ok(first.is_some())
}

/// Stores a link.
pub(in crate::accounts) fn store_link(
    connection: &mut AnyConnection,
    token_hash: &str,
    expires_at: OffsetDateTime,
) -> QueryResult<usize> {
    let row =
        (setup_links::token_hash.eq(token_hash), setup_links::expires_at.eq(to_micros(expires_at)));
    diesel::insert_into(setup_links::table).values(row).execute(connection)
}

/// Returns whether any link exists, expired or not.
pub(in crate::accounts) fn has_links(connection: &mut AnyConnection) -> QueryResult<bool> {
    let first = setup_links::table.select(setup_links::expires_at).first::<i64>(connection);
    Ok(first.optional()?.is_some())
}

/// Returns whether a link can be used: it is not expired, and no administrator exists.
pub(in crate::accounts) fn is_link_valid(
    connection: &mut AnyConnection,
    token_hash: &str,
    now: OffsetDateTime,
) -> QueryResult<bool> {
    let link = setup_links::table.find(token_hash);
    let link = link.filter(setup_links::expires_at.gt(to_micros(now)));
    let found: Option<i64> =
        link.select(setup_links::expires_at).get_result(connection).optional()?;
    Ok(found.is_some() && !has_administrator(connection)?)
}

/// Locks all links until the transaction ends: two processes may have printed one each, and only
/// one may create an administrator. On SQLite the write transaction already excludes others.
pub(in crate::accounts) fn lock_links(connection: &mut AnyConnection) -> QueryResult<()> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT token_hash FROM setup_links ORDER BY token_hash FOR UPDATE")
            .execute(postgres)?;
    }
    Ok(())
}

/// Deletes all links.
pub(in crate::accounts) fn delete_links(connection: &mut AnyConnection) -> QueryResult<usize> {
    diesel::delete(setup_links::table).execute(connection)
}

/// Deletes the expired links and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge_links(connection: &mut AnyConnection, now: OffsetDateTime) -> QueryResult<usize> {
    let expired = setup_links::table.filter(setup_links::expires_at.le(to_micros(now)));
    diesel::delete(expired).execute(connection)
}
