//! The one error type of this crate: a kind for the client, a cause for the log.
//!
//! The lowest room; imports no other.

pub(crate) mod kind;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod request_errors;
pub(crate) mod token_error;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use rocket::Request;
use rocket::http::Status;
use rocket::response::{self, Responder};
use serde_json::{Map, Value};

use crate::error::request_errors::RequestErrors;
use crate::request_id::RequestId;

pub use kind::ErrorKind;
pub use token_error::{TokenError, TokenPart};

type Cause = Arc<dyn StdError + Send + Sync>;

/// What went wrong: a [`kind`](Error::kind) that clients may see and a
/// [`source`](StdError::source) that only the log may see.
///
/// As a responder it responds with the status of its kind *through the application's catchers*,
/// which call [`Error::of`] and render it. Errors of guards reach them in the same way.
///
/// ```
/// use vestibule::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::InvalidField).field("username", "Choose a user name.");
/// assert_eq!(error.kind().status().code, 422);
/// assert_eq!(error.kind().code(), "invalid_field");
/// ```
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    details: Option<Box<Details>>,
    source: Option<Cause>,
}

/// The rarely used fields, boxed so that a `Result` stays small.
#[derive(Clone, Default)]
struct Details {
    detail: Option<Cow<'static, str>>,
    fields: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    members: Map<String, Value>,
    retry_after: Option<u64>,
    token_error: Option<TokenError>,
    reason: Option<String>,
}

impl Error {
    /// Creates an error with the sentence of its kind.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, details: None, source: None }
    }

    /// Creates the error of a store that failed: 503 `unavailable`, never a 401; logs the cause.
    #[must_use]
    pub fn unavailable(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::Unavailable).caused_by(cause)
    }

    /// Creates the error of a bug: 500 `internal`; logs the cause.
    #[must_use]
    pub fn internal(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::Internal).caused_by(cause)
    }

    /// Creates the error of one bad field in a form or a JSON body: 422 `invalid_field`.
    #[must_use]
    pub fn invalid_field(
        name: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::InvalidField).field(name, message)
    }

    /// Replaces the sentence shown to people; it must not repeat what the client sent.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.details.get_or_insert_default().detail = Some(detail.into());
        self
    }

    /// Adds what is wrong with one named field.
    #[must_use]
    pub fn field(
        mut self,
        name: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.details.get_or_insert_default().fields.push((name.into(), message.into()));
        self
    }

    /// Adds a member to the problem JSON (RFC 9457, section 3.2): what a client needs to go on. Neither
    /// the log nor `Debug` shows it.
    ///
    /// ```
    /// use vestibule::{Error, ErrorKind, Problem};
    ///
    /// let error = Error::new(ErrorKind::SecondFactorRequired).member("methods", vec!["otp"]);
    /// let json = rocket::serde::json::to_value(Problem::from(error)).unwrap();
    /// assert_eq!(json["methods"][0], "otp");
    /// ```
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.details.get_or_insert_default().members.insert(name.into(), value.into());
        self
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.details.get_or_insert_default().retry_after = Some(seconds);
        self
    }

    /// Adds the cause, for the log only.
    #[must_use]
    pub fn caused_by(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(cause));
        self
    }

    /// Adds what exactly is wrong, for [`reason`](Self::reason); it must not contain a secret.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.details.get_or_insert_default().reason = Some(reason.into());
        self
    }

    /// The public part: status, code and title.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence shown to people.
    #[must_use]
    pub fn message(&self) -> &str {
        let own = self.details.as_ref().and_then(|details| details.detail.as_deref());
        own.unwrap_or_else(|| self.kind.detail())
    }

    /// Field names and what is wrong with each, in order; empty for most errors.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.details.as_ref().map_or(&[][..], |details| &details.fields);
        fields.iter().map(|(name, message)| (name.as_ref(), message.as_ref()))
    }

    /// Further members of the problem JSON; none for most errors.
    pub fn members(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.details.iter().flat_map(|details| &details.members)
    }

    /// Seconds to wait before a retry, if known.
    #[must_use]
    pub fn wait(&self) -> Option<u64> {
        let own = self.details.as_ref().and_then(|details| details.retry_after);
        own.or_else(|| self.kind.retry_after())
    }

    /// What exactly is wrong with the presented token, if the kind is `token_invalid` or
    /// `token_revoked`, or its CSRF claim is missing. Responses do not contain it.
    #[must_use]
    pub fn token_error(&self) -> Option<&TokenError> {
        self.details.as_ref().and_then(|details| details.token_error.as_ref())
    }

    /// What exactly is wrong, for the log: of a token as [`TokenError`] says, or as a guard or the
    /// application [said](Self::because). Responses contain it in the debug profile only, in
    /// `X-Vestibule-Refused`.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let details = self.details.as_ref()?;
        let of_token = || details.token_error.as_ref().map(ToString::to_string);
        details.reason.clone().or_else(of_token)
    }

    /// The error behind a response of this status, for the application's catchers: what a guard, a
    /// handler or this library left on the request. `None` if there is none.
    ///
    /// In a catcher, call it before you call a guard: what it returns stays the reason of the
    /// response, also for the challenge, `Retry-After` and the events.
    ///
    /// ```
    /// # #[macro_use] extern crate rocket;
    /// use rocket::Request;
    /// use rocket::http::Status;
    /// use vestibule::Error;
    ///
    /// #[catch(default)]
    /// fn draw(status: Status, request: &Request<'_>) -> String {
    ///     let error = Error::of(status, request);
    ///     error.map_or_else(|| status.to_string(), |error| error.message().to_owned())
    /// }
    /// ```
    ///
    /// [`Problem::of`](crate::Problem::of) does this for JSON.
    #[must_use]
    pub fn of(status: Status, request: &Request<'_>) -> Option<Self> {
        RequestErrors::reason(request, status)
    }

    /// Leaves this error for [`Error::of`] and returns its status; for guards of your own.
    pub fn remember(self, request: &Request<'_>) -> Status {
        self.log(request);
        let status = self.kind.status();
        RequestErrors::add(request, self);
        status
    }

    /// Adds what exactly is wrong with the token.
    pub(crate) fn with_token_error(mut self, error: TokenError) -> Self {
        self.details.get_or_insert_default().token_error = Some(error);
        self
    }

    /// Creates the error of a mistake in the application's code: 500 `internal`; logs `what`.
    pub(crate) fn misuse(what: impl Into<String>) -> Self {
        Self::internal(std::io::Error::other(what.into()))
    }

    /// Returns the chain of causes in one line, for the log.
    pub(crate) fn cause(&self) -> Option<String> {
        self.source.as_ref().map(chain)
    }

    fn log(&self, request: &Request<'_>) {
        if let Some(cause) = self.cause() {
            log::error!(
                target: "vestibule::auth",
                request_id = RequestId::of(request).map(RequestId::as_str);
                "{}: {cause}", self.kind.code()
            );
        }
    }
}

/// The chain of causes in one line.
fn chain(error: &Cause) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text.replace(['\r', '\n'], " ")
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

// For `?` on a database statement.
#[cfg(feature = "diesel")]
impl From<diesel::result::Error> for Error {
    fn from(cause: diesel::result::Error) -> Self {
        Self::unavailable(cause)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

// Rocket logs the `Debug` of a guard's error; a cause may hold a secret.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.kind.code()).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl<'r, 'o: 'r> Responder<'r, 'o> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'o> {
        self.log(request);
        let status = self.kind.status();
        RequestErrors::set_answer(request, self);
        Err(status)
    }
}

#[cfg(test)]
mod tests;
