//! Accounts, what stands for them, and the links that make the first one.

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::{copy_from, insert_into};

use super::super::MoveError;
use super::super::digest::Field;
use super::{Each, Row, by_bytes, drain};
use crate::db::AnyConnection;
use crate::db::schema::{setup_links, sign_ins, users};

/// A row of `users`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct User {
    id: i64,
    username: String,
    username_key: String,
    full_name: Option<String>,
    role: String,
    active: bool,
    password_hash: String,
    created_at: i64,
}

impl Row for User {
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
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), MoveError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => drain(
                users::table.order(users::id).load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => drain(
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

/// A row of `sign_ins`, with the columns that only keys have.
#[derive(Insertable, Queryable)]
#[diesel(table_name = sign_ins, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct SignIn {
    id: String,
    account: i64,
    kind: String,
    created_at: i64,
    auth_time: i64,
    last_seen_at: i64,
    expires_at: i64,
    remembered: bool,
    generation: i64,
    rotated_at: Option<i64>,
    user_agent: Option<String>,
    address: Option<String>,
    label: Option<String>,
    scopes: String,
    secret_hash: Option<String>,
}

impl Row for SignIn {
    const TABLE: &'static str = "sign_ins";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("id", (&self.id).into()),
            ("account", self.account.into()),
            ("kind", (&self.kind).into()),
            ("created_at", self.created_at.into()),
            ("auth_time", self.auth_time.into()),
            ("last_seen_at", self.last_seen_at.into()),
            ("expires_at", self.expires_at.into()),
            ("remembered", self.remembered.into()),
            ("generation", self.generation.into()),
            ("rotated_at", self.rotated_at.into()),
            ("user_agent", (&self.user_agent).into()),
            ("address", (&self.address).into()),
            ("label", (&self.label).into()),
            ("scopes", (&self.scopes).into()),
            ("secret_hash", (&self.secret_hash).into()),
        ]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), MoveError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => drain(
                sign_ins::table
                    .order(sign_ins::id)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => drain(
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

/// A row of `setup_links`.
#[derive(Insertable, Queryable)]
#[diesel(table_name = setup_links, treat_none_as_default_value = false)]
pub(in crate::db::transfer) struct SetupLink {
    token_hash: String,
    expires_at: i64,
}

impl Row for SetupLink {
    const TABLE: &'static str = "setup_links";

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("token_hash", (&self.token_hash).into()), ("expires_at", self.expires_at.into())]
    }

    fn each(connection: &mut AnyConnection, each: Each<'_, Self>) -> Result<(), MoveError> {
        match connection {
            AnyConnection::Sqlite(sqlite) => drain(
                setup_links::table
                    .order(setup_links::token_hash)
                    .load_iter::<Self, DefaultLoadingMode>(sqlite)?,
                each,
            ),
            AnyConnection::Postgres(postgres) => drain(
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
