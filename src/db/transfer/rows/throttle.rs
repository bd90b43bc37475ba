//! What was done how often lately.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::super::MoveError;
use super::super::digest::Field;
use super::{Each, Row, by_bytes, drain};
use crate::db::AnyConnection;
use crate::db::schema::throttle;

/// A row of `throttle`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = throttle, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct Throttle {
    bucket: String,
    failures: i64,
    ends_at: i64,
}

impl Row for Throttle {
    const TABLE: &'static str = "throttle";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("bucket", (&self.bucket).into()),
            ("failures", self.failures.into()),
            ("ends_at", self.ends_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), MoveError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => drain(
                throttle::table
                    .order(throttle::bucket)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => drain(
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
