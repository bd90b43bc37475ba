//! Becoming a user.

use std::net::IpAddr;

use super::counters::{Counter, network};
use super::fields::password_form;
use super::queries::{self, NewUser, throttle};
use super::{Accounts, PasswordOwner, Role, User, Username, full_name};
use crate::db::write;
use vestibule::{Error, ErrorKind, Password, PasswordConfig};

/// How many times the accounts of an address its tries may be.
const TRIES: i64 = 10;

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
    /// Where it came from.
    pub address: Option<IpAddr>,
}

impl Accounts {
    /// Adds a user, after checking every field; all faults are named at once.
    ///
    /// # Errors
    /// 422 `invalid_field`, 409 `username_taken`, 429 `too_many_attempts` with `Retry-After`
    /// for an address that has registered often, 503 `busy` or `unavailable`.
    pub async fn register(&self, registration: &Registration) -> Result<User, Error> {
        let fields = Fields::read(registration, &self.limits);
        if fields.password.is_err() {
            return Err(fields.faults());
        }
        // From here on it costs work, so it counts.
        let place = self.reserve(registration.address).await?;
        let made = async {
            let new = self.prepare_fields(registration, fields).await?;
            self.run(move |connection| queries::insert(connection, &new)).await
        };
        let made = made.await;
        if made.is_err() {
            self.leave_place(place).await;
        }
        made
    }

    /// The row of a user who may be added, after checking every field.
    pub(super) async fn prepare(&self, registration: &Registration) -> Result<NewUser, Error> {
        let fields = Fields::read(registration, &self.limits);
        match fields.password {
            Err(_) => Err(fields.faults()),
            Ok(()) => self.prepare_fields(registration, fields).await,
        }
    }

    async fn prepare_fields(
        &self,
        registration: &Registration,
        mut fields: Fields,
    ) -> Result<NewUser, Error> {
        match self.rate("password", &registration.password, fields.owner()).await {
            Err(error) if error.kind() != ErrorKind::InvalidField => return Err(error),
            rated => fields.password = rated,
        }
        let (Ok(username), Ok(full_name), Ok(())) =
            (&fields.username, &fields.full_name, &fields.password)
        else {
            return Err(fields.faults());
        };
        Ok(NewUser {
            username: username.clone(),
            full_name: full_name.clone(),
            role: registration.role,
            password_hash: self.hasher.hash(&registration.password).await?,
            created_at: self.clock.now()?,
        })
    }

    /// Counts an account in advance, so that of many at once none is made beyond the limit.
    /// Tries that make none count on their own, ten of them as one account: they cost work,
    /// and tell which names are taken.
    async fn reserve(&self, address: Option<IpAddr>) -> Result<Option<Counter>, Error> {
        let Some(network) = address.map(network) else { return Ok(None) };
        let (max, window) = (i64::from(self.registrations.max.max(1)), self.registrations.window);
        let tries = Counter::new(format!("registering:{network}"), max * TRIES);
        let place = Counter::new(format!("registered:{network}"), max);
        let now = self.clock.now()?;
        let counted = self.run(move |connection| {
            write(connection, |connection| {
                let full = tries.count(connection, now, window)?;
                let full = place.count(connection, now, window)?.or(full);
                Ok::<_, Error>((place, full))
            })
        });
        match counted.await? {
            (place, None) => Ok(Some(place)),
            (_, Some(full)) => {
                let refusal = full.refusal(now)?;
                let minutes = refusal.wait().unwrap_or(1).saturating_sub(1).div_ceil(60).max(1);
                let unit = if minutes == 1 { "minute" } else { "minutes" };
                Err(refusal.detail(format!(
                    "Too many registrations from your address. Try again in {minutes} {unit}."
                )))
            }
        }
    }

    /// No account was made after all. When that cannot be written either, it counts.
    async fn leave_place(&self, place: Option<Counter>) {
        let Some(place) = place else { return };
        let _ = self.run(move |connection| throttle::uncount(connection, &place.name, 1)).await;
    }
}

/// What was sent, field by field: what is to be kept, or what is wrong with it.
struct Fields {
    username: Result<Username, Error>,
    full_name: Result<Option<String>, Error>,
    password: Result<(), Error>,
}

impl Fields {
    fn read(registration: &Registration, limits: &PasswordConfig) -> Self {
        let mut fields = Self {
            username: Username::parse(&registration.username),
            full_name: full_name(&registration.full_name),
            password: Ok(()),
        };
        let password = registration.password.reveal();
        fields.password = password_form("password", password, fields.owner(), limits);
        fields
    }

    fn owner(&self) -> PasswordOwner<'_> {
        PasswordOwner {
            username: self.username.as_ref().map_or("", Username::key),
            full_name: self.full_name.as_ref().ok().and_then(Option::as_deref),
        }
    }

    /// All that is wrong, in one error.
    fn faults(&self) -> Error {
        let errors = [
            self.username.as_ref().err(),
            self.full_name.as_ref().err(),
            self.password.as_ref().err(),
        ];
        let fields = errors.into_iter().flatten().flat_map(Error::fields);
        fields.fold(Error::new(ErrorKind::InvalidField), |error, (name, message)| {
            error.field(name.to_owned(), message.to_owned())
        })
    }
}
