//! A forgotten password: asking for a mail with a link.

use rocket::form::FromForm;
use rocket::http::CookieJar;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::notice::Notice;
use super::renderer::{Page, Renderer, Title};
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, BareSessionUser, User};
use crate::http::RequestSource;
use vestibule::guards::Maybe;
use vestibule::{Error, ErrorKind, Session};

/// The fields of the form.
#[derive(FromForm)]
pub(super) struct Forgotten {
    email: String,
}

fn page(renderer: &Renderer<'_>, user: Option<&User>, rejected: Option<(&str, &Error)>) -> Page {
    let values = context! {
        value: rejected.map(|(sent, _)| sent),
        error: rejected.map(|(_, error)| words::first_field(renderer.language(user), error)),
    };
    renderer.page("forgotten", Title::Key("forgotten-password"), user, values)
}

/// Shows the form.
#[get("/password/forgot")]
pub(super) fn form(user: Maybe<BareSessionUser>, renderer: Renderer<'_>) -> Page {
    page(&renderer, user.0.as_deref(), None)
}

/// Queues the mail. The response is the same whether an account has the address. `_session` refuses a
/// form of another site.
#[post("/password/forgot", data = "<form>")]
pub(super) async fn request(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Forgotten>>,
) -> FormResult {
    match accounts.request_reset(&form.email, source).await {
        Ok(()) => Ok(super::session::with_notice(&renderer, jar, accounts, Notice::ResetMailed)),
        Err(error) => {
            let kinds = [ErrorKind::InvalidField, ErrorKind::TooManyAttempts];
            FormReply::again(error, &kinds, |error| {
                page(&renderer, user.0.as_deref(), Some((&form.email, error)))
            })
        }
    }
}

/// Redirects password managers to the page that changes the password (W3C, "A Well-Known URL for
/// Changing Passwords").
#[get("/.well-known/change-password")]
pub(super) fn change_password() -> FormReply {
    FormReply::redirect(uri!(super::account::account))
}
