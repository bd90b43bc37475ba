//! A user as everybody may see it: the password's hash is not in here.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::db::schema::users;
use vestibule::{Error, ErrorKind, from_micros};

/// What a user may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks after itself.
    #[default]
    User,
    /// Looks after all users.
    Admin,
}

impl Role {
    /// The word in the database, in claims and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// The role of exactly this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::User, Self::Admin].into_iter().find(|role| role.as_str() == word)
    }
}

/// A user: what may leave. It holds no hash, and is not `Serialize` either: each page and each
/// answer names the fields that it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Never given to another user, not even after a deletion.
    pub id: i64,
    /// The name as it was chosen; upper and lower case are the same user.
    pub username: String,
    /// What to call the person.
    pub full_name: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may sign in and stay signed in.
    pub active: bool,
    /// When the account was made.
    pub created_at: OffsetDateTime,
}

impl User {
    /// The id that a path names, if it is written as we write it: `+7` and `07` are nobody's.
    ///
    /// # Errors
    /// 404 `not_found`.
    pub fn id_of(text: &str) -> Result<i64, Error> {
        let id = text.parse().ok().filter(|id: &i64| id.to_string() == text);
        id.ok_or_else(|| ErrorKind::NotFound.into())
    }
}

/// A row of `users`, the hash included: the private half of a [`User`]. It has neither
/// `Serialize` nor `Debug` and is known to the statements alone, so a page or an answer that
/// shows a hash does not compile.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: i64,
    username: String,
    #[expect(dead_code, reason = "the row is read whole")]
    username_key: String,
    full_name: Option<String>,
    role: String,
    active: bool,
    pub(super) password_hash: String,
    created_at: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            username: row.username,
            full_name: row.full_name,
            // A word that we do not know gives no rights.
            role: Role::parse(&row.role).unwrap_or_default(),
            active: row.active,
            created_at: from_micros(row.created_at).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }
    }
}
