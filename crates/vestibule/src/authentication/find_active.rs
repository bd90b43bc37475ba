//! Finds the active sign-in behind a credential, and its account: in the cache or in the stores.

use std::sync::Arc;
use std::time::Duration;

use rocket::Request;
use time::OffsetDateTime;

use crate::account::Account;
use crate::cache::sign_ins::{CachedSignIn, Found};
use crate::digest::stamp_digest;
use crate::error::{Error, TokenError};
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// How many cached look-ups may prove outdated before the stores are asked directly.
const TRIES: usize = 3;

/// What a credential says about the sign-in that it presents.
pub(crate) struct SignInClaim<'c> {
    pub(crate) sid: Option<&'c str>,
    pub(crate) sub: &'c str,
    pub(crate) stamp: Option<&'c str>,
    /// The generation of an access token.
    pub(crate) generation: i64,
    pub(crate) is_kind: fn(&SignInKind) -> bool,
    /// The idle limit; for sessions.
    pub(crate) idle: Option<Duration>,
}

/// An active sign-in with its account; without a store there is no row.
pub(crate) struct ActiveSignIn<U> {
    pub(crate) account: Arc<U>,
    pub(crate) sign_in: Option<Arc<SignIn>>,
}

/// Finds the sign-in and the account that a credential names. The inner error says which of the
/// two is gone, expired, inactive or different; the outer is 503 `unavailable` if a store fails.
pub(crate) async fn find_active<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    claim: &SignInClaim<'_>,
) -> Result<Result<ActiveSignIn<U>, TokenError>, Error> {
    let id = match (&state.store, claim.sid) {
        (None, _) => claim.sub,
        (Some(_), Some(sid)) => sid,
        (Some(_), None) => return Ok(Err(TokenError::SignInEnded)),
    };
    let check = |cached: &CachedSignIn, account: Option<Arc<U>>, now: OffsetDateTime| {
        claim.check(cached, account, now)
    };
    evaluate(request, state, id, claim.generation, check).await
}

impl SignInClaim<'_> {
    /// Checks the claim against a look-up.
    fn check<U: Account>(
        &self,
        cached: &CachedSignIn,
        account: Option<Arc<U>>,
        now: OffsetDateTime,
    ) -> Result<ActiveSignIn<U>, TokenError> {
        let is_active = |sign_in: &SignIn| {
            sign_in.account == self.sub
                && (self.is_kind)(&sign_in.kind)
                && now < sign_in.expires_at
                && !self.idle.is_some_and(|limit| cached.is_idle(now, limit))
        };
        if cached.sign_in.as_deref().is_some_and(|sign_in| !is_active(sign_in)) {
            return Err(TokenError::SignInEnded);
        }
        let account = account.filter(|account| account.is_active());
        let account = account.ok_or(TokenError::AccountGone)?;
        // A changed stamp ends all sign-ins of the account.
        if cached.stamp.as_deref() != self.stamp {
            return Err(TokenError::SignInEnded);
        }
        Ok(ActiveSignIn { account, sign_in: cached.sign_in.clone() })
    }
}

/// Looks up a sign-in and its account (without a store the account alone), checks them, and on
/// success records a use; `generation` is that of the token, 0 for other credentials. The look-up
/// may come from the cache, up to `auth.revocation_delay` old, but never from before the last change
/// in this process. A refusal that came from the cache is looked up again.
pub(crate) async fn evaluate<U: Account, T, E: From<TokenError>>(
    request: &Request<'_>,
    state: &AuthState,
    id: &str,
    generation: i64,
    check: impl Fn(&CachedSignIn, Option<Arc<U>>, OffsetDateTime) -> Result<T, E> + Send + Sync,
) -> Result<Result<T, E>, Error> {
    let evaluate = |cached: &CachedSignIn| {
        let now = state.clock.now()?;
        let result = check(cached, cached.account()?, now);
        if result.is_ok() {
            state.record_use(cached, now, generation);
        }
        Ok(result)
    };
    let cache = &state.sign_ins;
    let arrived = cache.auth_cache.current();
    let tries = if cache.is_on() { TRIES } else { 0 };
    let mut refused = None;
    for _ in 0..tries {
        let entry = cache.entry(id, refused.as_ref())?;
        let cached = entry.found.initialized();
        // The first caller runs the look-up; if it is cancelled or panics, the next takes over.
        let found = entry.found.get_or_init(|| find::<U>(request, state, id)).await;
        if cache.is_current(&entry, arrived) {
            let result = match found {
                Ok(Ok(found)) => evaluate(found),
                Ok(Err(error)) => Ok(Err(error.clone().into())),
                Err(error) => Err(error.clone()),
            };
            if matches!(result, Ok(Ok(_))) || !cached {
                return result;
            }
        }
        refused = Some(entry);
    }
    match find::<U>(request, state, id).await? {
        Ok(found) => evaluate(&found),
        Err(error) => Ok(Err(error.into())),
    }
}

/// Looks up a sign-in and its account in the stores.
async fn find<U: Account>(request: &Request<'_>, state: &AuthState, id: &str) -> Found {
    let (sign_in, owner) = match &state.store {
        None => (None, id.to_owned()),
        Some(store) => {
            let found = match SignInId::parse(id) {
                Some(id) => store.get(&id).await?,
                None => None,
            };
            let Some(sign_in) = found else { return Ok(Err(TokenError::SignInEnded)) };
            let owner = sign_in.account.clone();
            (Some(sign_in), owner)
        }
    };
    let now = state.clock.now()?;
    let expired = sign_in.as_ref().is_some_and(|sign_in| now >= sign_in.expires_at);
    let account = if expired { None } else { find_by_sub::<U>(request, &owner).await? };
    Ok(Ok(CachedSignIn::new(sign_in, account, state.sign_ins.auth_cache.shard(&owner))))
}

async fn find_by_sub<U: Account>(request: &Request<'_>, sub: &str) -> Result<Option<U>, Error> {
    let Ok(id) = sub.parse::<U::Id>() else { return Ok(None) };
    U::find(request.rocket(), &id).await.map_err(Error::unavailable)
}

/// Finds the active account of a `sub`, past the cache, whose stamp is the one that the credential
/// carries; a changed stamp ends all sign-ins of the account.
pub(crate) async fn find_account<U: Account>(
    request: &Request<'_>,
    sub: &str,
    stamp: Option<&str>,
) -> Result<Result<U, TokenError>, Error> {
    let found = find_by_sub::<U>(request, sub).await?;
    Ok(match found.filter(Account::is_active) {
        None => Err(TokenError::AccountGone),
        Some(account) if stamp_digest(&account.stamp()).as_deref() == stamp => Ok(account),
        Some(_) => Err(TokenError::SignInEnded),
    })
}
