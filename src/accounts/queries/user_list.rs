//! The list of users, page by page.
//!
//! No index helps to find a text within names: the database reads every name. It does so no more
//! than once where possible, because with a million users that takes a good part of a second.

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::accounts::user::{User, UserRow, Username};
use crate::db::AnyConnection;
use crate::db::schema::users;

/// Users per page of the list.
pub const PAGE: i64 = 50;

/// Up to so many matches are sorted here, which avoids reading every name a second time.
const MAX_SORTED_HERE: usize = 1000;

/// Returns a page, from 1, of the users whose name contains `search`, ordered by id, and their
/// total. An empty `search` finds all; case is ignored, as for signing in.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn page(
    connection: &mut AnyConnection,
    search: &str,
    page: i64,
) -> QueryResult<(Vec<User>, i64)> {
    let search = search.trim();
    if search.is_empty() {
        return all(connection, page);
    }
    match Username::parse(search) {
        Ok(name) => matching(connection, &pattern(name.key()), page),
        // A text that no name can hold.
        Err(_) => Ok((Vec::new(), 0)),
    }
}

fn all(connection: &mut AnyConnection, page: i64) -> QueryResult<(Vec<User>, i64)> {
    let total = users::table.select(count_star()).first(connection)?;
    let PageRange { backwards, offset, limit } = PageRange::of(page, total);
    let rows = users::table.offset(offset).limit(limit).select(UserRow::as_select());
    let rows: Vec<UserRow> = if backwards {
        let mut rows: Vec<_> = rows.order(users::id.desc()).load(connection)?;
        rows.reverse();
        rows
    } else {
        rows.order(users::id).load(connection)?
    };
    Ok((rows.into_iter().map(User::from).collect(), total))
}

fn matching(
    connection: &mut AnyConnection,
    pattern: &str,
    page: i64,
) -> QueryResult<(Vec<User>, i64)> {
    let found = || users::table.filter(users::username_key.like(pattern).escape('!'));
    let mut ids: Vec<i64> =
        found().select(users::id).limit(MAX_SORTED_HERE as i64 + 1).load(connection)?;
    let rows: Vec<UserRow>;
    let total;
    if ids.len() <= MAX_SORTED_HERE {
        total = ids.len() as i64;
        ids.sort_unstable();
        let before = usize::try_from((page - 1).saturating_mul(PAGE)).unwrap_or(MAX_SORTED_HERE);
        let ids: Vec<i64> = ids.into_iter().skip(before).take(PAGE as usize).collect();
        let listed = users::table.filter(users::id.eq_any(ids)).order(users::id);
        rows = listed.select(UserRow::as_select()).load(connection)?;
    } else {
        total = found().select(count_star()).first(connection)?;
        // With so many matches a page is filled after few rows.
        rows = found()
            .order(users::id)
            .offset((page - 1).saturating_mul(PAGE))
            .limit(PAGE)
            .select(UserRow::as_select())
            .load(connection)?;
    }
    Ok((rows.into_iter().map(User::from).collect(), total))
}

/// Returns the `LIKE` pattern for names that contain this text.
fn pattern(key: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in key.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The rows of a page, counted from the nearer end, because a database reads the rows it skips.
#[derive(Debug, PartialEq, Eq)]
struct PageRange {
    backwards: bool,
    offset: i64,
    limit: i64,
}

impl PageRange {
    fn of(page: i64, total: i64) -> Self {
        let before = (page - 1).saturating_mul(PAGE).clamp(0, total);
        let limit = PAGE.min(total - before);
        let after = total - before - limit;
        let backwards = after < before;
        Self { backwards, offset: if backwards { after } else { before }, limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_counted_from_the_nearer_end() {
        let range = |page, total| {
            let PageRange { backwards, offset, limit } = PageRange::of(page, total);
            (backwards, offset, limit)
        };
        assert_eq!(range(1, 0), (false, 0, 0));
        assert_eq!(range(1, 13), (false, 0, 13));
        assert_eq!(range(1, 100), (false, 0, 50));
        assert_eq!(range(2, 100), (true, 0, 50));
        assert_eq!(range(2, 101), (true, 1, 50));
        assert_eq!(range(3, 101), (true, 0, 1));
        assert_eq!(range(4, 101), (true, 0, 0));
        assert_eq!(range(i64::MAX, 101), (true, 0, 0));
        assert_eq!(range(2, 1_000_000), (false, 50, 50));
        assert_eq!(range(20_000, 1_000_000), (true, 0, 50));
    }
}
