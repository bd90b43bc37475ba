//! The sign-ins of a user, each of which an administrator can end.

use rocket::{get, post, uri};
use rocket_dyn_templates::context;

use super::super::form::{FormReply, FormResult, ended};
use super::super::notice::Notice;
use super::super::renderer::{Page, Title};
use super::super::sign_ins::row;
use super::context::AdminContext;
use crate::accounts::queries::pages;
use crate::accounts::{AdminPage, AdminPageChange, User};
use vestibule::Error;
use vestibule::guards::Authenticated;

/// Lists browsers, programs and keys together, latest use first, with a button for each if the
/// session may change users; beyond the last page the last one.
#[get("/admin/users/<id>/sign-ins?<page>")]
pub(in crate::web) async fn list(
    admin: AdminPage,
    fresh: Result<AdminPageChange, Error>,
    context: AdminContext<'_>,
    id: &str,
    page: Option<i64>,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    let current = admin.authentication().sign_in().map(|sign_in| &sign_in.id);
    let mut page = page.unwrap_or(1).max(1);
    let mut found = context.accounts.sign_ins(&user, page).await?;
    if page > pages(found.1) {
        page = pages(found.1);
        found = context.accounts.sign_ins(&user, page).await?;
    }
    let (found, total) = found;
    let to = |page: i64| uri!(list(id = id, page = Some(page))).to_string();
    let language = context.renderer.language(Some(&admin));
    let values = context! {
        account: context! { username: &user.username },
        href: uri!(super::user::page(id = id)).to_string(),
        sign_ins: found.iter().map(|sign_in| row(sign_in, current)).collect::<Vec<_>>(),
        fresh: fresh.is_ok(),
        page,
        pages: pages(total),
        total,
        previous: (page > 1).then(|| to(page - 1)),
        next: (page < pages(total)).then(|| to(page + 1)),
        notice: context.flash.shown(language, &user.username),
    };
    let title = language.format("sign-ins-of", vec![("name", user.username.as_str().into())]);
    Ok(context.renderer.page("user-sign-ins", Title::Text(&title), Some(&admin), values))
}

/// Ends one sign-in of a user, if it has not ended yet.
#[post("/admin/users/<id>/sign-ins/<sign_in>/end")]
pub(in crate::web) async fn end(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
    sign_in: &str,
) -> FormResult {
    let actor = context.actor(&admin)?;
    ended(context.accounts.end_sign_in_of(&actor, User::id_of(id)?, sign_in).await, sign_in)?;
    Ok(FormReply::notice(uri!(list(id = id, page = _)), Notice::SignInEnded))
}
