//! The fairing: reads the configuration, manages the state and attaches the rest.

use std::sync::Arc;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::{Build, Data, Orbit, Request, Rocket};
use serde_json::{Map, Value};

use super::login_required::LoginRequired;
use super::methods::divert_head;
use super::purge::purge_regularly;
use super::response::ResponseFairing;
use super::stores::{MakeThrottle, StoreChoice, find_throttle};
use super::summary::summary;
use super::unread::unread_settings;
use crate::cache::auth_cache::{AuthCache, InvalidatingStore};
use crate::cache::sign_ins::SignInCache;
use crate::cache::tokens::VerifiedTokens;
use crate::clock::Clock;
use crate::config::{ConfigError, PasswordConfig};
use crate::credentials::RequestState;
use crate::credentials::csrf::ReadCsrfField;
use crate::events::EventSink;
use crate::keys::verifying::{FindKey, VerifyingKey};
use crate::password::Hasher;
use crate::session::cookie::CookieNames;
use crate::sign_in::last_seen_writer::LastSeenWriter;
use crate::sign_in::store::SignInStore;
use crate::state::AuthState;
use crate::state::load::Loaded;
use crate::throttle::ThrottleStore;

/// The fairing of the library: reads and checks `[default.auth]` at ignition, and completes every
/// response: the session policy, the challenge, `Vary` and `no-store`. Handlers take its
/// [`Hasher`], made from `[default.auth.password]`, as `&State<Hasher>`.
///
/// A bad configuration aborts the launch with one log line per error; a setting that nothing in the
/// program reads is one warning.
///
/// ```
/// use vestibule::Auth;
///
/// use vestibule::sign_ins::MemorySignInStore;
///
/// let auth = Auth::fairing().store(MemorySignInStore::new());
/// let rocket = rocket::build().attach(auth);
/// ```
#[must_use]
pub struct Auth {
    store: StoreChoice,
    throttle: Option<Box<MakeThrottle>>,
    events: Option<Arc<dyn EventSink>>,
    clock: Clock,
    auth_cache: AuthCache,
    find_key: Option<Arc<FindKey>>,
    hasher: Option<Hasher>,
    pub(crate) login_required: Option<LoginRequired>,
}

impl Auth {
    /// The fairing without an event sink, by the system's clock. The launch fails unless one of
    /// `database`, `database_at_ignition`, [`store`](Self::store),
    /// [`store_at_ignition`](Self::store_at_ignition) and [`stateless`](Self::stateless) is called.
    pub fn fairing() -> Self {
        Self {
            store: StoreChoice::None,
            throttle: None,
            events: None,
            clock: Clock::system(),
            auth_cache: AuthCache::new(),
            find_key: None,
            hasher: None,
            login_required: None,
        }
    }

    /// Stores sign-ins here; then they can be listed and ended one by one.
    pub fn store(self, store: impl SignInStore) -> Self {
        self.choose(StoreChoice::Store(Arc::new(store)))
    }

    /// Stores sign-ins in a store that is made at ignition, from the pool that a fairing attached
    /// before manages for example; `None` aborts the launch.
    pub fn store_at_ignition<S: SignInStore>(
        self,
        make: impl Fn(&Rocket<Build>) -> Option<S> + Send + Sync + 'static,
    ) -> Self {
        self.choose(StoreChoice::AtIgnition(Box::new(move |rocket| {
            make(rocket).map(|store| Arc::new(store) as Arc<dyn SignInStore>)
        })))
    }

    /// Keeps no sign-ins: credentials are good until they expire, and nothing can end them.
    /// [`Session::end`](crate::Session::end) then removes only this browser's cookies,
    /// [`Tokens::end`](crate::Tokens::end) is 500 `internal`, and an application with a route that
    /// uses [`SignIns`](crate::sign_ins::SignIns) does not launch.
    pub fn stateless(self) -> Self {
        self.choose(StoreChoice::Stateless)
    }

    fn choose(mut self, store: StoreChoice) -> Self {
        let is_first = matches!(self.store, StoreChoice::None);
        self.store = if is_first { store } else { StoreChoice::Repeated };
        self
    }

    /// Counts failed passwords of [`PasswordLogin`](crate::PasswordLogin), and failed codes, here, by
    /// `[default.auth.throttle]`. Default: in memory.
    pub fn throttle(mut self, throttle: impl ThrottleStore) -> Self {
        let throttle: Arc<dyn ThrottleStore> = Arc::new(throttle);
        self.throttle = Some(Box::new(move |_| Some(throttle.clone())));
        self
    }

    /// As [`throttle`](Self::throttle), made at ignition as by
    /// [`store_at_ignition`](Self::store_at_ignition); `None` aborts the launch.
    pub fn throttle_at_ignition<T: ThrottleStore>(
        mut self,
        make: impl Fn(&Rocket<Build>) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        self.throttle = Some(Box::new(move |rocket| Some(Arc::new(make(rocket)?))));
        self
    }

    /// Reports events to this sink.
    pub fn events(mut self, events: impl EventSink) -> Self {
        self.events = Some(Arc::new(events));
        self
    }

    /// Takes the time from this clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Manages this hasher, for an application that needs one before the launch, instead of making
    /// another. The launch fails if its settings are not those of `[default.auth.password]`.
    pub fn hasher(mut self, hasher: Hasher) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// The cache of accounts and sign-ins, for code that changes them and is built before the
    /// launch; afterwards it is managed state.
    #[must_use]
    pub fn cache(&self) -> AuthCache {
        self.auth_cache.clone()
    }

