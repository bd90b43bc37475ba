//! Where am I signed in?

use rocket::request::FlashMessage;
use rocket::response::{Flash, Redirect};
use rocket::{get, post, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer, shown};
use crate::accounts::SessionUser;
use vestibule::sign_ins::{SignInKind, SignIns};
use vestibule::{Error, Session};

/// Browsers, programs and keys in one list, latest use first.
#[get("/account/sign-ins")]
pub(super) async fn list(
    user: SessionUser,
    sign_ins: SignIns<'_>,
    view: Renderer<'_>,
    flash: Option<FlashMessage<'_>>,
) -> Result<Page, Error> {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    let all = sign_ins.list(&user.id.to_string()).await?;
    let rows: Vec<_> = all
        .iter()
        .map(|sign_in| {
            context! {
                id: &sign_in.id,
                kind: match sign_in.kind {
                    SignInKind::Browser { .. } => "Browser",
                    SignInKind::Token { .. } => "Program",
                    SignInKind::Key { .. } => "Access key",
                },
                device: sign_in.label().or(sign_in.user_agent.as_deref()),
                address: &sign_in.address,
                created_at: shown(sign_in.created_at),
                last_seen_at: shown(sign_in.last_seen_at),
                current: Some(&sign_in.id) == current,
            }
        })
        .collect();
    let own = context! {
        sign_ins: rows,
        takes_keys: view.takes_keys(),
        notice: flash.as_ref().map(FlashMessage::message),
    };
    Ok(view.page("sign-ins", "Where you are signed in", Some(&user), own))
}

/// Ends one of them.
#[post("/account/sign-ins/<id>/end")]
pub(super) async fn end(
    user: SessionUser,
    sign_ins: SignIns<'_>,
    id: &str,
) -> Result<Flash<Redirect>, Error> {
    sign_ins.end(&user.id.to_string(), id).await?;
    Ok(Flash::success(Redirect::to(uri!(list)), "That sign-in has ended."))
}

/// Ends all but this one.
#[post("/account/sign-ins/end-others")]
pub(super) async fn end_others(
    user: SessionUser,
    sign_ins: SignIns<'_>,
) -> Result<Flash<Redirect>, Error> {
    let current = user.authentication().sign_in().map(|sign_in| &sign_in.id);
    let ended = sign_ins.end_all(&user.id.to_string(), current).await?;
    let text = format!("Signed out everywhere else: {ended} ended.");
    Ok(Flash::success(Redirect::to(uri!(list)), text))
}

/// Ends all of them, this one too.
#[post("/account/sign-ins/end-all")]
pub(super) async fn end_all(
    user: SessionUser,
    session: Session<'_>,
    sign_ins: SignIns<'_>,
) -> Result<Redirect, Error> {
    sign_ins.end_all(&user.id.to_string(), None).await?;
    session.end().await?;
    Ok(Redirect::to(uri!(super::pages::home)))
}
