//! The pages without a form.

use rocket::{State, get};
use rocket_dyn_templates::context;

use super::notice::Flash;
use super::renderer::{Page, Renderer, format_time};
use crate::accounts::{Accounts, SessionUser};
use vestibule::guards::Maybe;

/// Shown while there is no administrator.
pub(super) const SETUP_DUE: &str = "This service has no administrator yet. Its operator finds the \
                                    link to create one in the output of the latest start.";

/// Shows the front page.
#[get("/")]
pub(super) async fn home(
    user: Maybe<SessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
) -> Page {
    let values = context! {
        notice: flash.shown(""),
        mode: renderer.mode(),
        base: renderer.base().as_str(),
        setup_due: accounts.is_setup_due().await.then_some(SETUP_DUE),
    };
    renderer.page("home", renderer.site_name(), user.0.as_deref(), values)
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
    let values = context! { account, sign_in, notice };
    renderer.page("dashboard", "Dashboard", Some(&user), values)
}
