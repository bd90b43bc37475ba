//! JSON objects without duplicate names (RFC 7519, section 4): serde alone keeps the last of two,
//! and accepts an array for a struct. Imports `error`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rocket::Request;
use rocket::data::{Data, Limits};
use rocket::http::{ContentType, Method};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};

/// A JSON object without duplicate names.
#[derive(Debug)]
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object without duplicate names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Object, A::Error> {
                let mut object = Map::new();
                while let Some(name) = from.next_key::<String>()? {
                    let value = from.next_value()?;
                    if object.insert(name, value).is_some() {
                        return Err(de::Error::custom(TWICE));
                    }
                }
                Ok(Object(object))
            }
        }

        from.deserialize_map(ObjectVisitor)
    }
}

/// How many bytes Rocket reads before any guard: those of its longest override of a method.
const PEEKED: usize = "_method=delete".len();

/// The error of a name that appears twice.
const TWICE: &str = "a name appears twice";

/// Reads a JSON object without duplicate names from the body, within Rocket's limit `json`.
///
/// # Errors
/// 415 `unsupported_media_type` unless the body is `application/json`, or of a PATCH
/// `application/merge-patch+json`, without a content coding, 413 `too_large`, 400 `malformed_body` for
/// anything but such an object, with a sentence of its own for each cause.
pub async fn read_json_object(
    request: &Request<'_>,
    mut data: Data<'_>,
) -> Result<Map<String, Value>, Error> {
    if !is_json(request) {
        return Err(ErrorKind::UnsupportedMediaType.into());
    }
    if is_encoded(request) {
        let detail = "Send the body without a Content-Encoding.";
        return Err(Error::new(ErrorKind::UnsupportedMediaType).detail(detail));
    }
    // Neither whole nor so long: reading it failed, and Rocket takes what came for all of it.
    if !data.peek_complete() && data.peek(PEEKED).await.len() < PEEKED {
        return Err(ErrorKind::MalformedBody.into());
    }
    let limit = request.limits().get("json").unwrap_or(Limits::JSON);
    let bytes = data.open(limit).into_bytes().await;
    // Not logged: the client hung up.
    let bytes = bytes.map_err(|_| Error::new(ErrorKind::MalformedBody))?;
    if !bytes.is_complete() {
        return Err(ErrorKind::TooLarge.into());
    }
    parse_object(&bytes).map_err(|detail| Error::new(ErrorKind::MalformedBody).detail(detail))
}

/// Parses an object as a type of the application; 422 `invalid_field`, which repeats no value.
pub(crate) fn parse_as<T: DeserializeOwned>(object: &Map<String, Value>) -> Result<T, Error> {
    T::deserialize(object).map_err(|error| {
        // The name is that of a field of the type.
        let text = error.to_string();
        let rest = text.strip_prefix("missing field `");
        match rest.and_then(|rest| rest.split_once('`')) {
            Some((name, _)) => Error::invalid_field(name.to_owned(), "This field is required."),
            None => ErrorKind::InvalidField.into(),
        }
    })
}

/// Parses an object; or returns a sentence for the client, which repeats nothing of the body.
fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, Cow<'static, str>> {
    if bytes.is_empty() {
        return Err("The body is empty; it must be a JSON object.".into());
    }
    let text = str::from_utf8(bytes).map_err(|_| "The body is not UTF-8.")?;
    serde_json::from_str::<Object>(text).map(|object| object.0).map_err(|error| {
        // serde_json has no other way to tell these three apart from other errors.
        let cause = error.to_string();
        let sentence = match error.classify() {
            _ if cause.starts_with("recursion limit exceeded") => "The body is nested too deeply.",
            Category::Data if cause.starts_with(TWICE) => "The body has a name twice.",
            Category::Data => "The body must be a JSON object.",
            _ if cause.starts_with("number out of range") => {
                "The body holds a number that is too large."
            }
            Category::Eof => "The body ends before its JSON does.",
            Category::Syntax | Category::Io => {
                let (line, column) = (error.line(), error.column());
                return format!("The body is not JSON (line {line}, column {column}).").into();
            }
        };
        sentence.into()
    })
}

