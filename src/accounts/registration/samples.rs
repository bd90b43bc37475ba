//! The sample users of the Flask guide, for the debug profile only.

use time::OffsetDateTime;

use crate::accounts::queries::{self, NewUser};
use crate::accounts::user::{Role, Username};
use crate::db::{AnyConnection, write};
use vestibule::password::{Hasher, Password};
use vestibule::{Error, ErrorKind};

/// Name, password and role of each sample user.
pub const SAMPLES: [(&str, &str, Role); 3] = [
    ("admin", "admin123", Role::Admin),
    ("user_01", "1234", Role::User),
    ("user_02", "5678", Role::User),
];

/// Inserts the sample users if the database has no users, and returns whether it did.
///
/// # Errors
/// 503 `unavailable`.
pub fn insert_samples(
    connection: &mut AnyConnection,
    hasher: &Hasher,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    if !queries::is_empty(connection)? {
        return Ok(false);
    }
    match write(connection, |connection| insert_all(connection, hasher, now)) {
        // Another process inserted them at the same time.
        Err(error) if error.kind() == ErrorKind::UsernameTaken => Ok(false),
        inserted => inserted.map(|()| true),
    }
}

fn insert_all(
    connection: &mut AnyConnection,
    hasher: &Hasher,
    now: OffsetDateTime,
) -> Result<(), Error> {
    for (username, password, role) in SAMPLES {
        let new = NewUser {
            username: Username::parse(username)?,
            full_name: None,
            role,
            password_hash: hasher.hash_blocking(&Password::from(password))?,
            created_at: now,
        };
        queries::insert(connection, &new)?;
    }
    Ok(())
}

/// Returns the sample users that are active and still have their published password.
///
/// Passwords are checked only if all sample users exist, because each check costs a hash.
///
/// # Errors
/// 503 `unavailable`.
pub fn active_samples(
    connection: &mut AnyConnection,
    hasher: &Hasher,
) -> Result<Vec<&'static str>, Error> {
    let mut found = Vec::new();
    for (username, password, _) in SAMPLES {
        match queries::with_hash(connection, &Username::parse(username)?)? {
            Some((user, hash)) => found.push((username, password, user.active, hash)),
            None => return Ok(Vec::new()),
        }
    }
    let is_active = |(_, password, active, hash): &(&str, &str, bool, String)| {
        *active && hasher.verify_blocking(&Password::from(*password), hash)
    };
    Ok(found.iter().filter(|sample| is_active(sample)).map(|(username, ..)| *username).collect())
}
