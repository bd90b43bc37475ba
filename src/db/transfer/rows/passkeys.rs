//! Passkeys.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::passkeys;
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `passkeys`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = passkeys, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct PasskeyRow {
    credential_id: String,
    account: i64,
    name: String,
    credential: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl TableRow for PasskeyRow {
    const TABLE: &'static str = "passkeys";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("credential_id", (&self.credential_id).into()),
            ("account", self.account.into()),
            ("name", (&self.name).into()),
            ("credential", (&self.credential).into()),
            ("created_at", self.created_at.into()),
            ("last_used_at", self.last_used_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                passkeys::table
                    .order(passkeys::credential_id)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                passkeys::table
                    .order(by_bytes("credential_id"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(passkeys::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(passkeys::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
