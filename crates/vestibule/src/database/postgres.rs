//! What differs in PostgreSQL.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::schema::sign_ins;
use crate::sign_in::store::SignInUse;

#[expect(clippy::duplicate_mod, reason = "compiled for each database")]
#[path = "statements.rs"]
pub(super) mod statements;
#[expect(clippy::duplicate_mod, reason = "compiled for each database")]
#[path = "throttle_statements.rs"]
mod throttle_statements;

type Connection = PgConnection;

pub(super) fn begin(connection: &mut Connection) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction(connection)
}

/// Whether there is a table of this name in the search path.
pub(super) fn has_table(connection: &mut Connection, name: &str) -> QueryResult<bool> {
    let is_there = sql::<Bool>("to_regclass(").bind::<Text, _>(name).sql(") IS NOT NULL");
    diesel::select(is_there).get_result(connection)
}

/// Locks the row of a sign-in until the transaction ends.
pub(super) fn lock_row(connection: &mut Connection, id: &str) -> QueryResult<()> {
    let row = sign_ins::table.find(id).select(sign_ins::id).for_update();
    row.get_result::<String>(connection).optional().map(drop)
}

/// Records uses one by one: two transactions that lock many rows in different order could wait for
/// each other.
pub(super) fn seen_all(connection: &mut Connection, uses: &[SignInUse]) -> QueryResult<()> {
    uses.iter().try_for_each(|used| statements::seen(connection, used))
}
