//! Second factors, recovery codes, and browsers that need no second factor.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::{authenticators, recovery_codes, trusted_browsers};
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `authenticators`, whose secret stays encrypted.
#[derive(Insertable, Queryable)]
#[diesel(table_name = authenticators, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct AuthenticatorRow {
    account: i64,
    secret: String,
    sealed_by: String,
    last_step: i64,
    created_at: i64,
    wrong_codes: i64,
}

impl TableRow for AuthenticatorRow {
    const TABLE: &'static str = "authenticators";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("account", self.account.into()),
            ("secret", (&self.secret).into()),
            ("sealed_by", (&self.sealed_by).into()),
            ("last_step", self.last_step.into()),
            ("created_at", self.created_at.into()),
            ("wrong_codes", self.wrong_codes.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                authenticators::table
                    .order(authenticators::account)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                authenticators::table
                    .order(authenticators::account)
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(authenticators::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(authenticators::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}

/// A row of `recovery_codes`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = recovery_codes, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct RecoveryCodeRow {
    account: i64,
    code_hash: String,
}

impl TableRow for RecoveryCodeRow {
    const TABLE: &'static str = "recovery_codes";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("account", self.account.into()), ("code_hash", (&self.code_hash).into())]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                recovery_codes::table
                    .order((recovery_codes::account, recovery_codes::code_hash))
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                recovery_codes::table
                    .order((recovery_codes::account, by_bytes("code_hash")))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(recovery_codes::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(recovery_codes::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}

/// A row of `trusted_browsers`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = trusted_browsers, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct TrustedBrowserRow {
    secret_hash: String,
    account: i64,
    program: Option<String>,
    address: Option<String>,
    created_at: i64,
    expires_at: i64,
}

impl TableRow for TrustedBrowserRow {
    const TABLE: &'static str = "trusted_browsers";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("secret_hash", (&self.secret_hash).into()),
            ("account", self.account.into()),
            ("program", (&self.program).into()),
            ("address", (&self.address).into()),
            ("created_at", self.created_at.into()),
            ("expires_at", self.expires_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                trusted_browsers::table
                    .order(trusted_browsers::secret_hash)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                trusted_browsers::table
                    .order(by_bytes("secret_hash"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(trusted_browsers::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(trusted_browsers::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
