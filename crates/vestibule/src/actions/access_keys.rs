//! Making access keys.

use std::time::Duration;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Rocket, Sentinel};
use time::OffsetDateTime;

use crate::access_key::AccessKey;
use crate::account::Account;
use crate::config::{KeyConfig, duration};
use crate::credentials::request_state::mark_depends_on_user;
use crate::digest::stamp_digest;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::request_errors::refuse;
use crate::events::EventKind;
use crate::guards::sentinel::{self, Proof};
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// Longest label, in characters.
const MAX_LABEL: usize = 100;
/// Most scopes of one key.
const MAX_SCOPES: usize = 32;
/// Longest scope, in bytes.
const MAX_SCOPE: usize = 64;

/// The access key that somebody wants.
#[derive(Clone, Debug, Default)]
pub struct KeyRequest {
    /// What its owner calls it: 1 to 100 characters, no control characters.
    pub label: String,
    /// What it may be used for: words of RFC 6749, section 3.3, each once; see
    /// [`Scoped`](crate::Scoped). Default: none, which opens every route that asks for a user
    /// and for no scope.
    pub scopes: Vec<String>,
    /// How long it lives: from a second up to `key.longest`. Default: `key.lifetime`.
    pub lifetime: Option<Duration>,
}

/// An access key in the one moment in which it is known.
#[derive(Clone, Debug)]
pub struct CreatedKey {
    /// The row that a ledger keeps.
    pub sign_in: SignIn,
    /// What its owner takes away; nothing can show it again.
    pub key: AccessKey,
}

impl CreatedKey {
    /// Makes a key and keeps nothing: for a command line, which has no request.
    ///
    /// # Errors
    /// 403 `account_inactive`, 422 `invalid_field` naming `label`, `scopes` or `expires_in`, 503
    /// `unavailable` without randomness.
    pub fn generate<U: Account>(
        account: &U,
        new: KeyRequest,
        config: &KeyConfig,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        if !account.is_active() {
            return Err(ErrorKind::AccountInactive.into());
        }
        let label = new.label.trim();
        check(label, &new.scopes)?;
        let lifetime = new.lifetime.unwrap_or(config.lifetime);
        if lifetime < Duration::from_secs(1) || lifetime > config.longest {
            let longest = duration::in_words(config.longest);
            let problem = format!("A key lives from a second to {longest}.");
            return Err(Error::invalid_field("expires_in", problem));
        }
        let too_far = || Error::invalid_field("expires_in", "No time is that far away.");
        let lifetime = time::Duration::try_from(lifetime).map_err(|_| too_far())?;
        let expires_at = now.checked_add(lifetime).ok_or_else(too_far)?;
        let id = SignInId::random()?;
        let key = AccessKey::generate(&id)?;
        let sign_in = SignIn {
            id,
            account: account.id().to_string(),
            kind: SignInKind::Key,
            created_at: now,
            auth_time: now,
            last_seen_at: now,
            expires_at,
            remembered: false,
            generation: 0,
            rotated_at: None,
            user_agent: None,
            address: None,
            label: Some(label.to_owned()),
            scopes: new.scopes,
            secret_hash: Some(stored(&key, stamp_digest(&account.stamp()).as_deref())),
        };
        Ok(Self { sign_in, key })
    }
}

fn check(label: &str, scopes: &[String]) -> Result<(), Error> {
    let count = label.chars().take(MAX_LABEL + 1).count();
    if count == 0 || count > MAX_LABEL || label.chars().any(char::is_control) {
        let problem = "A label is 1 to 100 characters, without control characters.";
        return Err(Error::invalid_field("label", problem));
    }
    // RFC 6749, section 3.3: printable ASCII but for space, quote and backslash.
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let word = |scope: &String| !scope.is_empty() && scope.len() <= MAX_SCOPE;
    let good = |scope: &String| word(scope) && scope.bytes().all(fits);
    if scopes.len() > MAX_SCOPES || !scopes.iter().all(good) {
        let problem = "Scopes are at most 32 words of at most 64 printable ASCII characters.";
        return Err(Error::invalid_field("scopes", problem));
    }
    if scopes.iter().enumerate().any(|(at, scope)| scopes[..at].contains(scope)) {
        return Err(Error::invalid_field("scopes", "Name each scope once."));
    }
    Ok(())
}

