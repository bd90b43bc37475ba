//! The list of users, page by page.
//!
//! A text that may be anywhere in a name has no index: the database looks at every name, but no
//! more often than it must, for a service with a million users has a second for it.

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::accounts::user::UserRow;
use crate::accounts::{User, Username};
use crate::db::AnyConnection;
use crate::db::schema::users;

/// How many users a page of the list holds.
pub const PAGE: i64 = 50;

/// So many finds are put in order here, which spares looking at every name once more.
const FEW: usize = 1000;

/// One page of the users whose name holds `search`, of all for an empty one, by id, from page
/// 1; and how many there are. Upper and lower case are the same, as for signing in.
///
/// # Errors
/// Whatever the database says.
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
        Ok(name) => holding(connection, &pattern(name.key()), page),
        // No name holds what no name can.
        Err(_) => Ok((Vec::new(), 0)),
    }
}

fn all(connection: &mut AnyConnection, page: i64) -> QueryResult<(Vec<User>, i64)> {
    let total = users::table.select(count_star()).first(connection)?;
    let Place { backwards, offset, limit } = Place::of(page, total);
    let rows = users::table.offset(offset).limit(limit).select(UserRow::as_select());
    let mut rows: Vec<UserRow> = match backwards {
        true => rows.order(users::id.desc()).load(connection)?,
        false => rows.order(users::id).load(connection)?,
    };
    if backwards {
        rows.reverse();
    }
    Ok((rows.into_iter().map(User::from).collect(), total))
}

fn holding(
    connection: &mut AnyConnection,
    pattern: &str,
    page: i64,
) -> QueryResult<(Vec<User>, i64)> {
    let found = || users::table.filter(users::username_key.like(pattern).escape('!'));
    let mut ids: Vec<i64> = found().select(users::id).limit(FEW as i64 + 1).load(connection)?;
    let rows: Vec<UserRow>;
    let total;
    if ids.len() <= FEW {
        total = ids.len() as i64;
        ids.sort_unstable();
        let before = usize::try_from((page - 1).saturating_mul(PAGE)).unwrap_or(FEW);
        let ids: Vec<i64> = ids.into_iter().skip(before).take(PAGE as usize).collect();
        let those = users::table.filter(users::id.eq_any(ids)).order(users::id);
        rows = those.select(UserRow::as_select()).load(connection)?;
    } else {
        total = found().select(count_star()).first(connection)?;
        // So many hold it that a page of them is soon together.
        rows = found()
            .order(users::id)
            .offset((page - 1).saturating_mul(PAGE))
            .limit(PAGE)
            .select(UserRow::as_select())
            .load(connection)?;
    }
    Ok((rows.into_iter().map(User::from).collect(), total))
}

/// The pattern for names that hold this text.
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

/// Where a page lies, counted from the nearer end: to skip rows a database reads them.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    backwards: bool,
    offset: i64,
    limit: i64,
}

impl Place {
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
        let place = |page, total| {
            let Place { backwards, offset, limit } = Place::of(page, total);
            (backwards, offset, limit)
        };
        assert_eq!(place(1, 0), (false, 0, 0));
        assert_eq!(place(1, 13), (false, 0, 13));
        assert_eq!(place(1, 100), (false, 0, 50));
        assert_eq!(place(2, 100), (true, 0, 50));
        assert_eq!(place(2, 101), (true, 1, 50));
        assert_eq!(place(3, 101), (true, 0, 1));
        assert_eq!(place(4, 101), (true, 0, 0));
        assert_eq!(place(i64::MAX, 101), (true, 0, 0));
        assert_eq!(place(2, 1_000_000), (false, 50, 50));
        assert_eq!(place(20_000, 1_000_000), (true, 0, 50));
    }
}
