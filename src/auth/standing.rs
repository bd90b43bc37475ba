//! Is the sign-in behind a credential still standing, and whose is it?

use std::sync::Arc;
use std::time::Duration;

use rocket::Request;
use time::OffsetDateTime;

use super::account::Account;
use super::claims::Claims;
use super::digest::stamp_digest;
use super::error::Error;
use super::facts::Facts;
use super::sign_in::{SignIn, SignInId, SignInKind};
use super::standing_cache::Found;
use super::state::AuthState;
use super::token_fault::TokenFault;

/// How often what is remembered may turn out to be too old before the stores are asked past it.
const TRIES: usize = 3;

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
    pub(crate) sign_in: Option<Arc<SignIn>>,
}

/// The account and sign-in behind a credential, or which of the two is gone, over, inactive
/// or not what the credential says; 503 `unavailable` when a store does not answer.
pub(crate) async fn look_up<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    credential: &Presentation<'_>,
) -> Result<Result<Standing<U>, TokenFault>, Error> {
    let id = match (state.ledger.is_stateless(), credential.sid) {
        (true, _) => credential.sub,
        (false, Some(sid)) => sid,
        (false, None) => return Ok(Err(TokenFault::SignInEnded)),
    };
    judge::<U, _, _>(request, state, id, |facts| {
        let now = state.clock.now()?;
        let judged = credential.judge(facts, facts.account()?, now);
        if judged.is_ok() {
            facts.touch(state, now);
        }
        Ok(judged)
    })
    .await
}

impl Presentation<'_> {
    fn judge<U: Account>(
        &self,
        facts: &Facts,
        account: Option<Arc<U>>,
        now: OffsetDateTime,
    ) -> Result<Standing<U>, TokenFault> {
        let stands = |sign_in: &SignIn| {
            sign_in.account == self.sub
                && sign_in.kind == self.kind
                && now < sign_in.expires_at
                && !self.idle.is_some_and(|limit| facts.is_idle(now, limit))
        };
        if facts.sign_in.as_deref().is_some_and(|sign_in| !stands(sign_in)) {
            return Err(TokenFault::SignInEnded);
        }
        let account = account.filter(|account| account.is_active());
        let account = account.ok_or(TokenFault::AccountGone)?;
        // Another stamp ends a sign-in as its owner would.
        if facts.stamp.as_deref() != self.stamp {
            return Err(TokenFault::SignInEnded);
        }
        Ok(Standing { account, sign_in: facts.sign_in.clone() })
    }
}

/// What somebody thinks of the facts about a sign-in, or without a ledger an account. They may
/// have been looked up for somebody else, up to `auth.revocation_delay` ago; but never before the
/// last change in this process, and nobody is refused for what was remembered.
pub(crate) async fn judge<U: Account, T, E: From<TokenFault>>(
    request: &Request<'_>,
    state: &AuthState,
    id: &str,
    judge: impl Fn(&Facts) -> Result<Result<T, E>, Error> + Send + Sync,
) -> Result<Result<T, E>, Error> {
    let cache = &state.standing;
    let arrived = cache.last_change();
    let tries = if cache.is_on() { TRIES } else { 0 };
    let mut refused = None;
    for _ in 0..tries {
        let slot = cache.slot(id, refused.as_ref())?;
        let remembered = slot.found.initialized();
        // Whoever came first looks it up. Should they leave or panic, the next one does.
        let found = slot.found.get_or_init(|| find::<U>(request, state, id)).await;
        if cache.knew(&slot, arrived) {
            let verdict = match found {
                Ok(Ok(facts)) => judge(facts),
                Ok(Err(fault)) => Ok(Err(fault.clone().into())),
                Err(error) => Err(error.clone()),
            };
            if matches!(verdict, Ok(Ok(_))) || !remembered {
                return verdict;
            }
        }
        refused = Some(slot);
    }
    match find::<U>(request, state, id).await? {
        Ok(facts) => judge(&facts),
        Err(fault) => Ok(Err(fault.into())),
    }
}

/// Asks the stores.
async fn find<U: Account>(request: &Request<'_>, state: &AuthState, id: &str) -> Found {
    let (sign_in, owner) = if state.ledger.is_stateless() {
        (None, id.to_owned())
    } else {
        let Some(id) = SignInId::parse(id) else {
            return Ok(Err(TokenFault::SignInEnded));
        };
        let Some(sign_in) = state.ledger.get(&id).await? else {
            return Ok(Err(TokenFault::SignInEnded));
        };
        let owner = sign_in.account.clone();
        (Some(sign_in), owner)
    };
    let now = state.clock.now()?;
    let account = match sign_in.as_ref().is_none_or(|sign_in| now < sign_in.expires_at) {
        true => find_by_sub::<U>(request, &owner).await?,
        // Whose it was does not matter any more.
        false => None,
    };
    Ok(Ok(Facts::new(sign_in, account, state.standing.mark(&owner))))
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
) -> Result<Result<U, TokenFault>, Error> {
    let found = find_by_sub::<U>(request, sub).await?;
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
