//! How long a token lives: `"15m"`, `"30 days"`, or `"never"`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use crate::config::duration::{self, TextOrSeconds};

const NEVER: &str = "never";

/// How long a token lives (`JWT_ACCESS_TOKEN_EXPIRES`, `expires_delta`). Ordered by length;
/// [`Never`](Self::Never) is the longest.
///
/// ```
/// use std::time::Duration;
/// use vestibule::config::Lifetime;
///
/// assert!(Lifetime::For(Duration::from_secs(900)) < Lifetime::Never);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifetime {
    /// It expires after this time.
    For(Duration),
    /// It never expires: it has no `exp`.
    Never,
}

impl Lifetime {
    /// The shortest lifetime of a token.
    pub(crate) const SHORTEST: Self = Self::For(Duration::from_secs(1));

    /// The longest finite lifetime of a token.
    pub(crate) const LONGEST: Self = Self::For(duration::LONGEST);

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == NEVER { Some(Self::Never) } else { duration::parse(text).map(Self::For) }
    }

    /// The lifetime of the sign-in's row: a century for `Never`, because a store needs a time.
    pub(crate) fn of_row(self) -> Duration {
        match self {
            Self::For(span) => span,
            Self::Never => duration::LONGEST,
        }
    }

    /// The expiry of a token issued now, for a sign-in with this begin and end; `None` for never.
    pub(crate) fn end(
        self,
        now: OffsetDateTime,
        (begin, end): (OffsetDateTime, OffsetDateTime),
    ) -> Option<OffsetDateTime> {
        match self {
            Self::For(span) => Some((now + span).min(end)),
            Self::Never if end - begin >= duration::LONGEST => None,
            Self::Never => Some(end),
        }
    }
}

impl From<Duration> for Lifetime {
    fn from(span: Duration) -> Self {
        Self::For(span)
    }
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::For(span) => duration::serialize(span, to),
            Self::Never => to.serialize_str(NEVER),
        }
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "a duration such as \"15m\", \"2h 30m\" or \"30 days\", or \"never\"";
        from.deserialize_any(TextOrSeconds { expected, parse: Self::parse })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn lifetimes_read_as_durations_or_never() {
        let read = |value| serde_json::from_value::<Lifetime>(value).ok();
        let quarter_hour = Some(Lifetime::For(Duration::from_secs(900)));
        for value in [json!("15m"), json!(900), json!("900")] {
            assert_eq!(read(value.clone()), quarter_hour, "{value}");
        }
        assert_eq!(read(json!("never")), Some(Lifetime::Never));
        for wrong in [json!("Never"), json!(false), json!(-1), json!("200 years"), json!(null)] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_token_and_a_sign_in_without_expiry_give_a_token_without_expiry() {
        let now = datetime!(2025-01-01 0:00 UTC);
        let row = |life: Lifetime| (now, now + life.of_row());
        let hour = Lifetime::For(Duration::from_secs(3600));
        let end = now + Duration::from_secs(3600);
        assert_eq!(Lifetime::Never.end(now, row(Lifetime::Never)), None);
        assert_eq!(hour.end(now, row(Lifetime::Never)), Some(end));
        assert_eq!(Lifetime::Never.end(now, row(hour)), Some(end));
        assert_eq!(hour.end(now + Duration::from_secs(60), row(hour)), Some(end));
    }
}
