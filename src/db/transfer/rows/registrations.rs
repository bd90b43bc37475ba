//! Registrations whose address is not confirmed yet.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::registrations;
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `registrations`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = registrations, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct RegistrationRow {
    username_key: String,
    username: String,
    full_name: Option<String>,
    password_hash: String,
    email: String,
    mail: String,
    token_hash: Option<String>,
    expires_at: i64,
}

impl TableRow for RegistrationRow {
    const TABLE: &'static str = "registrations";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("username_key", (&self.username_key).into()),
            ("username", (&self.username).into()),
            ("full_name", (&self.full_name).into()),
            ("password_hash", (&self.password_hash).into()),
            ("email", (&self.email).into()),
            ("mail", (&self.mail).into()),
            ("token_hash", (&self.token_hash).into()),
            ("expires_at", self.expires_at.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                registrations::table
                    .order(registrations::username_key)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                registrations::table
                    .order(by_bytes("username_key"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(registrations::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(registrations::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
