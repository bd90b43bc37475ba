//! Registration: checks a new user's fields and adds the user.

use std::net::IpAddr;

use crate::accounts::audit::RequestSource;
use crate::accounts::config::AddressPolicy;
use crate::accounts::password::{PasswordOwner, check_form};
use crate::accounts::queries::{self, NewUser};
use crate::accounts::service::Accounts;
use crate::accounts::user::{Role, User, Username, full_name};
use crate::db::write;
use crate::mail::EmailAddress;
use vestibule::config::PasswordConfig;
use vestibule::events::EventKind;
use vestibule::password::Password;
use vestibule::throttle::{Attempt, Client, Counter, network};
use vestibule::{Error, ErrorKind};

/// The limit of attempts from an address, as a multiple of its limit of accounts.
const ATTEMPTS_FACTOR: i64 = 10;

/// Said of a user name in the form of an address: that it is taken would tell that an account has the
/// address, and that it is free would keep its owner from signing in with it.
const ADDRESS_AS_NAME: &str = "A user name cannot be an e-mail address.";

/// The fields of a registration, not checked yet.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The user name.
    pub username: String,
    /// The full name; may be empty.
    pub full_name: String,
    /// The password.
    pub password: Password,
    /// The role; always [`Role::User`] for visitors.
    pub role: Role,
    /// Where it comes from.
    pub source: RequestSource,
}

impl Accounts {
    /// Adds a user after checking every field; the error names all invalid fields. Where accounts have
    /// e-mail addresses, the user name cannot be one.
    ///
    /// # Errors
    /// 422 `invalid_field`, 409 `username_taken`, 429 `too_many_attempts` with `Retry-After`
    /// for an address that has registered often, 503 `busy` or `unavailable`.
    pub async fn register(&self, registration: &Registration) -> Result<User, Error> {
        let mut fields = CheckedFields::check(registration, &self.auth.password);
        if self.addresses != AddressPolicy::Off {
            fields.refuse_address_as_name();
        }
        // What follows costs work and reveals which names are taken, so it is counted.
        let address = registration.source.address;
        let reserved = self.reserve(address).await?;
        let client = Client { address, sign_in: None };
        let added = async {
            let _permit =
                fields.password.is_ok().then(|| self.acquire_permit(address)).transpose()?;
            let new = self.prepare_fields(registration, fields).await?;
            self.run(move |connection| {
                write(connection, |connection| {
                    let user = queries::insert(connection, &new)?;
                    Attempt::new(new.username.key(), &client)
                        .mark_known(connection, new.created_at)?;
                    Ok::<_, Error>(user)
                })
            })
            .await
        };
        let added = added.await;
        match &added {
            Ok(user) => self.report(EventKind::Registered, user.id, None, registration.source),
            Err(_) => self.release(reserved).await,
        }
        added
    }

    /// Checks every field and returns the row of the new user.
    pub(super) async fn prepare(&self, registration: &Registration) -> Result<NewUser, Error> {
        let fields = CheckedFields::check(registration, &self.auth.password);
        self.prepare_fields(registration, fields).await
    }

    pub(super) async fn prepare_fields(
        &self,
        registration: &Registration,
        mut fields: CheckedFields,
    ) -> Result<NewUser, Error> {
        if fields.password.is_ok() {
            match self.check_strength("password", &registration.password, fields.owner()).await {
                Err(error) if error.kind() != ErrorKind::InvalidField => return Err(error),
                checked => fields.password = checked,
            }
        }
        let (Ok(username), Ok(full_name), Ok(()), Ok(_)) =
            (&fields.username, &fields.full_name, &fields.password, &fields.address)
        else {
            return Err(self.check_name(fields).await?.errors());
        };
        Ok(NewUser {
            username: username.clone(),
            full_name: full_name.clone(),
            role: registration.role,
            password_hash: self.hasher.hash(&registration.password).await?,
            created_at: self.clock.now()?,
        })
    }

