//! Failures as people see them: to the sign-in form, or a page that says what to do.

use rocket::http::{Accept, Method, Status};
use rocket::response::{self, Redirect, Responder};
use rocket::{Catcher, Request, uri};
use rocket_dyn_templates::{Template, context};

use super::view::View;
use crate::accounts::User;
use crate::auth::{ErrorKind, LocalPath, Verdict, policy};
use crate::http::{Answer, answer};

/// How a failure is told.
enum Told {
    /// Problem JSON, to a program.
    Problem(Answer),
    /// To the sign-in form.
    SignIn(Box<Redirect>),
    /// A page.
    Page(Answer, Template),
}

#[rocket::catch(default)]
async fn failure(status: Status, request: &Request<'_>) -> Told {
    let answer = answer(status, request);
    if policy::is_token_request(request) || wants_json(request) {
        return Told::Problem(answer);
    }
    let kind = answer.error.as_ref().map(|error| error.kind());
    if kind == Some(ErrorKind::CredentialsMissing) {
        return Told::SignIn(Box::new(to_sign_in(request)));
    }
    let Some(view) = View::of(request) else {
        return Told::Problem(answer);
    };
    // With the database gone nobody can be known, and the page must come all the same.
    let user = if answer.status.code < 500 { session_user(request).await } else { None };
    let message = answer.error.as_ref().map_or("Something went wrong.", |error| error.message());
    let own = context! {
        status: answer.status.code,
        heading: answer.status.reason_lossy(),
        detail: message,
        retry_after: answer.error.as_ref().and_then(crate::auth::Error::wait),
    };
    let page = view.page("error", answer.status.reason_lossy(), user.as_ref(), own);
    Told::Page(answer, page)
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

fn to_sign_in(request: &Request<'_>) -> Redirect {
    let wanted = LocalPath::parse(&request.uri().to_string());
    // A form that was sent cannot be sent again by following a link.
    let wanted = wanted.filter(|_| matches!(request.method(), Method::Get | Method::Head));
    let next = wanted.as_ref().map(LocalPath::as_str);
    Redirect::to(uri!(super::session::form(next = next)))
}

async fn session_user(request: &Request<'_>) -> Option<User> {
    match Verdict::<User>::of(request).await {
        Verdict::Session(found) => Some(found.account().as_ref().clone()),
        _ => None,
    }
}

impl<'r> Responder<'r, 'static> for Told {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Problem(answer) => answer.respond_to(request),
            Self::SignIn(redirect) => redirect.respond_to(request),
            Self::Page(answer, page) => {
                let mut response = page.respond_to(request)?;
                response.set_status(answer.status);
                if let Some(allow) = answer.allow() {
                    response.set_header(allow);
                }
                if let Some(seconds) = answer.error.and_then(|error| error.wait()) {
                    response.set_raw_header("Retry-After", seconds.to_string());
                }
                Ok(response)
            }
        }
    }
}
