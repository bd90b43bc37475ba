//! Takes claims out of a claim set by name and JSON type.

use serde_json::{Map, Value};

use crate::config::Audience;
use crate::error::TokenError;

/// The first second after the year 9999.
const END_OF_TIME: i64 = 253_402_300_800;

/// A claim set that is being read. A missing claim is `None`; a wrong type is an error.
pub(super) struct Reader<'m>(pub(super) &'m mut Map<String, Value>);

impl Reader<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, TokenError> {
        self.take(name, |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, TokenError> {
        self.take(name, |value| value.as_bool())
    }

    /// A NumericDate or a counter. Fractions are refused: our tokens have none.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<i64>, TokenError> {
        self.take(name, |value| value.as_i64().filter(|number| (0..END_OF_TIME).contains(number)))
    }

    /// A NumericDate of another issuer; fractions (RFC 7519, section 2) are cut off.
    pub(super) fn date(&mut self, name: &str) -> Result<Option<i64>, TokenError> {
        self.take(name, |value| {
            let whole = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
            whole.filter(|seconds| (0..END_OF_TIME).contains(seconds))
        })
    }

    pub(super) fn audience(&mut self) -> Result<Option<Audience>, TokenError> {
        self.take("aud", Audience::of_claim)
    }

    /// The account's id. `strict` requires a string; otherwise a whole number is accepted too.
    pub(super) fn identity(&mut self, name: &str, strict: bool) -> Result<String, TokenError> {
        let identity = self.take(name, |value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) if !strict && !number.is_f64() => Some(number.to_string()),
            _ => None,
        })?;
        identity.filter(|text| !text.is_empty()).ok_or_else(|| TokenError::missing(name))
    }

    fn take<T>(
        &mut self,
        name: &str,
        read: impl Fn(Value) -> Option<T>,
    ) -> Result<Option<T>, TokenError> {
        let value = self.0.remove(name);
        value.map(|value| read(value).ok_or_else(|| TokenError::mistyped(name))).transpose()
    }
}
