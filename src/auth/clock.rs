//! The one place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use super::error::Error;
use super::error_kind::ErrorKind;

/// The years outside of which a clock is taken to be broken.
const SANE_YEARS: std::ops::RangeInclusive<i32> = 2020..=2200;

/// What time it is, in UTC and whole microseconds; tests put a hand-moved one in its place.
///
/// ```
/// use std::time::Duration;
/// use vestibule::auth::Clock;
///
/// let clock = Clock::manual();
/// let before = clock.now().unwrap();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().unwrap() - before, Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds since 1970; `None` asks the system.
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that starts now and moves only by [`advance`](Self::advance) and
    /// [`set`](Self::set).
    #[must_use]
    pub fn manual() -> Self {
        let clock = Self { manual: Some(Arc::new(AtomicI64::new(0))) };
        clock.set(system_time());
        clock
    }

    /// The time; 503 `unavailable` when the clock shows a year outside 2020 to 2200, because
    /// no lifetime can be judged by it.
    ///
    /// # Errors
    /// `unavailable`, as above.
    pub fn now(&self) -> Result<OffsetDateTime, Error> {
        let now = match &self.manual {
            None => system_time(),
            Some(micros) => from_micros(micros.load(Ordering::SeqCst))?,
        };
        if SANE_YEARS.contains(&now.year()) {
            from_micros(to_micros(now))
        } else {
            Err(Error::new(ErrorKind::Unavailable))
        }
    }

    /// Moves a manual clock forwards; does nothing to the system's.
    pub fn advance(&self, by: Duration) {
        if let Some(micros) = &self.manual {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock; does nothing to the system's.
    pub fn set(&self, to: OffsetDateTime) {
        if let Some(micros) = &self.manual {
            micros.store(to_micros(to), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
fn system_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Microseconds since 1970 of a time: the form in which stores keep it.
#[must_use]
pub(crate) fn to_micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// The time of microseconds since 1970; 503 `unavailable` when there is no such time.
///
/// # Errors
/// `unavailable`, as above.
pub(crate) fn from_micros(micros: i64) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .map_err(Error::unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_absurd_clock_is_unavailable_and_never_a_panic() {
        let clock = Clock::manual();
        for absurd in [
            datetime!(1970-01-01 0:00 UTC),
            datetime!(1969-12-31 0:00 UTC),
            datetime!(9999-12-31 0:00 UTC),
        ] {
            clock.set(absurd);
            assert_eq!(clock.now().expect_err("absurd").kind(), ErrorKind::Unavailable);
        }
        for fine in [datetime!(2038-01-19 3:14:08 UTC), datetime!(2106-02-07 6:28:16 UTC)] {
            clock.set(fine);
            assert_eq!(clock.now().expect("fine"), fine);
        }
    }
}
