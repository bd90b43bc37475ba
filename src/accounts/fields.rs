//! What the other fields of an account may hold, the same for form, API and command line.

use crate::auth::{Error, MAX_PASSWORD, PasswordConfig};

/// Longest full name, in characters.
const MAX_FULL_NAME: usize = 200;

/// A full name, trimmed; `None` when nothing is left. 422 `invalid_field` when it is too long
/// or holds control characters.
///
/// # Errors
/// `invalid_field` naming `full_name`.
pub fn full_name(text: &str) -> Result<Option<String>, Error> {
    let name = text.trim();
    let broken = |c: char| c.is_control() || c == '\u{fffd}';
    if name.chars().take(MAX_FULL_NAME + 1).count() > MAX_FULL_NAME {
        Err(Error::invalid_field("full_name", "A full name has at most 200 characters."))
    } else if name.chars().any(broken) {
        Err(Error::invalid_field("full_name", "A full name has no control characters."))
    } else {
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }
}

/// Checks a new password: long enough in code points, not absurdly long, readable, and not
/// the user's own name. No rule about kinds of characters.
///
/// # Errors
/// 422 `invalid_field` naming `field`.
pub fn new_password(
    field: &'static str,
    password: &str,
    username_key: &str,
    config: &PasswordConfig,
) -> Result<(), Error> {
    let refused = |message: String| Err(Error::invalid_field(field, message));
    if password.len() > MAX_PASSWORD {
        refused(format!("A password has at most {MAX_PASSWORD} bytes."))
    } else if password.chars().count() < config.min_length {
        refused(format!("A password has at least {} characters.", config.min_length))
    } else if password.contains(['\0', '\u{fffd}']) {
        refused("The password holds something that is no character.".to_owned())
    } else if password.to_lowercase() == username_key {
        refused("The password must not be the user name.".to_owned())
    } else {
        Ok(())
    }
}
