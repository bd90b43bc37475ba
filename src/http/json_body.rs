//! A JSON body as named fields: every fault is named, and nothing unknown gets in.

use std::borrow::Cow;
use std::fmt;

use rocket::data::{Data, FromData, Outcome};
use rocket::outcome::Outcome::{Error as Failed, Success};
use rocket::request::Request;
use serde_json::{Map, Value};
use vestibule::guards::read_json_object;
use vestibule::{Error, ErrorKind};

/// Data guard: the fields of a JSON object, to be taken out by name. Names appear once, and
/// what nobody takes out is refused.
///
/// Without it: 415 `unsupported_media_type` unless the body is `application/json`, 413
/// `too_large` beyond Rocket's limit `json`, 400 `malformed_body` for anything but an object.
/// [`finish`](Self::finish) answers 422 `invalid_field` and names every field at fault.
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
///         body.fault("title", "A title has at most 80 characters.");
///     }
///     body.finish()?;
///     Ok(format!("{title}: {}", note.unwrap_or_default()))
/// }
/// ```
pub struct JsonBody {
    fields: Map<String, Value>,
    faults: Vec<(String, Cow<'static, str>)>,
}

// By hand: a field may hold a password.
impl fmt::Debug for JsonBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonBody").field("fields", &self.fields.len()).finish_non_exhaustive()
    }
}

impl JsonBody {
    /// A text that must be there; empty, and a fault, where it is not.
    pub fn text(&mut self, name: &str) -> String {
        let faults = self.faults.len();
        match self.optional_text(name) {
            Some(text) => text,
            None => {
                if self.faults.len() == faults {
                    self.fault(name, "This field is required.");
                }
                String::new()
            }
        }
    }

    /// A text that may be absent or `null`.
    pub fn optional_text(&mut self, name: &str) -> Option<String> {
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
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        match self.fields.remove(name) {
            None => None,
            Some(Value::Bool(value)) => Some(value),
            Some(_) => {
                self.fault(name, "This field is true or false.");
                None
            }
        }
    }

    /// The value of a field as it came, for what the other methods cannot say; `None` where it
    /// is absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// Whether a field is there at all, be it `null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Notes that a field is not acceptable.
    pub fn fault(&mut self, name: &str, message: impl Into<Cow<'static, str>>) {
        self.faults.push((name.to_owned(), message.into()));
    }

    /// Notes what another check found wrong with single fields.
    pub fn faults_of(&mut self, error: &Error) {
        let found = error.fields().map(|(name, text)| (name.to_owned(), text.to_owned().into()));
        self.faults.extend(found);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 422 `invalid_field` if any field was at fault or is left over.
    pub fn finish(self) -> Result<(), Error> {
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

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read_json_object(request, data).await {
            Ok(fields) => Success(Self { fields, faults: Vec::new() }),
            // Left on the request for the catchers.
            Err(error) => Failed((error.clone().remember(request), error)),
        }
    }
}
