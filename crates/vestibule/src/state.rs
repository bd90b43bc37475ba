//! What the fairing manages for the guards.

use std::any::TypeId;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use rocket::{Phase, Request, Rocket};

use crate::cache::sign_ins::SignInCache;
use crate::cache::tickets::OpenedTickets;
use crate::cache::tokens::VerifiedTokens;
use crate::clock::Clock;
use crate::config::{Config, Location};
use crate::credentials::request_state::RequestState;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::events::Events;
use crate::keys::{FindKey, ForeignKeys, Keys};
use crate::session::previous_keys::PreviousKeys;
use crate::sign_in::SignInStore;
use crate::sign_in::last_seen_writer::LastSeenWriter;

/// The names of our cookies as they go over the wire.
pub(crate) struct CookieNames {
    pub(crate) session: String,
    pub(crate) remember: String,
}

/// Managed state of the library half; one per Rocket.
pub(crate) struct AuthState {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) previous_keys: PreviousKeys,
    pub(crate) foreign_keys: Option<ForeignKeys>,
    pub(crate) find_key: Option<Arc<FindKey>>,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<dyn SignInStore>,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) last_seen_writer: LastSeenWriter,
    pub(crate) sign_ins: SignInCache,
    /// Missing where the application finds keys, which may change their minds.
    pub(crate) tokens: Option<VerifiedTokens>,
    pub(crate) tickets: OpenedTickets,
    pub(crate) cookies: CookieNames,
    /// What an answer depends on where nobody else says anything about it.
    pub(crate) vary: String,
    /// The account type of the application: ids of two types would be taken for one another.
    pub(crate) account: OnceLock<TypeId>,
}

impl AuthState {
    /// The state of the request's Rocket; 500 `internal` without the fairing, which the
    /// sentinels rule out for every guard that a route names.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Result<&'r Self, Error> {
        Self::in_rocket(request.rocket())
    }

    /// Whether this is the application's account type, which the first that asks settles.
    pub(crate) fn serves<U: 'static>(&self) -> bool {
        *self.account.get_or_init(TypeId::of::<U>) == TypeId::of::<U>()
    }

    pub(crate) fn in_rocket<P: Phase>(rocket: &Rocket<P>) -> Result<&Self, Error> {
        rocket.state::<Self>().ok_or_else(|| Error::new(ErrorKind::Internal))
    }

    /// Whether tokens travel in cookies at all.
    pub(crate) fn has_token_cookies(&self) -> bool {
        let locations = &self.config.token.locations;
        self.config.mode.has_tokens() && locations.contains(&Location::Cookies)
    }

    /// Notes that the answer depends on who depends_on_user: it gets `no-store` and `Vary`.
    pub(crate) fn depends_on_user(&self, request: &Request<'_>) {
        RequestState::of(request).depends_on_user.store(true, Ordering::Relaxed);
    }
}
