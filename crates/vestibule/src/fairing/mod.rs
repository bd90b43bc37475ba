//! The fairing that makes the guards work.

pub(crate) mod challenge;
pub(crate) mod login_required;
pub mod policy;
pub(crate) mod response;
pub(crate) mod route_guards;
use std::sync::Arc;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::{Build, Rocket};
use serde_json::{Map, Value};

use crate::cache::auth_cache::AuthCache;
use crate::cache::invalidating_store::InvalidatingStore;
use crate::cache::sign_ins::SignInCache;
use crate::cache::tickets::OpenedTickets;
use crate::cache::tokens::VerifiedTokens;
use crate::clock::Clock;
use crate::config::{Config, TokenConfig};
use crate::credentials::csrf;
use crate::events::{Events, Silent};
use crate::fairing::login_required::LoginRequired;
use crate::fairing::response::ResponseFairing;
use crate::keys::{FindKey, ForeignKeys, Keys, VerifyingKey};
use crate::session::previous_keys::PreviousKeys;
use crate::sign_in::last_seen_writer::LastSeenWriter;
use crate::sign_in::{SignInStore, Stateless};
use crate::state::{AuthState, CookieNames};

/// The fairing of the library half: reads and checks `[default.auth]` at ignition, and has
/// the last word on every answer: the session policy, the challenge, `Vary` and `no-store`.
///
/// A bad configuration aborts the launch with one log line per fault.
///
/// ```
/// use vestibule::Auth;
///
/// let rocket = rocket::build().attach(Auth::fairing());
/// ```
#[must_use]
pub struct Auth {
    store: Arc<dyn SignInStore>,
    events: Arc<dyn Events>,
    clock: Clock,
    auth_cache: AuthCache,
    find_key: Option<Arc<FindKey>>,
    pub(crate) login_required: Option<LoginRequired>,
}

impl Auth {
    /// The fairing with nothing stored, nobody listening and the system's clock.
    pub fn fairing() -> Self {
        Self {
            store: Arc::new(Stateless),
            events: Arc::new(Silent),
            clock: Clock::system(),
            auth_cache: AuthCache::new(),
            find_key: None,
            login_required: None,
        }
    }

    /// Keeps sign-ins in this store; then they can be listed and ended one by one.
    pub fn store(mut self, store: impl SignInStore) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Tells this listener what happens.
    pub fn events(mut self, events: impl Events) -> Self {
        self.events = Arc::new(events);
        self
    }

    /// Asks this clock for the time.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What it will remember of accounts and sign-ins, for code that changes them and is built
    /// before the launch; later it is managed state.
    #[must_use]
    pub fn cache(&self) -> AuthCache {
        self.auth_cache.clone()
    }

    /// Finds the key that verifies a token of ours by the fields of its header, its `kid` for
    /// example (`decode_key_loader`). The header is not verified yet: use it to choose among
    /// keys that you know. A key that is found takes the place of the configured ones; where
    /// none is, they are asked, and 401 `token_invalid` is the answer to what none of them
    /// signed. The algorithm stays the configured one.
    ///
    /// Whoever holds such a key can sign in as anybody, so it must be one of your own: of a
    /// tenant, or one that was rotated. Another issuer's keys belong into `token.foreign`.
    /// The function is called on an async thread, with the header of anybody's token, and must
    /// not block.
    ///
    /// There is no `encode_key_loader`: what this program signs, it signs with the one key of
    /// its configuration, so it can always verify it. To change keys there are
    /// `previous_secrets` and `public_keys`; to end all tokens of one account, its
    /// [`stamp`](crate::Account::stamp).
    ///
    /// ```
    /// use vestibule::{Algorithm, Auth, VerifyingKey};
    ///
    /// // Our own key of last year, which some of our tokens still name.
    /// let last_year = VerifyingKey::from_secret(Algorithm::HS256, &[7; 32]).unwrap();
    /// let fairing = Auth::fairing().find_key(move |header| {
    ///     (header.get("kid")? == "last-year").then(|| last_year.clone())
    /// });
    /// ```
    pub fn find_key<F>(mut self, find: F) -> Self
    where
        F: Fn(&Map<String, Value>) -> Option<VerifyingKey> + Send + Sync + 'static,
    {
        self.find_key = Some(Arc::new(find));
        self
    }
}

#[rocket::async_trait]
impl Fairing for Auth {
    fn info(&self) -> Info {
        Info { name: "Authentication", kind: Kind::Ignite | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let config = match Config::from_figment(rocket.figment()) {
            Ok(config) => config,
            Err(faults) => {
                for fault in faults {
                    log::error!("configuration: {fault}");
                }
                return Err(rocket);
            }
        };
        // In mode `session` nothing is signed, so nobody must have set a key.
        let unused = TokenConfig::default();
        let token = if config.mode.has_tokens() { &config.token } else { &unused };
        let keys = Keys::new(token).and_then(|keys| {
            let foreign = match config.mode.has_tokens() {
                true => ForeignKeys::read(&config.token.foreign),
                false => Ok(None),
            };
            foreign.map(|foreign| (keys, foreign)).map_err(|fault| ("token.foreign.jwks", fault))
        });
        let (keys, foreign_keys) = match keys {
            Ok(keys) => keys,
            Err((key, fault)) => {
                log::error!("configuration: auth.{key}: {fault}");
                return Err(rocket);
            }
        };
        let missing = match config.mode.has_tokens() && self.store.is_stateless() {
            true => config.token.problem_without_ledger(),
            false => None,
        };
        if let Some((key, fault)) = missing {
            log::error!("configuration: auth.{key}: {fault}");
            return Err(rocket);
        }
        // Read where sessions exist, and only there.
        let previous = match config.mode.has_sessions() {
            true => config.session.previous_secret_keys.as_slice(),
            false => &[],
        };
        let previous_keys = match PreviousKeys::new(previous) {
            Ok(keys) => keys,
            Err(fault) => {
                log::error!("configuration: auth.session.previous_secret_keys: {fault}");
                return Err(rocket);
            }
        };
        let auth_cache = self.auth_cache.clone();
        let state = AuthState {
            sign_ins: SignInCache::new(
                config.revocation_delay,
                self.clock.clone(),
                auth_cache.clone(),
            ),
            tokens: self.find_key.is_none().then(VerifiedTokens::new).flatten(),
            tickets: OpenedTickets::new(),
            keys,
            previous_keys,
            foreign_keys,
            find_key: self.find_key.clone(),
            clock: self.clock.clone(),
            store: Arc::new(InvalidatingStore {
                inner: self.store.clone(),
                auth_cache: auth_cache.clone(),
            }),
            events: self.events.clone(),
            last_seen_writer: LastSeenWriter::default(),
            account: std::sync::OnceLock::new(),
            cookies: CookieNames {
                session: config.session.cookie_name(),
                remember: config.session.remember_cookie_name(),
            },
            vary: format!("{}, Cookie", config.token.header),
            config,
        };
        let rocket = match state.has_token_cookies() && state.config.token.cookies.csrf_check_form {
            true => rocket.attach(csrf::LookIntoForm),
            false => rocket,
        };
        let rocket = rocket.manage(state).manage(auth_cache).attach(ResponseFairing::default());
        Ok(match &self.login_required {
            Some(required) => rocket.attach(required.clone()),
            None => rocket,
        })
    }
}