/// What a store keeps of a key: its hash and, behind a dot, the digest of the account's stamp,
/// whose change ends it.
fn stored(key: &AccessKey, stamp: Option<&str>) -> String {
    let hash = key.hash();
    stamp.map_or_else(|| hash.clone(), |stamp| format!("{hash}.{stamp}"))
}

/// Guard: makes access keys. It proves nothing: demand a user beside it, whose password was
/// proven lately ([`Fresh`](crate::Fresh)), and pass that user. Listing and ending them is
/// [`SignIns`](crate::SignIns), as for any sign-in.
///
/// **A key opens every route whose guard asks for a user and for no scope**, as a token does: put
/// [`Scoped`](crate::Scoped) around the guard wherever a key shall not do without its scope. How
/// many keys anybody may make is for your route to say.
///
/// Without it: 404 in mode `session`, where nothing takes a key. Without a ledger the
/// application does not launch. 404 also without `"header"` among `token.locations`; see
/// [`Config::takes_keys`](crate::Config::takes_keys).
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{AccessKeys, Account, CurrentUser, Error, Fresh, KeyRequest};
///
/// async fn for_backups<U: Account>(
///     user: Fresh<CurrentUser<U>>,
///     keys: AccessKeys<'_>,
/// ) -> Result<String, Error> {
///     let scopes = vec!["files:read".to_owned()];
///     let new = KeyRequest { label: "nightly backup".to_owned(), scopes, lifetime: None };
///     let made = keys.make(user.account(), new).await?;
///     Ok(format!("keep this, it is not shown again: {}", made.key.as_str()))
/// }
/// ```
pub struct AccessKeys<'r> {
    request: &'r Request<'r>,
    state: &'r AuthState,
}

impl AccessKeys<'_> {
    /// Makes a key for this account and keeps its row.
    ///
    /// # Errors
    /// 403 `account_inactive`, 422 `invalid_field` naming `label`, `scopes` or `expires_in`, 503
    /// `unavailable`.
    pub async fn make<U: Account>(
        &self,
        account: &U,
        new: KeyRequest,
    ) -> Result<CreatedKey, Error> {
        if !self.state.serves::<U>() {
            let other = "an application has one type of account, and this is another";
            return Err(Error::misuse(other));
        }
        let now = self.state.clock.now()?;
        let mut made = CreatedKey::generate(account, new, &self.state.config.key, now)?;
        made.sign_in.address = self.request.client_ip().map(|address| address.to_string());
        let store = self.state.store.as_ref();
        let store = store.ok_or_else(|| Error::misuse("access keys need a store"))?;
        store.open(&made.sign_in).await?;
        let (account, id) = (made.sign_in.account.as_str(), made.sign_in.id.as_str());
        self.state.report(self.request, EventKind::KeyMade, Some(account), Some(id));
        Ok(made)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AccessKeys<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        match AuthState::of(request) {
            Ok(state) if state.config.takes_keys() => {
                mark_depends_on_user(request);
                Outcome::Success(Self { request, state })
            }
            Ok(_) => refuse(request, ErrorKind::NotFound.into()),
            Err(error) => refuse(request, error),
        }
    }
}

impl Sentinel for AccessKeys<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        let state = rocket.state::<AuthState>();
        if state.is_some_and(|state| state.store.is_none()) && !sentinel::is_inspection(rocket) {
            log::error!("a route uses AccessKeys, which needs a store: `Auth::store(..)`");
            return true;
        }
        sentinel::abort(rocket, "AccessKeys", Proof::Nothing)
    }
}
