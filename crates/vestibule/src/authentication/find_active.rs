//! Is the sign-in behind a credential still standing, and whose is it?

use std::sync::Arc;
use std::time::Duration;

use rocket::Request;
use time::OffsetDateTime;

use crate::account::Account;
use crate::cache::cached_sign_in::CachedSignIn;
use crate::cache::sign_ins::Found;
use crate::claims::Claims;
use crate::digest::stamp_digest;
use crate::error::Error;
use crate::error::token_error::TokenError;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// How often what is remembered may turn out to be too old before the stores are asked past it.
const TRIES: usize = 3;

/// What a credential says about the sign-in that it presents.
pub(crate) struct SignInClaim<'c> {
    pub(crate) sid: Option<&'c str>,
    pub(crate) sub: &'c str,
    pub(crate) stamp: Option<&'c str>,
    pub(crate) kind: SignInKind,
    /// Ends an unused sign-in early; for sessions.
    pub(crate) idle: Option<Duration>,
}

/// A sign-in that stands, with its account. Without a ledger there is no row.
pub(crate) struct ActiveSignIn<U> {
    pub(crate) account: Arc<U>,
    pub(crate) sign_in: Option<Arc<SignIn>>,
}

/// The account and sign-in behind a credential, or which of the two is gone, over, inactive
/// or not what the credential says; 503 `unavailable` when a store does not answer.
pub(crate) async fn find_active<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    credential: &SignInClaim<'_>,
) -> Result<Result<ActiveSignIn<U>, TokenError>, Error> {
    let id = match (state.store.is_none(), credential.sid) {
        (true, _) => credential.sub,
        (false, Some(sid)) => sid,
        (false, None) => return Ok(Err(TokenError::SignInEnded)),
    };
    evaluate::<U, _, _>(request, state, id, |facts| {
        let now = state.clock.now()?;
        let judged = credential.evaluate(facts, facts.account()?, now);
        if judged.is_ok() {
            state.record_use(facts, now);
        }
        Ok(judged)
    })
    .await
}

impl SignInClaim<'_> {
    fn evaluate<U: Account>(
        &self,
        facts: &CachedSignIn,
        account: Option<Arc<U>>,
        now: OffsetDateTime,
    ) -> Result<ActiveSignIn<U>, TokenError> {
        let stands = |sign_in: &SignIn| {
            sign_in.account == self.sub
                && sign_in.kind == self.kind
                && now < sign_in.expires_at
                && !self.idle.is_some_and(|limit| facts.is_idle(now, limit))
        };
        if facts.sign_in.as_deref().is_some_and(|sign_in| !stands(sign_in)) {
            return Err(TokenError::SignInEnded);
        }
        let account = account.filter(|account| account.is_active());
        let account = account.ok_or(TokenError::AccountGone)?;
        // Another stamp ends a sign-in as its owner would.
        if facts.stamp.as_deref() != self.stamp {
            return Err(TokenError::SignInEnded);
        }
        Ok(ActiveSignIn { account, sign_in: facts.sign_in.clone() })
    }
}

/// What somebody thinks of the facts about a sign-in, or without a ledger an account. They may
/// have been looked up for somebody else, up to `auth.revocation_delay` ago; but never before the
/// last change in this process, and nobody is refused for what was remembered.
pub(crate) async fn evaluate<U: Account, T, E: From<TokenError>>(
    request: &Request<'_>,
    state: &AuthState,
    id: &str,
    evaluate: impl Fn(&CachedSignIn) -> Result<Result<T, E>, Error> + Send + Sync,
) -> Result<Result<T, E>, Error> {
    let cache = &state.sign_ins;
    let arrived = cache.last_change();
    let tries = if cache.is_on() { TRIES } else { 0 };
    let mut refused = None;
    for _ in 0..tries {
        let entry = cache.entry(id, refused.as_ref())?;
        let remembered = entry.found.initialized();
        // Whoever came first looks it up. Should they leave or panic, the next one does.
        let found = entry.found.get_or_init(|| find::<U>(request, state, id)).await;
        if cache.is_current(&entry, arrived) {
            let verdict = match found {
                Ok(Ok(facts)) => evaluate(facts),
                Ok(Err(fault)) => Ok(Err(fault.clone().into())),
                Err(error) => Err(error.clone()),
            };
            if matches!(verdict, Ok(Ok(_))) || !remembered {
                return verdict;
            }
        }
        refused = Some(entry);
    }
    match find::<U>(request, state, id).await? {
        Ok(facts) => evaluate(&facts),
        Err(fault) => Ok(Err(fault.into())),
    }
}

/// Asks the stores.
async fn find<U: Account>(request: &Request<'_>, state: &AuthState, id: &str) -> Found {
    let (sign_in, owner) = match &state.store {
        None => (None, id.to_owned()),
        Some(store) => {
            let Some(id) = SignInId::parse(id) else {
                return Ok(Err(TokenError::SignInEnded));
            };
            let Some(sign_in) = store.get(&id).await? else {
                return Ok(Err(TokenError::SignInEnded));
            };
            let owner = sign_in.account.clone();
            (Some(sign_in), owner)
        }
    };
    let now = state.clock.now()?;
    let account = match sign_in.as_ref().is_none_or(|sign_in| now < sign_in.expires_at) {
        true => find_by_sub::<U>(request, &owner).await?,
        // Whose it was does not matter any more.
        false => None,
    };
    Ok(Ok(CachedSignIn::new(sign_in, account, state.sign_ins.shard(&owner))))
}

async fn find_by_sub<U: Account>(request: &Request<'_>, sub: &str) -> Result<Option<U>, Error> {
    let Ok(id) = sub.parse::<U::Id>() else { return Ok(None) };
    U::find(request.rocket(), &id).await.map_err(Error::unavailable)
}

/// The active account of a `sub`, asked at this moment, whose stamp is still the one that the
/// credential carries; another stamp ends a sign-in as its owner would.
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

/// The active account that somebody else's token names.
pub(crate) async fn find_foreign<U: Account>(
    request: &Request<'_>,
    claims: &Claims,
) -> Result<U, Error> {
    let found = U::find_foreign(request.rocket(), claims).await.map_err(Error::unavailable)?;
    found.filter(Account::is_active).ok_or_else(|| TokenError::AccountGone.into())
}
