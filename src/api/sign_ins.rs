//! The user's own sign-ins.

use rocket::response::status;
use rocket::{delete, get};
use serde::Serialize;

use crate::accounts::{OwnSignIns, TokenUser};
use crate::db::rfc3339;
use crate::http::Json;
use vestibule::Error;
use vestibule::guards::{Authenticated, Scoped};
use vestibule::sign_ins::{SignIn, SignIns};

/// A sign-in as JSON for its owner.
#[derive(Serialize)]
pub(super) struct SignInView {
    id: String,
    kind: &'static str,
    created_at: String,
    last_seen_at: String,
    expires_at: String,
    user_agent: Option<String>,
    address: Option<String>,
    label: Option<String>,
    current: bool,
}

impl SignInView {
    fn of(sign_in: SignIn, current: Option<&SignIn>) -> Self {
        Self {
            current: current.is_some_and(|current| current.id == sign_in.id),
            created_at: rfc3339(sign_in.created_at),
            last_seen_at: rfc3339(sign_in.last_seen_at),
            expires_at: rfc3339(sign_in.expires_at),
            id: sign_in.id.to_string(),
            kind: sign_in.kind.as_str(),
            label: sign_in.label().map(str::to_owned),
            user_agent: sign_in.user_agent,
            address: sign_in.address,
        }
    }
}

/// Returns browsers, programs and keys together, latest use first.
#[get("/sign-ins")]
pub(super) async fn list(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
) -> Result<Json<Vec<SignInView>>, Error> {
    let current = user.authentication().sign_in();
    let all = sign_ins.list(&user.id.to_string()).await?;
    Ok(Json(all.into_iter().map(|sign_in| SignInView::of(sign_in, current)).collect()))
}

/// Ends one sign-in.
#[delete("/sign-ins/<id>")]
pub(super) async fn end(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
    id: &str,
) -> Result<status::NoContent, Error> {
    sign_ins.end(&user.id.to_string(), id).await?;
    Ok(status::NoContent)
}

/// Ends all sign-ins except the current one, which `POST /api/logout?all=true` ends too.
#[delete("/sign-ins")]
pub(super) async fn end_others(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
) -> Result<status::NoContent, Error> {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    sign_ins.end_all(&user.id.to_string(), current).await?;
    Ok(status::NoContent)
}
