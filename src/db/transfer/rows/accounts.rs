//! Accounts and sign-ins.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::table_row::{Each, TableRow, by_bytes, for_each};
use crate::db::connection::AnyConnection;
use crate::db::schema::{sign_ins, users};
use crate::db::transfer::digest::Field;
use crate::db::transfer::error::TransferError;

/// A row of `users`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct UserRow {
    id: i64,
    username: String,
    username_key: String,
    full_name: Option<String>,
    role: String,
    active: bool,
    password_hash: String,
    created_at: i64,
    email: Option<String>,
    email_key: Option<String>,
    device_notices: bool,
    language: Option<String>,
    second_factors: i64,
}

impl TableRow for UserRow {
    const TABLE: &'static str = "users";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("id", self.id.into()),
            ("username", (&self.username).into()),
            ("username_key", (&self.username_key).into()),
            ("full_name", (&self.full_name).into()),
            ("role", (&self.role).into()),
            ("active", self.active.into()),
            ("password_hash", (&self.password_hash).into()),
            ("created_at", self.created_at.into()),
            ("email", (&self.email).into()),
            ("email_key", (&self.email_key).into()),
            ("device_notices", self.device_notices.into()),
            ("language", (&self.language).into()),
            ("second_factors", self.second_factors.into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                users::table.order(users::id).load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                users::table.order(users::id).load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => insert_into(users::table).values(rows).execute(sqlite),
            AnyConnection::Postgres(postgres) => {
                copy_from(users::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}

/// A row of `sign_ins`, with the columns that only access keys use.
#[derive(Insertable, Queryable)]
#[diesel(table_name = sign_ins, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct SignInRow {
    id: String,
    account: String,
    kind: String,
    created_at: i64,
    auth_time: i64,
    last_seen_at: i64,
    expires_at: i64,
    remembered: bool,
    generation: i64,
    rotated_at: Option<i64>,
    burst_from: i64,
    half_from: i64,
    half_at: Option<i64>,
    used_generation: i64,
    user_agent: Option<String>,
    address: Option<String>,
    label: Option<String>,
    scopes: String,
    secret_hash: Option<String>,
    amr: String,
}

impl TableRow for SignInRow {
    const TABLE: &'static str = "sign_ins";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("id", (&self.id).into()),
            ("account", (&self.account).into()),
            ("kind", (&self.kind).into()),
            ("created_at", self.created_at.into()),
            ("auth_time", self.auth_time.into()),
            ("last_seen_at", self.last_seen_at.into()),
            ("expires_at", self.expires_at.into()),
            ("remembered", self.remembered.into()),
            ("generation", self.generation.into()),
            ("rotated_at", self.rotated_at.into()),
            ("burst_from", self.burst_from.into()),
            ("half_from", self.half_from.into()),
            ("half_at", self.half_at.into()),
            ("used_generation", self.used_generation.into()),
            ("user_agent", (&self.user_agent).into()),
            ("address", (&self.address).into()),
            ("label", (&self.label).into()),
            ("scopes", (&self.scopes).into()),
            ("secret_hash", (&self.secret_hash).into()),
            ("amr", (&self.amr).into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), TransferError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => for_each(
                sign_ins::table
                    .order(sign_ins::id)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => for_each(
                sign_ins::table
                    .order(by_bytes("id"))
                    .load_iter::<Self, PgRowByRowLoadingMode>(postgres)?,
                each,
            ),
        }
    }

    fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<usize> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                insert_into(sign_ins::table).values(rows).execute(sqlite)
            }
            AnyConnection::Postgres(postgres) => {
                copy_from(sign_ins::table).from_insertable(rows).execute(postgres)
            }
        }
    }
}
