//! A JSON object without duplicate names (RFC 7519, section 4): serde alone takes the last
//! of two, and takes an array for a struct.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// An object whose names are all different.
#[derive(Debug)]
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object without duplicate names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Object, A::Error> {
                let mut object = Map::new();
                while let Some(name) = from.next_key::<String>()? {
                    let value = from.next_value()?;
                    if object.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name appears twice"));
                    }
                }
                Ok(Object(object))
            }
        }

        from.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_with_different_names_are_read() {
        let read = |text: &str| serde_json::from_str::<Object>(text).is_ok();
        assert!(read(r#"{"sub":"1","role":"user"}"#));
        for wrong in
            [r#"{"a":1,"a":1}"#, r#"{"sub":"1","s\u0075b":"2"}"#, "[1]", "1", "null", "\"a\"", ""]
        {
            assert!(!read(wrong), "{wrong}");
        }
    }
}
