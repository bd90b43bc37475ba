//! The list of users, page by page.
//!
//! No index helps to find a text within names: the database reads every name. It does so no more
//! than once where possible, because with a million users that takes a good part of a second.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};

use crate::accounts::user::{Role, User, UserRow, Username, full_name};
use crate::db::AnyConnection;
use crate::db::schema::users;
use vestibule::Error;

/// Rows per page of the lists of users and of sign-ins.
pub const PAGE: i64 = 50;

/// Up to so many matches are sorted here, which avoids reading every name a second time.
const MAX_SORTED_HERE: usize = 1000;

/// Which users are listed; the default lists all.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// A part of the user name or of the full name, in any case; of a full name, letters beyond A to Z
    /// in the case that was typed, in lower case or with a capital first.
    pub search: String,
    /// Only this role.
    pub role: Option<Role>,
    /// Only active accounts, or only others.
    pub active: Option<bool>,
}

impl UserFilter {
    /// Parses query parameters; an empty one is absent.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `role` or `active`.
    pub fn parse(
        search: Option<&str>,
        role: Option<&str>,
        active: Option<&str>,
    ) -> Result<Self, Error> {
        let role = match role.unwrap_or_default() {
            "" => None,
            name => Some(
                Role::parse(name)
                    .ok_or_else(|| Error::invalid_field("role", "A role is user or admin."))?,
            ),
        };
        let active = match active.unwrap_or_default() {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            _ => return Err(Error::invalid_field("active", "This parameter is true or false.")),
        };
        Ok(Self { search: search.unwrap_or_default().trim().to_owned(), role, active })
    }

    /// The patterns of a user name and of a full name; an empty one matches none.
    fn patterns(&self) -> (String, [String; 3]) {
        let search = self.search.trim();
        let name = match Username::parse(search) {
            _ if search.is_empty() => "%".to_owned(),
            Ok(name) => pattern(name.key()),
            Err(_) => String::new(),
        };
        let full = match full_name(search) {
            Ok(Some(_)) => [search.to_owned(), search.to_lowercase(), capitalized(search)]
                .map(|text| pattern(&text.to_ascii_lowercase())),
            _ => Default::default(),
        };
        (name, full)
    }
}

/// Returns the number of pages that so many rows fill; at least 1.
#[must_use]
pub fn pages(total: i64) -> i64 {
    ((total + PAGE - 1) / PAGE).max(1)
}

/// Returns a page, from 1, of the users that fit the filter, ordered by id, and their total.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn page(
    connection: &mut AnyConnection,
    filter: &UserFilter,
    page: i64,
) -> QueryResult<(Vec<User>, i64)> {
    match filter {
        UserFilter { search, role: None, active: None } if search.trim().is_empty() => {
            all(connection, page)
        }
        _ => matching(connection, filter, page),
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
    filter: &UserFilter,
    page: i64,
) -> QueryResult<(Vec<User>, i64)> {
    let roles: Vec<_> =
        filter.role.map_or_else(|| vec![Role::User, Role::Admin], |role| vec![role]);
    let roles: Vec<_> = roles.into_iter().map(Role::as_str).collect();
    let active = filter.active.map_or_else(|| vec![true, false], |active| vec![active]);
    let (name, full) = filter.patterns();
    // Both fold A to Z alone, so that they find the same.
    let folded = match connection {
        AnyConnection::Sqlite(_) => "lower(full_name) LIKE ",
        AnyConnection::Postgres(_) => "lower(full_name COLLATE \"C\") LIKE ",
    };
    let is_full_name = |at: usize| {
        sql::<Nullable<Bool>>(folded).bind::<Text, _>(full[at].as_str()).sql(" ESCAPE '!'")
    };
    let found = || {
        let is_name = users::username_key.like(&name).escape('!');
        let is_address = users::email_key.like(&name).escape('!');
        let fits = is_name
            .nullable()
            .or(is_address)
            .or(is_full_name(0))
            .or(is_full_name(1))
            .or(is_full_name(2));
        let users = users::table.filter(users::role.eq_any(roles.clone()));
        users.filter(users::active.eq_any(active.clone())).filter(fits)
    };
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

/// Writes each word with a capital first.
fn capitalized(text: &str) -> String {
    let mut is_first = true;
    let mut capitalized = String::with_capacity(text.len());
    for c in text.chars() {
        if is_first {
            capitalized.extend(c.to_uppercase())
        } else {
            capitalized.extend(c.to_lowercase())
        }
        is_first = !c.is_alphanumeric();
    }
    capitalized
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
    fn a_list_has_as_many_pages_as_its_rows_fill_and_at_least_one() {
        assert_eq!([0, 1, 50, 51, 100, 101].map(pages), [1, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn each_word_of_a_search_is_written_with_a_capital_first() {
        for text in ["éva-maria ödman", "ÉVA-MARIA ÖDMAN"] {
            assert_eq!(capitalized(text), "Éva-Maria Ödman");
        }
    }

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
