//! Finds the sign-in whose tokens are to be created: that of a refresh token, or of a token whose
//! account proved the password again.

use rocket::Request;
use time::OffsetDateTime;

use crate::account::Account;
use crate::actions::create::new_row;
use crate::actions::token_options::TokenOptions;
use crate::authentication::result::Authentication;
use crate::claims::Claims;
use crate::error::{Error, ErrorKind, TokenError};
use crate::events::EventKind;
use crate::sign_in::rotation::{RefreshAttempt, Rotation, Rotations};
use crate::sign_in::store::SignInStore;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// Returns the sign-in of a refresh token, one generation later.
pub(crate) async fn rotate(
    request: &Request<'_>,
    state: &AuthState,
    store: &dyn SignInStore,
    claims: &Claims,
    now: OffsetDateTime,
) -> Result<SignIn, Error> {
    let (id, generation) = id_and_generation(claims)?;
    let config = &state.config.token;
    let attempt = RefreshAttempt {
        generation,
        at: now,
        grace: config.refresh_grace,
        retry: config.refresh_retry,
    };
    let rotation = store.rotate(&id, attempt).await?;
    if let Rotation::Rotated(row) = &rotation {
        state.report(request, EventKind::Rotated, Some(&row.account), Some(row.id.as_str()));
    }
    match rotation {
        Rotation::Rotated(row) | Rotation::Reissued(row)
            if row.account == claims.sub && row.kind.is_token() && now < row.expires_at =>
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

/// Returns the sign-in of its newest refresh token, without a new generation.
pub(crate) async fn find_current(
    store: &dyn SignInStore,
    claims: &Claims,
    now: OffsetDateTime,
) -> Result<SignIn, Error> {
    let (id, from) = id_and_generation(claims)?;
    let found = store.get(&id).await?.filter(|row| {
        row.account == claims.sub
            && row.kind.is_token()
            && row.generation() == from
            && now < row.expires_at
    });
    found.ok_or_else(|| TokenError::SignInEnded.into())
}

/// Records what the options call proven, and that it was proven now, and returns the sign-in of the token; without a store
/// a new one.
pub(crate) async fn confirm<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    found: &Authentication<U>,
    options: &TokenOptions,
    now: OffsetDateTime,
) -> Result<SignIn, Error> {
    let ours = found.claims().filter(|claims| !claims.foreign);
    let claims = ours.ok_or(ErrorKind::CredentialsMissing)?;
    let proven = options.proven_now();
    match found.sign_in() {
        Some(row) => {
            let amr = state.confirm_sign_in(&row.id, now, row.amr, proven).await?;
            let mut row = SignIn { auth_time: now, amr, ..row.clone() };
            if let SignInKind::Token(rotations) = &mut row.kind {
                // The pair of a later generation may not have arrived.
                rotations.generation = claims.generation.unwrap_or(0);
            }
            Ok(row)
        }
        None => {
            let life = options.access_life(&state.config.token)?.of_row();
            let kind = SignInKind::Token(Rotations::default());
            let row = new_row(request, state, found.account(), kind, life)?;
            Ok(SignIn { amr: claims.amr.with(proven), ..row })
        }
    }
}

/// The sign-in and the generation that a refresh token names.
fn id_and_generation(claims: &Claims) -> Result<(SignInId, i64), TokenError> {
    let id = claims.sid.as_deref().and_then(SignInId::parse).ok_or(TokenError::SignInEnded)?;
    Ok((id, claims.generation.ok_or_else(|| TokenError::missing("gen"))?))
}
