//! Full names: what they may hold, the same for form, API and command line.

use vestibule::Error;

/// Maximum length of a full name, in characters.
const MAX_FULL_NAME: usize = 200;

/// Returns whether a text holds characters that people cannot see, or that change the direction of
/// the text after them: people read something else than what is written. Joiners and variation
/// selectors are part of words and emoji; alone they are as invisible as spaces.
pub(in crate::accounts) fn is_deceptive(text: &str) -> bool {
    // Unicode's default ignorable characters, line separators and what replaces unreadable text.
    let is_hidden = |c: char| {
        matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffd}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
    };
    let is_blank = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '\u{180b}'..='\u{180f}'
                    | '\u{200c}'..='\u{200d}'
                    | '\u{2800}'
                    | '\u{fe00}'..='\u{fe0f}'
                    | '\u{e0100}'..='\u{e01ef}'
            )
    };
    text.contains(is_hidden) || (!text.is_empty() && text.chars().all(is_blank))
}

/// Trims and checks a full name; returns `None` for an empty one.
///
/// # Errors
/// 422 `invalid_field` naming `full_name` when it is too long or holds control, invisible or
/// direction-changing characters.
pub fn full_name(text: &str) -> Result<Option<String>, Error> {
    let name = text.trim();
    let refused = |message: &'static str| Err(Error::invalid_field("full_name", message));
    if name.chars().take(MAX_FULL_NAME + 1).count() > MAX_FULL_NAME {
        refused("A full name has at most 200 characters.")
    } else if name.contains(char::is_control) || is_deceptive(name) {
        refused("A full name must not contain control, invisible or direction-changing characters.")
    } else {
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_it_looks_like() {
        for good in [
            "x",
            "Sicherung für Ann",
            "می\u{200c}خواهم",
            "葛\u{e0100}城",
            "👩\u{200d}💻",
            "❤\u{fe0f}",
            "",
        ] {
            assert!(!is_deceptive(good), "{good}");
        }
        for bad in [
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{fffd}b",
            "a\u{2066}b",
            "\u{feff}",
            "\u{3164}",
            "\u{200d}",
            "a\u{200f}",
            "a\u{2060}",
            "\u{2800} \u{2800}",
            "\u{fe0f}",
        ] {
            assert!(is_deceptive(bad), "{bad:?}");
        }
    }
}
