//! The sign-in whose tokens are to be made: the row of a refresh token, and of a token whose
//! bearer proved the password again.

use rocket::Request;
use time::OffsetDateTime;

use crate::account::Account;
use crate::actions::create::new_row;
use crate::actions::token_options::TokenOptions;
use crate::authentication::result::Authentication;
use crate::claims::Claims;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::token_error::TokenError;
use crate::events::EventKind;
use crate::sign_in::store::{Rotation, SignInStore};
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// The sign-in of a refresh token, one generation further.
pub(crate) async fn rotate(
    request: &Request<'_>,
    state: &AuthState,
    store: &dyn SignInStore,
    claims: &Claims,
    now: OffsetDateTime,
) -> Result<SignIn, Error> {
    let (id, from) = named(claims)?;
    let grace = state.config.token.refresh_grace;
    let rotation = store.rotate(&id, from, now, grace).await?;
    if let Rotation::Rotated(row) = &rotation {
        state.report(request, EventKind::Rotated, Some(&row.account), Some(row.id.as_str()));
    }
    match rotation {
        Rotation::Rotated(row) | Rotation::Replayed(row)
            if row.account == claims.sub
                && row.kind == SignInKind::Token
                && now < row.expires_at =>
        {
            Ok(row)
        }
        Rotation::Theft => {
            state.report(request, EventKind::Theft, Some(&claims.sub), Some(id.as_str()));
            Err(TokenError::SignInEnded.into())
        }
        _ => Err(TokenError::SignInEnded.into()),
    }
}

/// The sign-in of a refresh token that is still its newest, and stays so.
pub(crate) async fn current(
    store: &dyn SignInStore,
    claims: &Claims,
    now: OffsetDateTime,
) -> Result<SignIn, Error> {
    let (id, from) = named(claims)?;
    let found = store.get(&id).await?.filter(|row| {
        row.account == claims.sub
            && row.kind == SignInKind::Token
            && row.generation == from
            && now < row.expires_at
    });
    found.ok_or_else(|| TokenError::SignInEnded.into())
}

/// The sign-in of a token, proven now.
pub(crate) async fn confirmed<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    found: &Authentication<U>,
    issue: &TokenOptions,
    now: OffsetDateTime,
) -> Result<SignIn, Error> {
    if found.claims().is_none_or(|claims| claims.foreign) {
        return Err(ErrorKind::CredentialsMissing.into());
    }
    match found.sign_in() {
        Some(row) => {
            state.confirm_sign_in(&row.id, now).await?;
            Ok(SignIn { auth_time: now, ..row.clone() })
        }
        None => {
            let life = issue.access_life(&state.config.token)?.of_row();
            let account = found.account();
            new_row(request, state, account, SignInKind::Token, life, false)
        }
    }
}

/// The row that a refresh token names, and its generation.
fn named(claims: &Claims) -> Result<(SignInId, i64), TokenError> {
    let id = claims.sid.as_deref().and_then(SignInId::parse).ok_or(TokenError::SignInEnded)?;
    Ok((id, claims.generation.ok_or_else(|| TokenError::missing("gen"))?))
}
