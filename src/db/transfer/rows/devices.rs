//! Devices that accounts have signed in from.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::known_devices;
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `known_devices`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = known_devices, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct KnownDeviceRow {
    account: i64,
    device: String,
    seen_at: i64,
}

impl TableRow for KnownDeviceRow {
    const TABLE: &'static str = "known_devices";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("account", self.account.into()),
            ("device", (&self.device).into()),
            ("seen_at", self.seen_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                known_devices::table
                    .order((known_devices::account, known_devices::device))
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                known_devices::table
                    .order((known_devices::account, by_bytes("device")))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(known_devices::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(known_devices::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
