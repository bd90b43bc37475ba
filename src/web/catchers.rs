//! The catcher of pages: redirects to the sign-in form, or shows an error page.

use rocket::http::{Accept, Method, Status};
use rocket::response::{self, Redirect, Responder};
use rocket::{Catcher, Request, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer};
use crate::accounts::User;
use crate::http::{ErrorResponse, complete_unparsed, error_response, is_page};
use vestibule::guards::{AuthMethod, Authentication};
use vestibule::{Auth, ErrorKind, LocalPath};

/// The response to a failed request.
enum FailureReply {
    /// Problem JSON, for a program.
    Problem(ErrorResponse),
    /// To a form that asks for the password.
    Redirect(Box<Redirect>),
    /// An error page.
    Page(ErrorResponse, Page),
}

#[rocket::catch(default)]
async fn failure(status: Status, request: &Request<'_>) -> FailureReply {
    let response = error_response(status, request);
    if Auth::is_token_request(request) || wants_json(request) {
        return FailureReply::Problem(response);
    }
    let kind = response.error.as_ref().map(|error| error.kind());
    let next = next_page(request, kind).map(|path| path.to_string());
    if kind == Some(ErrorKind::CredentialsMissing) {
        let form = uri!(super::session::form(next = next.as_deref()));
        return FailureReply::Redirect(Box::new(Redirect::to(form)));
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
    let message = response.error.as_ref().map_or("Something went wrong.", |error| error.message());
    let values = context! {
        status: response.status.code,
        heading: response.status.reason_lossy(),
        detail: message,
        retry_after: response.error.as_ref().and_then(vestibule::Error::wait),
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
            Self::Problem(problem) => problem.respond_to(request),
            Self::Redirect(redirect) => redirect.respond_to(request),
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
