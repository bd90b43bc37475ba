//! Opening a sign-in: the row that a session or a pair of tokens will present.

use std::time::Duration;

use rocket::Request;
use time::OffsetDateTime;

use crate::account::Account;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::events::EventKind;
use crate::session::options::SessionOptions;
use crate::session::ticket::Ticket;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// Longest client name that is kept, in characters.
const MAX_USER_AGENT: usize = 200;

/// Opens a sign-in for a browser, whose password need not have been proven; 403
/// `account_inactive` when it may not sign in, 503 `unavailable` when it cannot be kept.
pub(crate) async fn open_session<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    account: &U,
    start: SessionOptions,
) -> Result<SignIn, Error> {
    let (lifetime, remembered) = start.life(&state.config.session);
    let mut sign_in = new_row(request, state, account, SignInKind::Browser, lifetime, remembered)?;
    if !start.fresh {
        // What was never proven must not look as if it had been proven lately.
        sign_in.auth_time = OffsetDateTime::UNIX_EPOCH;
    }
    store(request, state, sign_in).await
}

/// The row of a sign-in that begins now; it is not kept yet.
pub(crate) fn new_row<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    account: &U,
    kind: SignInKind,
    lifetime: Duration,
    remembered: bool,
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
        remembered,
        generation: 0,
        rotated_at: None,
        user_agent: request.headers().get_one("User-Agent").map(plain),
        address: request.client_ip().map(|address| address.to_string()),
        label: None,
        scopes: Vec::new(),
        secret_hash: None,
    })
}

/// Keeps a sign-in that [`new_row`] made and reports it; 503 `unavailable` when that fails.
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

/// The successor of a session: a new id and nothing gained, neither life nor freshness; 401
/// `credentials_missing` when there is none of this account that still stands.
pub(crate) async fn succeed<U: Account>(
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
            kind: SignInKind::Browser,
            created_at: time(ticket.iat)?,
            auth_time: time(ticket.auth)?,
            last_seen_at: now,
            expires_at: time(ticket.exp)?,
            remembered: ticket.remembered,
            generation: 0,
            rotated_at: None,
            user_agent: None,
            address: None,
            label: None,
            scopes: Vec::new(),
            secret_hash: None,
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

/// A client's name for itself, short and without control characters.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect()
}
