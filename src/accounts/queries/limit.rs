//! The limit of an account's sign-ins.

use diesel::prelude::*;

use crate::db::AnyConnection;
use crate::db::schema::sign_ins;

/// Ends all browser and token sign-ins of a user except the `max` that were used last, at most 500 at
/// once; returns how many.
pub(in crate::accounts) fn end_least_recently_used(
    connection: &mut AnyConnection,
    account: i64,
    max: i64,
) -> QueryResult<usize> {
    let ids: Vec<String> = sign_ins::table
        .filter(sign_ins::account.eq(account.to_string()).and(sign_ins::kind.ne("key")))
        .order((sign_ins::last_seen_at.desc(), sign_ins::created_at.desc(), sign_ins::id.desc()))
        .select(sign_ins::id)
        .offset(max)
        .limit(500)
        .load(connection)?;
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::delete(sign_ins::table.filter(sign_ins::id.eq_any(ids))).execute(connection)
}
