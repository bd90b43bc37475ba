//! The cookies of a name in the `Cookie` header, as the client sent them.

use rocket::Request;
use rocket::http::Cookie;

/// How many cookies of one name are read: each is decrypted and compared with the others.
const MAX_NAMED: usize = 8;

/// Returns the first eight cookies of exactly this name, percent-decoded as Rocket does it, each
/// value once. Rocket's jar holds only one of them; without a `Cookie` header, as with its local
/// client, returns that one.
pub(crate) fn all_named(request: &Request<'_>, name: &str) -> Vec<Cookie<'static>> {
    let jar = request.cookies();
    let headers = request.headers();
    if !headers.contains("Cookie") {
        return jar.get(name).cloned().into_iter().collect();
    }
    let pairs = headers.get("Cookie").flat_map(|header| header.split(';'));
    let named = pairs.filter(|pair| {
        // Rocket trims all white space, and decodes a `%` in a name, which could disguise a prefix.
        pair.split_once('=').is_some_and(|(raw, _)| raw.trim_matches([' ', '\t']) == name)
    });
    let mut all: Vec<Cookie<'static>> = Vec::new();
    let named = named.take(MAX_NAMED);
    for cookie in named.filter_map(|pair| Cookie::parse_encoded(pair.trim().to_owned()).ok()) {
        if !all.iter().any(|known| known.value() == cookie.value()) {
            all.push(cookie);
        }
    }
    all
}

/// Counts the cookies that Rocket takes for the one of this name, and returns whether all of them
/// have exactly this name. Rocket's parser trims all white space and decodes percent signs, which
/// can disguise a prefix such as `__Host-`.
pub(crate) fn count_named(request: &Request<'_>, name: &str) -> (usize, bool) {
    let headers = request.headers().get("Cookie");
    let pairs = headers.flat_map(|header| header.split(';'));
    let raw_names = pairs.filter_map(|pair| {
        let raw = pair.split_once('=')?.0;
        let parsed = || Cookie::parse_encoded(pair.trim()).is_ok_and(|found| found.name() == name);
        // Only a name with a percent sign is another one once it is decoded.
        (raw.trim() == name || raw.contains('%') && parsed()).then_some(raw)
    });
    raw_names.fold((0, true), |(count, exact), raw| {
        (count + 1, exact && raw.trim_matches([' ', '\t']) == name)
    })
}
