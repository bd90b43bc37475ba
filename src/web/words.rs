//! Durations and errors in words.

use std::borrow::Cow;
use std::time::Duration;

use vestibule::{Error, ErrorKind};

/// The numbers that are written as words.
const NUMBERS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

/// Returns a duration in the largest unit of which it is a whole number: `two hours`.
pub(super) fn duration(duration: Duration) -> String {
    let (count, unit) = in_units(duration.as_secs());
    let word = usize::try_from(count).ok().and_then(|count| NUMBERS.get(count.checked_sub(1)?));
    word.map_or_else(|| format!("{count} {unit}"), |word| format!("{word} {unit}"))
}

/// Returns the number and the unit, in the plural if need be.
fn in_units(seconds: u64) -> (u64, String) {
    let units = [("day", 24 * 60 * 60), ("hour", 60 * 60), ("minute", 60)];
    let whole = units.into_iter().find(|(_, size)| seconds > 0 && seconds.is_multiple_of(*size));
    let (unit, size) = whole.unwrap_or(("second", 1));
    let count = seconds / size;
    (count, if count == 1 { unit.to_owned() } else { format!("{unit}s") })
}

/// Returns the message of an error for the form that caused it: too many attempts say how long to
/// wait.
pub(super) fn message(error: &Error) -> Cow<'_, str> {
    match error.wait().filter(|_| error.kind() == ErrorKind::TooManyAttempts) {
        None => error.message().into(),
        Some(seconds) => {
            // Retry-After is a second more than the rest of the time.
            let wait = if seconds < 120 { seconds } else { (seconds - 1).div_ceil(60) * 60 };
            let (count, unit) = in_units(wait);
            format!("Too many attempts. Wait {count} {unit}, then try again.").into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_the_largest_whole_unit() {
        let said = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(said(7200), "two hours");
        assert_eq!(said(3600), "one hour");
        assert_eq!(said(5400), "90 minutes");
        assert_eq!(said(86_400), "one day");
        assert_eq!(said(30 * 86_400), "30 days");
        assert_eq!([0, 1, 61].map(said), ["0 seconds", "one second", "61 seconds"]);
    }

    #[test]
    fn a_wait_is_said_in_minutes_unless_it_is_short() {
        let said = |seconds| {
            let error = Error::new(ErrorKind::TooManyAttempts).retry_after(seconds);
            message(&error).into_owned()
        };
        assert_eq!(said(301), "Too many attempts. Wait 5 minutes, then try again.");
        assert_eq!(said(122), "Too many attempts. Wait 3 minutes, then try again.");
        assert_eq!(said(45), "Too many attempts. Wait 45 seconds, then try again.");
        assert_eq!(message(&ErrorKind::BadCredentials.into()), "Wrong user name or password.");
    }
}
