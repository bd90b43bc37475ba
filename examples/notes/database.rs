//! The tables and the user type.

use std::borrow::Cow;
use std::error::Error as StdError;

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use rocket::{Orbit, Rocket};
use serde::Serialize;
use vestibule::database::{ConnectionPool, SqlitePool};
use vestibule::guards::Role;
use vestibule::password::Hasher;
use vestibule::{Account, Error, PasswordAccount};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("examples/notes/migrations");

diesel::table! {
    users (id) { id -> Integer, name -> Text, password_hash -> Text, is_admin -> Bool }
}

diesel::table! {
    notes (id) { id -> Integer, user_id -> Integer, text -> Text }
}

#[derive(Clone, Queryable, Selectable)]
pub(crate) struct User {
    pub(crate) id: i32,
    pub(crate) name: String,
    password_hash: String,
    pub(crate) is_admin: bool,
}

#[derive(Queryable, Selectable, Serialize)]
pub(crate) struct Note {
    id: i32,
    text: String,
}

/// Creates the tables and, in a new database, the users.
pub(crate) fn create(
    connection: &mut SqliteConnection,
    hasher: &Hasher,
) -> Result<(), Box<dyn StdError + Send + Sync>> {
    connection.run_pending_migrations(MIGRATIONS)?;
    if users::table.count().get_result::<i64>(connection)? == 0 {
        for (name, is_admin) in [("ada", true), ("ben", false)] {
            let hash = hasher.hash_blocking(&"correct horse".into())?;
            let row =
                (users::name.eq(name), users::password_hash.eq(hash), users::is_admin.eq(is_admin));
            diesel::insert_into(users::table).values(row).execute(connection)?;
        }
    }
    Ok(())
}

impl Account for User {
    type Id = i32;
    type Error = Error;

    fn id(&self) -> i32 {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &i32) -> Result<Option<Self>, Error> {
        let row = users::table.find(*id).select(User::as_select());
        SqlitePool::of(rocket)?.first(row).await
    }

    /// A new password ends every sign-in.
    fn stamp(&self) -> Cow<'_, str> {
        self.password_hash.as_str().into()
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Error> {
        let row = users::table.filter(users::name.eq(name.to_owned()));
        SqlitePool::of(rocket)?.first(row.select((User::as_select(), users::password_hash))).await
    }
}

/// The role of an administrator.
pub(crate) struct Admin;

impl Role for Admin {
    type Account = User;

    fn permits(user: &User) -> bool {
        user.is_admin
    }
}

/// Returns the notes of a user, the newest first.
pub(crate) async fn notes_of(pool: &SqlitePool, user: i32) -> Result<Vec<Note>, Error> {
    let rows = notes::table.filter(notes::user_id.eq(user)).order(notes::id.desc());
    pool.run(move |connection| Ok(rows.select(Note::as_select()).load(connection)?)).await
}

pub(crate) async fn add_note(pool: &SqlitePool, user: i32, text: String) -> Result<(), Error> {
    let row = (notes::user_id.eq(user), notes::text.eq(text));
    pool.run(move |connection| {
        diesel::insert_into(notes::table).values(row).execute(connection)?;
        Ok(())
    })
    .await
}

/// Returns the names of all users and how many notes each has.
pub(crate) async fn users_with_notes(pool: &SqlitePool) -> Result<Vec<(String, i64)>, Error> {
    let rows = users::table
        .left_join(notes::table.on(notes::user_id.eq(users::id)))
        .group_by(users::name)
        .order(users::name)
        .select((users::name, diesel::dsl::count(notes::id.nullable())));
    pool.run(move |connection| Ok(rows.load(connection)?)).await
}

pub(crate) async fn set_password(pool: &SqlitePool, user: i32, hash: String) -> Result<(), Error> {
    let change = diesel::update(users::table.find(user)).set(users::password_hash.eq(hash));
    pool.run(move |connection| {
        change.execute(connection)?;
        Ok(())
    })
    .await
}

diesel::allow_tables_to_appear_in_same_query!(users, notes);
