//! The catcher of pages: redirects to the sign-in form, or shows an error page.

use rocket::http::{Accept, Method, Status};
use rocket::response::{self, Flash, Redirect, Responder};
use rocket::{Catcher, Request, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer};
use super::words;
use crate::accounts::{Accounts, User};
use crate::http::{ErrorResponse, complete_unparsed, error_response, is_page};
use crate::settings::Settings;
use vestibule::guards::{AuthMethod, Authentication};
use vestibule::sign_ins::PresentedSession;
use vestibule::{Auth, ErrorKind, LocalPath};

/// Said of a body of another type. Every body that a page takes is a form.
const FORM_BODY: &str = "Send the form as application/x-www-form-urlencoded.";

/// The response to a failed request.
enum FailureReply {
    /// Problem JSON, for a program.
    Problem(ErrorResponse),
    /// To a form that asks for the password, or to the page of a form.
    Redirect(Box<Redirect>),
    /// To the form to sign in, which says why the session ended.
    Notice(Box<Flash<Redirect>>),
    /// An error page.
    Page(ErrorResponse, Page),
}

#[rocket::catch(default)]
async fn failure(status: Status, request: &Request<'_>) -> FailureReply {
    let mut response = error_response(status, request);
    if status == Status::UnsupportedMediaType {
        response.error = response.error.map(|error| error.detail(FORM_BODY));
    }
    if Auth::is_token_request(request) || wants_json(request) {
        return FailureReply::Problem(response);
    }
    let kind = response.error.as_ref().map(|error| error.kind());
    if kind == Some(ErrorKind::MethodNotAllowed)
        && is_read(request)
        && let Some(page) = page_above(request)
    {
        return FailureReply::Redirect(Box::new(page.redirect()));
    }
    let next = next_page(request, kind).map(|path| path.to_string());
    if kind == Some(ErrorKind::CredentialsMissing) {
        let form = uri!(super::session::form(next = next.as_deref()));
        let form = Redirect::to(form);
        return match unused_for(request).await {
            Some(idle) => {
                let text = format!("You were signed out after {idle} without use.");
                FailureReply::Notice(Box::new(Flash::success(form, text)))
            }
            None => FailureReply::Redirect(Box::new(form)),
        };
    }
    if kind == Some(ErrorKind::FreshLoginRequired) {
        let form = uri!(super::account::reauthenticate(next = next.as_deref()));
        return FailureReply::Redirect(Box::new(Redirect::to(form)));
    }
    let Some(renderer) = Renderer::of(request) else {
        return FailureReply::Problem(response);
    };
    // Without the user after a 5xx: the database may be what failed.
    let user = if response.status.code < 500 { session_user(request).await } else { None };
    let message = response.error.as_ref().map_or("Something went wrong.".into(), words::message);
    let values = context! {
        status: response.status.code,
        heading: response.status.reason_lossy(),
        detail: message,
    };
    let page = renderer.page("error", response.status.reason_lossy(), user.as_ref(), values);
    FailureReply::Page(response, page)
}

/// Returns the catcher of pages.
pub(super) fn catchers() -> Vec<Catcher> {
    rocket::catchers![failure]
}

/// Whether the client prefers JSON.
fn wants_json(request: &Request<'_>) -> bool {
    let preferred = request.accept().map(Accept::preferred);
    preferred.is_some_and(|kind| kind.is_json() || kind.sub() == "problem+json")
}

/// Returns the page to open after signing in: the requested page. For a POST, which a link cannot
/// repeat, the nearest page above its path; if only the password must be confirmed, the page at its
/// own path, if there is one.
fn next_page(request: &Request<'_>, kind: Option<ErrorKind>) -> Option<LocalPath> {
    if is_read(request) {
        return LocalPath::parse(&request.uri().to_string());
    }
    let path = request.uri().path().as_str();
    if kind == Some(ErrorKind::FreshLoginRequired) && is_page(request, path) {
        return LocalPath::parse(path);
    }
    page_above(request)
}

fn is_read(request: &Request<'_>) -> bool {
    matches!(request.method(), Method::Get | Method::Head)
}

/// Returns the nearest page above the request's path: for the path of a form, the page that the
/// form is on. A browser asks for the former when a failed form is opened again.
fn page_above(request: &Request<'_>) -> Option<LocalPath> {
    let mut path = request.uri().path().as_str();
    while let Some((above, _)) = path.rsplit_once('/') {
        if !above.is_empty() && is_page(request, above) {
            return LocalPath::parse(above);
        }
        path = above;
    }
    None
}

/// Returns how long a session may be unused, if this request presents one that ended of it.
async fn unused_for(request: &Request<'_>) -> Option<String> {
    let presented = PresentedSession::of(request).ok()??;
    let accounts = request.rocket().state::<Accounts>()?;
    let idle = request.rocket().state::<Settings>()?.auth.session.idle;
    let ended = accounts.ended_unused(&presented, idle).await.unwrap_or_default();
    ended.then(|| words::duration(idle))
}

async fn session_user(request: &Request<'_>) -> Option<User> {
    let found = Authentication::<User>::of(request).await.ok()??;
    (found.method() == AuthMethod::Session).then(|| found.account().clone())
}

impl<'r> Responder<'r, 'static> for FailureReply {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Problem(problem) => problem.respond_to(request),
            Self::Redirect(redirect) => redirect.respond_to(request),
            Self::Notice(redirect) => redirect.respond_to(request),
            Self::Page(problem, page) => {
                let mut response = page.respond_to(request)?;
                response.set_status(problem.status);
                if let Some(allow) = problem.allow() {
                    response.set_header(allow);
                }
                complete_unparsed(request, &mut response);
                Ok(response)
            }
        }
    }
}
