//! Every statement about links for making the first administrator.

use diesel::prelude::*;
use time::OffsetDateTime;

use super::users::administers;
use crate::db::AnyConnection;
use crate::db::schema::{setup_links, users};
use vestibule::to_micros;

/// Whether anybody administers the service, switched off or not.
///
/// # Errors
/// Whatever the database says.
pub fn has_administrator(connection: &mut AnyConnection) -> QueryResult<bool> {
    let admins = users::table.filter(administers());
    let first: Option<i64> = admins.select(users::id).first(connection).optional()?;
    Ok(first.is_some())
}

/// Keeps a link.
pub(in crate::accounts) fn keep_link(
    connection: &mut AnyConnection,
    token_hash: &str,
    expires_at: OffsetDateTime,
) -> QueryResult<usize> {
    let row =
        (setup_links::token_hash.eq(token_hash), setup_links::expires_at.eq(to_micros(expires_at)));
    diesel::insert_into(setup_links::table).values(row).execute(connection)
}

/// Whether there is any link, good or not.
pub(in crate::accounts) fn has_links(connection: &mut AnyConnection) -> QueryResult<bool> {
    let first = setup_links::table.select(setup_links::expires_at).first::<i64>(connection);
    Ok(first.optional()?.is_some())
}

/// Whether a link can still be used.
pub(in crate::accounts) fn link_stands(
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

/// Locks all links until the transaction ends: two processes have printed two, and only one
/// may make an administrator. SQLite's write transaction already lets only one in.
pub(in crate::accounts) fn lock_links(connection: &mut AnyConnection) -> QueryResult<()> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT token_hash FROM setup_links ORDER BY token_hash FOR UPDATE")
            .execute(postgres)?;
    }
    Ok(())
}

/// Deletes all links.
pub(in crate::accounts) fn forget_links(connection: &mut AnyConnection) -> QueryResult<usize> {
    diesel::delete(setup_links::table).execute(connection)
}

/// Deletes the links whose time is over; answers how many.
///
/// # Errors
/// Whatever the database says.
pub fn purge_links(connection: &mut AnyConnection, now: OffsetDateTime) -> QueryResult<usize> {
    let over = setup_links::table.filter(setup_links::expires_at.le(to_micros(now)));
    diesel::delete(over).execute(connection)
}
