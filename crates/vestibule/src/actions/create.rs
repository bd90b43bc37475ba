//! Creates a sign-in: the row behind a session or a pair of tokens.

use std::time::Duration;

use rocket::Request;

use crate::account::Account;
use crate::error::{Error, ErrorKind};
use crate::events::EventKind;
use crate::sign_in::amr::Amr;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// The longest `User-Agent` that is stored, in characters.
const MAX_USER_AGENT: usize = 200;

/// Returns the row of a sign-in for a password that begins now, without storing it; 403
/// `account_inactive`.
pub(crate) fn new_row<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    account: &U,
    kind: SignInKind,
    lifetime: Duration,
) -> Result<SignIn, Error> {
    state.check_account_type::<U>()?;
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
        amr: Amr::PASSWORD,
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

/// Shortens a `User-Agent` and drops its control characters.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect()
}
