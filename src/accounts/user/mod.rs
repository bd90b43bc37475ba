//! Users: the type that pages and handlers see, and what a user name and a full name may hold.
//!
//! The lowest room of the accounts: it imports only the tables in `crate::db` and the library
//! `vestibule`.

mod full_name;
mod username;

pub use full_name::full_name;
pub(super) use full_name::is_deceptive;
pub use username::Username;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::db::from_micros;
use crate::db::schema::users;
use vestibule::{Error, ErrorKind};

/// What a user may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Manages its own account.
    #[default]
    User,
    /// Manages all users.
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

/// A user without the password hash. It is not `Serialize`: each page and each response names
/// the fields that it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id; never given to another user, not even after a deletion.
    pub id: i64,
    /// The name as it was chosen; compared without regard to case.
    pub username: String,
    /// The full name, if any.
    pub full_name: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may sign in and stay signed in.
    pub active: bool,
    /// When the account was created.
    pub created_at: OffsetDateTime,
    /// The confirmed e-mail address as it was typed, if any.
    pub email: Option<String>,
    /// Whether a mail tells of a sign-in from a new device.
    pub device_notices: bool,
    /// The language that the user has chosen, if any.
    pub language: Option<String>,
    /// How many second factors the user has.
    pub second_factors: i64,
}

impl User {
    /// Returns whether a password alone does not sign the user in.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.second_factors > 0
    }

    /// Parses the id in a path. Only the canonical form is accepted: `+7` and `07` are not found.
    ///
    /// # Errors
    /// 404 `not_found`.
    pub fn id_of(text: &str) -> Result<i64, Error> {
        let id = text.parse().ok().filter(|id: &i64| id.to_string() == text);
        id.ok_or_else(|| ErrorKind::NotFound.into())
    }
}

/// A row of `users`, including the hash. It has neither `Serialize` nor `Debug` and is used by
/// the queries alone, so a page or a response that shows a hash does not compile.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: i64,
    username: String,
    #[expect(dead_code, reason = "selected with the whole row")]
    username_key: String,
    full_name: Option<String>,
    role: String,
    active: bool,
    pub(super) password_hash: String,
    created_at: i64,
    email: Option<String>,
    #[expect(dead_code, reason = "selected with the whole row")]
    email_key: Option<String>,
    device_notices: bool,
    language: Option<String>,
    second_factors: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            username: row.username,
            full_name: row.full_name,
            // An unknown word gives no rights.
            role: Role::parse(&row.role).unwrap_or_default(),
            active: row.active,
            created_at: from_micros(row.created_at).unwrap_or(OffsetDateTime::UNIX_EPOCH),
            email: row.email,
            device_notices: row.device_notices,
            language: row.language,
            second_factors: row.second_factors,
        }
    }
}
