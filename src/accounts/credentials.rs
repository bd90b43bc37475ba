//! Proving who one is, and becoming a user: one path for the form, the API and the command
//! line.

use std::sync::Arc;

use super::queries::{self, NewUser};
use super::{Role, User, Username, full_name, new_password};
use crate::auth::{Clock, Error, ErrorKind, Hasher, Password, PasswordConfig};
use crate::db::Db;

/// The user with this name and password.
///
/// An unknown name, an impossible name and a wrong password cost the same work and get the
/// same answer; that an account is switched off is said only to whoever knows its password.
///
/// # Errors
/// 401 `bad_credentials`, 403 `account_inactive`, 503 `busy` or `unavailable`.
pub async fn authenticate(
    db: &Db,
    hasher: &Hasher,
    username: &str,
    password: &Password,
) -> Result<User, Error> {
    let known = match Username::parse(username) {
        Ok(username) => {
            db.run(move |connection| queries::with_hash(connection, &username).map_err(Error::from))
                .await?
        }
        Err(_) => None,
    };
    let stored = known.as_ref().map(|(_, hash)| hash.as_str());
    let proven = hasher.verify(password, stored).await?;
    match known {
        Some((user, hash)) if proven => {
            if !user.active {
                return Err(ErrorKind::AccountInactive.into());
            }
            if hasher.is_outdated(&hash) {
                upgrade(db, hasher, user.id, hash, password).await;
            }
            Ok(user)
        }
        _ => Err(ErrorKind::BadCredentials.into()),
    }
}

/// Replaces a hash of an older kind now that the password is known. A failure only means that
/// the next sign-in tries again.
async fn upgrade(db: &Db, hasher: &Hasher, id: i64, old: String, password: &Password) {
    let Ok(new) = hasher.hash(password).await else {
        return;
    };
    let written = db.run(move |connection| {
        queries::upgrade_hash(connection, id, &old, &new).map_err(Error::from)
    });
    if let Err(error) = written.await {
        log::warn!(target: "vestibule::accounts", "hash not upgraded: {}", error.kind().code());
    }
}

/// What somebody who registers says about themselves.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The name to sign in with.
    pub username: String,
    /// What to call the person; may be empty.
    pub full_name: String,
    /// The password.
    pub password: Password,
    /// What the user may do; always [`Role::User`] for visitors.
    pub role: Role,
}

/// Adds a user, after checking every field; all faults are named at once.
///
/// # Errors
/// 422 `invalid_field`, 409 `username_taken`, 503 `busy` or `unavailable`.
pub async fn register(
    db: &Db,
    hasher: &Hasher,
    clock: &Clock,
    config: &PasswordConfig,
    registration: &Registration,
) -> Result<User, Error> {
    let (username, full_name) = check(registration, config)?;
    let password_hash = hasher.hash(&registration.password).await?;
    let new = Arc::new(NewUser {
        username,
        full_name,
        role: registration.role,
        password_hash,
        created_at: clock.now()?,
    });
    db.run(move |connection| queries::insert(connection, &new)).await
}

fn check(
    registration: &Registration,
    config: &PasswordConfig,
) -> Result<(Username, Option<String>), Error> {
    let username = Username::parse(&registration.username);
    let full_name = full_name(&registration.full_name);
    let name = username.as_ref().ok();
    let password = new_password("password", registration.password.reveal(), name, config);
    let mut faults = Error::new(ErrorKind::InvalidField);
    for error in [username.as_ref().err(), full_name.as_ref().err(), password.as_ref().err()] {
        for (name, message) in error.iter().flat_map(|error| error.fields()) {
            faults = faults.field(name.to_owned(), message.to_owned());
        }
    }
    match (username, full_name, password) {
        (Ok(username), Ok(full_name), Ok(())) => Ok((username, full_name)),
        _ => Err(faults),
    }
}
