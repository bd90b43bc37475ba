//! Query parameters: what cannot be parsed is an error, because a client that ignores it would read
//! the first page for ever.

use vestibule::Error;

/// Parses a number that may be absent.
///
/// # Errors
/// 422 `invalid_field` naming the parameter for anything but a number of at least `least`.
pub(super) fn number(
    name: &'static str,
    text: Option<&str>,
    least: i64,
) -> Result<Option<i64>, Error> {
    let Some(text) = text else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number >= least);
    let invalid = || {
        Error::invalid_field(name, format!("This parameter is a whole number of at least {least}."))
    };
    number.map(Some).ok_or_else(invalid)
}
