//! A value that never shows itself.

use std::fmt;

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// A secret of the configuration; prints and serialises as `[redacted]`.
///
/// ```
/// use vestibule::auth::Secret;
///
/// assert_eq!(format!("{:?}", Secret::from("battery staple")), "[redacted]");
/// ```
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself, for the key that is made of it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("[redacted]")
    }
}
