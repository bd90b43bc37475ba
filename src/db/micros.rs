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

/// Returns a time as RFC 3339 in UTC, always with six digits of fraction, so that texts of times
/// have one length and the order of the times.
#[must_use]
pub fn rfc3339(time: OffsetDateTime) -> String {
    let format = time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"
    );
    time.to_offset(time::UtcOffset::UTC).format(&format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_time_has_six_digits_of_fraction_whatever_they_are() {
        for (time, text) in [
            (datetime!(2026-02-27 10:53:37 UTC), "2026-02-27T10:53:37.000000Z"),
            (datetime!(2026-02-27 10:53:37.6995 UTC), "2026-02-27T10:53:37.699500Z"),
            (datetime!(2026-02-27 10:53:37.000001 +1), "2026-02-27T09:53:37.000001Z"),
            (datetime!(0001-01-01 0:00 UTC), "0001-01-01T00:00:00.000000Z"),
        ] {
            assert_eq!(rfc3339(time), text);
        }
    }
}
