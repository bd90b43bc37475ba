//! The audience of a token: one name or several.

use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `aud`: one name or several (RFC 7519, section 4.1.3). Tokens carry it in the configured form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Audience {
    /// One name; the empty one means no audience.
    One(String),
    /// A list of names.
    Several(Vec<String>),
}

impl Audience {
    /// All names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) if name.is_empty() => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    /// Whether there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names().is_empty()
    }

    /// Whether a name is in both audiences.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.names().iter().any(|name| other.names().contains(name))
    }

    /// Reads the claim; `None` for a value of another type.
    pub(crate) fn of_claim(value: Value) -> Option<Self> {
        serde_json::from_value(value).ok()
    }

    /// The value of the claim.
    pub(crate) fn to_claim(&self) -> Value {
        match self {
            Self::One(name) => name.as_str().into(),
            Self::Several(names) => names.as_slice().into(),
        }
    }
}

impl From<&str> for Audience {
    fn from(name: &str) -> Self {
        Self::One(name.to_owned())
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AudienceVisitor;

        impl<'de> Visitor<'de> for AudienceVisitor {
            type Value = Audience;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Audience, E> {
                Ok(Audience::from(name))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Audience, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = from.next_element()? {
                    names.push(name);
                }
                Ok(Audience::Several(names))
            }
        }

        from.deserialize_any(AudienceVisitor)
    }
}
