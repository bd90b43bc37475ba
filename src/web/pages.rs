//! The pages without a form.

use rocket::get;
use rocket::request::FlashMessage;
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer, shown};
use crate::accounts::SessionUser;
use vestibule::guards::Maybe;

/// The front page.
#[get("/")]
pub(super) fn home(
    user: Maybe<SessionUser>,
    view: Renderer<'_>,
    flash: Option<FlashMessage<'_>>,
) -> Page {
    let notice = flash.as_ref().map(FlashMessage::message);
    let own = context! { notice, mode: view.mode(), base: view.base() };
    view.page("home", "Vestibule", user.0.as_deref(), own)
}

/// What one sees after signing in.
#[get("/dashboard")]
pub(super) fn dashboard(
    user: SessionUser,
    view: Renderer<'_>,
    flash: Option<FlashMessage<'_>>,
) -> Page {
    let notice = flash.as_ref().map(FlashMessage::message);
    let sign_in = user.authentication().sign_in().map(|sign_in| {
        context! {
            created_at: shown(sign_in.created_at),
            address: &sign_in.address,
            user_agent: &sign_in.user_agent,
        }
    });
    let account = context! {
        id: user.id,
        username: &user.username,
        full_name: &user.full_name,
        role: user.role,
        created_at: shown(user.created_at),
    };
    view.page("dashboard", "Dashboard", Some(&user), context! { account, sign_in, notice })
}
