//! The counters of the throttle.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::throttle;
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `throttle`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = throttle, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct ThrottleRow {
    bucket: String,
    failures: i64,
    ends_at: i64,
}

impl TableRow for ThrottleRow {
    const TABLE: &'static str = "throttle";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("bucket", (&self.bucket).into()),
            ("failures", self.failures.into()),
            ("ends_at", self.ends_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                throttle::table
                    .order(throttle::bucket)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                throttle::table
                    .order(by_bytes("bucket"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(throttle::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(throttle::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
