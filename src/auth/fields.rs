//! Header fields, found by passing all of them: a request and an answer have few, and Rocket
//! hashes a name letter by letter to look it up.

use std::borrow::Cow;

use rocket::http::HeaderMap;

/// The values of the header fields of this name, in any case, in their order.
pub(crate) fn fields<'h>(
    headers: &'h HeaderMap<'_>,
    name: &'h str,
) -> impl Iterator<Item = Cow<'h, str>> {
    headers.iter().filter(move |header| header.name() == name).map(|header| header.value)
}
