//! Access keys: the rules for their labels and scopes, and creating and ending them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::audit::Actor;
use super::queries;
use super::scopes::KeyScope;
use super::service::Accounts;
use super::user::{User, is_deceptive};
use crate::db::write;
use vestibule::access_keys::{CreatedKey, KeyRequest};
use vestibule::config::Config;
use vestibule::events::EventKind;
use vestibule::sign_ins::{SignIn, SignInId};
use vestibule::throttle::Counter;
use vestibule::{Error, ErrorKind};

/// Maximum number of keys that an account creates in an hour: each leaves a row in the audit log
/// for good and costs no hash.
const MAX_NEW_KEYS: i64 = 60;
const WINDOW: Duration = Duration::from_secs(60 * 60);

/// Generates a key without storing it; the error names all invalid fields.
///
/// # Errors
/// 403 `account_inactive`, 422 `invalid_field` naming `label`, `scopes` or `expires_in`, 503
/// `unavailable`.
pub fn generate_key(
    user: &User,
    request: KeyRequest,
    auth: &Config,
    now: OffsetDateTime,
) -> Result<CreatedKey, Error> {
    let config = &auth.key;
    let own_errors = service_errors(user, &request);
    match CreatedKey::generate(user, request.clone(), config, now) {
        Ok(created) if own_errors.is_empty() => return Ok(created),
        Err(error) if error.kind() != ErrorKind::InvalidField => return Err(error),
        _ => {}
    }
    let error = ErrorKind::InvalidField.into();
    let error =
        own_errors.into_iter().fold(error, |error: Error, (field, text)| error.field(field, text));
    // The library names only the first invalid field, so each is tried beside valid ones.
    let valid = KeyRequest { label: "valid".to_owned(), ..KeyRequest::default() };
    let requests = [
        KeyRequest { label: request.label, ..valid.clone() },
        KeyRequest { scopes: request.scopes, ..valid.clone() },
        KeyRequest { lifetime: request.lifetime, ..valid },
    ];
    let refused =
        requests.into_iter().filter_map(|new| CreatedKey::generate(user, new, config, now).err());
    Err(refused.fold(error, |error, refused| {
        let is_named = |field: &str| error.fields().any(|(named, _)| named == field);
        let field = refused.fields().find(|(field, _)| !is_named(field));
        let field = field.map(|(field, text)| (field.to_owned(), text.to_owned()));
        match field {
            Some((field, text)) => error.field(field, text),
            None => error,
        }
    }))
}

/// Returns the errors of the rules that only this service has: fields and messages.
fn service_errors(user: &User, request: &KeyRequest) -> Vec<(&'static str, String)> {
    let label = is_deceptive(request.label.trim()).then(|| {
        ("label", "A label must not contain invisible or direction-changing characters.".to_owned())
    });
    let scopes = check_scopes(user, &request.scopes).err().map(|text| ("scopes", text));
    label.into_iter().chain(scopes).collect()
}

/// Checks that all scopes exist and that the user may have them; otherwise returns a message.
fn check_scopes(user: &User, scopes: &[String]) -> Result<(), String> {
    let exists = |name: &String| KeyScope::ALL.iter().any(|scope| scope.name == *name);
    let is_allowed = |name: &String| KeyScope::for_user(user).any(|scope| scope.name == *name);
    let names = || KeyScope::for_user(user).map(|scope| scope.name).collect::<Vec<_>>().join(", ");
    if !scopes.iter().all(exists) {
        Err(format!("A key may have these scopes: {}.", names()))
    } else if !scopes.iter().all(is_allowed) {
        Err(format!("Without the role of an administrator a key may have: {}.", names()))
    } else {
        Ok(())
    }
}

impl Accounts {
    /// Creates and stores a key of a user, with a row in the audit log in the same transaction. With an
    /// `Idempotency-Key` whose key is still active none is created.
    ///
    /// # Errors
    /// The errors of [`generate_key`]; 409 `already_made`, 401 `token_revoked` when the actor's sign-in has ended
    /// meanwhile, 403 `forbidden` with [`MAX_ACTIVE_KEYS`](super::MAX_ACTIVE_KEYS) active keys, 429
    /// `too_many_attempts` with `Retry-After` after many new keys.
    pub async fn create_key(
        &self,
        user: &User,
        request: KeyRequest,
        idempotency_key: Option<&str>,
        actor: &Actor,
    ) -> Result<CreatedKey, Error> {
        let mut created = generate_key(user, request, &self.auth, actor.at())?;
        if let Some(key) = idempotency_key {
            created = created.with_id(repeatable_id(user, key)?)?;
        }
        created.sign_in.address = actor.source.address.map(|address| address.to_string());
        let (counter, now) = (Counter::new(format!("keys:{}", user.id), MAX_NEW_KEYS), actor.at());
        let id = created.sign_in.id.clone();
        let counted = self.run(move |connection| {
            write(connection, |connection| {
                // First, because a repeated request is no new key.
                queries::check_is_new(connection, &id)?;
                counter.count(connection, now, WINDOW)
            })
        });
        if let Some(limit) = counted.await? {
            let detail = "You have made many keys in the last hour. Try again later.";
            return Err(limit.error(now).detail(detail));
        }
        let (sign_in, account, creator) = (created.sign_in.clone(), user.clone(), actor.clone());
        self.run(move |connection| queries::store_key(connection, &account, &sign_in, &creator))
            .await?;
        let id = Some(created.sign_in.id.as_str());
        self.report(EventKind::KeyMade, user.id, id, actor.source);
        Ok(created)
    }