/// Whether the request declares a JSON body; that of a PATCH may be a merge patch (RFC 7396).
pub(crate) fn is_json(request: &Request<'_>) -> bool {
    let is_merge_patch = |kind: &ContentType| {
        request.method() == Method::Patch
            && kind.top() == "application"
            && kind.sub() == "merge-patch+json"
    };
    match request.content_type() {
        Some(kind) => kind.is_json() || is_merge_patch(kind),
        None => request.headers().get_one("Content-Type").is_some_and(is_json_without_empty),
    }
}

/// Whether a media type is JSON once its empty parameters are gone, which HTTP allows and Rocket
/// does not: `application/json;` (RFC 9110, section 5.6.6).
fn is_json_without_empty(field: &str) -> bool {
    let parts = field.split(';').map(|part| part.trim_matches([' ', '\t']));
    let mut parts = parts.enumerate().filter(|(at, part)| *at == 0 || !part.is_empty());
    let mut whole = parts.next().map_or("", |(_, kind)| kind).to_owned();
    for (_, parameter) in parts {
        whole = whole + "; " + parameter;
    }
    ContentType::from_str(&whole).is_ok_and(|kind| kind.is_json())
}

/// Whether the body is compressed.
fn is_encoded(request: &Request<'_>) -> bool {
    let codings = request.headers().get("Content-Encoding").flat_map(|field| field.split(','));
    let mut codings = codings.map(str::trim).filter(|coding| !coding.is_empty());
    codings.any(|coding| !coding.eq_ignore_ascii_case("identity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_objects_without_duplicate_names_are_read() {
        let read = |text: &str| serde_json::from_str::<Object>(text).is_ok();
        assert!(read(r#"{"sub":"1","role":"user"}"#));
        for wrong in
            [r#"{"a":1,"a":1}"#, r#"{"sub":"1","s\u0075b":"2"}"#, "[1]", "1", "null", "\"a\"", ""]
        {
            assert!(!read(wrong), "{wrong}");
        }
    }

    #[test]
    fn each_broken_body_has_its_sentence() {
        let deep = format!("{{\"a\":{}", "[".repeat(1000));
        for (body, sentence) in [
            (&b""[..], "The body is empty; it must be a JSON object."),
            (b"{\"a\":\"\xff\"}", "The body is not UTF-8."),
            (br#"{"secret":1,"secret":2}"#, "The body has a name twice."),
            (b"[]", "The body must be a JSON object."),
            (b"\"secret\"", "The body must be a JSON object."),
            (b"{\"secret\":", "The body ends before its JSON does."),
            (b"{\n\"secret\":x}", "The body is not JSON (line 2, column 10)."),
            (b"{} x", "The body is not JSON (line 1, column 4)."),
            (b"{\"a\":1e400}", "The body holds a number that is too large."),
            (deep.as_bytes(), "The body is nested too deeply."),
        ] {
            assert_eq!(parse_object(body).expect_err("broken"), sentence);
        }
    }

    #[test]
    fn empty_parameters_are_no_reason_to_refuse_a_media_type() {
        for json in [
            "application/json",
            "application/json;",
            "APPLICATION/JSON ; ",
            "application/json;;",
            "application/json; ; charset=utf-8;",
        ] {
            assert!(is_json_without_empty(json), "{json}");
        }
        for other in
            ["", ";", ";application/json", "application/json;x", "application/jsonp;", "text/json;"]
        {
            assert!(!is_json_without_empty(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_sentence_repeats_nothing_of_the_body(body in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Err(sentence) = parse_object(&body) {
                let plain: String = sentence.chars().filter(|c| !c.is_ascii_digit()).collect();
                prop_assert!(sentence.len() < 80 && plain.starts_with("The body "));
            }
            let field = String::from_utf8_lossy(&body);
            is_json_without_empty(&field);
        }
    }
}