    /// Looks up whether the name is taken, to name all errors at once.
    async fn check_name(&self, mut fields: CheckedFields) -> Result<CheckedFields, Error> {
        if let Ok(username) = fields.username.clone() {
            let named = self.run(move |connection| queries::named(connection, &username)).await?;
            if named.is_some() {
                let taken = Error::new(ErrorKind::UsernameTaken);
                fields.username = Err(Error::invalid_field("username", taken.message().to_owned()));
            }
        }
        Ok(fields)
    }

    /// Counts an account in advance, so that simultaneous registrations cannot exceed the limit.
    /// Attempts have a limit of their own, ten times as high, because they cost work and reveal
    /// which names are taken.
    pub(super) async fn reserve(&self, address: Option<IpAddr>) -> Result<Option<Counter>, Error> {
        let Some(network) = address.map(network) else { return Ok(None) };
        let (max, window) = (i64::from(self.registrations.max.max(1)), self.registrations.window);
        let attempts = Counter::new(format!("registering:{network}"), max * ATTEMPTS_FACTOR);
        let accounts = Counter::new(format!("registered:{network}"), max);
        let now = self.clock.now()?;
        let counted = self.run(move |connection| {
            write(connection, |connection| {
                let reached = attempts.count(connection, now, window)?;
                let reached = accounts.count(connection, now, window)?.or(reached);
                Ok::<_, Error>((accounts, reached))
            })
        });
        match counted.await? {
            (accounts, None) => Ok(Some(accounts)),
            (_, Some(limit)) => {
                let error = limit.error(now);
                let minutes = error.wait().unwrap_or(1).saturating_sub(1).div_ceil(60).max(1);
                let unit = if minutes == 1 { "minute" } else { "minutes" };
                Err(error.detail(format!(
                    "Too many registrations from your address. Try again in {minutes} {unit}."
                )))
            }
        }
    }

    /// Subtracts an account that was not added. If the database fails, it stays counted.
    pub(super) async fn release(&self, reserved: Option<Counter>) {
        let Some(counter) = reserved else { return };
        let _ = self.run(move |connection| counter.uncount(connection)).await;
    }
}

/// The checked fields of a registration: each its value or its error.
pub(super) struct CheckedFields {
    pub(super) username: Result<Username, Error>,
    full_name: Result<Option<String>, Error>,
    pub(super) password: Result<(), Error>,
    /// The address, where one is required.
    pub(super) address: Result<Option<EmailAddress>, Error>,
}

impl CheckedFields {
    pub(super) fn check(registration: &Registration, limits: &PasswordConfig) -> Self {
        let mut fields = Self {
            username: Username::parse(&registration.username),
            full_name: full_name(&registration.full_name),
            password: Ok(()),
            address: Ok(None),
        };
        fields.password = check_form("password", &registration.password, fields.owner(), limits);
        fields
    }

    pub(super) fn refuse_address_as_name(&mut self) {
        if let Ok(name) = &self.username
            && EmailAddress::parse(name.shown()).is_ok()
        {
            self.username = Err(Error::invalid_field("username", ADDRESS_AS_NAME));
        }
    }

    fn owner(&self) -> PasswordOwner<'_> {
        PasswordOwner {
            username: self.username.as_ref().map_or("", Username::key),
            full_name: self.full_name.as_ref().ok().and_then(Option::as_deref),
        }
    }

    /// Returns one error that names all invalid fields.
    fn errors(&self) -> Error {
        let errors = [
            self.username.as_ref().err(),
            self.full_name.as_ref().err(),
            self.password.as_ref().err(),
            self.address.as_ref().err(),
        ];
        let fields = errors.into_iter().flatten().flat_map(Error::fields);
        fields.fold(Error::new(ErrorKind::InvalidField), |error, (name, message)| {
            error.field(name.to_owned(), message.to_owned())
        })
    }
}
