//! JSON objects without duplicate names (RFC 7519, section 4): serde alone keeps the last of two,
//! and accepts an array for a struct. Imports `error`.

use std::fmt;

use rocket::Request;
use rocket::data::{Data, Limits};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
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
                        return Err(de::Error::custom("a name appears twice"));
                    }
                }
                Ok(Object(object))
            }
        }

        from.deserialize_map(ObjectVisitor)
    }
}

/// Reads a JSON object without duplicate names from the body, within Rocket's limit `json`.
///
/// # Errors
/// 415 `unsupported_media_type` unless the body is `application/json`, 413 `too_large`, 400
/// `malformed_body` for anything but such an object.
pub async fn read_json_object(
    request: &Request<'_>,
    data: Data<'_>,
) -> Result<Map<String, Value>, Error> {
    if !is_json(request) {
        return Err(ErrorKind::UnsupportedMediaType.into());
    }
    let limit = request.limits().get("json").unwrap_or(Limits::JSON);
    let bytes = data.open(limit).into_bytes().await;
    // Not logged: the client hung up.
    let bytes = bytes.map_err(|_| Error::new(ErrorKind::MalformedBody))?;
    if !bytes.is_complete() {
        return Err(ErrorKind::TooLarge.into());
    }
    serde_json::from_slice::<Object>(&bytes).map(|object| object.0).map_err(|_| {
        let detail = "The body must be a JSON object without duplicate names.";
        Error::new(ErrorKind::MalformedBody).detail(detail)
    })
}

/// Whether the request declares a JSON body.
pub(crate) fn is_json(request: &Request<'_>) -> bool {
    request.content_type().is_some_and(|kind| kind.is_json())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
