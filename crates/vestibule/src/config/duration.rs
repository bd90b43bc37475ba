//! Durations as people write them: `"15m"`, `"30 days"`, or a whole number of seconds.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::ser::Serializer;

/// A century: no setting needs more, and adding it to a time cannot overflow.
pub const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// Parses `"15m"`, `"30 days"` or `"0"`; `None` for anything but a duration up to a century.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let seconds = text.parse().map(Duration::from_secs).ok();
    seconds.or_else(|| humantime::parse_duration(text).ok()).filter(|found| *found <= LONGEST)
}

/// Reads a duration, for `#[serde(with = "duration")]`.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let expected = "a duration such as \"15m\", \"2h 30m\" or \"30 days\"";
    from.deserialize_any(TextOrSeconds { expected, parse })
}

/// Reads a text that `parse` knows, or a number of seconds as its text.
pub(super) struct TextOrSeconds<T> {
    /// The accepted forms, for error messages.
    pub(super) expected: &'static str,
    pub(super) parse: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for TextOrSeconds<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<T, E> {
        let found = (self.parse)(&seconds.to_string());
        found.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(seconds), &self))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<T, E> {
        let found = (self.parse)(&seconds.to_string());
        found.ok_or_else(|| E::invalid_value(Unexpected::Signed(seconds), &self))
    }
}

/// Writes a duration, for `#[serde(with = "duration")]`.
pub fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&humantime::format_duration(*span))
}

/// Formats a duration for people, whole days as days.
#[must_use]
pub fn in_words(span: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match (span.as_secs() / DAY, span.as_secs() % DAY, span.subsec_nanos()) {
        (1, 0, 0) => "1 day".to_owned(),
        (days @ 2.., 0, 0) => format!("{days} days"),
        _ => humantime::format_duration(span).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_are_not_months_and_minutes() {
        let words = |seconds| in_words(Duration::from_secs(seconds));
        assert_eq!([86_400, 31_536_000].map(words), ["1 day", "365 days"]);
        assert_eq!([0, 90, 90_000].map(words), ["0s", "1m 30s", "1day 1h"]);
        assert_eq!(in_words(Duration::from_millis(2 * 86_400_000 + 5)), "2days 5ms");
    }

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(parse("15m"), Some(Duration::from_secs(900)));
        assert_eq!(parse("30 days"), Some(Duration::from_secs(2_592_000)));
        assert_eq!(parse("0"), Some(Duration::ZERO));
        assert_eq!(parse("90"), Some(Duration::from_secs(90)));
        for wrong in ["", "15 lightyears", "-5m", "m", "200 years", "99999999999999999999"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
