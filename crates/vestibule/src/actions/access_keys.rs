//! Creates access keys.

use std::time::Duration;

use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};
use time::OffsetDateTime;

use crate::access_key::AccessKey;
use crate::account::Account;
use crate::actions::outcome;
use crate::config::{KeyConfig, duration};
use crate::digest::stamp_digest;
use crate::error::{Error, ErrorKind};
use crate::events::EventKind;
use crate::guards::sentinel::{self, Proof};
use crate::sign_in::amr::Amr;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// The longest label, in characters.
const MAX_LABEL: usize = 100;
/// The most scopes of one key.
const MAX_SCOPES: usize = 32;
/// The longest scope, in bytes.
const MAX_SCOPE: usize = 64;

/// What an access key is to be created with.
#[derive(Clone, Debug, Default)]
pub struct KeyRequest {
    /// What its owner calls it: 1 to 100 characters, no control characters.
    pub label: String,
    /// What it may be used for: words of RFC 6749, section 3.3, each once; see
    /// [`Scoped`](crate::guards::Scoped). Default: none; the key then opens every route whose guard
    /// requires a user and no scope.
    pub scopes: Vec<String>,
    /// Its lifetime: from a second up to `key.longest`. Default: `key.lifetime`.
    pub lifetime: Option<Duration>,
}

/// A new access key, the only time that its text is known.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedKey {
    /// The row for the store.
    pub sign_in: SignIn,
    /// The key for its owner; it cannot be shown again.
    pub key: AccessKey,
}

impl CreatedKey {
    /// As [`AccessKeys::make`], without storing the row: for a command line, which has no request.
    pub fn generate<U: Account>(
        account: &U,
        wanted: KeyRequest,
        config: &KeyConfig,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        if !account.is_active() {
            return Err(ErrorKind::AccountInactive.into());
        }
        let label = wanted.label.trim();
        check(label, &wanted.scopes)?;
        let lifetime = wanted.lifetime.unwrap_or(config.lifetime);
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
            kind: SignInKind::Key {
                label: label.to_owned(),
                scopes: wanted.scopes,
                secret_hash: key.hash(),
                stamp: stamp_digest(&account.stamp()),
            },
            created_at: now,
            auth_time: now,
            amr: Amr::NONE,
            last_seen_at: now,
            expires_at,
            user_agent: None,
            address: None,
        };
        Ok(Self { sign_in, key })
    }

    /// Replaces the random id, and with it the text of the key: for one that is stored once however
    /// often it is asked for.
    ///
    /// # Errors
    /// 500 `internal` without randomness.
    pub fn with_id(mut self, id: SignInId) -> Result<Self, Error> {
        self.key = AccessKey::generate(&id)?;
        if let SignInKind::Key { secret_hash, .. } = &mut self.sign_in.kind {
            *secret_hash = self.key.hash();
        }
        self.sign_in.id = id;
        Ok(self)
    }
}

fn check(label: &str, scopes: &[String]) -> Result<(), Error> {
    let count = label.chars().take(MAX_LABEL + 1).count();
    if count == 0 || count > MAX_LABEL || label.chars().any(char::is_control) {
        let problem = "A label is 1 to 100 characters, without control characters.";
        return Err(Error::invalid_field("label", problem));
    }
    // RFC 6749, section 3.3: printable ASCII but for space, quote and backslash.
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let is_word =
        |scope: &String| (1..=MAX_SCOPE).contains(&scope.len()) && scope.bytes().all(is_allowed);
    if scopes.len() > MAX_SCOPES || !scopes.iter().all(is_word) {
        let problem = "Scopes are at most 32 words of at most 64 printable ASCII characters.";
        return Err(Error::invalid_field("scopes", problem));
    }
    if scopes.iter().enumerate().any(|(at, scope)| scopes[..at].contains(scope)) {
        return Err(Error::invalid_field("scopes", "Name each scope once."));
    }
    Ok(())
}

/// Guard: creates access keys. It authenticates no user: require one beside it whose password was
/// proven recently ([`Fresh`](crate::guards::Fresh)), and pass that user. Your route limits how many
/// keys an account may have; [`SignIns`](crate::sign_ins::SignIns) lists and ends them.
///
/// **A key opens every route whose guard requires a user and no scope**, as a token does: wrap the
/// guard in [`Scoped`](crate::guards::Scoped) wherever a key must carry a scope.
///
/// Without it: 404 in mode `session` and without `"header"` among `token.locations`, where nothing
/// takes a key (see [`Config::takes_keys`](crate::config::Config::takes_keys)). Without a store the
/// application does not launch.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, CurrentUser, Error};
/// use vestibule::access_keys::{AccessKeys, KeyRequest};
/// use vestibule::guards::Fresh;
///
/// async fn for_backups<U: Account>(
///     user: Fresh<CurrentUser<U>>,
///     keys: AccessKeys<'_>,
/// ) -> Result<String, Error> {
///     let scopes = vec!["files:read".to_owned()];
///     let wanted = KeyRequest { label: "nightly backup".to_owned(), scopes, lifetime: None };
///     let created = keys.make(user.account(), wanted).await?;
///     Ok(format!("keep this, it is not shown again: {}", created.key.as_str()))
/// }
/// ```
pub struct AccessKeys<'r> {
    request: &'r Request<'r>,
    state: &'r AuthState,
}

impl AccessKeys<'_> {
    /// Creates a key for this account and stores its row.
    ///
    /// # Errors
    /// 403 `account_inactive`, 422 `invalid_field` naming `label`, `scopes` or `expires_in`, 503
    /// `unavailable`.
    pub async fn make<U: Account>(
        &self,
        account: &U,
        wanted: KeyRequest,
    ) -> Result<CreatedKey, Error> {
        self.state.check_account_type::<U>()?;
        let now = self.state.clock.now()?;
        let mut created = CreatedKey::generate(account, wanted, &self.state.config.key, now)?;
        created.sign_in.address = self.request.client_ip().map(|address| address.to_string());
        let store = self.state.store.as_ref();
        let store = store.ok_or_else(|| Error::misuse("access keys need a store"))?;
        store.open(&created.sign_in).await?;
        let (account, id) = (created.sign_in.account.as_str(), created.sign_in.id.as_str());
        self.state.report(self.request, EventKind::KeyMade, Some(account), Some(id));
        Ok(created)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AccessKeys<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        outcome(request, |state| {
            let is_on = state.config.takes_keys();
            is_on.then_some(Self { request, state }).ok_or_else(|| ErrorKind::NotFound.into())
        })
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
