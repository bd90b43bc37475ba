//! Problem JSON for the errors of requests.

use rocket::http::{Header, Method, Status};
use rocket::outcome::Outcome;
use rocket::request::FromRequest;
use rocket::response::{self, Responder};
use rocket::{Catcher, Request};

use super::accept_language::{language_of, set_language};
use super::access_log::is_unparsed;
use super::request_id::ensure_id;
use super::unparsed::complete_unparsed;
use crate::languages::Language;
use crate::settings::Settings;
use vestibule::config::Location;
use vestibule::{Auth, Error, ErrorKind, Problem, Tokens};

/// The response to a failed request: Problem JSON, unless a page replaces it.
pub struct ErrorResponse {
    /// The error; `None` for a status without an [`ErrorKind`].
    pub error: Option<Error>,
    /// The status.
    pub status: Status,
    /// The methods of the path, for a 405.
    allow: Vec<Method>,
}

/// Returns the response to a failed request: with the error that a guard or handler remembered if
/// it has this status, 405 instead of 404 if the path takes another method, and 400
/// `malformed_request` for a request that Rocket could not parse.
#[must_use]
pub fn error_response(status: Status, request: &Request<'_>) -> ErrorResponse {
    if is_unparsed(request) {
        ensure_id(request);
        let error = Error::new(ErrorKind::MalformedRequest);
        return ErrorResponse {
            status: error.kind().status(),
            error: Some(error),
            allow: Vec::new(),
        };
    }
    let remembered = Error::of(status, request);
    if status == Status::NotFound && remembered.is_none() {
        let allow = Auth::methods_at(request, request.uri().path().as_str());
        if !allow.is_empty() && !allow.contains(&request.method()) {
            let error = Some(Error::new(ErrorKind::MethodNotAllowed));
            return ErrorResponse { error, status: Status::MethodNotAllowed, allow };
        }
    }
    let error = remembered.or_else(|| ErrorKind::of(status).map(Error::new));
    ErrorResponse { error, status, allow: Vec::new() }
}

impl ErrorResponse {
    /// Returns the header `Allow` of a 405.
    #[must_use]
    pub fn allow(&self) -> Option<Header<'static>> {
        let names: Vec<_> = self.allow.iter().map(|method| method.as_str()).collect();
        (!names.is_empty()).then(|| Header::new("Allow", names.join(", ")))
    }
}

impl<'r> Responder<'r, 'static> for ErrorResponse {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let allow = self.allow();
        let language = language_of(request);
        let mut problem = match (self.error, language) {
            (Some(error), Some(language)) => translated(error, language).into(),
            (Some(error), None) => error.into(),
            (None, _) => Problem::from(self.status),
        };
        if let Some(language) = language {
            problem = problem.title(language.sentence(self.status.reason_lossy()).into_owned());
        }
        let mut response = problem.respond_to(request)?;
        if let Some(language) = language {
            set_language(&mut response, language.tag().as_str(), true);
        }
        if let Some(allow) = allow {
            response.set_header(allow);
        }
        complete_unparsed(request, &mut response);
        Ok(response)
    }
}

/// Returns an error with its sentences in another language than English.
fn translated(error: Error, language: &Language) -> Error {
    if language.is_english() {
        return error;
    }
    let sentence = |text: &str| language.sentence(text).into_owned();
    let mut said = Error::new(error.kind()).detail(sentence(error.message()));
    for (name, text) in error.fields() {
        said = said.field(name.to_owned(), sentence(text));
    }
    for (name, value) in error.members() {
        said = said.member(name, value.clone());
    }
    match error.wait() {
        Some(seconds) => said.retry_after(seconds),
        None => said,
    }
}

#[rocket::catch(default)]
async fn problem(status: Status, request: &Request<'_>) -> ErrorResponse {
    let response = error_response(status, request);
    if response.error.as_ref().is_some_and(|error| error.kind() == ErrorKind::TokenRevoked) {
        remove_dead_cookies(request).await;
    }
    response
}

/// Removes the cookies of tokens from a browser that signs out or refreshes after its sign-in has ended: no
/// script can remove those that are `HttpOnly`.
async fn remove_dead_cookies(request: &Request<'_>) {
    let path = request.uri().path();
    let Some(settings) = request.rocket().state::<Settings>() else { return };
    let names = &settings.auth.token.cookies;
    let is_sent =
        [&names.access, &names.refresh].iter().any(|name| request.cookies().get(name).is_some());
    if is_sent
        && ["/api/logout", "/api/refresh"].iter().any(|ending| path == *ending)
        && settings.auth.token.locations.contains(&Location::Cookies)
        && let Outcome::Success(tokens) = Tokens::from_request(request).await
    {
        tokens.unset_cookies();
    }
}

/// Returns the catcher that responds with Problem JSON.
#[must_use]
pub fn catchers() -> Vec<Catcher> {
    rocket::catchers![problem]
}
