//! Rows: a store of sign-ins over columns of its own, as one of another database has them, and
//! what else a crate outside of the library's repository makes: a use, an event, a configuration.

use std::sync::{Arc, Mutex, MutexGuard};

use rocket::async_trait;
use vestibule::config::{Config, Lifetime, Mode, PasswordConfig};
use vestibule::events::{Event, EventKind, EventSink};
use vestibule::sign_ins::{
    Amr, RefreshAttempt, Rotation, Rotations, SignIn, SignInId, SignInKind, SignInStore, SignInUse,
};
use vestibule::time::OffsetDateTime;
use vestibule::{Auth, Error, ErrorKind};

/// The columns of a sign-in.
#[derive(Clone)]
struct Row {
    id: String,
    account: String,
    kind: Kind,
    /// Created, password proven, last used, expires.
    times: [OffsetDateTime; 4],
    amr: String,
    user_agent: Option<String>,
    address: Option<String>,
}

#[derive(Clone)]
enum Kind {
    Browser(bool),
    Token([i64; 4], [Option<OffsetDateTime>; 2]),
    Key(String, Vec<String>, String, Option<String>),
}

impl Row {
    fn of(sign_in: &SignIn) -> Result<Self, Error> {
        let kind = match &sign_in.kind {
            SignInKind::Browser { remembered } => Kind::Browser(*remembered),
            SignInKind::Token(found) => Kind::Token(
                [found.generation, found.burst_from, found.segment_from, found.used_generation],
                [found.rotated_at, found.segment_at],
            ),
            SignInKind::Key { label, scopes, secret_hash, stamp } => {
                Kind::Key(label.clone(), scopes.clone(), secret_hash.clone(), stamp.clone())
            }
            // A kind of a later version, which this store has no columns for.
            _ => return Err(ErrorKind::Internal.into()),
        };
        Ok(Self {
            id: sign_in.id.to_string(),
            account: sign_in.account.clone(),
            kind,
            times: [
                sign_in.created_at,
                sign_in.auth_time,
                sign_in.last_seen_at,
                sign_in.expires_at,
            ],
            amr: sign_in.amr.to_string(),
            user_agent: sign_in.user_agent.clone(),
            address: sign_in.address.clone(),
        })
    }

    fn sign_in(&self) -> Result<SignIn, Error> {
        let kind = match self.kind.clone() {
            Kind::Browser(remembered) => SignInKind::Browser { remembered },
            Kind::Token(numbers, times) => {
                let mut found = Rotations::default();
                [found.generation, found.burst_from, found.segment_from, found.used_generation] =
                    numbers;
                [found.rotated_at, found.segment_at] = times;
                SignInKind::Token(found)
            }
            Kind::Key(label, scopes, secret_hash, stamp) => {
                SignInKind::Key { label, scopes, secret_hash, stamp }
            }
        };
        let id = SignInId::parse(&self.id).ok_or(ErrorKind::Internal)?;
        let [created_at, auth_time, last_seen_at, expires_at] = self.times;
        let mut sign_in = SignIn::new(id, &self.account, kind, created_at, expires_at);
        (sign_in.auth_time, sign_in.last_seen_at) = (auth_time, last_seen_at);
        sign_in.amr = Amr::parse(&self.amr);
        (sign_in.user_agent, sign_in.address) = (self.user_agent.clone(), self.address.clone());
        Ok(sign_in)
    }
}

/// A store of its own.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Vec<Row>>>);

impl Store {
    fn rows(&self) -> MutexGuard<'_, Vec<Row>> {
        self.0.lock().expect("no panic")
    }

    /// Changes a sign-in, if it is there.
    fn change(&self, id: &SignInId, change: impl FnOnce(&mut SignIn)) -> Result<(), Error> {
        if let Some(row) = self.rows().iter_mut().find(|row| row.id == id.as_str()) {
            let mut sign_in = row.sign_in()?;
            change(&mut sign_in);
            *row = Row::of(&sign_in)?;
        }
        Ok(())
    }

    /// Deletes rows; returns how many.
    fn delete(&self, ends: impl Fn(&Row) -> bool) -> u64 {
        let mut rows = self.rows();
        let before = rows.len();
        rows.retain(|row| !ends(row));
        (before - rows.len()) as u64
    }
}

