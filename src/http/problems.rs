//! Problem JSON for the errors of requests.

use std::io::Cursor;

use rocket::http::{Header, Method, Status};
use rocket::response::{self, Responder};
use rocket::{Catcher, Request};
use serde_json::Value;

use super::accept_language::{language_of, set_language};
use super::access_log::is_unparsed;
use super::request_id::ensure_id;
use super::unparsed::complete_unparsed;
use crate::languages::Language;
use vestibule::events::RequestId;
use vestibule::{Auth, Error, ErrorKind, Problem};

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

/// Whether a route takes GET at this local path.
#[must_use]
pub fn is_page(request: &Request<'_>, path: &str) -> bool {
    Auth::methods_at(request, path).contains(&Method::Get)
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
        let mut response = match (self.error, language) {
            (Some(error), None) => Problem::from(error).respond_to(request)?,
            (None, None) => Problem::from(self.status).respond_to(request)?,
            (error, Some(language)) => {
                let problem = match error {
                    Some(error) => Problem::from(translated(error, language)),
                    None => Problem::from(self.status),
                };
                with_title(problem, self.status, language, request)?
            }
        };
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
    match error.wait() {
        Some(seconds) => said.retry_after(seconds),
        None => said,
    }
}

/// Returns the response of a problem with its title in a language.
fn with_title(
    problem: Problem,
    status: Status,
    language: &Language,
    request: &Request<'_>,
) -> response::Result<'static> {
    let json = serde_json::to_value(&problem);
    let mut response = problem.respond_to(request)?;
    if let (Ok(Value::Object(mut json)), false) = (json, language.is_english()) {
        let title = language.sentence(status.reason_lossy()).into_owned();
        json.insert("title".to_owned(), title.into());
        if let Some(id) = RequestId::of(request) {
            json.insert("request_id".to_owned(), id.as_str().into());
        }
        let body = Value::Object(json).to_string();
        response.set_sized_body(body.len(), Cursor::new(body));
    }
    set_language(&mut response, language.tag().as_str(), true);
    Ok(response)
}

#[rocket::catch(default)]
fn problem(status: Status, request: &Request<'_>) -> ErrorResponse {
    error_response(status, request)
}

/// Returns the catcher that responds with Problem JSON.
#[must_use]
pub fn catchers() -> Vec<Catcher> {
    rocket::catchers![problem]
}
