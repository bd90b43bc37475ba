//! The pages without a form.

use rocket::{State, get};
use rocket_dyn_templates::context;

use super::notice::Flash;
use super::renderer::{Page, Renderer, Title, format_time};
use crate::accounts::{Accounts, BareSessionUser, SessionUser};
use crate::languages::Language;
use vestibule::guards::Maybe;

/// Returns what pages say while there is no administrator.
pub(super) async fn setup_due(accounts: &Accounts, language: &Language) -> Option<String> {
    accounts.is_setup_due().await.then(|| language.text("setup-due"))
}

/// Shows the front page.
#[get("/")]
pub(super) async fn home(
    user: Maybe<BareSessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
) -> Page {
    let user = user.0.as_deref();
    let language = renderer.language(user);
    let values = context! {
        notice: flash.shown(language, ""),
        mode: renderer.mode(),
        base: renderer.base().as_str(),
        setup_due: setup_due(accounts, language).await,
    };
    renderer.page("home", Title::Text(renderer.site_name()), user, values)
}

/// Shows the dashboard, to which sign-in leads.
#[get("/dashboard")]
pub(super) fn dashboard(user: SessionUser, renderer: Renderer<'_>, flash: Flash<'_>) -> Page {
    let notice = flash.shown(renderer.language(Some(&user)), "");
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
    renderer.page("dashboard", Title::Key("dashboard"), Some(&user), values)
}
