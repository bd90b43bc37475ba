//! Times as the database keeps them: microseconds since 1970.

use time::OffsetDateTime;

use super::DbError;

/// Returns the microseconds since 1970 of a time.
#[must_use]
pub fn to_micros(time: OffsetDateTime) -> i64 {
    let seconds = time.unix_timestamp().saturating_mul(1_000_000);
    seconds.saturating_add(i64::from(time.microsecond()))
}

/// Returns the time of microseconds since 1970.
///
/// # Errors
/// No time is that far away.
pub fn from_micros(micros: i64) -> Result<OffsetDateTime, DbError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .map_err(|cause| DbError::Broken(cause.to_string()))
}
