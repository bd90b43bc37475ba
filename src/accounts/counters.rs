//! Buckets: what fills up with each attempt and is empty again when its time is over.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use time::OffsetDateTime;

use super::queries::throttle;
use crate::db::AnyConnection;
use vestibule::{Error, ErrorKind, from_micros};

/// A bucket, and how much it takes.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    pub(super) name: String,
    max: i64,
}

/// A bucket that has taken all that it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitReached {
    /// In microseconds since 1970.
    ends_at: i64,
    /// Whether this was the one too many, and so the only one of the window.
    pub(super) first: bool,
}

impl Counter {
    pub(super) fn new(name: impl Into<String>, max: i64) -> Self {
        Self { name: name.into(), max }
    }

    /// Counts one, and says when that was one too many.
    pub(super) fn count(
        &self,
        connection: &mut AnyConnection,
        now: OffsetDateTime,
        window: Duration,
    ) -> Result<Option<LimitReached>, Error> {
        let counted = throttle::count(connection, &self.name, now, window)?;
        let full =
            LimitReached { ends_at: counted.ends_at, first: counted.failures == self.max + 1 };
        Ok((counted.failures > self.max).then_some(full))
    }
}

impl LimitReached {
    /// 429 `too_many_attempts`, with the time to wait.
    pub(super) fn refusal(self, now: OffsetDateTime) -> Result<Error, Error> {
        let wait = from_micros(self.ends_at)? - now;
        let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
        Ok(Error::new(ErrorKind::TooManyAttempts).retry_after(seconds))
    }
}

/// Who an address belongs to, as far as counting goes: with IPv6 everybody has the 2^64
/// addresses of a network.
pub(super) fn network(address: IpAddr) -> String {
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
