//! Where am I signed in?

use rocket::response::status;
use rocket::{delete, get};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::accounts::{OwnSignIns, TokenUser};
use crate::http::Json;
use vestibule::Error;
use vestibule::guards::{Authenticated, Scoped};
use vestibule::sign_ins::{SignIn, SignIns};

/// A sign-in as its owner sees it.
#[derive(Serialize)]
pub(super) struct Shown {
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

impl Shown {
    fn of(sign_in: SignIn, current: Option<&SignIn>) -> Self {
        let time = |time: OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
        Self {
            current: current.is_some_and(|current| current.id == sign_in.id),
            created_at: time(sign_in.created_at),
            last_seen_at: time(sign_in.last_seen_at),
            expires_at: time(sign_in.expires_at),
            id: sign_in.id.to_string(),
            kind: sign_in.kind.as_str(),
            label: sign_in.label().map(str::to_owned),
            user_agent: sign_in.user_agent,
            address: sign_in.address,
        }
    }
}

/// Browsers, programs and keys in one list, latest use first.
#[get("/sign-ins")]
pub(super) async fn list(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
) -> Result<Json<Vec<Shown>>, Error> {
    let current = user.authentication().sign_in();
    let all = sign_ins.list(&user.id.to_string()).await?;
    Ok(Json(all.into_iter().map(|sign_in| Shown::of(sign_in, current)).collect()))
}

/// Ends one of them.
#[delete("/sign-ins/<id>")]
pub(super) async fn end(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
    id: &str,
) -> Result<status::NoContent, Error> {
    sign_ins.end(&user.id.to_string(), id).await?;
    Ok(status::NoContent)
}

/// Ends all of them but the acting one; `POST /api/logout?all=true` ends that too.
#[delete("/sign-ins")]
pub(super) async fn end_others(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
) -> Result<status::NoContent, Error> {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    sign_ins.end_all(&user.id.to_string(), current).await?;
    Ok(status::NoContent)
}
