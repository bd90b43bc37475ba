//! Becoming a user.

use super::queries::{self, NewUser};
use super::{Accounts, Role, User, Username, full_name, new_password};
use crate::auth::{Error, ErrorKind, Password, PasswordConfig};

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

impl Accounts {
    /// Adds a user, after checking every field; all faults are named at once.
    ///
    /// # Errors
    /// 422 `invalid_field`, 409 `username_taken`, 503 `busy` or `unavailable`.
    pub async fn register(&self, registration: &Registration) -> Result<User, Error> {
        let (username, full_name) = check(registration, &self.limits)?;
        let new = NewUser {
            username,
            full_name,
            role: registration.role,
            password_hash: self.hasher.hash(&registration.password).await?,
            created_at: self.clock.now()?,
        };
        self.run(move |connection| queries::insert(connection, &new)).await
    }
}

fn check(
    registration: &Registration,
    limits: &PasswordConfig,
) -> Result<(Username, Option<String>), Error> {
    let username = Username::parse(&registration.username);
    let full_name = full_name(&registration.full_name);
    let password = new_password(
        "password",
        registration.password.reveal(),
        username.as_ref().map_or("", Username::key),
        limits,
    );
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
