//! A JSON body as named fields: every fault is named, and nothing unknown gets in.

use std::borrow::Cow;

use rocket::data::{Data, FromData, Outcome};
use rocket::http::Status;
use rocket::outcome::Outcome::{Error as Failed, Success};
use rocket::request::Request;
use serde_json::{Map, Value};

use crate::auth::json::Object;
use crate::auth::{Error, ErrorKind};

/// The fields of a JSON object, to be taken out by name.
///
/// Data guard; without it: 415 `unsupported_media_type`, 413 `too_large`, 400
/// `malformed_body`.
pub(super) struct Body {
    fields: Map<String, Value>,
    faults: Vec<(String, Cow<'static, str>)>,
}

impl Body {
    /// A text that must be there.
    pub(super) fn text(&mut self, name: &'static str) -> String {
        match self.optional_text(name) {
            Some(text) => text,
            None => {
                if !self.faults.iter().any(|(faulty, _)| faulty == name) {
                    self.fault(name, "This field is required.");
                }
                String::new()
            }
        }
    }

    /// A text that may be absent or `null`.
    pub(super) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.fault(name, "This field is a text.");
                None
            }
        }
    }

    /// A truth value that may be absent; `null` is no truth value.
    pub(super) fn optional_bool(&mut self, name: &'static str) -> Option<bool> {
        match self.fields.remove(name) {
            None => None,
            Some(Value::Bool(value)) => Some(value),
            Some(_) => {
                self.fault(name, "This field is true or false.");
                None
            }
        }
    }

    /// Whether a field is there at all, be it `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Notes that a field is not acceptable.
    pub(super) fn fault(&mut self, name: &str, message: &'static str) {
        self.faults.push((name.to_owned(), message.into()));
    }

    /// Notes what another check found wrong with single fields.
    pub(super) fn faults_of(&mut self, error: &Error) {
        let found = error.fields().map(|(name, text)| (name.to_owned(), text.to_owned().into()));
        self.faults.extend(found);
    }

    /// 422 `invalid_field` if any field was at fault or is left over.
    pub(super) fn finish(self) -> Result<(), Error> {
        // Names come from the client: a long one is not sent back.
        let left = self.fields.into_iter().map(|(name, _)| name).take(8);
        let unknown =
            left.map(|name| (name.chars().take(40).collect(), "This field is unknown.".into()));
        let faults: Vec<(String, Cow<'static, str>)> =
            self.faults.into_iter().chain(unknown).collect();
        if faults.is_empty() {
            return Ok(());
        }
        let error = Error::new(ErrorKind::InvalidField);
        Err(faults.into_iter().fold(error, |error, (name, message)| error.field(name, message)))
    }
}

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Body, Error> {
    if !request.content_type().is_some_and(|kind| kind.is_json()) {
        return Err(ErrorKind::UnsupportedMediaType.into());
    }
    let limit = request.limits().get("json").unwrap_or(rocket::data::Limits::JSON);
    let bytes = data.open(limit).into_bytes().await;
    // A client that hangs up is no event for the log.
    let bytes = bytes.map_err(|_| Error::new(ErrorKind::MalformedBody))?;
    if !bytes.is_complete() {
        return Err(ErrorKind::TooLarge.into());
    }
    match serde_json::from_slice::<Object>(&bytes) {
        Ok(object) => Ok(Body { fields: object.0, faults: Vec::new() }),
        Err(_) => {
            let detail = "The body must be a JSON object without duplicate names.";
            Err(Error::new(ErrorKind::MalformedBody).detail(detail))
        }
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Body {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data).await {
            Ok(body) => Success(body),
            Err(error) => {
                let status: Status = error.clone().remember(request);
                Failed((status, error))
            }
        }
    }
}
