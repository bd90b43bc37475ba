//! What differs in SQLite.

use diesel::connection::AnsiTransactionManager;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::sign_in::store::SignInUse;

#[path = "statements.rs"]
pub(super) mod statements;
#[path = "throttle_statements.rs"]
mod throttle_statements;

type Connection = SqliteConnection;

/// Begins a transaction that excludes other writers. A deferred one that starts with a read fails at
/// once, without waiting, if another connection wrote before its first write.
pub(super) fn begin(connection: &mut Connection) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
}

/// Whether there is a table of this name.
pub(super) fn has_table(connection: &mut Connection, name: &str) -> QueryResult<bool> {
    let columns = "(SELECT count(*) FROM pragma_table_info(";
    let columns = sql::<BigInt>(columns).bind::<Text, _>(name).sql("))");
    Ok(diesel::select(columns).get_result::<i64>(connection)? > 0)
}

/// Does nothing: the transaction already excludes others.
pub(super) fn lock_row(_: &mut Connection, _: &str) -> QueryResult<()> {
    Ok(())
}

/// Records uses in one transaction, because each waits for the disk.
pub(super) fn seen_all(connection: &mut Connection, uses: &[SignInUse]) -> QueryResult<()> {
    begin(connection)?;
    let result = uses.iter().try_for_each(|used| statements::seen(connection, used));
    match result {
        Ok(()) => statements::commit(connection),
        Err(error) => statements::rollback(connection).and(Err(error)),
    }
}
