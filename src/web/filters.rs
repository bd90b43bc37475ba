//! The filters of the templates: `time`, `device` and `value`.

use std::collections::HashMap;

use tera::{Filter, Value};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::page_language::PageLanguage;
use crate::accounts::{Program, device_name};
use crate::languages::Language;

/// Returns a time as the filter `time` and the attribute `datetime` take it.
pub(super) fn format_time(time: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.to_offset(time::UtcOffset::UTC).format(&format).unwrap_or_default()
}

/// The filter `time`: a time of [`format_time`] as an element for people. Within a day before the
/// argument `now` it says how long ago that was, and has the date in `title`.
pub(super) struct Time(pub(super) PageLanguage);

impl Filter for Time {
    fn filter(&self, value: &Value, arguments: &HashMap<String, Value>) -> tera::Result<Value> {
        let time = value.as_str().and_then(parse);
        let time = time.ok_or_else(|| tera::Error::msg("the filter `time` is for times"))?;
        let now = arguments.get("now").and_then(Value::as_str).and_then(parse);
        let datetime = format_time(time);
        let element = self.0.with(|language| {
            let date = tera::escape_html(&language.date(time));
            match now.and_then(|now| ago(language, now - time)) {
                Some(ago) => format!(
                    "<time datetime=\"{datetime}\" title=\"{date}\">{ago}</time>",
                    ago = tera::escape_html(&ago)
                ),
                None => format!("<time datetime=\"{datetime}\">{date}</time>"),
            }
        });
        element.map(Value::String)
    }

    /// The element holds nothing but a time.
    fn is_safe(&self) -> bool {
        true
    }
}

/// The filter `value`: a text for the value of a form field. It keeps hidden characters, which the
/// rest of a page shows as `\u{202e}`, because the form sends the value again.
pub(super) struct FieldValue;

impl Filter for FieldValue {
    fn filter(&self, value: &Value, _: &HashMap<String, Value>) -> tera::Result<Value> {
        let text = value.as_str();
        let text = text.ok_or_else(|| tera::Error::msg("the filter `value` is for texts"))?;
        Ok(Value::String(tera::escape_html(text)))
    }

    /// It escapes the text itself.
    fn is_safe(&self) -> bool {
        true
    }
}

/// Reads a time of [`format_time`], or any other of RFC 3339.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// Returns how long ago something was, if that is less than a day.
fn ago(language: &Language, age: Duration) -> Option<String> {
    let (count, key) = match age.whole_seconds() {
        0..60 => return Some(language.text("just-now")),
        seconds @ 60..3600 => (seconds / 60, "minutes-ago"),
        seconds @ 3600..86_400 => (seconds / 3600, "hours-ago"),
        _ => return None,
    };
    Some(language.format(key, vec![("count", count.into())]))
}

/// The filter `device`: a user agent as "Chrome on Linux".
pub(super) struct Device(pub(super) PageLanguage);

impl Filter for Device {
    fn filter(&self, value: &Value, _: &HashMap<String, Value>) -> tera::Result<Value> {
        let user_agent = value.as_str().unwrap_or_default();
        let known = Program::parse(user_agent).words();
        Ok(Value::String(match known.filter(|_| user_agent.starts_with("Mozilla/")) {
            Some(words) => self.0.with(|language| language.program(&words))?,
            None => device_name(user_agent),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(time: &Value, arguments: &HashMap<String, Value>) -> tera::Result<Value> {
        let (languages, _) = crate::languages::Languages::load(None).expect("the languages");
        let language = PageLanguage::default();
        let filter = Time(language.clone());
        let english = languages.find("en").expect("English");
        language.render_in(english, || filter.filter(time, arguments))
    }

    fn shown(time: &str, now: &str) -> String {
        let arguments = HashMap::from([("now".to_owned(), Value::from(now))]);
        let shown = filter(&Value::from(time), &arguments).expect("a time");
        shown.as_str().expect("a text").to_owned()
    }

    #[test]
    fn a_time_of_the_last_day_is_shown_as_how_long_ago_it_was() {
        let now = "2026-05-02T12:00:00Z";
        for (time, words) in [
            ("2026-05-02T12:00:00Z", "just now"),
            ("2026-05-02T11:59:01Z", "just now"),
            ("2026-05-02T11:59:00Z", "1 minute ago"),
            ("2026-05-02T11:00:01Z", "59 minutes ago"),
            ("2026-05-02T11:00:00Z", "1 hour ago"),
            ("2026-05-01T12:00:01Z", "23 hours ago"),
        ] {
            let shown = shown(time, now);
            assert!(shown.ends_with(&format!(" UTC\">{words}</time>")), "{shown}");
        }
        assert_eq!(
            shown("2026-05-02T11:55:00Z", now),
            "<time datetime=\"2026-05-02T11:55:00Z\" title=\"2 May 2026, 11:55 UTC\">\
             5 minutes ago</time>"
        );
    }

    #[test]
    fn any_other_time_is_shown_as_a_date_in_utc() {
        for (now, time, date) in [
            ("2026-05-02T12:00:00Z", "2026-05-01T12:00:00Z", "1 May 2026, 12:00 UTC"),
            ("2026-05-02T12:00:00Z", "2026-05-02T12:00:01Z", "2 May 2026, 12:00 UTC"),
            ("", "2026-05-01T09:30:00Z", "1 May 2026, 09:30 UTC"),
        ] {
            assert_eq!(shown(time, now), format!("<time datetime=\"{time}\">{date}</time>"));
        }
    }

    #[test]
    fn what_is_no_time_is_an_error_and_not_a_part_of_the_page() {
        for value in [Value::Null, Value::from("<b>"), Value::from(12)] {
            assert!(filter(&value, &HashMap::new()).is_err(), "{value}");
        }
    }
}
