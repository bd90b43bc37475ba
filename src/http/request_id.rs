//! The id of a request: from a trusted proxy, or made here.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rocket::Request;
use vestibule::events::RequestId;

/// The header of the id, in requests of a trusted proxy and in every response.
pub(super) const ID_HEADER: &str = "X-Request-Id";

/// The header of W3C Trace Context.
const TRACE_HEADER: &str = "traceparent";

/// Random, so that the ids of two processes or starts differ.
static RANDOM: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Makes an id of 16 hexadecimal digits. A keyed hash of a counter costs no system call.
fn new_id() -> Option<RequestId> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let hash = RANDOM.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    let mut digits = [0; 16];
    for (digit, shift) in digits.iter_mut().zip((0..16).rev()) {
        *digit = b"0123456789abcdef"[usize::from((hash >> (4 * shift)) as u8 & 0xf)];
    }
    RequestId::parse(std::str::from_utf8(&digits).ok()?)
}

/// Gives a request an id of our own, unless it has one.
pub(super) fn ensure_id(request: &Request<'_>) {
    if let Some(id) = new_id() {
        id.set(request);
    }
}

/// Gives a request the id that its proxy sent: `X-Request-Id`, or else the trace id of
/// `traceparent`. A header that is malformed or repeated counts as absent.
pub(super) fn adopt_id(request: &Request<'_>) {
    let single = |name| {
        let mut values = request.headers().get(name);
        values.next().filter(|_| values.next().is_none())
    };
    let id = single(ID_HEADER).and_then(RequestId::parse);
    let id = id.or_else(|| single(TRACE_HEADER).and_then(trace_id).and_then(RequestId::parse));
    if let Some(id) = id {
        id.set(request);
    }
}

/// Returns the trace id of a `traceparent`, `00-<32 digits>-<16 digits>-<2 digits>`; a later version
/// may have more fields.
fn trace_id(header: &str) -> Option<&str> {
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut fields = header.splitn(5, '-');
    let mut next = |length| fields.next().filter(|field| is_hex(field, length));
    let (version, trace, parent, _flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
    let is_whole = version != "ff" && (version != "00" || fields.next().is_none());
    let is_zero = |field: &str| field.bytes().all(|digit| digit == b'0');
    (is_whole && !is_zero(trace) && !is_zero(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_short_and_differ() {
        let ids: HashSet<_> = (0..10_000).map(|_| new_id().expect("an id").to_string()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 16));
    }

    #[test]
    fn the_trace_id_is_read_from_a_well_formed_header_only() {
        let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        for good in [format!("00-{trace}-{parent}-01"), format!("cc-{trace}-{parent}-01-later")] {
            assert_eq!(trace_id(&good), Some(trace), "{good}");
        }
        let zeros = "0".repeat(32);
        for bad in [
            String::new(),
            trace.to_owned(),
            format!("ff-{trace}-{parent}-01"),
            format!("00-{trace}-{parent}-01-more"),
            format!("00-{trace}-{parent}"),
            format!("00-{zeros}-{parent}-01"),
            format!("00-{trace}-{}-01", &zeros[..16]),
            format!("00-{}-{parent}-01", trace.to_uppercase()),
            format!("00-{}-{parent}-01", &trace[1..]),
        ] {
            assert_eq!(trace_id(&bad), None, "{bad}");
        }
    }
}
