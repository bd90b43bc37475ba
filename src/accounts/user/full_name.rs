//! Full names: what they may hold, the same for form, API and command line.

use vestibule::Error;

/// Maximum length of a full name, in characters.
const MAX_FULL_NAME: usize = 200;

/// Returns whether a character changes the direction of the text after it, so that people read
/// something else than what is written.
pub(in crate::accounts) fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Trims and checks a full name; returns `None` for an empty one.
///
/// # Errors
/// 422 `invalid_field` naming `full_name` when it is too long or holds control characters.
pub fn full_name(text: &str) -> Result<Option<String>, Error> {
    let name = text.trim();
    let is_forbidden = |c: char| c.is_control() || changes_direction(c) || c == '\u{fffd}';
    if name.chars().take(MAX_FULL_NAME + 1).count() > MAX_FULL_NAME {
        Err(Error::invalid_field("full_name", "A full name has at most 200 characters."))
    } else if name.chars().any(is_forbidden) {
        Err(Error::invalid_field("full_name", "A full name must not contain control characters."))
    } else {
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }
}
