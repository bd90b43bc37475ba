//! Problem JSON (RFC 9457): errors for programs.

use rocket::Request;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::io::Cursor;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::request_id::RequestId;

/// The members of every problem, which an error cannot replace.
const OWN_MEMBERS: [&str; 6] = ["title", "status", "code", "detail", "fields", "request_id"];

/// An `application/problem+json` response with `title`, `status`, `code` and `detail`, and with
/// `fields` if single fields are bad, and the error's own [members](Error::member); with `request_id` if the request has a [`RequestId`].
///
/// ```
/// use vestibule::{Error, ErrorKind, Problem};
///
/// let problem = Problem::from(Error::new(ErrorKind::TokenExpired));
/// let json = rocket::serde::json::to_value(&problem).unwrap();
/// assert_eq!(json["code"], "token_expired");
/// assert_eq!(json["status"], 401);
/// ```
#[derive(Debug, Serialize)]
pub struct Problem {
    title: Cow<'static, str>,
    status: u16,
    code: String,
    detail: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
    #[serde(flatten)]
    members: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// The response of a catcher: that of [`Error::of`], or else of the bare status.
    ///
    /// ```
    /// # #[macro_use] extern crate rocket;
    /// use rocket::{Request, http::Status};
    /// use vestibule::Problem;
    ///
    /// #[catch(default)]
    /// fn draw(status: Status, request: &Request<'_>) -> Problem {
    ///     Problem::of(status, request)
    /// }
    /// ```
    #[must_use]
    pub fn of(status: Status, request: &Request<'_>) -> Self {
        Error::of(status, request).map_or_else(|| status.into(), Self::from)
    }

    /// Sets `title`, for example in another language; the default is the reason phrase of the status.
    ///
    /// ```
    /// use vestibule::{Error, ErrorKind, Problem};
    ///
    /// let problem = Problem::from(Error::new(ErrorKind::NotFound)).title("Nicht gefunden");
    /// assert_eq!(rocket::serde::json::to_value(&problem).unwrap()["title"], "Nicht gefunden");
    /// ```
    #[must_use]
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.title = title.into();
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self {
            title: error.kind().title().into(),
            status: error.kind().status().code,
            code: error.kind().code().to_owned(),
            detail: error.message().to_owned(),
            fields: error.fields().map(|(name, text)| (name.to_owned(), text.into())).collect(),
            members: error
                .members()
                .filter(|(name, _)| !OWN_MEMBERS.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            request_id: None,
            retry_after: error.wait(),
        }
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        let mut problem =
            Self::from(Error::new(ErrorKind::of(status).unwrap_or(ErrorKind::Internal)));
        if problem.status != status.code {
            problem.title = status.reason_lossy().into();
            problem.status = status.code;
            problem.code = problem.title.to_ascii_lowercase().replace([' ', '-', '\''], "_");
            problem.detail = format!("{}.", problem.title);
        }
        problem
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(mut self, request: &'r Request<'_>) -> response::Result<'static> {
        self.request_id = RequestId::of(request).copied();
        let body = serde_json::to_vec(&self).map_err(|_| Status::InternalServerError)?;
        let mut response = Response::build();
        response
            .status(Status::new(self.status))
            .header(ContentType::new("application", "problem+json"))
            .sized_body(body.len(), Cursor::new(body));
        if let Some(seconds) = self.retry_after {
            response.raw_header("Retry-After", seconds.to_string());
        }
        response.ok()
    }
}
