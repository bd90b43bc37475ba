//! Links: those that create the first administrator, set a password or sign in.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::{password_links, setup_links, sign_in_links};
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `setup_links`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = setup_links, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct SetupLinkRow {
    token_hash: String,
    expires_at: i64,
}

impl TableRow for SetupLinkRow {
    const TABLE: &'static str = "setup_links";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("token_hash", (&self.token_hash).into()), ("expires_at", self.expires_at.into())]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                setup_links::table
                    .order(setup_links::token_hash)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                setup_links::table
                    .order(by_bytes("token_hash"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(setup_links::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(setup_links::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}

/// A row of `password_links`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = password_links, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct PasswordLinkRow {
    account: i64,
    token_hash: String,
    expires_at: i64,
}

impl TableRow for PasswordLinkRow {
    const TABLE: &'static str = "password_links";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("account", self.account.into()),
            ("token_hash", (&self.token_hash).into()),
            ("expires_at", self.expires_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        let rows = password_links::table.order(password_links::account);
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
                insert_into(password_links::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(password_links::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}

/// A row of `sign_in_links`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = sign_in_links, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct SignInLinkRow {
    browser_hash: String,
    account: Option<i64>,
    token_hash: String,
    code_hash: String,
    attempts: i64,
    expires_at: i64,
}

impl TableRow for SignInLinkRow {
    const TABLE: &'static str = "sign_in_links";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("browser_hash", (&self.browser_hash).into()),
            ("account", self.account.into()),
            ("token_hash", (&self.token_hash).into()),
            ("code_hash", (&self.code_hash).into()),
            ("attempts", self.attempts.into()),
            ("expires_at", self.expires_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                sign_in_links::table
                    .order(sign_in_links::browser_hash)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                sign_in_links::table
                    .order(by_bytes("browser_hash"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(sign_in_links::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(sign_in_links::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
