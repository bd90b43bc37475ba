//! Counters with a limit and a time window.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use time::OffsetDateTime;

use crate::error::{Error, ErrorKind};

/// The state of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CounterState {
    /// How often was counted since its window began.
    pub count: i64,
    /// When its window ends.
    pub ends_at: OffsetDateTime,
}

/// Counters by name, within one transaction.
pub trait Counters {
    /// Adds 1 to a counter and returns its state. One that does not exist, or whose window has ended
    /// by `now`, begins with 1 and a window until `ends_at`. A window that would last longer, as after
    /// the clock was set back, ends then too.
    ///
    /// # Errors
    /// 503 `unavailable`, as for every method.
    fn count(
        &mut self,
        name: &str,
        now: OffsetDateTime,
        ends_at: OffsetDateTime,
    ) -> Result<CounterState, Error>;

    /// Subtracts from a counter, but not below 0: its window may have ended and begun again.
    fn uncount(&mut self, name: &str, count: i64) -> Result<(), Error>;

    /// Returns the state of a counter or mark that has not ended by `now`.
    fn state(&mut self, name: &str, now: OffsetDateTime) -> Result<Option<CounterState>, Error>;

    /// Deletes a counter.
    fn reset(&mut self, name: &str) -> Result<(), Error>;

    /// Sets a mark, a counter of 0, until `ends_at`; replaces the time of an existing one.
    fn mark(&mut self, name: &str, ends_at: OffsetDateTime) -> Result<(), Error>;
}

/// The name of a counter, and its limit.
#[derive(Clone, Debug)]
pub struct Counter {
    name: String,
    max: i64,
}

/// The state of a counter that exceeds its limit.
#[derive(Clone, Copy, Debug)]
pub struct LimitReached {
    ends_at: OffsetDateTime,
    /// Whether this attempt was the first above the limit in its window.
    pub is_first: bool,
}

impl Counter {
    /// Creates the name and limit of a counter.
    #[must_use]
    pub fn new(name: impl Into<String>, max: i64) -> Self {
        Self { name: name.into(), max }
    }

    /// Returns the limit if earlier attempts have exceeded it, without counting. A window that would
    /// last longer than `window` is left to [`count`](Self::count), which shortens it.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub fn exceeded(
        &self,
        counters: &mut impl Counters,
        now: OffsetDateTime,
        window: Duration,
    ) -> Result<Option<LimitReached>, Error> {
        let exceeds =
            |state: &CounterState| state.count > self.max && state.ends_at <= now + window;
        let state = counters.state(&self.name, now)?.filter(exceeds);
        Ok(state.map(|state| LimitReached { ends_at: state.ends_at, is_first: false }))
    }

    /// Adds 1; returns `Some` above the limit.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub fn count(
        &self,
        counters: &mut impl Counters,
        now: OffsetDateTime,
        window: Duration,
    ) -> Result<Option<LimitReached>, Error> {
        let state = counters.count(&self.name, now, now + window)?;
        let is_first = state.count == self.max + 1;
        let reached = LimitReached { ends_at: state.ends_at, is_first };
        Ok((state.count > self.max).then_some(reached))
    }

    /// Subtracts 1, for an attempt that is not to count after all.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub fn uncount(&self, counters: &mut impl Counters) -> Result<(), Error> {
        counters.uncount(&self.name, 1)
    }
}

impl LimitReached {
    /// Moves the end of the refusal.
    pub(super) fn until(self, ends_at: OffsetDateTime) -> Self {
        Self { ends_at, ..self }
    }

    /// Returns the error 429 `too_many_attempts` with `Retry-After`.
    #[must_use]
    pub fn error(self, now: OffsetDateTime) -> Error {
        let seconds = u64::try_from((self.ends_at - now).whole_seconds()).unwrap_or(0) + 1;
        Error::new(ErrorKind::TooManyAttempts).retry_after(seconds)
    }
}

/// Returns the network that an address is counted as: with IPv6 a client has all 2^64 addresses of
/// a /64.
#[must_use]
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let prefix = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64));
            format!("{prefix}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_ipv6_network_counts_as_one_and_a_mapped_address_as_ipv4() {
        let network = |text: &str| super::network(text.parse().expect("an address"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    }
}
