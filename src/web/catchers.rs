//! Failures as people see them: to the sign-in form, or a page that says what to do.

use rocket::http::{Accept, Method, Status};
use rocket::response::{self, Redirect, Responder};
use rocket::{Catcher, Request, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer};
use crate::accounts::User;
use crate::http::{Answer, answer, is_page};
use vestibule::guards::{AuthMethod, Authentication};
use vestibule::{Auth, ErrorKind, LocalPath};

/// How a failure is told.
enum FailureReply {
    /// Problem JSON, to a program.
    Problem(Answer),
    /// To the form that asks for the password.
    Elsewhere(Box<Redirect>),
    /// A page.
    Page(Answer, Page),
}

#[rocket::catch(default)]
async fn failure(status: Status, request: &Request<'_>) -> FailureReply {
    let answer = answer(status, request);
    if Auth::is_token_request(request) || wants_json(request) {
        return FailureReply::Problem(answer);
    }
    let kind = answer.error.as_ref().map(|error| error.kind());
    let next = next_page(request, kind).map(|path| path.to_string());
    if kind == Some(ErrorKind::CredentialsMissing) {
        let form = uri!(super::session::form(next = next.as_deref()));
        return FailureReply::Elsewhere(Box::new(Redirect::to(form)));
    }
    if kind == Some(ErrorKind::FreshLoginRequired) {
        let form = uri!(super::account::reauthenticate(next = next.as_deref()));
        return FailureReply::Elsewhere(Box::new(Redirect::to(form)));
    }
    let Some(view) = Renderer::of(request) else {
        return FailureReply::Problem(answer);
    };
    // With the database gone nobody can be known, and the page must come all the same.
    let user = if answer.status.code < 500 { session_user(request).await } else { None };
    let message = answer.error.as_ref().map_or("Something went wrong.", |error| error.message());
    let own = context! {
        status: answer.status.code,
        heading: answer.status.reason_lossy(),
        detail: message,
        retry_after: answer.error.as_ref().and_then(vestibule::Error::wait),
    };
    let page = view.page("error", answer.status.reason_lossy(), user.as_ref(), own);
    FailureReply::Page(answer, page)
}

/// The catcher of pages.
pub(super) fn catchers() -> Vec<Catcher> {
    rocket::catchers![failure]
}

/// Whether the client asked for JSON before anything else.
fn wants_json(request: &Request<'_>) -> bool {
    let preferred = request.accept().map(Accept::preferred);
    preferred.is_some_and(|kind| kind.is_json() || kind.sub() == "problem+json")
}

/// Where to go on afterwards: the page itself, or for a form, which a link cannot send
/// again, the nearest page above it; somebody who only has to confirm the password can go back
/// to the form's own page.
fn next_page(request: &Request<'_>, kind: Option<ErrorKind>) -> Option<LocalPath> {
    if matches!(request.method(), Method::Get | Method::Head) {
        return LocalPath::parse(&request.uri().to_string());
    }
    let mut path = request.uri().path().as_str();
    if kind == Some(ErrorKind::FreshLoginRequired) && is_page(request, path) {
        return LocalPath::parse(path);
    }
    while let Some((above, _)) = path.rsplit_once('/') {
        if !above.is_empty() && is_page(request, above) {
            return LocalPath::parse(above);
        }
        path = above;
    }
    None
}

async fn session_user(request: &Request<'_>) -> Option<User> {
    let found = Authentication::<User>::of(request).await.ok()??;
    (found.method() == AuthMethod::Session).then(|| found.account().clone())
}

impl<'r> Responder<'r, 'static> for FailureReply {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Problem(answer) => answer.respond_to(request),
            Self::Elsewhere(redirect) => redirect.respond_to(request),
            Self::Page(answer, page) => {
                let mut response = page.respond_to(request)?;
                response.set_status(answer.status);
                if let Some(allow) = answer.allow() {
                    response.set_header(allow);
                }
                Ok(response)
            }
        }
    }
}
