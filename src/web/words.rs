//! Durations and errors in words.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::languages::{Language, Value};
use vestibule::{Error, ErrorKind};

/// Returns a duration in the largest unit of which it is a whole number, for the variables of the text
/// `duration`: `two hours`.
pub(super) fn duration(duration: Duration) -> Vec<(&'static str, Value<'static>)> {
    in_units(duration.as_secs())
}

fn in_units(seconds: u64) -> Vec<(&'static str, Value<'static>)> {
    let units = [("day", 24 * 60 * 60), ("hour", 60 * 60), ("minute", 60)];
    let whole = units.into_iter().find(|(_, size)| seconds > 0 && seconds.is_multiple_of(*size));
    let (unit, size) = whole.unwrap_or(("second", 1));
    vec![("count", (seconds / size).into()), ("unit", unit.into())]
}

/// Returns the message of an error for the form that caused it: too many attempts say how long to
/// wait.
pub(super) fn message(language: &Language, error: &Error) -> String {
    match error.wait().filter(|_| error.kind() == ErrorKind::TooManyAttempts) {
        None => language.sentence(error.message()).into_owned(),
        Some(seconds) => {
            // Retry-After is a second more than the rest of the time.
            let wait = if seconds < 120 { seconds } else { (seconds - 1).div_ceil(60) * 60 };
            language.format("wait", in_units(wait))
        }
    }
}

/// Returns what is wrong with each field.
pub(super) fn fields<'e>(language: &Language, error: &'e Error) -> BTreeMap<&'e str, String> {
    error.fields().map(|(name, text)| (name, language.sentence(text).into_owned())).collect()
}

/// Returns what is wrong with the first field, or else the message of the error.
pub(super) fn first_field(language: &Language, error: &Error) -> String {
    match error.fields().next() {
        Some((_, text)) => language.sentence(text).into_owned(),
        None => message(language, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::Languages;

    fn languages() -> Languages {
        Languages::load(None).expect("the languages").0
    }

    #[test]
    fn durations_are_said_in_the_largest_whole_unit() {
        let languages = languages();
        let english = languages.find("en").expect("English");
        let said = |seconds| english.format("duration", duration(Duration::from_secs(seconds)));
        assert_eq!(said(7200), "two hours");
        assert_eq!(said(3600), "one hour");
        assert_eq!(said(5400), "90 minutes");
        assert_eq!(said(86_400), "one day");
        assert_eq!(said(30 * 86_400), "30 days");
        assert_eq!([0, 1, 61].map(said), ["0 seconds", "one second", "61 seconds"]);
    }

    #[test]
    fn a_wait_is_said_in_minutes_unless_it_is_short() {
        let languages = languages();
        let english = languages.find("en").expect("English");
        let said = |seconds| {
            let error = Error::new(ErrorKind::TooManyAttempts).retry_after(seconds);
            message(english, &error)
        };
        assert_eq!(said(301), "Too many attempts. Wait 5 minutes, then try again.");
        assert_eq!(said(122), "Too many attempts. Wait 3 minutes, then try again.");
        assert_eq!(said(45), "Too many attempts. Wait 45 seconds, then try again.");
        let wrong = message(english, &ErrorKind::BadCredentials.into());
        assert_eq!(wrong, "Wrong user name or password.");
    }
}
