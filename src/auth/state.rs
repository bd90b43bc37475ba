//! What the fairing manages for the guards.

use std::any::TypeId;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use rocket::{Phase, Request, Rocket};

use super::clock::Clock;
use super::config::{Config, Location};
use super::error::Error;
use super::error_kind::ErrorKind;
use super::events::Events;
use super::keys::{FindKey, ForeignKeys, Keys};
use super::notes::Notes;
use super::on_request::OnRequest;
use super::opened_tickets::OpenedTickets;
use super::previous_keys::PreviousKeys;
use super::sign_in::Ledger;
use super::standing_cache::StandingCache;
use super::verified_tokens::VerifiedTokens;

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
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) notes: Notes,
    pub(crate) standing: StandingCache,
    /// Missing where the application finds keys, which may change their minds.
    pub(crate) verified: Option<VerifiedTokens>,
    pub(crate) opened: OpenedTickets,
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

    /// Notes that the answer depends on who asked: it gets `no-store` and `Vary`.
    pub(crate) fn asked(&self, request: &Request<'_>) {
        OnRequest::of(request).asked.store(true, Ordering::Relaxed);
    }
}
