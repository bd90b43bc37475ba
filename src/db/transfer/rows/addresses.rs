//! Addresses that an account had and may get back.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::former_addresses;
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `former_addresses`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = former_addresses, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct FormerAddressRow {
    account: i64,
    email: String,
    changed_at: i64,
    expires_at: i64,
    token_hash: Option<String>,
}

impl TableRow for FormerAddressRow {
    const TABLE: &'static str = "former_addresses";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("account", self.account.into()),
            ("email", (&self.email).into()),
            ("changed_at", self.changed_at.into()),
            ("expires_at", self.expires_at.into()),
            ("token_hash", (&self.token_hash).into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                former_addresses::table
                    .order((former_addresses::account, former_addresses::email))
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                former_addresses::table
                    .order((former_addresses::account, by_bytes("email")))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(former_addresses::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(former_addresses::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
