//! The audit log and the head of its hash chain.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::{event_chain, events};
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `events`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct EventRow {
    id: i64,
    at: i64,
    event: String,
    outcome: String,
    account: Option<i64>,
    username: Option<String>,
    actor_account: Option<i64>,
    actor: Option<String>,
    sign_in: Option<String>,
    address: Option<String>,
    detail: Option<String>,
    request_id: Option<String>,
    hash: String,
}

impl TableRow for EventRow {
    const TABLE: &'static str = "events";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("id", self.id.into()),
            ("at", self.at.into()),
            ("event", (&self.event).into()),
            ("outcome", (&self.outcome).into()),
            ("account", self.account.into()),
            ("username", (&self.username).into()),
            ("actor_account", self.actor_account.into()),
            ("actor", (&self.actor).into()),
            ("sign_in", (&self.sign_in).into()),
            ("address", (&self.address).into()),
            ("detail", (&self.detail).into()),
            ("request_id", (&self.request_id).into()),
            ("hash", (&self.hash).into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                events::table.order(events::id).load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                events::table
                    .order(events::id)
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(events::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(events::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}

/// The row of `event_chain`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = event_chain, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct ChainRow {
    id: i64,
    head: i64,
    hash: String,
}

impl TableRow for ChainRow {
    const TABLE: &'static str = "event_chain";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("id", self.id.into()), ("head", self.head.into()), ("hash", (&self.hash).into())]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                event_chain::table
                    .order(event_chain::id)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                event_chain::table
                    .order(event_chain::id)
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(event_chain::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(event_chain::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
