//! The outbox of mails, and addresses that wait for their confirmation.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::{mails, pending_addresses};
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `mails`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = mails, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct MailRow {
    id: String,
    account: Option<i64>,
    recipient: String,
    kind: String,
    client: Option<String>,
    created_at: i64,
    attempts: i64,
    next_at: Option<i64>,
    error: Option<String>,
    program: Option<String>,
    language: Option<String>,
    browser_hash: Option<String>,
}

impl TableRow for MailRow {
    const TABLE: &'static str = "mails";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("id", (&self.id).into()),
            ("account", self.account.into()),
            ("recipient", (&self.recipient).into()),
            ("kind", (&self.kind).into()),
            ("client", (&self.client).into()),
            ("created_at", self.created_at.into()),
            ("attempts", self.attempts.into()),
            ("next_at", self.next_at.into()),
            ("error", (&self.error).into()),
            ("program", (&self.program).into()),
            ("language", (&self.language).into()),
            ("browser_hash", (&self.browser_hash).into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                mails::table.order(mails::id).load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                mails::table
                    .order(by_bytes("id"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => insert_into(mails::table).values(rows).execute(sqlite),
            AnyConnection::Postgres(postgres) => {
                copy_from(mails::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}

/// A row of `pending_addresses`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = pending_addresses, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct PendingAddressRow {
    account: i64,
    email: String,
    expires_at: i64,
    token_hash: Option<String>,
}

impl TableRow for PendingAddressRow {
    const TABLE: &'static str = "pending_addresses";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("account", self.account.into()),
            ("email", (&self.email).into()),
            ("expires_at", self.expires_at.into()),
            ("token_hash", (&self.token_hash).into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        let rows = pending_addresses::table.order(pending_addresses::account);
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                for_each(rows.load_iter::<Self, DefaultLoadingMode>(sqlite)?, each)
            }
            AnyConnection::Postgres(postgres) => {
                for_each(rows.load_iter::<Self, PgRowByRowLoadingMode>(postgres)?, each)
            }
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(pending_addresses::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(pending_addresses::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
