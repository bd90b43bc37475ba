//! The id of a request, which its log lines, events and problems name. Imports nothing.

use std::fmt;

use rocket::Request;
use serde::{Serialize, Serializer};

/// The id of a request: 1 to 64 letters, digits and `-_.:=+/`. The library makes none: a request
/// fairing of the application [sets](Self::set) it, and every [`Event`](crate::events::Event),
/// [`Problem`](crate::Problem) and logged error then has it.
///
/// ```
/// use vestibule::events::RequestId;
///
/// assert_eq!(RequestId::parse("7f3c-1").unwrap().as_str(), "7f3c-1");
/// assert!(RequestId::parse("two words").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    text: [u8; Self::MAX_BYTES],
    length: usize,
}

/// The entry in Rocket's request cache, which keeps the first value.
struct Cached(Option<RequestId>);

impl RequestId {
    /// The longest id.
    pub const MAX_BYTES: usize = 64;

    /// Parses an id; `None` if it is empty, too long or has another character.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(&byte);
        if id.is_empty() || !id.bytes().all(is_allowed) {
            return None;
        }
        let mut text = [0; Self::MAX_BYTES];
        text.get_mut(..id.len())?.copy_from_slice(id.as_bytes());
        Some(Self { text, length: id.len() })
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..self.length).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// Sets the id of a request. Does nothing after an earlier `set` or [`of`](Self::of): call it in
    /// the first request fairing.
    pub fn set(self, request: &Request<'_>) {
        request.local_cache(|| Cached(Some(self)));
    }

    /// Returns the id of a request, if the application has set one.
    #[must_use]
    pub fn of<'r>(request: &'r Request<'_>) -> Option<&'r Self> {
        request.local_cache(|| Cached(None)).0.as_ref()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_of_proxies_are_read_and_what_a_log_or_header_could_misread_is_not() {
        let longest = "x".repeat(RequestId::MAX_BYTES);
        for good in ["1", "0c7b9e6a-90a5-4f6e", "Root=1-67891233-abcdef", "a.b_c:d+e/f", &longest] {
            assert_eq!(RequestId::parse(good).expect(good).as_str(), good);
        }
        for bad in ["", " ", "a b", "a\"b", "a\r\nb", "<b>", "ä", "a,b", &format!("{longest}x")] {
            assert_eq!(RequestId::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_the_text_that_was_parsed(text in any::<String>()) {
            if let Some(id) = RequestId::parse(&text) {
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }
}
