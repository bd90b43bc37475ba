//! Counters with a limit and a time window.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use time::OffsetDateTime;

use crate::accounts::queries::throttle;
use crate::db::AnyConnection;
use crate::db::from_micros;
use vestibule::{Error, ErrorKind};

/// The name of a counter, and its limit.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Counter {
    pub(in crate::accounts) name: String,
    max: i64,
}

/// The state of a counter that exceeds its limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::accounts) struct LimitReached {
    /// In microseconds since 1970.
    ends_at: i64,
    /// Whether this attempt was the first above the limit in its window.
    pub(in crate::accounts) is_first: bool,
}

impl Counter {
    pub(in crate::accounts) fn new(name: impl Into<String>, max: i64) -> Self {
        Self { name: name.into(), max }
    }

    /// Returns the limit if earlier attempts have exceeded it, without counting.
    pub(in crate::accounts) fn exceeded(
        &self,
        connection: &mut AnyConnection,
        now: OffsetDateTime,
    ) -> Result<Option<LimitReached>, Error> {
        let state = throttle::state(connection, &self.name, now)?;
        let exceeded = state.filter(|state| state.count > self.max);
        Ok(exceeded.map(|state| LimitReached { ends_at: state.ends_at, is_first: false }))
    }

    /// Adds 1; returns `Some` above the limit.
    pub(in crate::accounts) fn count(
        &self,
        connection: &mut AnyConnection,
        now: OffsetDateTime,
        window: Duration,
    ) -> Result<Option<LimitReached>, Error> {
        let counted = throttle::count(connection, &self.name, now, window)?;
        Ok((counted.count > self.max).then_some(LimitReached {
            ends_at: counted.ends_at,
            is_first: counted.count == self.max + 1,
        }))
    }
}

impl LimitReached {
    /// Returns the error 429 `too_many_attempts` with `Retry-After`.
    pub(in crate::accounts) fn error(self, now: OffsetDateTime) -> Result<Error, Error> {
        let wait = from_micros(self.ends_at)? - now;
        let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
        Ok(Error::new(ErrorKind::TooManyAttempts).retry_after(seconds))
    }
}

/// Returns the network that an address is counted as: with IPv6 a client has all 2^64 addresses of
/// a /64.
pub(in crate::accounts) fn network(address: IpAddr) -> String {
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
