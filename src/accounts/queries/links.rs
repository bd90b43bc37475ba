//! The rows of links that other changes delete or make: in the transaction of the change.

use diesel::prelude::*;
use time::OffsetDateTime;

use crate::db::schema::{former_addresses, password_links, pending_addresses, sign_in_links};
use crate::db::{AnyConnection, to_micros};

/// How long an address waits for its mail to be sent, which is given up before.
const UNSENT: time::Duration = time::Duration::days(2);

/// Deletes the links of a user: the one that sets the password, and those that sign in.
pub(super) fn delete_links(connection: &mut AnyConnection, account: i64) -> QueryResult<()> {
    delete_link(connection, account)?;
    let sign_in = sign_in_links::table.filter(sign_in_links::account.eq(account));
    diesel::delete(sign_in).execute(connection)?;
    Ok(())
}

/// Deletes the link of a user that sets the password, if there is one.
pub(super) fn delete_link(connection: &mut AnyConnection, account: i64) -> QueryResult<usize> {
    diesel::delete(password_links::table.find(account)).execute(connection)
}

/// Deletes the pending address of an account, which an intruder may have asked for: that may be the
/// reason why the password changes or the sign-ins end.
pub(in crate::accounts) fn delete_pending_address(
    connection: &mut AnyConnection,
    id: i64,
) -> QueryResult<usize> {
    diesel::delete(pending_addresses::table.find(id)).execute(connection)
}

/// Remembers an address that an account no longer has, within the transaction that changes it.
pub(super) fn remember(
    connection: &mut AnyConnection,
    account: i64,
    address: &str,
    at: OffsetDateTime,
) -> QueryResult<()> {
    forget(connection, account, address)?;
    let row = (
        former_addresses::account.eq(account),
        former_addresses::email.eq(address),
        former_addresses::changed_at.eq(to_micros(at)),
        former_addresses::expires_at.eq(to_micros(at + UNSENT)),
    );
    diesel::insert_into(former_addresses::table).values(row).execute(connection)?;
    Ok(())
}

/// Deletes the row of an address that the account has again.
pub(super) fn forget(
    connection: &mut AnyConnection,
    account: i64,
    address: &str,
) -> QueryResult<usize> {
    diesel::delete(former_addresses::table.find((account, address))).execute(connection)
}
