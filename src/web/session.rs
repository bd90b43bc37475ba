//! Sign-in and sign-out of people.

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::checkbox;
use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::lost_cookie::LostCookie;
use super::notice::{Flash, Notice};
use super::renderer::{Page, Renderer};
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, Credentials, SessionUser};
use crate::http::ClientAddress;
use vestibule::guards::Maybe;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// Shown above the form after a redirect from a page that needs a session.
const NOTICE: &str = "Please sign in to see this page.";

/// Shown in its place if a form was sent without a session.
const UNSENT: &str = "Nothing has been changed yet. Sign in, then send the form again.";

/// Shown in its place if the browser keeps no cookie.
const NO_COOKIE: &str = "You are not signed in, because your browser did not keep the cookie of \
                         this site. Allow cookies for it, then sign in again.";

/// Shown if the box has a value that is neither.
const NEITHER: &str = "Tick the box to stay signed in on this device, or leave it.";

/// The fields of the form.
#[derive(FromForm)]
pub(super) struct Login {
    #[field(default = "")]
    username: String,
    password: Password,
    remember: Option<String>,
    #[field(default = "")]
    next: String,
}

fn page(
    renderer: &Renderer<'_>,
    username: &str,
    next: &str,
    error: Option<&str>,
    notice: Option<&str>,
) -> Page {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let remember = renderer.remembers();
    let register_path = uri!(super::registration::form(next = next.as_deref())).to_string();
    let values = context! { username, next, error, notice, remember, register_path };
    renderer.page("login", "Sign in", None, values)
}

/// Shows the form; redirects a user who is signed in already.
#[get("/login?<next>")]
pub(super) async fn form(
    user: Maybe<SessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    lost_cookie: LostCookie,
    flash: Flash<'_>,
    next: Option<&str>,
) -> FormReply {
    let next = next.unwrap_or_default();
    if user.0.is_some() {
        return FormReply::onward(next);
    }
    let said = match flash.peek() {
        // Left for the page of the form.
        Some(Notice::Unsent) => Some(UNSENT.to_owned()),
        Some(Notice::Unused(_)) => flash.take().map(|notice| notice.text("")),
        _ => None,
    };
    let notice = if lost_cookie.0 { NO_COOKIE } else { NOTICE };
    let notice = said.as_deref().or(LocalPath::parse(next).map(|_| notice));
    let notice = match notice {
        None => accounts.is_setup_due().await.then_some(super::pages::SETUP_DUE),
        notice => notice,
    };
    FormReply::Page(Status::Ok, page(&renderer, "", next, None, notice))
}

/// Signs in; after wrong credentials shows the form again, with the same message whichever of
/// them was wrong.
#[post("/login", data = "<form>")]
pub(super) async fn login(
    session: Session<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    address: ClientAddress,
    form: Form<UniqueFields<Login>>,
) -> FormResult {
    let credentials =
        Credentials { username: &form.username, password: &form.password, address: address.0 };
    let signed_in = match form.remember.as_deref().map_or(Some(false), checkbox::parse) {
        Some(remember) => accounts.sign_in_browser(&session, &credentials, remember).await,
        None => Err(Error::new(ErrorKind::InvalidField).detail(NEITHER)),
    };
    let Err(error) = signed_in else { return Ok(FormReply::onward(&form.next)) };
    let kinds = [
        ErrorKind::InvalidField,
        ErrorKind::BadCredentials,
        ErrorKind::AccountInactive,
        ErrorKind::TooManyAttempts,
    ];
    FormReply::again(error, &kinds, |error| {
        page(&renderer, &form.username, &form.next, Some(&words::message(error)), None)
    })
}

/// Asks whether to sign out; redirects a client without a session, as signing out does.
#[get("/logout")]
pub(super) fn ask_to_log_out(user: Maybe<SessionUser>, renderer: Renderer<'_>) -> FormReply {
    match user.0 {
        Some(user) => {
            let page = renderer.page("logout", "Sign out", Some(&user), context! {});
            FormReply::Page(Status::Ok, page)
        }
        None => FormReply::redirect(uri!(super::pages::home)),
    }
}

/// Signs out; POST only, so that no link and no image can.
#[post("/logout")]
pub(super) async fn logout(_user: Maybe<SessionUser>, session: Session<'_>) -> FormResult {
    session.end().await?;
    Ok(FormReply::notice(uri!(super::pages::home), Notice::SignedOut))
}