    /// Lists a user's active keys, latest use first.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn keys(&self, user: &User) -> Result<Vec<SignIn>, Error> {
        let (id, now) = (user.id, self.clock.now()?);
        self.run(move |connection| queries::active_keys(connection, id, now)).await
    }

    /// Ends a key of a user, with a row in the audit log in the same transaction. A sign-in that is no
    /// key stays.
    ///
    /// # Errors
    /// 404 `not_found` when it has expired, is no key or is another user's, 503 `unavailable`.
    pub async fn end_key(&self, user: &User, id: &str, actor: &Actor) -> Result<(), Error> {
        let id = SignInId::parse(id).ok_or(ErrorKind::NotFound)?;
        let key_id = id.clone();
        let found =
            self.run(move |connection| queries::find_key(connection, key_id.as_str())).await?;
        let is_own =
            |key: &SignIn| key.account == user.id.to_string() && actor.at() < key.expires_at;
        let key = found.filter(is_own).ok_or(ErrorKind::NotFound)?;
        let (account, ender) = (user.clone(), actor.clone());
        let is_ended = self.run_change(user.id, move |connection| {
            queries::end_key(connection, &account, &key, &ender)
        });
        if !is_ended.await? {
            return Err(ErrorKind::NotFound.into());
        }
        self.report(EventKind::KeyEnded, user.id, Some(id.as_str()), actor.source);
        Ok(())
    }
}

/// Returns the id of the key that a request with this `Idempotency-Key` makes. A second request finds
/// the row by it, so no copy of the key's text is kept.
fn repeatable_id(user: &User, key: &str) -> Result<SignInId, Error> {
    let digest = Sha256::digest(format!("access key of {} for {key}", user.id));
    let id = SignInId::parse(&URL_SAFE_NO_PAD.encode(&digest[..16]));
    id.ok_or_else(|| ErrorKind::Internal.into())
}

/// Returns when a sign-in was last used; `None` for a key that never was.
#[must_use]
pub fn last_seen(sign_in: &SignIn) -> Option<OffsetDateTime> {
    let is_unused_key = sign_in.kind.is_key() && sign_in.last_seen_at <= sign_in.created_at;
    (!is_unused_key).then_some(sign_in.last_seen_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::audit::{RequestSource, events_after};
    use crate::accounts::queries::NewUser;
    use crate::accounts::user::{Role, Username};
    use crate::db::{Address, AnyConnection, connect, migrate};

    #[test]
    fn a_sign_in_that_has_ended_leaves_no_key_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let address = Address::Sqlite(directory.path().join("test.sqlite3"));
        let mut connection = connect(&address, Duration::from_secs(5), true).expect("a database");
        migrate(&mut connection).expect("a schema");
        let now = OffsetDateTime::UNIX_EPOCH;
        let new = NewUser {
            username: Username::parse("ann").expect("a name"),
            full_name: None,
            role: Role::User,
            password_hash: "!".to_owned(),
            created_at: now,
        };
        let user = queries::insert(&mut connection, &new).expect("a user");
        let request = || KeyRequest { label: "x".to_owned(), ..KeyRequest::default() };
        let generate =
            || generate_key(&user, request(), &Config::default(), now).expect("a key").sign_in;
        let ended = SignInId::random().expect("an id").to_string();

        let actor = Actor::account(&user, Some(ended), RequestSource::default(), now);
        let refused = queries::store_key(&mut connection, &user, &generate(), &actor)
            .expect_err("signed out");
        assert_eq!(refused.kind(), ErrorKind::TokenRevoked);
        let stored = |connection: &mut AnyConnection| {
            let keys = vestibule::database::sign_ins::list(connection, &user.id.to_string())
                .expect("rows")
                .len();
            (keys, events_after(connection, 0).expect("rows").len())
        };
        assert_eq!(stored(&mut connection), (0, 0));

        // With an active sign-in, which here is a key, the key is created.
        let first = generate();
        let command_line = Actor::command_line(now);
        queries::store_key(&mut connection, &user, &first, &command_line).expect("stored");
        let actor =
            Actor::account(&user, Some(first.id.to_string()), RequestSource::default(), now);
        queries::store_key(&mut connection, &user, &generate(), &actor).expect("stored");
        assert_eq!(stored(&mut connection), (2, 2));
    }
}
