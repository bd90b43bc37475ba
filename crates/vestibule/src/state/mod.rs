//! The state that the fairing manages for the guards, and the loading of its configuration.
//!
//! Imports the rooms below whose values it holds: `cache`, `clock`, `config`, `error`, `events`,
//! `keys`, `session`, `sign_in`, `throttle`.

pub(crate) mod load;
pub(crate) mod stats;

use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rocket::Request;
use time::OffsetDateTime;

use crate::cache::sign_ins::CachedSignIn;
use crate::cache::sign_ins::SignInCache;
use crate::cache::tokens::VerifiedTokens;
use crate::clock::Clock;
use crate::config::{Config, Location};
use crate::error::{Error, ErrorKind};
use crate::events::{Event, EventKind, EventSink};
use crate::keys::Keys;
use crate::keys::foreign::ForeignKeys;
use crate::keys::verifying::FindKey;
use crate::request_id::RequestId;
use crate::session::cookie::CookieNames;
use crate::session::secret_keys::SecretKeys;
use crate::sign_in::SignInId;
use crate::sign_in::amr::Amr;
use crate::sign_in::last_seen_writer::LastSeenWriter;
use crate::sign_in::store::SignInStore;
use crate::state::stats::PurgeCounts;
use crate::throttle::ThrottleStore;

/// Managed state of the library; one per Rocket.
pub(crate) struct AuthState {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) secret_keys: SecretKeys,
    pub(crate) foreign_keys: Option<ForeignKeys>,
    pub(crate) find_key: Option<Arc<FindKey>>,
    pub(crate) clock: Clock,
    /// Without a store a credential is good until it expires, the account is gone or inactive, or
    /// its stamp changes.
    pub(crate) store: Option<Arc<dyn SignInStore>>,
    pub(crate) throttle: Arc<dyn ThrottleStore>,
    pub(crate) events: Option<Arc<dyn EventSink>>,
    pub(crate) last_seen_writer: LastSeenWriter,
    pub(crate) purges: Arc<PurgeCounts>,
    pub(crate) sign_ins: SignInCache,
    /// `None` if the application finds keys, because its choice may change.
    pub(crate) tokens: Option<VerifiedTokens>,
    pub(crate) cookie_names: CookieNames,
    /// The `Vary` header of responses that have none of their own.
    pub(crate) vary: String,
    /// The account type of the application; two types would confuse their ids.
    pub(crate) account: OnceLock<TypeId>,
    /// Our guards in the routes, which their sentinels record at launch.
    pub(crate) guards: Mutex<BTreeSet<&'static str>>,
}

impl AuthState {
    /// The state of the request's Rocket; 500 `internal` without the fairing, which sentinels rule
    /// out for every guard in a route.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Result<&'r Self, Error> {
        request.rocket().state::<Self>().ok_or_else(|| ErrorKind::Internal.into())
    }

    /// Whether this is the application's account type, which its first use decides.
    pub(crate) fn serves<U: 'static>(&self) -> bool {
        *self.account.get_or_init(TypeId::of::<U>) == TypeId::of::<U>()
    }

    /// Refuses any other account type; 500 `internal`.
    pub(crate) fn check_account_type<U: 'static>(&self) -> Result<(), Error> {
        let is_other =
            || Error::misuse("an application has one type of account, and this is another");
        self.serves::<U>().then_some(()).ok_or_else(is_other)
    }

    /// Records that a route has this guard.
    pub(crate) fn record_guard(&self, guard: &'static str) {
        self.guards.lock().unwrap_or_else(PoisonError::into_inner).insert(guard);
    }

    /// Whether a route has this guard.
    pub(crate) fn has_guard(&self, guard: &str) -> bool {
        self.guards.lock().unwrap_or_else(PoisonError::into_inner).contains(guard)
    }

    /// Whether tokens in cookies are accepted.
    pub(crate) fn has_token_cookies(&self) -> bool {
        let locations = &self.config.token.locations;
        self.config.mode.has_tokens() && locations.contains(&Location::Cookies)
    }

    /// Ends a sign-in in the store; returns whether it was active, always yes without a store.
    pub(crate) async fn end_sign_in(&self, id: &SignInId) -> Result<bool, Error> {
        match &self.store {
            Some(store) => store.end(id).await,
            None => Ok(true),
        }
    }

    /// Records in the store that the user was authenticated again, by what is `proven` now; returns
    /// all that the sign-in has proven. Without a row it had proven what its credential says.
    pub(crate) async fn confirm_sign_in(
        &self,
        id: &SignInId,
        now: OffsetDateTime,
        credential: Amr,
        proven: Amr,
    ) -> Result<Amr, Error> {
        let Some(store) = &self.store else { return Ok(credential.with(proven)) };
        let confirmed = store.confirm(id, now, proven).await?;
        Ok(confirmed.unwrap_or(credential.with(proven)))
    }

    /// Records a use of a sign-in, in the background; `generation` is that of the access token.
    pub(crate) fn record_use(&self, sign_in: &CachedSignIn, now: OffsetDateTime, generation: i64) {
        let used = sign_in.record_use(now, self.config.session.idle, generation);
        if let (Some(used), Some(store)) = (used, &self.store) {
            self.last_seen_writer.add(store, used);
        }
    }

    /// Reports an event to the application's sink.
    pub(crate) fn report(
        &self,
        request: &Request<'_>,
        kind: EventKind,
        account: Option<&str>,
        sign_in: Option<&str>,
    ) {
        self.send(request, Event::new(kind, account, sign_in, None));
    }

    /// Reports a refusal, with what exactly was wrong.
    pub(crate) fn report_refusal(&self, request: &Request<'_>, kind: ErrorKind, detail: &str) {
        let event = Event::new(EventKind::Refused(kind), None, None, None);
        self.send(request, Event { detail: Some(detail), ..event });
    }

    fn send(&self, request: &Request<'_>, event: Event<'_>) {
        if let Some(sink) = &self.events {
            let address = request.client_ip();
            let request_id = RequestId::of(request).copied();
            sink.on_event(&Event { address, request_id, ..event });
        }
    }
}