    /// Finds the key that verifies a token of ours by the fields of its header, its `kid` for
    /// example (`decode_key_loader`), which are not verified yet: choose among keys that you know. A
    /// key that is found replaces the configured ones; after `None` they are tried, and if none fits
    /// it is 401 `token_invalid`. The algorithm stays the configured one. The function is called on
    /// an async thread and must not block.
    ///
    /// The holder of such a key can sign in as any account, so it must be your own: of a tenant, or
    /// one that was rotated. Another issuer's keys belong in `token.foreign`. There is no
    /// `encode_key_loader`: to change keys there are `previous_secrets` and `public_keys`; to end all
    /// tokens of one account, its [`stamp`](crate::Account::stamp).
    ///
    /// ```
    /// use vestibule::Auth;
    /// use vestibule::tokens::{Algorithm, VerifyingKey};
    ///
    /// // Our own key of last year, which some of our tokens still name.
    /// let last_year = VerifyingKey::from_secret(Algorithm::HS256, &[7; 32]).unwrap();
    /// let fairing = Auth::fairing().stateless().find_key(move |header| {
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

    /// Returns the hasher to manage, or why there is none. One that the application manages by
    /// itself would leave `[default.auth.password]` without effect.
    fn take_or_make_hasher(
        &self,
        rocket: &Rocket<Build>,
        config: &PasswordConfig,
    ) -> Result<Hasher, String> {
        if rocket.state::<Hasher>().is_some() {
            return Err("Auth::fairing() manages the Hasher: do not `.manage(...)` another".into());
        }
        match &self.hasher {
            Some(hasher) if hasher.config() != config => {
                Err("Auth::fairing().hasher(...) was made with other settings than \
                     [default.auth.password]"
                    .into())
            }
            Some(hasher) => Ok(hasher.clone()),
            None => Hasher::new(config).map_err(|error| error.to_string()),
        }
    }
}

#[rocket::async_trait]
impl Fairing for Auth {
    fn info(&self) -> Info {
        Info {
            name: "Authentication",
            kind: Kind::Ignite | Kind::Liftoff | Kind::Request | Kind::Singleton,
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        RequestState::of(request).mark_parsed();
        divert_head(request, data).await;
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let Some(state) = rocket.state::<AuthState>() {
            let summary = summary(&state.config, state.store.is_some());
            log::info!(target: "vestibule::auth", "Authentication: {summary}");
            for unread in unread_settings(rocket.figment(), state, self.throttle.is_some()) {
                log::warn!(target: "vestibule::auth", "configuration: {unread}");
            }
            let is_kept = rocket.config().secret_key.is_provided();
            if state.config.mode.has_sessions() && !is_kept {
                log::warn!(
                    target: "vestibule::auth",
                    "configuration: secret_key is not set, so a restart ends every session; set one, \
                     by `openssl rand -base64 32`"
                );
            }
            purge_regularly(state, rocket.shutdown());
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let stores = self.store.find(&rocket);
        let stores =
            stores.and_then(|store| Ok((store, find_throttle(self.throttle.as_deref(), &rocket)?)));
        let (store, throttle) = match stores {
            Ok(stores) => stores,
            Err(error) => {
                log::error!("{error}");
                return Err(rocket);
            }
        };
        let loaded = Loaded::from_figment(rocket.figment()).and_then(|loaded| {
            let error = loaded.config.token.error_without_store();
            match error.filter(|_| store.is_none() && loaded.config.mode.has_tokens()) {
                Some((key, error)) => {
                    let key = format!("auth.{key}");
                    Err(vec![ConfigError::new(rocket.figment(), &key, error)])
                }
                None => Ok(loaded),
            }
        });
        let Loaded { config, keys, foreign_keys, secret_keys } = match loaded {
            Ok(loaded) => loaded,
            Err(errors) => {
                for error in errors {
                    log::error!("configuration: {error}");
                }
                return Err(rocket);
            }
        };
        let hasher = match self.take_or_make_hasher(&rocket, &config.password) {
            Ok(hasher) => hasher,
            Err(error) => {
                log::error!("{error}");
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
            keys,
            secret_keys,
            foreign_keys,
            find_key: self.find_key.clone(),
            clock: self.clock.clone(),
            store: store.map(|inner| {
                let auth_cache = auth_cache.clone();
                Arc::new(InvalidatingStore { inner, auth_cache }) as Arc<dyn SignInStore>
            }),
            throttle,
            events: self.events.clone(),
            last_seen_writer: LastSeenWriter::default(),
            purges: Arc::default(),
            account: std::sync::OnceLock::new(),
            guards: std::sync::Mutex::default(),
            cookie_names: CookieNames::new(&config.session),
            vary: format!("{}, Cookie", config.token.header),
            config,
        };
        let cookies = &state.config.token.cookies;
        let rocket = if state.has_token_cookies() && cookies.csrf_check_form {
            rocket.attach(ReadCsrfField { field: cookies.csrf_field.clone() })
        } else {
            rocket
        };
        let rocket = rocket.manage(state).manage(auth_cache).manage(hasher);
        Ok(rocket.attach(ResponseFairing::new(self.login_required.clone())))
    }
}
