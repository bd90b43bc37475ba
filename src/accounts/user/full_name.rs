//! Full names: what they may hold, the same for form, API and command line.

use unicode_normalization::char::is_combining_mark;

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

/// How many combining marks in a row a name may have. Languages need three.
const MAX_MARKS: usize = 4;

/// Returns whether a text stacks so many combining marks that they draw over the rows around it. A
/// joiner between them ends no stack.
pub(super) fn has_stacked_marks(text: &str) -> bool {
    let mut marks = 0;
    text.chars().filter(|c| !matches!(c, '\u{200c}' | '\u{200d}')).any(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        marks > MAX_MARKS
    })
}

/// Trims and checks a full name; returns `None` for an empty one.
///
/// # Errors
/// 422 `invalid_field` naming `full_name` when it is too long or holds control, invisible or
/// direction-changing characters, or more than four combining marks in a row.
pub fn full_name(text: &str) -> Result<Option<String>, Error> {
    let name = text.trim();
    let refused = |message: &'static str| Err(Error::invalid_field("full_name", message));
    if name.chars().take(MAX_FULL_NAME + 1).count() > MAX_FULL_NAME {
        refused("A full name has at most 200 characters.")
    } else if name.contains(char::is_control) || is_deceptive(name) {
        refused("A full name must not contain control, invisible or direction-changing characters.")
    } else if has_stacked_marks(name) {
        refused("A full name has at most 4 combining marks in a row.")
    } else {
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_languages_are_accepted_and_stacks_are_not() {
        let most = format!("z{}", "\u{301}".repeat(4));
        for good in ["שָׁ֑לוֹם", "Việt", "V\u{69}e\u{323}\u{302}t", "น้ำ", "क्षि", "❤\u{fe0f}", &most]
        {
            assert!(!has_stacked_marks(good), "{good}");
        }
        for bad in
            [["z", &"\u{301}".repeat(5)], ["z", "\u{301}\u{301}\u{200d}\u{301}\u{301}\u{301}"]]
        {
            assert!(has_stacked_marks(&bad.concat()), "{bad:?}");
        }
    }

    #[test]
    fn a_full_name_has_at_most_200_characters() {
        let longest = "ü".repeat(200);
        assert_eq!(full_name(&format!(" {longest} ")).expect("good"), Some(longest.clone()));
        assert!(full_name(&format!("{longest}x")).is_err());
    }

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
