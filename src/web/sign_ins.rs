//! The user's own sign-ins.

use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::form::{FormReply, FormResult, UserOrError, ended};
use super::notice::{Flash, Notice, ShownNotice};
use super::renderer::{Page, Renderer, Title, format_time};
use super::shown_to::ShownTo;
use crate::accounts::queries::pages;
use crate::accounts::{Accounts, SessionUser, last_seen};
use crate::http::RequestSource;
use vestibule::sign_ins::{SignIn, SignInId, SignInKind, SignIns};
use vestibule::{Error, ErrorKind, Session};

/// Lists browsers, programs and keys together, latest use first.
#[get("/account/sign-ins?<page>")]
pub(super) async fn list(
    user: SessionUser,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    flash: Flash<'_>,
    page: Option<i64>,
) -> Result<Page, Error> {
    let notice = flash.shown(renderer.language(Some(&user)), "");
    show(&user, accounts, &renderer, page.unwrap_or(1).max(1), notice).await
}

async fn show(
    user: &SessionUser,
    accounts: &Accounts,
    renderer: &Renderer<'_>,
    page: i64,
    notice: Option<ShownNotice>,
) -> Result<Page, Error> {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    let (mut page, mut found) = (page, accounts.sign_ins(user, page).await?);
    if page > pages(found.1) {
        page = pages(found.1);
        found = accounts.sign_ins(user, page).await?;
    }
    let (found, total) = found;
    let to = |page: i64| uri!(list(page = Some(page))).to_string();
    let values = context! {
        sign_ins: found.iter().map(|sign_in| row(sign_in, current)).collect::<Vec<_>>(),
        page,
        pages: pages(total),
        total,
        previous: (page > 1).then(|| to(page - 1)),
        next: (page < pages(total)).then(|| to(page + 1)),
        notice,
    };
    Ok(renderer.page("sign-ins", Title::Key("where-signed-in"), Some(user), values))
}

/// Shows the list with the error of a form that was shown to another user.
async fn refuse(
    error: Error,
    user: &SessionUser,
    accounts: &Accounts,
    renderer: &Renderer<'_>,
) -> FormResult {
    let notice = ShownNotice::error(renderer.language(Some(user)), &error);
    let page = show(user, accounts, renderer, 1, Some(notice)).await?;
    Ok(FormReply::Again(error.with_page(|_| page)))
}

pub(super) fn row(sign_in: &SignIn, current: Option<&SignInId>) -> impl Serialize {
    context! {
        id: &sign_in.id,
        kind: match sign_in.kind {
            SignInKind::Browser { .. } => "browser",
            SignInKind::Token(_) => "program",
            SignInKind::Key { .. } => "key",
            _ => "other",
        },
        label: sign_in.label(),
        user_agent: &sign_in.user_agent,
        address: &sign_in.address,
        created_at: format_time(sign_in.created_at),
        last_seen_at: last_seen(sign_in).map(format_time),
        current: Some(&sign_in.id) == current,
    }
}

/// Ends one sign-in, if it has not ended yet.
#[post("/account/sign-ins/<id>/end", data = "<form>")]
pub(super) async fn end(
    user: SessionUser,
    sign_ins: SignIns<'_>,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    source: RequestSource,
    id: &str,
    form: ShownTo,
) -> FormResult {
    if let Err(error) = form.check(&user) {
        return refuse(error, &user, accounts, &renderer).await;
    }
    let actor = accounts.actor(&user, source)?;
    ended(accounts.end_sign_in(&user, id, &sign_ins, &actor).await, id)?;
    Ok(FormReply::notice(uri!(list(_)), Notice::SignInEnded))
}

/// Ends all sign-ins except the current one.
#[post("/account/sign-ins/end-others", data = "<form>")]
pub(super) async fn end_others(
    user: SessionUser,
    sign_ins: SignIns<'_>,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    form: ShownTo,
) -> FormResult {
    if let Err(error) = form.check(&user) {
        return refuse(error, &user, accounts, &renderer).await;
    }
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    let ended = sign_ins.end_all(user.id, current).await?;
    Ok(FormReply::notice(uri!(list(_)), Notice::OthersEnded(ended)))
}

/// Ends all sign-ins, the current one too. Responds the same to the second copy of the form, whose session has
/// ended.
#[post("/account/sign-ins/end-all", data = "<form>")]
pub(super) async fn end_all(
    session: Session<'_>,
    user: UserOrError<SessionUser>,
    sign_ins: SignIns<'_>,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    form: ShownTo,
) -> FormResult {
    let done = FormReply::notice(uri!(super::pages::home), Notice::OwnSignInsEnded);
    let user = match user.0 {
        Ok(user) => user,
        Err(error) if error.kind() == ErrorKind::CredentialsMissing => {
            let owner = accounts.just_signed_out_everywhere(&session).await?.ok_or(error)?;
            return form.check(&owner).map(|()| done);
        }
        Err(error) => return Err(error),
    };
    if let Err(error) = form.check(&user) {
        return refuse(error, &user, accounts, &renderer).await;
    }
    sign_ins.end_all(user.id, None).await?;
    session.end().await?;
    Ok(done)
}
