//! The parts of a database URL.

use rocket::http::RawStr;

/// Returns what follows the scheme, or an empty text if the URL has none.
pub(in crate::db) fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or("", |(_, rest)| rest)
}

/// Returns the last value of a query parameter, which is the one that libpq uses.
pub(super) fn parameter<'r>(rest: &'r str, name: &str) -> Option<&'r str> {
    let (_, query) = rest.split_once('?')?;
    let mut pairs = query.rsplit('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Decodes percent escapes.
pub(super) fn decoded(text: &str) -> String {
    RawStr::new(text).percent_decode_lossy().into_owned()
}
