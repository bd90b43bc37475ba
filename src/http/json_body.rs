//! A JSON body as named fields: reports all field errors at once and refuses unknown fields.

use std::borrow::Cow;
use std::fmt;

use rocket::data::{Data, FromData, Outcome};
use rocket::outcome::Outcome::{Error as Failed, Success};
use rocket::request::Request;
use serde_json::{Map, Value};
use vestibule::guards::read_json_object;
use vestibule::{Error, ErrorKind};

/// Data guard: the fields of a JSON object, each taken out by its name. A name that appears twice
/// is refused, and so is a field that the handler did not take out.
///
/// Refuses with 415 `unsupported_media_type` unless the body is `application/json`, or of a PATCH
/// `application/merge-patch+json`, 413 `too_large` beyond Rocket's limit `json`, 400 `malformed_body`
/// for anything but an object. [`finish`](Self::finish) returns 422 `invalid_field` with every rejected field.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::Error;
/// use vestibule_service::http::JsonBody;
///
/// #[post("/items", data = "<body>")]
/// fn make(mut body: JsonBody) -> Result<String, Error> {
///     let title = body.text("title");
///     let note = body.optional_text("note");
///     if title.len() > 80 {
///         body.add_error("title", "A title has at most 80 characters.");
///     }
///     body.finish()?;
///     Ok(format!("{title}: {}", note.unwrap_or_default()))
/// }
/// ```
pub struct JsonBody {
    fields: Map<String, Value>,
    errors: Vec<(String, Cow<'static, str>)>,
}

impl From<Map<String, Value>> for JsonBody {
    fn from(fields: Map<String, Value>) -> Self {
        Self { fields, errors: Vec::new() }
    }
}

// Without the values: a field may hold a password.
impl fmt::Debug for JsonBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonBody").field("fields", &self.fields.len()).finish_non_exhaustive()
    }
}

impl JsonBody {
    /// Takes a text; returns the empty text and adds an error if it is absent.
    pub fn text(&mut self, name: &str) -> String {
        let before = self.errors.len();
        match self.optional_text(name) {
            Some(text) => text,
            None => {
                if self.errors.len() == before {
                    self.add_error(name, "This field is required.");
                }
                String::new()
            }
        }
    }

    /// Takes a text that may be absent or `null`.
    pub fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.add_error(name, "This field is a text.");
                None
            }
        }
    }

    /// Takes a Boolean that may be absent; `null` is an error.
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        match self.fields.remove(name) {
            None => None,
            Some(Value::Bool(value)) => Some(value),
            Some(_) => {
                self.add_error(name, "This field is true or false.");
                None
            }
        }
    }

    /// Takes the value of a field as it is, for types without a method here; `None` if it is
    /// absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// Whether a field is present, `null` included.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Adds an error of a field.
    pub fn add_error(&mut self, name: &str, message: impl Into<Cow<'static, str>>) {
        self.errors.push((name.to_owned(), message.into()));
    }

    /// Adds the field errors of another check.
    pub fn add_errors_of(&mut self, error: &Error) {
        let found = error.fields().map(|(name, text)| (name.to_owned(), text.to_owned().into()));
        self.errors.extend(found);
    }

    /// Reports the errors.
    ///
    /// # Errors
    /// 422 `invalid_field` if a field has an error or was not taken out.
    pub fn finish(self) -> Result<(), Error> {
        // The names come from the client: only eight are sent back, each cut to 40 characters.
        let remaining = self.fields.into_iter().map(|(name, _)| name).take(8);
        let unknown = remaining
            .map(|name| (name.chars().take(40).collect(), "This field is unknown.".into()));
        let errors: Vec<(String, Cow<'static, str>)> =
            self.errors.into_iter().chain(unknown).collect();
        if errors.is_empty() {
            return Ok(());
        }
        let error = Error::new(ErrorKind::InvalidField);
        Err(errors.into_iter().fold(error, |error, (name, message)| error.field(name, message)))
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read_json_object(request, data).await {
            Ok(fields) => Success(fields.into()),
            // For the catchers.
            Err(error) => Failed((error.clone().remember(request), error)),
        }
    }
}
