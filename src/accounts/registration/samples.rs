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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use diesel::connection::SimpleConnection;
    use vestibule::config::PasswordConfig;

    use super::*;
    use crate::db::{Address, connect, migrate};

    /// Inserts the samples into a new database with this trigger.
    fn inserted(trigger: &str) -> Result<bool, ErrorKind> {
        let directory = tempfile::tempdir().expect("a directory");
        let file = Address::Sqlite(directory.path().join("x.sqlite3"));
        let mut database = connect(&file, Duration::from_secs(1), true).expect("a new file");
        migrate(&mut database).expect("migrations");
        database.batch_execute(trigger).expect("a trigger");
        let mut limits = PasswordConfig::default();
        limits.cost = 4;
        let hasher = Hasher::new(&limits).expect("a hasher");
        insert_samples(&mut database, &hasher, OffsetDateTime::UNIX_EPOCH)
            .map_err(|error| error.kind())
    }

    #[test]
    fn samples_that_another_process_inserts_meanwhile_are_no_error_and_a_failure_is_one() {
        assert_eq!(inserted(""), Ok(true));
        let other = "INSERT INTO users (username, username_key, password_hash, role, active, created_at) \
                     VALUES ('user_02', 'user_02', 'x', 'user', TRUE, 0)";
        let meanwhile = format!(
            "CREATE TRIGGER meanwhile BEFORE INSERT ON users WHEN NEW.username = 'user_02' \
             BEGIN {other}; END"
        );
        assert_eq!(inserted(&meanwhile), Ok(false));
        let full = "CREATE TRIGGER full BEFORE INSERT ON users \
                    BEGIN SELECT RAISE(ABORT, 'no room'); END";
        assert_eq!(inserted(full), Err(ErrorKind::Unavailable));
    }
}
