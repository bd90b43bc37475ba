//! Checkboxes: a browser sends the value that the page gives them, a program what it likes best.

/// Returns whether a checkbox with this value is ticked; `None` for a value that says neither.
pub(super) fn parse(value: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_one_of(&["on", "true", "yes", "y", "1", "checked"]) {
        Some(true)
    } else {
        is_one_of(&["off", "false", "no", "n", "0"]).then_some(false)
    }
}
