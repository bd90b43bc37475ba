//! Signing people in and out.

use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::request::Request;
use rocket::response::{self, Redirect, Responder};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer};
use super::unique_fields::UniqueFields;
use crate::accounts::{Accounts, Credentials, SessionUser};
use crate::http::ClientAddress;
use vestibule::guards::Maybe;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// Why somebody without a session is looking at the form.
const NOTICE: &str = "Please sign in to see this page.";

/// The fields of the form.
#[derive(FromForm)]
pub(super) struct Login {
    #[field(default = "")]
    username: String,
    password: Password,
    remember: bool,
    #[field(default = "")]
    next: String,
}

/// The form again, or the way on.
pub(super) enum FormReply {
    /// To where they were going.
    On(Box<Redirect>),
    /// The form.
    Form(Page),
    /// The form again, with what was wrong.
    Again(Error, Page),
}

impl FormReply {
    pub(super) fn on(redirect: Redirect) -> Self {
        Self::On(Box::new(redirect))
    }
}

impl<'r> Responder<'r, 'static> for FormReply {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::On(redirect) => redirect.respond_to(request),
            Self::Form(page) => page.respond_to(request),
            Self::Again(error, page) => {
                // Left on the request like any other refusal, for the listener and the log.
                let status: Status = error.remember(request);
                (status, page).respond_to(request)
            }
        }
    }
}

/// Where to after proving who one is.
pub(super) fn onward(next: &str) -> Redirect {
    match LocalPath::parse(next) {
        Some(path) => path.redirect(),
        None => Redirect::to(uri!(super::pages::dashboard)),
    }
}

fn page(
    view: &Renderer<'_>,
    username: &str,
    next: &str,
    error: Option<&str>,
    notice: Option<&str>,
) -> Page {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let remember = view.remembers();
    view.page("login", "Sign in", None, context! { username, next, error, notice, remember })
}

/// The form; somebody who is signed in already goes on.
#[get("/login?<next>")]
pub(super) fn form(user: Maybe<SessionUser>, view: Renderer<'_>, next: Option<&str>) -> FormReply {
    let next = next.unwrap_or_default();
    if user.0.is_some() {
        return FormReply::on(onward(next));
    }
    let notice = LocalPath::parse(next).map(|_| NOTICE);
    FormReply::Form(page(&view, "", next, None, notice))
}

/// Signs in; wrong credentials get the form again, with one message whatever was wrong.
#[post("/login", data = "<form>")]
pub(super) async fn login(
    session: Session<'_>,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    address: ClientAddress,
    form: Form<UniqueFields<Login>>,
) -> Result<FormReply, Error> {
    let credentials =
        Credentials { username: &form.username, password: &form.password, address: address.0 };
    match accounts.sign_in_browser(&session, &credentials, form.remember).await {
        Ok(()) => Ok(FormReply::on(onward(&form.next))),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::BadCredentials | ErrorKind::AccountInactive | ErrorKind::TooManyAttempts
            ) =>
        {
            let page = page(&view, &form.username, &form.next, Some(error.message()), None);
            Ok(FormReply::Again(error, page))
        }
        Err(error) => Err(error),
    }
}

/// Signs out; POST only, so that no link and no image can.
#[post("/logout")]
pub(super) async fn logout(
    _user: Maybe<SessionUser>,
    session: Session<'_>,
) -> Result<Redirect, Error> {
    session.end().await?;
    Ok(Redirect::to(uri!(super::pages::home)))
}