#[async_trait]
impl SignInStore for Store {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        let (row, mut rows) = (Row::of(sign_in)?, self.rows());
        if rows.iter().any(|other| other.id == row.id) {
            return Err(ErrorKind::Internal.into());
        }
        rows.push(row);
        Ok(())
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        self.rows().iter().find(|row| row.id == id.as_str()).map(Row::sign_in).transpose()
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        self.change(&used.id, |sign_in| {
            sign_in.last_seen_at = sign_in.last_seen_at.max(used.at);
            if let SignInKind::Token(rotations) = &mut sign_in.kind {
                rotations.used_generation = rotations.used_generation.max(used.generation);
            }
        })
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        let mut rows = self.rows();
        let Some(at) = rows.iter().position(|row| row.id == id.as_str()) else {
            return Ok(Rotation::NotActive);
        };
        let rotation = attempt.decide(rows[at].sign_in()?);
        match &rotation {
            Rotation::Rotated(sign_in) | Rotation::Reissued(sign_in) => rows[at] = Row::of(sign_in)?,
            Rotation::Theft => drop(rows.remove(at)),
            _ => {}
        }
        Ok(rotation)
    }

    async fn confirm(
        &self,
        id: &SignInId,
        at: OffsetDateTime,
        amr: Amr,
    ) -> Result<Option<Amr>, Error> {
        let mut all = None;
        self.change(id, |sign_in| {
            (sign_in.auth_time, sign_in.amr) = (at, sign_in.amr.with(amr));
            all = Some(sign_in.amr);
        })?;
        Ok(all)
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        Ok(self.delete(|row| row.id == id.as_str()) > 0)
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        let except = except.map(SignInId::as_str);
        Ok(self.delete(|row| row.account == account && Some(row.id.as_str()) != except))
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        let rows = self.rows();
        let own = rows.iter().filter(|row| row.account == account).map(Row::sign_in);
        let mut own = own.collect::<Result<Vec<_>, _>>()?;
        own.sort_by(SignIn::latest_first);
        Ok(own)
    }
}

/// Keeps the accounts of events.
#[derive(Default)]
struct Accounts(Mutex<Vec<String>>);

impl EventSink for Accounts {
    fn on_event(&self, event: &Event<'_>) {
        self.0.lock().expect("no panic").extend(event.account.map(str::to_owned));
    }
}

/// A configuration from its defaults.
fn config() -> Config {
    let mut config = Config::default();
    config.mode = Mode::Token;
    config.token.access = Lifetime::Never;
    config.token.refresh = Lifetime::Never;
    config.token.issuer = "outside".to_owned();
    config.token.secret = Some(SECRET.into());
    let mut password = PasswordConfig::default();
    password.min_length = 12;
    config.password = password;
    config
}

const SECRET: &str = "the secret of this program, not of others";

#[rocket::main]
async fn main() -> Result<(), Error> {
    let store = Store::default();
    let now = OffsetDateTime::UNIX_EPOCH;
    store.seen(&SignInUse::new(SignInId::random()?, now)).await?;
    let sink = Accounts::default();
    sink.on_event(&Event::new(EventKind::PasswordChanged, Some("ann"), None, None));
    println!("{} errors", config().validate(&rocket::Config::RELEASE_PROFILE).len());
    drop(Auth::fairing().store(store).events(sink));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rocket::async_test]
    async fn the_store_keeps_the_contract() {
        vestibule::testing::check_sign_in_store(Store::default(), ["1", "2"]).await;
    }

    #[test]
    fn an_event_of_the_application_reaches_its_sink() {
        let sink = Accounts::default();
        sink.on_event(&Event::new(EventKind::Registered, Some("ann"), None, None));
        assert_eq!(*sink.0.lock().expect("no panic"), ["ann"]);
    }

    #[test]
    fn a_configuration_of_fields_is_valid() {
        assert_eq!(config().validate(&rocket::Config::RELEASE_PROFILE), []);
    }
}
