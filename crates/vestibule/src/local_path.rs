//! Redirect targets that stay on this site. Imports no other room.

use std::borrow::Cow;
use std::fmt;

use rocket::form::{self, FromFormField, ValueField};
use rocket::http::RawStr;
use rocket::http::uri::{Origin, Reference};
use rocket::response::Redirect;

/// Longest accepted path, in bytes.
const MAX_NEXT: usize = 2048;

/// A redirect target that cannot leave the site: a path with or without a query.
///
/// ```
/// use vestibule::LocalPath;
///
/// assert_eq!(LocalPath::parse("/dashboard?tab=2").unwrap().as_str(), "/dashboard?tab=2");
/// for elsewhere in ["//evil.example", "/\\evil.example", "https://evil.example", "dashboard"] {
///     assert!(LocalPath::parse(elsewhere).is_none());
/// }
/// ```
///
/// In a route it is a parameter `next: Option<LocalPath>` of the query or of a form; the default is `/`:
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::response::Redirect;
/// use vestibule::LocalPath;
///
/// #[post("/login?<next>")]
/// fn after_login(next: Option<LocalPath>) -> Redirect {
///     next.unwrap_or_default().redirect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Parses a path of this site: an origin-form URI of at most 2,048 bytes of printable ASCII
    /// without space and backslash, whose path has no `//`, backslash or control character even
    /// when percent-decoded. `None` otherwise.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_NEXT || !text.starts_with('/') || !text.bytes().all(is_plain) {
            return None;
        }
        let path = text.split(['?', '#']).next().unwrap_or(text);
        // A proxy that decodes or normalises paths must not see another host in it.
        let decoded = percent_decoded(path)?;
        if decoded.contains("//") || decoded.contains('\\') || decoded.chars().any(char::is_control)
        {
            return None;
        }
        let origin = Origin::parse(text).ok()?;
        Some(Self(origin.to_string()))
    }

    /// The path and query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A 303 to this path.
    #[must_use]
    pub fn redirect(self) -> Redirect {
        match Origin::parse_owned(self.0) {
            Ok(origin) => Redirect::to(Reference::from(origin)),
            // Cannot happen: it was parsed before.
            Err(_) => Redirect::to("/"),
        }
    }
}

impl Default for LocalPath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl<'v> FromFormField<'v> for LocalPath {
    fn from_value(field: ValueField<'v>) -> form::Result<'v, Self> {
        Self::parse(field.value)
            .ok_or_else(|| form::Error::validation("no path of this site").into())
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'\\'
}

fn percent_decoded(path: &str) -> Option<String> {
    // Twice, because some proxies decode once before they forward the rest.
    let once = RawStr::new(path).percent_decode().ok()?;
    RawStr::new(&once).percent_decode().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rocket::form::Form;

    #[test]
    fn only_paths_of_this_site_are_accepted() {
        for good in ["/", "/dashboard", "/a/b?c=d&e=%2F%2F", "/a%20b", "/caf%C3%A9", "/?next=//x"] {
            assert!(LocalPath::parse(good).is_some(), "{good:?}");
        }
        let without_space = "
            dashboard //evil.com ///evil.com ////evil.com /\\evil.com \\\\evil.com /%2Fevil.com
            /%2f%2fevil.com /%5Cevil.com /%252Fevil.com https://evil.com https:evil.com
            javascript:alert(1) data:text/html,x /%0d%0aSet-Cookie:a=b /%00 /é /a//b ?x #x";
        let others = ["", " /x", "/x ", "/\t/evil.com", "/x\r\nSet-Cookie: a=b", "/\u{2028}"];
        for bad in without_space.split_whitespace().chain(others) {
            assert!(LocalPath::parse(bad).is_none(), "{bad:?}");
        }
        for (length, is_short) in [(MAX_NEXT, true), (MAX_NEXT + 1, false)] {
            let path = format!("/{}", "a".repeat(length - 1));
            assert_eq!(LocalPath::parse(&path).is_some(), is_short, "{length}");
        }
    }

    #[test]
    fn a_form_takes_a_path_of_this_site_and_nothing_else() {
        type Next = Option<LocalPath>;
        let next = |form: &str| Form::<Next>::parse(form).expect("an option").unwrap_or_default();
        assert_eq!(next("=/dashboard").as_str(), "/dashboard");
        assert_eq!(next("=//evil.example").as_str(), "/");
        assert_eq!(next("").as_str(), "/");
    }

    proptest! {
        #[test]
        fn every_accepted_path_stays_on_the_site(text in "[/\\\\a-z%0-9.:?#@ \\t]{0,40}") {
            if let Some(path) = LocalPath::parse(&text) {
                prop_assert!(path.as_str().starts_with('/'));
                prop_assert!(!path.as_str().starts_with("//"));
                prop_assert!(!path.as_str().contains('\\'));
            }
        }
    }
}
