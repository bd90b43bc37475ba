//! The one place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::error::Error;
use crate::error::kind::ErrorKind;

/// The years outside of which a clock is taken to be broken.
const SANE_YEARS: std::ops::RangeInclusive<i32> = 2020..=2200;

/// What time it is, in UTC and whole microseconds; tests put a hand-moved one in its place.
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
            now.replace_microsecond(now.microsecond()).map_err(Error::unavailable)
        } else {
            Err(Error::new(ErrorKind::Unavailable))
        }
    }

    /// This moment, to ask for its [`age`](Self::age) later.
    pub(crate) fn moment(&self) -> Result<Moment, Error> {
        let ticking = self.manual.is_none().then(Instant::now);
        Ok(Moment { shown: self.now()?, ticking })
    }

    /// How long ago a moment was; `None` when the clock has been set back since, or shows nothing
    /// sensible. The longer of two measures: a system's clock may be set back a little without
    /// our noticing, and the one that only ticks stands still while the machine sleeps.
    pub(crate) fn age(&self, of: &Moment) -> Option<Duration> {
        let shown = Duration::try_from(self.now().ok()? - of.shown).ok()?;
        Some(shown.max(of.ticking.map_or(Duration::ZERO, |then| then.elapsed())))
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

/// A moment whose age can be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    shown: OffsetDateTime,
    /// A manual clock is all the time there is.
    ticking: Option<Instant>,
}

#[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
fn system_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Microseconds since 1970 of a time: the form in which stores keep it.
#[must_use]
pub fn to_micros(time: OffsetDateTime) -> i64 {
    let seconds = time.unix_timestamp().saturating_mul(1_000_000);
    seconds.saturating_add(i64::from(time.microsecond()))
}

/// The time of microseconds since 1970; 503 `unavailable` when there is no such time.
///
/// # Errors
/// `unavailable`, as above.
pub fn from_micros(micros: i64) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .map_err(Error::unavailable)
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
        clock.set(moment.shown - Duration::from_micros(1));
        assert_eq!(clock.age(&moment), None);
        clock.set(datetime!(1970-01-01 0:00 UTC));
        assert_eq!(clock.age(&moment), None);

        let system = Clock::system();
        let moment = system.moment().expect("a moment");
        let set_back = Moment { shown: moment.shown + Duration::from_secs(9), ..moment };
        assert_eq!(system.age(&set_back), None);
        let back_a_little = Moment {
            ticking: moment.ticking.and_then(|then| then.checked_sub(Duration::from_secs(5))),
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
