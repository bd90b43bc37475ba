//! The user type and its table.

use std::borrow::Cow;

use diesel::prelude::*;
use rocket::serde::Serialize;
use rocket::{Orbit, Rocket};
use vestibule::database::{ConnectionPool, SqlitePool};
use vestibule::{Account, Error, ErrorKind, PasswordAccount};

diesel::table! {
    users (id) { id -> Integer, name -> Text, password_hash -> Text }
}

#[derive(Clone, Queryable, Selectable, Serialize)]
#[serde(crate = "rocket::serde")]
pub struct User {
    pub id: i32,
    pub name: String,
    #[serde(skip)]
    password_hash: String,
}

impl User {
    /// Adds a user; 409 if the name is taken.
    pub async fn add(pool: &SqlitePool, name: &str, password_hash: String) -> Result<Self, Error> {
        let name = name.trim().to_owned();
        if name.is_empty() || name.len() > 64 {
            return Err(Error::invalid_field(
                "name",
                "A name has 1 to 64 characters.",
            ));
        }
        let row = (users::name.eq(name), users::password_hash.eq(password_hash));
        let insert = diesel::insert_into(users::table)
            .values(row)
            .on_conflict_do_nothing();
        let insert = insert.returning(User::as_returning());
        let added = pool
            .run(move |connection| Ok(insert.get_results(connection)?))
            .await?;
        added
            .into_iter()
            .next()
            .ok_or_else(|| ErrorKind::UsernameTaken.into())
    }
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
        let row = users::table.filter(users::name.eq(name.trim().to_owned()));
        let row = row.select((User::as_select(), users::password_hash));
        SqlitePool::of(rocket)?.first(row).await
    }
}
