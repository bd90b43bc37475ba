//! Creates a sign-in: the row behind a session or a pair of tokens.

use std::time::Duration;

use rocket::Request;
use time::OffsetDateTime;

use crate::account::Account;
use crate::error::{Error, ErrorKind};
use crate::events::EventKind;
use crate::session::options::SessionOptions;
use crate::session::ticket::Ticket;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// The longest `User-Agent` that is stored, in characters.
const MAX_USER_AGENT: usize = 200;

/// Creates the sign-in of a browser; 403 `account_inactive`, 503 `unavailable` if it cannot be
/// stored.
pub(crate) async fn create_session<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    account: &U,
    options: SessionOptions,
) -> Result<SignIn, Error> {
    let (lifetime, remembered) = options.life(&state.config.session);
    let kind = SignInKind::Browser { remembered };
    let mut sign_in = new_row(request, state, account, kind, lifetime)?;
    if !options.fresh {
        // The password was not proven.
        sign_in.auth_time = OffsetDateTime::UNIX_EPOCH;
    }
    store(request, state, sign_in).await
}

/// Returns the row of a sign-in that begins now, without storing it.
pub(crate) fn new_row<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    account: &U,
    kind: SignInKind,
    lifetime: Duration,
) -> Result<SignIn, Error> {
    if !state.serves::<U>() {
        return Err(Error::misuse("an application has one type of account, and this is another"));
    }
    if !account.is_active() {
        return Err(ErrorKind::AccountInactive.into());
    }
    let now = state.clock.now()?;
    Ok(SignIn {
        id: SignInId::random()?,
        account: account.id().to_string(),
        kind,
        created_at: now,
        auth_time: now,
        last_seen_at: now,
        expires_at: now + lifetime,
        user_agent: request.headers().get_one("User-Agent").map(plain),
        address: request.client_ip().map(|address| address.to_string()),
    })
}

/// Stores a row of [`new_row`] and reports the sign-in; 503 `unavailable` if that fails.
pub(crate) async fn store(
    request: &Request<'_>,
    state: &AuthState,
    sign_in: SignIn,
) -> Result<SignIn, Error> {
    if let Some(store) = &state.store {
        store.open(&sign_in).await?;
    }
    let (account, id) = (Some(sign_in.account.as_str()), Some(sign_in.id.as_str()));
    state.report(request, EventKind::SignedIn, account, id);
    Ok(sign_in)
}

/// Creates the successor of a session: a new id with the same expiry; 401 `credentials_missing`
/// without an active session of this account.
pub(crate) async fn create_successor<U: Account>(
    state: &AuthState,
    account: &U,
    ticket: &Ticket,
) -> Result<SignIn, Error> {
    let gone = || Error::new(ErrorKind::CredentialsMissing);
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(Error::internal);
    if !account.is_active() {
        return Err(ErrorKind::AccountInactive.into());
    }
    let now = state.clock.now()?;
    let id = ticket.id().ok_or_else(gone)?;
    let previous = match &state.store {
        Some(store) => store.get(&id).await?.ok_or_else(gone)?,
        None => SignIn {
            id,
            account: ticket.sub.clone(),
            kind: SignInKind::Browser { remembered: ticket.remembered },
            created_at: time(ticket.iat)?,
            auth_time: time(ticket.auth)?,
            last_seen_at: now,
            expires_at: time(ticket.exp)?,
            user_agent: None,
            address: None,
        },
    };
    if previous.account != account.id().to_string() || now >= previous.expires_at {
        return Err(gone());
    }
    let renewed = SignIn { id: SignInId::random()?, last_seen_at: now, ..previous };
    if let Some(store) = &state.store {
        store.open(&renewed).await?;
    }
    Ok(renewed)
}

/// Shortens a `User-Agent` and drops its control characters.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect()
}
