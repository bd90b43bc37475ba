//! Is the sign-in behind a credential still standing, and whose is it?

use std::sync::Arc;
use std::time::Duration;

use rocket::Request;
use time::OffsetDateTime;

use super::account::Account;
use super::digest::stamp_digest;
use super::error::Error;
use super::error_kind::ErrorKind;
use super::sign_in::{SignIn, SignInId, SignInKind};
use super::state::AuthState;

/// How often the last use of a sign-in is written at the most.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// What a credential says about the sign-in that it presents.
pub(crate) struct Presentation<'c> {
    pub(crate) sid: Option<&'c str>,
    pub(crate) sub: &'c str,
    pub(crate) stamp: Option<&'c str>,
    pub(crate) kind: SignInKind,
    /// Ends an unused sign-in early; for sessions.
    pub(crate) idle: Option<Duration>,
}

/// A sign-in that stands, with its account. Without a ledger there is no row.
pub(crate) struct Standing<U> {
    pub(crate) account: Arc<U>,
    pub(crate) sign_in: Option<SignIn>,
}

/// The account and sign-in behind a credential; `None` when either is gone, over, inactive
/// or not what the credential says, 503 `unavailable` when a store does not answer.
pub(crate) async fn look_up<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    credential: &Presentation<'_>,
) -> Result<Option<Standing<U>>, Error> {
    let now = state.clock.now()?;
    let sign_in = if state.ledger.is_stateless() {
        None
    } else {
        let Some(sign_in) = find_sign_in(state, credential, now).await? else {
            return Ok(None);
        };
        Some(sign_in)
    };
    let Some(account) = find_account::<U>(request, credential.sub, credential.stamp).await? else {
        return Ok(None);
    };
    if let Some(sign_in) = &sign_in {
        touch(state, sign_in, now);
    }
    Ok(Some(Standing { account: Arc::new(account), sign_in }))
}

async fn find_sign_in(
    state: &AuthState,
    credential: &Presentation<'_>,
    now: OffsetDateTime,
) -> Result<Option<SignIn>, Error> {
    let Some(id) = credential.sid.and_then(SignInId::parse) else {
        return Ok(None);
    };
    let found = state.ledger.get(&id).await?;
    Ok(found.filter(|sign_in| {
        let idle = credential.idle.is_some_and(|idle| now - sign_in.last_seen_at >= idle);
        sign_in.account == credential.sub
            && sign_in.kind == credential.kind
            && now < sign_in.expires_at
            && !idle
    }))
}

/// The active account of a `sub` whose stamp is still the one that the credential carries.
pub(crate) async fn find_account<U: Account>(
    request: &Request<'_>,
    sub: &str,
    stamp: Option<&str>,
) -> Result<Option<U>, Error> {
    let Ok(id) = sub.parse::<U::Id>() else {
        return Ok(None);
    };
    let found = U::find(request.rocket(), &id).await.map_err(Error::unavailable)?;
    Ok(found.filter(|account| {
        account.is_active() && stamp_digest(&account.stamp()).as_deref() == stamp
    }))
}

/// Notes the use in the background, at most once a minute.
fn touch(state: &AuthState, sign_in: &SignIn, now: OffsetDateTime) {
    let every = match sign_in.kind {
        SignInKind::Browser => TOUCH_EVERY.min(state.config.session.idle / 4),
        SignInKind::Token | SignInKind::Key => TOUCH_EVERY,
    };
    if now - sign_in.last_seen_at >= every {
        state.notes.note(&state.ledger, &sign_in.id, now);
    }
}

/// The error of a token whose sign-in or account does not stand.
pub(crate) fn revoked() -> Error {
    ErrorKind::TokenRevoked.into()
}
