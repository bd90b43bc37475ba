//! Lists of an account's active sign-ins.

use std::time::Duration;

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::Text;
use time::OffsetDateTime;

use super::PAGE;
use crate::db::schema::sign_ins;
use crate::db::{AnyConnection, to_micros};
use vestibule::database::SignInRow;
use vestibule::sign_ins::SignIn;

/// Returns a page, from 1, of an account's sign-ins that are active now, in the order of
/// [`SignIn::latest_first`], and their total.
pub(in crate::accounts) fn active_sign_ins(
    connection: &mut AnyConnection,
    account: i64,
    (now, idle): (OffsetDateTime, Duration),
    page: i64,
) -> QueryResult<(Vec<SignIn>, i64)> {
    let active = || {
        let never_idle = sign_ins::kind.ne("browser").or(sign_ins::remembered);
        sign_ins::table
            .filter(sign_ins::account.eq(account.to_string()))
            .filter(sign_ins::expires_at.gt(to_micros(now)))
            .filter(never_idle.or(sign_ins::last_seen_at.gt(to_micros(now - idle))))
    };
    let total = active().select(count_star()).get_result(connection)?;
    // As bytes, not as words of a language.
    let by_id = match connection {
        AnyConnection::Sqlite(_) => "id DESC",
        AnyConnection::Postgres(_) => "id COLLATE \"C\" DESC",
    };
    let rows: Vec<SignInRow> = active()
        .order((sign_ins::last_seen_at.desc(), sign_ins::created_at.desc(), sql::<Text>(by_id)))
        .offset((page - 1).saturating_mul(PAGE))
        .limit(PAGE)
        .select(SignInRow::as_select())
        .load(connection)?;
    Ok((rows.into_iter().filter_map(SignInRow::into_sign_in).collect(), total))
}

/// Returns an account's keys that have not expired, latest use first. There are
/// [`MAX_ACTIVE_KEYS`](super::MAX_ACTIVE_KEYS) at most.
pub(in crate::accounts) fn active_keys(
    connection: &mut AnyConnection,
    account: i64,
    now: OffsetDateTime,
) -> QueryResult<Vec<SignIn>> {
    let rows: Vec<SignInRow> = sign_ins::table
        .filter(sign_ins::account.eq(account.to_string()).and(sign_ins::kind.eq("key")))
        .filter(sign_ins::expires_at.gt(to_micros(now)))
        .select(SignInRow::as_select())
        .load(connection)?;
    let mut keys: Vec<_> = rows.into_iter().filter_map(SignInRow::into_sign_in).collect();
    keys.sort_by(SignIn::latest_first);
    Ok(keys)
}
