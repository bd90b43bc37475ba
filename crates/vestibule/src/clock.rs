//! The clock: the only place that reads the system's time. Imports `error`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::error::{Error, ErrorKind};

/// A clock outside these years is broken.
const SANE_YEARS: std::ops::RangeInclusive<i32> = 2020..=2200;

/// The time in UTC and whole microseconds; tests may use a manual clock.
///
/// ```
/// use std::time::Duration;
/// use vestibule::Clock;
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

    /// A clock that starts now and moves only by [`advance`](Self::advance) and [`set`](Self::set).
    #[must_use]
    pub fn manual() -> Self {
        let clock = Self { manual: Some(Arc::new(AtomicI64::new(0))) };
        clock.set(system_time());
        clock
    }

    /// The current time.
    ///
    /// # Errors
    /// 503 `unavailable` for a year outside 2020 to 2200: such a clock cannot measure lifetimes.
    pub fn now(&self) -> Result<OffsetDateTime, Error> {
        let now = match &self.manual {
            None => system_time(),
            Some(micros) => {
                let nanos = i128::from(micros.load(Ordering::SeqCst)) * 1_000;
                OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(Error::unavailable)?
            }
        };
        if SANE_YEARS.contains(&now.year()) {
            now.replace_microsecond(now.microsecond()).map_err(Error::unavailable)
        } else {
            Err(Error::new(ErrorKind::Unavailable))
        }
    }

    /// The current moment, for [`age`](Self::age).
    pub(crate) fn moment(&self) -> Result<Moment, Error> {
        let monotonic = self.manual.is_none().then(Instant::now);
        Ok(Moment { wall: self.now()?, monotonic })
    }

    /// The time since a moment, the longer by both clocks: the wall clock may be set back, and the
    /// monotonic clock stops in sleep. `None` if the wall clock is before the moment, or broken.
    pub(crate) fn age(&self, of: &Moment) -> Option<Duration> {
        let by_wall = Duration::try_from(self.now().ok()? - of.wall).ok()?;
        Some(by_wall.max(of.monotonic.map_or(Duration::ZERO, |then| then.elapsed())))
    }

    /// Moves a manual clock forwards; has no effect on the system's.
    pub fn advance(&self, by: Duration) {
        if let Some(micros) = &self.manual {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock; has no effect on the system's.
    pub fn set(&self, to: OffsetDateTime) {
        if let Some(micros) = &self.manual {
            micros.store(to_micros(to), Ordering::SeqCst);
        }
    }
}

/// A point in time on both the wall and the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    wall: OffsetDateTime,
    /// `None` with a manual clock.
    monotonic: Option<Instant>,
}

#[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
fn system_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Converts a time to microseconds since 1970, the form in which stores keep it.
pub(crate) fn to_micros(time: OffsetDateTime) -> i64 {
    let seconds = time.unix_timestamp().saturating_mul(1_000_000);
    seconds.saturating_add(i64::from(time.microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_age_is_known_until_the_clock_is_set_back() {
        let clock = Clock::manual();
        let moment = clock.moment().expect("a moment");
        assert_eq!(clock.age(&moment), Some(Duration::ZERO));
        clock.advance(Duration::from_millis(1500));
        assert_eq!(clock.age(&moment), Some(Duration::from_millis(1500)));
        clock.set(moment.wall - Duration::from_micros(1));
        assert_eq!(clock.age(&moment), None);
        clock.set(datetime!(1970-01-01 0:00 UTC));
        assert_eq!(clock.age(&moment), None);

        let system = Clock::system();
        let moment = system.moment().expect("a moment");
        let set_back = Moment { wall: moment.wall + Duration::from_secs(9), ..moment };
        assert_eq!(system.age(&set_back), None);
        let back_a_little = Moment {
            monotonic: moment.monotonic.and_then(|then| then.checked_sub(Duration::from_secs(5))),
            ..moment
        };
        assert!(system.age(&back_a_little) >= Some(Duration::from_secs(5)));
    }

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
