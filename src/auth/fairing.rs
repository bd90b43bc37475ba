//! The fairing that makes the guards work, and the last word on every answer.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::{Header, Status};
use rocket::{Build, Request, Response, Rocket};
use serde_json::{Map, Value};

use super::challenge::challenge;
use super::clock::Clock;
use super::config::{Config, TokenConfig};
use super::cookies;
use super::csrf;
use super::error::Error;
use super::events::{EventKind, Events, Silent, report};
use super::keys::{FindKey, ForeignKeys, Keys, VerifyingKey};
use super::left::Left;
use super::login_required::LoginRequired;
use super::notes::Notes;
use super::on_request::OnRequest;
use super::opened_tickets::OpenedTickets;
use super::policy;
use super::previous_keys::PreviousKeys;
use super::sign_in::{Ledger, Stateless};
use super::standing_cache::StandingCache;
use super::standings::Standings;
use super::state::{AuthState, CookieNames};
use super::telling_ledger::TellingLedger;
use super::verified_tokens::VerifiedTokens;

/// How often the last word moves back behind fairings that other fairings attached.
pub(super) const HOPS: u8 = 8;

/// The fairing of the library half: reads and checks `[default.auth]` at ignition, and has
/// the last word on every answer: the session policy, the challenge, `Vary` and `no-store`.
///
/// A bad configuration aborts the launch with one log line per fault.
///
/// ```
/// use vestibule::auth::Auth;
///
/// let rocket = rocket::build().attach(Auth::fairing());
/// ```
#[must_use]
pub struct Auth {
    ledger: Arc<dyn Ledger>,
    events: Arc<dyn Events>,
    clock: Clock,
    standings: Standings,
    find_key: Option<Arc<FindKey>>,
    pub(super) login_required: Option<LoginRequired>,
}

impl Auth {
    /// The fairing with nothing stored, nobody listening and the system's clock.
    pub fn fairing() -> Self {
        Self {
            ledger: Arc::new(Stateless),
            events: Arc::new(Silent),
            clock: Clock::system(),
            standings: Standings::new(),
            find_key: None,
            login_required: None,
        }
    }

    /// Keeps sign-ins in this ledger; then they can be listed and ended one by one.
    pub fn ledger(mut self, ledger: impl Ledger) -> Self {
        self.ledger = Arc::new(ledger);
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
    pub fn standings(&self) -> Standings {
        self.standings.clone()
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
    /// [`stamp`](super::Account::stamp).
    ///
    /// ```
    /// use vestibule::auth::{Algorithm, Auth, VerifyingKey};
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
        let missing = match config.mode.has_tokens() && self.ledger.is_stateless() {
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
        let standings = self.standings.clone();
        let state = AuthState {
            standing: StandingCache::new(
                config.revocation_delay,
                self.clock.clone(),
                standings.clone(),
            ),
            verified: self.find_key.is_none().then(VerifiedTokens::new).flatten(),
            opened: OpenedTickets::new(),
            keys,
            previous_keys,
            foreign_keys,
            find_key: self.find_key.clone(),
            clock: self.clock.clone(),
            ledger: Arc::new(TellingLedger {
                inner: self.ledger.clone(),
                standings: standings.clone(),
            }),
            events: self.events.clone(),
            notes: Notes::default(),
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
        let rocket = rocket.manage(state).manage(standings).attach(LastWord::default());
        Ok(match &self.login_required {
            Some(required) => rocket.attach(required.clone()),
            None => rocket,
        })
    }
}

/// Response fairings run in the order of attachment, so this one keeps attaching itself
/// anew, behind whatever other fairings attached in the meantime.
#[derive(Default)]
struct LastWord {
    hop: u8,
    /// Routes whose cookies were reported already.
    reported: Mutex<HashSet<String>>,
}

#[rocket::async_trait]
impl Fairing for LastWord {
    fn info(&self) -> Info {
        let kind = if self.hop < HOPS { Kind::Ignite } else { Kind::Response };
        Info { name: "Session policy", kind }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(rocket.attach(Self { hop: self.hop + 1, ..Self::default() }))
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Ok(state) = AuthState::of(request) else {
            return;
        };
        let known = OnRequest::of(request);
        cookies::take_back(state, known, response);
        let (sets_cookies, has_vary) = already(response);
        if sets_cookies && policy::apply(state, request, response) {
            self.report(request);
        }
        let status = response.status();
        // No error has a status of success, and most answers are one.
        let reason = (status.code >= 300).then(|| Error::of(status, request)).flatten();
        challenge(state, request, response, reason.as_ref());
        report_refusal(request, status, reason.as_ref());
        if let Some(seconds) = reason.and_then(|error| error.wait()) {
            // A catcher that draws a page need not think of it.
            response.set_header(Header::new("Retry-After", seconds.to_string()));
        }
        if known.asked.load(Ordering::Relaxed) {
            response.set_raw_header("Cache-Control", "no-store");
            match has_vary {
                true => vary_too(state, response),
                false => {
                    response.set_raw_header("Vary", state.vary.as_str());
                }
            }
        }
    }
}

impl LastWord {
    fn report(&self, request: &Request<'_>) {
        let route = request.route().map_or_else(
            || "no route".to_owned(),
            |route| format!("{} {}", route.method, route.uri),
        );
        let Ok(mut reported) = self.reported.lock() else {
            return;
        };
        if reported.insert(route.clone()) {
            log::warn!(target: "vestibule::auth", "kept a cookie off a token request: {route}");
        }
    }
}

/// Told once a request, when it is certain that it ends so: a guard's refusal alone may only
/// have meant that nobody is signed in.
fn report_refusal(request: &Request<'_>, status: Status, reason: Option<&Error>) {
    let told = match status {
        // A catcher may send them to a form instead of telling them. A redirect of a handler's
        // is none, whatever a guard in an `Option` left.
        Status::SeeOther => Left::settled(request),
        _ => reason.cloned(),
    };
    let kind = told.map(|error| error.kind());
    if let Some(kind) = kind.filter(|kind| matches!(kind.status().code, 401 | 403 | 429)) {
        report(request, EventKind::Refused(kind), None, None);
    }
}

/// Whether an answer sets cookies and has a `Vary`: Rocket hashes a name letter by letter to look
/// it up, so the few headers that there are are passed once.
fn already(response: &Response<'_>) -> (bool, bool) {
    response.headers().iter().fold((false, false), |(sets_cookies, has_vary), header| {
        (sets_cookies || header.name() == "Set-Cookie", has_vary || header.name() == "Vary")
    })
}

/// Adds what the answer depends on to what it says already.
fn vary_too(state: &AuthState, response: &mut Response<'_>) {
    let mut names: Vec<String> = response.headers().get("Vary").map(str::to_owned).collect();
    for name in [state.config.token.header.as_str(), "Cookie"] {
        let listed = names.iter().flat_map(|names| names.split(','));
        if !listed.map(str::trim).any(|listed| listed.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    response.set_header(Header::new("Vary", names.join(", ")));
}
