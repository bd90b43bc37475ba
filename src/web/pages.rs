//! The pages without a form.

use rocket::get;
use rocket_dyn_templates::context;

use super::notice::Flash;
use super::renderer::{Page, Renderer, format_time};
use crate::accounts::SessionUser;
use vestibule::guards::Maybe;

/// Shows the front page.
#[get("/")]
pub(super) fn home(user: Maybe<SessionUser>, renderer: Renderer<'_>, flash: Flash<'_>) -> Page {
    let notice = flash.shown("");
    let values = context! { notice, mode: renderer.mode(), base: renderer.base() };
    renderer.page("home", "Vestibule", user.0.as_deref(), values)
}

/// Shows the dashboard, to which sign-in leads.
#[get("/dashboard")]
pub(super) fn dashboard(user: SessionUser, renderer: Renderer<'_>, flash: Flash<'_>) -> Page {
    let notice = flash.shown("");
    let sign_in = user.authentication().sign_in().map(|sign_in| {
        context! {
            created_at: format_time(sign_in.created_at),
            address: &sign_in.address,
            user_agent: &sign_in.user_agent,
        }
    });
    let account = context! {
        id: user.id,
        username: &user.username,
        full_name: &user.full_name,
        role: user.role,
        created_at: format_time(user.created_at),
    };
    renderer.page("dashboard", "Dashboard", Some(&user), context! { account, sign_in, notice })
}
