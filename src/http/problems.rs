//! Problem JSON for every failure that a program meets.

use rocket::http::{Header, Method, Status};
use rocket::response::{self, Responder};
use rocket::{Catcher, Request};

use super::allow;
use vestibule::{Error, ErrorKind, Problem};

/// What a failure comes down to: the error, and the methods that the path does take.
pub struct Answer {
    /// The error to draw; `None` for a status without one of ours.
    pub error: Option<Error>,
    /// The status to answer with.
    pub status: Status,
    allow: Vec<Method>,
}

/// Settles what to answer: the error that was left on the request if it fits the status, and
/// 405 instead of 404 where the path takes another method.
#[must_use]
pub fn answer(status: Status, request: &Request<'_>) -> Answer {
    let left = Error::of(status, request);
    if status == Status::NotFound && left.is_none() {
        let allow = allow::methods(request);
        if !allow.is_empty() && !allow.contains(&request.method()) {
            let error = Some(Error::new(ErrorKind::MethodNotAllowed));
            return Answer { error, status: Status::MethodNotAllowed, allow };
        }
    }
    let error = left.or_else(|| ErrorKind::of(status).map(Error::new));
    Answer { error, status, allow: Vec::new() }
}

impl Answer {
    /// The value of `Allow`, for a 405.
    #[must_use]
    pub fn allow(&self) -> Option<Header<'static>> {
        let names: Vec<_> = self.allow.iter().map(|method| method.as_str()).collect();
        (!names.is_empty()).then(|| Header::new("Allow", names.join(", ")))
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let allow = self.allow();
        let problem = match self.error {
            Some(error) => Problem::from(error),
            None => Problem::from(self.status),
        };
        let mut response = problem.respond_to(request)?;
        if let Some(allow) = allow {
            response.set_header(allow);
        }
        Ok(response)
    }
}

#[rocket::catch(default)]
fn problem(status: Status, request: &Request<'_>) -> Answer {
    answer(status, request)
}

/// The catcher that answers with Problem JSON.
#[must_use]
pub fn catchers() -> Vec<Catcher> {
    rocket::catchers![problem]
}
