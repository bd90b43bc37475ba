//! The user's own sign-ins.

use rocket::response::status;
use rocket::{State, delete, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::linked::Linked;
use crate::accounts::queries::pages;
use crate::accounts::{Accounts, OwnSignIns, TokenUser, User, last_seen};
use crate::db::rfc3339;
use crate::http::{KnownQuery, RequestSource, number};
use vestibule::Error;
use vestibule::guards::{Authenticated, Scoped};
use vestibule::sign_ins::{SignIn, SignIns};

/// A sign-in as JSON for its owner.
#[derive(Serialize, ToSchema)]
pub(super) struct SignInView {
    id: String,
    /// `browser`, `token` or `key`.
    kind: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    /// `null` for a key that was never used.
    #[schema(required = true, format = DateTime)]
    last_seen_at: Option<String>,
    #[schema(format = DateTime)]
    expires_at: String,
    #[schema(required = true)]
    user_agent: Option<String>,
    #[schema(required = true)]
    address: Option<String>,
    #[schema(required = true)]
    label: Option<String>,
    current: bool,
}

impl SignInView {
    fn of(sign_in: SignIn, current: Option<&SignIn>) -> Self {
        Self {
            current: current.is_some_and(|current| current.id == sign_in.id),
            created_at: rfc3339(sign_in.created_at),
            last_seen_at: last_seen(&sign_in).map(rfc3339),
            expires_at: rfc3339(sign_in.expires_at),
            id: sign_in.id.to_string(),
            kind: sign_in.kind.as_str(),
            label: sign_in.label().map(str::to_owned),
            user_agent: sign_in.user_agent,
            address: sign_in.address,
        }
    }
}

/// A page of sign-ins.
#[derive(Serialize, ToSchema)]
pub(super) struct SignInPage {
    sign_ins: Vec<SignInView>,
    page: i64,
    pages: i64,
    total: i64,
}

impl SignInPage {
    /// Returns a page, from 1, of a user's sign-ins.
    pub(super) async fn of(
        accounts: &Accounts,
        user: &User,
        page: i64,
        current: Option<&SignIn>,
    ) -> Result<Linked<Self>, Error> {
        let (found, total) = accounts.sign_ins(user, page).await?;
        let sign_ins = found.into_iter().map(|sign_in| SignInView::of(sign_in, current)).collect();
        let pages = pages(total);
        Ok(Linked::by_number(Self { sign_ins, page, pages, total }, page, pages))
    }
}

/// Returns a page of browsers, programs and keys together, latest use first.
#[get("/sign-ins?<page>")]
pub(super) async fn list(
    user: Scoped<OwnSignIns, TokenUser>,
    accounts: &State<Accounts>,
    _query: KnownQuery,
    page: Option<&str>,
) -> Result<Linked<SignInPage>, Error> {
    let page = number("page", page, 1)?.unwrap_or(1);
    SignInPage::of(accounts, &user, page, user.authentication().sign_in()).await
}

/// Ends one sign-in.
#[delete("/sign-ins/<id>")]
pub(super) async fn end(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
) -> Result<status::NoContent, Error> {
    accounts.end_sign_in(&user, id, &sign_ins, &accounts.actor(&user, source)?).await?;
    Ok(status::NoContent)
}

/// Ends all sign-ins except the current one, which `POST /api/logout?all=true` ends too.
#[delete("/sign-ins")]
pub(super) async fn end_others(
    user: Scoped<OwnSignIns, TokenUser>,
    sign_ins: SignIns<'_>,
) -> Result<status::NoContent, Error> {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    sign_ins.end_all(user.id, current).await?;
    Ok(status::NoContent)
}
