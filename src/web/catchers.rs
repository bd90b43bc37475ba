//! The catcher of pages: redirects to the sign-in form, or shows an error page.

use rocket::http::{Method, Status};
use rocket::response::{self, Redirect, Responder};
use rocket::{Catcher, Request, uri};
use rocket_dyn_templates::context;

use super::form::FormToRefill;
use super::notice::{Notice, NoticeRedirect};
use super::renderer::{Page, Renderer, Title};
use super::words;
use crate::accounts::{Accounts, User};
use crate::http::{ErrorResponse, complete_unparsed, error_response};
use crate::settings::Settings;
use vestibule::catchers::prefers_json;
use vestibule::events::RequestId;
use vestibule::guards::{AuthMethod, Authentication};
use vestibule::sign_ins::PresentedSession;
use vestibule::{Auth, ErrorKind, LocalPath};

/// Said of a body of another type. Every body that a page takes is a form.
const FORM_BODY: &str = "Send the form as application/x-www-form-urlencoded.";

/// The response to a failed request.
enum FailureReply {
    /// Problem JSON, for a program.
    Problem(ErrorResponse),
    /// To a form that asks for the password, to the page of a form, or to set up a second factor.
    Redirect(Box<Redirect>),
    /// A redirect to one of these, with a notice.
    Notice(Box<NoticeRedirect>),
    /// An error page.
    Page(ErrorResponse, Page),
}

#[rocket::catch(default)]
async fn failure(status: Status, request: &Request<'_>) -> FailureReply {
    let mut response = error_response(status, request);
    if status == Status::UnsupportedMediaType {
        response.error = response.error.map(|error| error.detail(FORM_BODY));
    }
    if Auth::is_token_request(request) || prefers_json(request) {
        return FailureReply::Problem(response);
    }
    let kind = response.error.as_ref().map(|error| error.kind());
    if kind == Some(ErrorKind::MethodNotAllowed)
        && is_safe(request)
        && let Some(page) = page_above(request)
    {
        return FailureReply::Redirect(Box::new(page.redirect()));
    }
    if let Some(
        kind @ (ErrorKind::CredentialsMissing
        | ErrorKind::FreshLoginRequired
        | ErrorKind::SecondFactorRequired),
    ) = kind
    {
        return ask_for_password(request, kind).await;
    }
    if kind == Some(ErrorKind::SecondFactorSetupRequired) {
        let next = next_page(request).map(|path| path.to_string()).unwrap_or_default();
        let page = super::second_factor::address(&next);
        return if is_safe(request) {
            FailureReply::Redirect(Box::new(Redirect::to(page)))
        } else {
            FailureReply::Notice(Box::new(NoticeRedirect::new(page, Notice::UnsentSetUp)))
        };
    }
    let Some(renderer) = Renderer::of(request) else {
        return FailureReply::Problem(response);
    };
    // Without the user after a 5xx: the database may be what failed.
    let user = if response.status.code < 500 { session_user(request).await } else { None };
    let language = renderer.language(user.as_ref());
    let message = match &response.error {
        Some(error) => words::message(language, error),
        None => language.text("something-wrong"),
    };
    let heading = language.sentence(response.status.reason_lossy()).into_owned();
    let values = context! {
        status: response.status.code,
        code: kind.map(ErrorKind::code),
        heading: &heading,
        detail: message,
        request_id: RequestId::of(request),
    };
    let page = renderer.page("error", Title::Text(&heading), user.as_ref(), values);
    FailureReply::Page(response, page)
}

/// Redirects to the form to sign in or to confirm the password, and says there what has happened.
async fn ask_for_password(request: &Request<'_>, kind: ErrorKind) -> FailureReply {
    let next = next_page(request).map(|path| path.to_string());
    let (form, unused) = if kind == ErrorKind::CredentialsMissing {
        let form = uri!(super::session::form(next = next.as_deref(), cookie_sent = _));
        (form, unused_for(request).await.map(Notice::Unused))
    } else {
        (uri!(super::account::reauthenticate(next = next.as_deref())), None)
    };
    if !is_safe(request) {
        // For the page of the form; that of the password shows it before.
        let page = next.as_deref().unwrap_or(form.path().as_str());
        let page = page.split('?').next().unwrap_or_default().to_owned();
        let redirect = NoticeRedirect::new(form, Notice::Unsent).for_page(page);
        return FailureReply::Notice(Box::new(redirect));
    }
    match unused {
        Some(notice) => FailureReply::Notice(Box::new(NoticeRedirect::new(form, notice))),
        None => FailureReply::Redirect(Box::new(Redirect::to(form))),
    }
}

/// Returns the catcher of pages.
pub(super) fn catchers() -> Vec<Catcher> {
    rocket::catchers![failure]
}

/// Returns the page to open after signing in: the requested page. For a POST, which a link cannot
/// repeat, the page of its form: the one that its handler names, the one at its own path, or the
/// nearest above it. After a confirmation that is not needed any more there is none.
fn next_page(request: &Request<'_>) -> Option<LocalPath> {
    if is_safe(request) {
        return LocalPath::parse(&request.uri().to_string());
    }
    if let Some(form) = FormToRefill::of(request) {
        return Some(form.clone());
    }
    let path = request.uri().path().as_str();
    if path == "/reauthenticate" {
        return None;
    }
    if takes_get(request, path) { LocalPath::parse(path) } else { page_above(request) }
}

fn is_safe(request: &Request<'_>) -> bool {
    matches!(request.method(), Method::Get | Method::Head)
}

/// Whether a route takes GET at this local path.
fn takes_get(request: &Request<'_>, path: &str) -> bool {
    Auth::methods_at(request, path).contains(&Method::Get)
}

/// Returns the nearest page above the request's path: for the path of a form, the page that the
/// form is on. A browser asks for the former when a failed form is opened again.
fn page_above(request: &Request<'_>) -> Option<LocalPath> {
    let mut path = request.uri().path().as_str();
    while let Some((above, _)) = path.rsplit_once('/') {
        if !above.is_empty() && takes_get(request, above) {
            return LocalPath::parse(above);
        }
        path = above;
    }
    None
}

/// Returns how many seconds a session may be unused, if this request presents one that ended of it.
async fn unused_for(request: &Request<'_>) -> Option<u64> {
    let presented = PresentedSession::of(request).ok()??;
    let accounts = request.rocket().state::<Accounts>()?;
    let idle = request.rocket().state::<Settings>()?.auth.session.idle;
    let ended = accounts.ended_unused(&presented, idle).await.unwrap_or_default();
    ended.then_some(idle.as_secs())
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
