//! User names that are an address, which has several spellings.

use diesel::prelude::*;

use crate::accounts::user::{User, UserRow, Username};
use crate::db::AnyConnection;
use crate::db::schema::users;
use crate::mail::EmailAddress;

/// Returns the keys under which a user name that is a spelling of this address may be stored.
pub(super) fn keys_of(address: &EmailAddress) -> Vec<String> {
    let names = address.spellings();
    let names = names.iter().filter_map(|name| Username::parse(name).ok());
    names.flat_map(|name| name.stored_keys().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Finds the users whose names are spellings of an address.
pub(in crate::accounts) fn named_by_address(
    connection: &mut AnyConnection,
    address: &EmailAddress,
) -> QueryResult<Vec<User>> {
    let named = users::table.filter(users::username_key.eq_any(keys_of(address)));
    let found: Vec<UserRow> = named.select(UserRow::as_select()).load(connection)?;
    Ok(found.into_iter().map(User::from).collect())
}
