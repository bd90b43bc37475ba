//! Is the sign-in behind a credential still standing, and whose is it?

use std::sync::Arc;
use std::time::Duration;

use rocket::Request;
use time::OffsetDateTime;

use super::account::Account;
use super::claims::Claims;
use super::digest::stamp_digest;
use super::error::Error;
use super::sign_in::{SignIn, SignInId, SignInKind};
use super::state::AuthState;
use super::token_fault::TokenFault;

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

/// The account and sign-in behind a credential, or which of the two is gone, over, inactive
/// or not what the credential says; 503 `unavailable` when a store does not answer.
pub(crate) async fn look_up<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    credential: &Presentation<'_>,
) -> Result<Result<Standing<U>, TokenFault>, Error> {
    let now = state.clock.now()?;
    let sign_in = if state.ledger.is_stateless() {
        None
    } else {
        let Some(sign_in) = find_sign_in(state, credential, now).await? else {
            return Ok(Err(TokenFault::SignInEnded));
        };
        Some(sign_in)
    };
    let account = match find_account::<U>(request, credential.sub, credential.stamp).await? {
        Ok(account) => account,
        Err(gone) => return Ok(Err(gone)),
    };
    if let Some(sign_in) = &sign_in {
        touch(state, sign_in, now);
    }
    Ok(Ok(Standing { account: Arc::new(account), sign_in }))
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

/// The active account of a `sub` whose stamp is still the one that the credential carries;
/// another stamp ends a sign-in as its owner would.
pub(crate) async fn find_account<U: Account>(
    request: &Request<'_>,
    sub: &str,
    stamp: Option<&str>,
) -> Result<Result<U, TokenFault>, Error> {
    let Ok(id) = sub.parse::<U::Id>() else {
        return Ok(Err(TokenFault::AccountGone));
    };
    let found = U::find(request.rocket(), &id).await.map_err(Error::unavailable)?;
    Ok(match found.filter(Account::is_active) {
        None => Err(TokenFault::AccountGone),
        Some(account) if stamp_digest(&account.stamp()).as_deref() == stamp => Ok(account),
        Some(_) => Err(TokenFault::SignInEnded),
    })
}

/// The active account that somebody else's token names.
pub(crate) async fn find_foreign<U: Account>(
    request: &Request<'_>,
    claims: &Claims,
) -> Result<U, Error> {
    let found = U::find_foreign(request.rocket(), claims).await.map_err(Error::unavailable)?;
    found.filter(Account::is_active).ok_or_else(|| TokenFault::AccountGone.into())
}

/// Notes the use in the background, at most once a minute; of a key the first use at once, so
/// that one which was never used can be told.
pub(crate) fn touch(state: &AuthState, sign_in: &SignIn, now: OffsetDateTime) {
    let every = match sign_in.kind {
        SignInKind::Browser => TOUCH_EVERY.min(state.config.session.idle / 4),
        SignInKind::Token | SignInKind::Key => TOUCH_EVERY,
    };
    let first = sign_in.kind == SignInKind::Key && sign_in.last_seen_at == sign_in.created_at;
    if first || now - sign_in.last_seen_at >= every {
        state.notes.add(&state.ledger, &sign_in.id, now);
    }
}
