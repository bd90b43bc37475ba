//! The user's own sign-ins.

use rocket::request::FlashMessage;
use rocket::{get, post, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::form::{FormReply, FormResult, ended};
use super::renderer::{Page, Renderer, format_time};
use crate::accounts::SessionUser;
use vestibule::sign_ins::{SignIn, SignInId, SignInKind, SignIns};
use vestibule::{Error, Session};

/// Lists browsers, programs and keys together, latest use first.
#[get("/account/sign-ins")]
pub(super) async fn list(
    user: SessionUser,
    sign_ins: SignIns<'_>,
    renderer: Renderer<'_>,
    flash: Option<FlashMessage<'_>>,
) -> Result<Page, Error> {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    let all = sign_ins.list(&user.id.to_string()).await?;
    let values = context! {
        sign_ins: all.iter().map(|sign_in| row(sign_in, current)).collect::<Vec<_>>(),
        notice: flash.as_ref().map(FlashMessage::message),
    };
    Ok(renderer.page("sign-ins", "Where you are signed in", Some(&user), values))
}

fn row(sign_in: &SignIn, current: Option<&SignInId>) -> impl Serialize {
    context! {
        id: &sign_in.id,
        kind: match sign_in.kind {
            SignInKind::Browser { .. } => "Browser",
            SignInKind::Token(_) => "Program",
            SignInKind::Key { .. } => "Access key",
        },
        label: sign_in.label(),
        user_agent: &sign_in.user_agent,
        address: &sign_in.address,
        created_at: format_time(sign_in.created_at),
        last_seen_at: format_time(sign_in.last_seen_at),
        current: Some(&sign_in.id) == current,
    }
}

/// Ends one sign-in, if it has not ended yet.
#[post("/account/sign-ins/<id>/end")]
pub(super) async fn end(user: SessionUser, sign_ins: SignIns<'_>, id: &str) -> FormResult {
    ended(sign_ins.end(&user.id.to_string(), id).await, id)?;
    Ok(FormReply::notice(uri!(list), "That sign-in has ended."))
}

/// Ends all sign-ins except the current one.
#[post("/account/sign-ins/end-others")]
pub(super) async fn end_others(user: SessionUser, sign_ins: SignIns<'_>) -> FormResult {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    let ended = sign_ins.end_all(&user.id.to_string(), current).await?;
    let text = format!("Signed out everywhere else: {ended} ended.");
    Ok(FormReply::notice(uri!(list), text))
}

/// Ends all sign-ins, the current one too.
#[post("/account/sign-ins/end-all")]
pub(super) async fn end_all(
    user: SessionUser,
    session: Session<'_>,
    sign_ins: SignIns<'_>,
) -> FormResult {
    sign_ins.end_all(&user.id.to_string(), None).await?;
    session.end().await?;
    Ok(FormReply::redirect(uri!(super::pages::home)))
}
