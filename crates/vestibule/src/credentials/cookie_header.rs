//! The raw names in a `Cookie` header.

use rocket::Request;
use rocket::http::Cookie;

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
