//! The header `Accept-Language` (RFC 9110, section 12.5.4), matched by look-up (RFC 4647, section 3.4).

use std::borrow::Cow;
use std::sync::Arc;

use rocket::Request;

use super::Language;

/// The most ranges of a header that are read; browsers send a handful.
const MAX_RANGES: usize = 32;

/// Returns the header `Accept-Language`; its lines, if there are several, are one list.
#[must_use]
pub fn accept_language<'r>(request: &'r Request<'_>) -> Option<Cow<'r, str>> {
    let mut lines = request.headers().get("Accept-Language");
    let first = lines.next()?;
    Some(match lines.next() {
        None => first.into(),
        Some(second) => {
            let all: Vec<&str> = [first, second].into_iter().chain(lines).collect();
            all.join(",").into()
        }
    })
}

/// Returns the language that a header prefers; `None` if it names none of them.
pub(super) fn choose<'l>(
    languages: &'l [Arc<Language>],
    header: &str,
) -> Option<&'l Arc<Language>> {
    let mut ranges: Vec<(&str, u16)> =
        header.split(',').take(MAX_RANGES).filter_map(range).collect();
    // Stable: of equal weight, the first one counts.
    ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    let is_refused = |language: &Language| {
        let mut refused = ranges.iter().filter(|(_, weight)| *weight == 0);
        refused.any(|(range, _)| language.tag().as_str().eq_ignore_ascii_case(range))
    };
    let find = |range: &str| -> Option<&'l Arc<Language>> {
        if range == "*" {
            return languages.iter().find(|found| !is_refused(found));
        }
        let named = |wanted: &str| {
            languages.iter().find(|found| found.tag().as_str().eq_ignore_ascii_case(wanted))
        };
        let mut wanted = range;
        loop {
            if let Some(found) = named(wanted) {
                return Some(found);
            }
            let Some((shorter, _)) = wanted.rsplit_once('-') else { break };
            wanted = shorter;
        }
        // `pt` is content with `pt-BR`.
        let of_language = |found: &&Arc<Language>| {
            let primary = found.tag().as_str().split('-').next().unwrap_or_default().to_owned();
            primary.eq_ignore_ascii_case(wanted)
        };
        languages.iter().find(of_language)
    };
    let wanted = ranges.iter().filter(|(_, weight)| *weight > 0);
    wanted.filter_map(|(range, _)| find(range)).find(|found| !is_refused(found))
}

/// Parses a range and its weight, in thousandths. One that is not well-formed is ignored.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    if !range.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'*') {
        return None;
    }
    match parts.next() {
        None => Some((range, 1000)),
        Some(weight) => {
            let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
            let value: f32 = value.parse().ok().filter(|value| (0.0..=1.0).contains(value))?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 1000"
            )]
            Some((range, (value * 1000.0) as u16))
        }
    }
}
