//! Times as the tables keep them: microseconds since 1970.

use time::OffsetDateTime;

/// Returns the microseconds since 1970 of a time.
pub(super) fn to_micros(time: OffsetDateTime) -> i64 {
    let seconds = time.unix_timestamp().saturating_mul(1_000_000);
    seconds.saturating_add(i64::from(time.microsecond()))
}

/// Returns the time of microseconds since 1970; `None` for a year beyond 9999.
pub(super) fn from_micros(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}
