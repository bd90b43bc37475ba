//! The ticket: what our cookies hold, sealed by Rocket's secret key.

use rocket::Request;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::config::SessionConfig;
use crate::digest::digest;
use crate::error::Error;
use crate::sign_in::{SignIn, SignInId};

/// Names a sign-in and its account, and carries what an application without a ledger needs.
/// Rocket seals the cookie's name with it, so that a session ticket cannot stand in for a
/// remembered one or the reverse. The short names keep the cookie small.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticket {
    pub(crate) sid: String,
    pub(crate) sub: String,
    /// Created, absolute end and last proof of the password, in seconds since 1970.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) auth: i64,
    /// Whether the password was proven for this very session.
    pub(crate) fresh: bool,
    /// Whether a remember cookie goes with it.
    #[serde(default)]
    pub(crate) remembered: bool,
    /// A digest of the client that it was given to.
    pub(crate) client: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<String>,
    /// Whether an earlier secret key sealed the cookie that it came in; not part of it.
    #[serde(skip)]
    pub(crate) outdated: bool,
}

impl Ticket {
    /// The ticket of a session: it ends with the session's own lifetime, the sign-in of a
    /// remembered one does not.
    pub(crate) fn of_session(
        request: &Request<'_>,
        config: &SessionConfig,
        sign_in: &SignIn,
        fresh: bool,
        stamp: Option<String>,
        now: OffsetDateTime,
    ) -> Self {
        let ticket = Self { fresh, ..Self::of_remembrance(request, sign_in, stamp) };
        ticket.within_session(config, now)
    }

    /// The ticket in a remember cookie: never fresh, good until the sign-in ends.
    pub(crate) fn of_remembrance(
        request: &Request<'_>,
        sign_in: &SignIn,
        stamp: Option<String>,
    ) -> Self {
        Self {
            sid: sign_in.id.as_str().to_owned(),
            sub: sign_in.account.clone(),
            iat: sign_in.created_at.unix_timestamp(),
            exp: sign_in.expires_at.unix_timestamp(),
            auth: sign_in.auth_time.unix_timestamp(),
            fresh: false,
            remembered: sign_in.is_remembered(),
            client: client(request),
            stamp,
            outdated: false,
        }
    }

    /// This ticket with the end of a session that begins now.
    pub(crate) fn within_session(self, config: &SessionConfig, now: OffsetDateTime) -> Self {
        let lifetime = i64::try_from(config.lifetime.as_secs()).unwrap_or(i64::MAX);
        let end = now.unix_timestamp().saturating_add(lifetime);
        Self { exp: end.min(self.exp), ..self }
    }

    pub(crate) fn id(&self) -> Option<SignInId> {
        SignInId::parse(&self.sid)
    }

    pub(crate) fn auth_time(&self) -> Result<OffsetDateTime, Error> {
        OffsetDateTime::from_unix_timestamp(self.auth).map_err(Error::internal)
    }
}

/// A digest of where the request comes from and what its client calls itself.
pub(crate) fn client(request: &Request<'_>) -> String {
    let address = request.client_ip().map(|address| address.to_string()).unwrap_or_default();
    let agent = request.headers().get_one("User-Agent").unwrap_or_default();
    digest("client", &[&address, agent])
}
