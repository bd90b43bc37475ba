//! Checkboxes: a browser sends the value that the page gives them, a program what it likes best.

use rocket::form::{self, FromFormField, ValueField};

/// The field of a checkbox; absent is not ticked.
pub(super) struct Checkbox(pub(super) bool);

/// Returns whether a checkbox with this value is ticked; `None` for a value that says neither.
pub(super) fn parse(value: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_one_of(&["on", "true", "yes", "y", "1", "checked"]) {
        Some(true)
    } else {
        is_one_of(&["off", "false", "no", "n", "0"]).then_some(false)
    }
}

impl<'v> FromFormField<'v> for Checkbox {
    fn default() -> Option<Self> {
        Some(Self(false))
    }

    fn from_value(field: ValueField<'v>) -> form::Result<'v, Self> {
        let ticked = parse(field.value);
        ticked.map(Self).ok_or_else(|| form::Error::validation("a box is ticked or not").into())
    }
}
