//! Text of clients without characters that a terminal obeys or that people cannot see.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::ser::Formatter;

/// Whether a character controls a terminal, the direction of the text after it or the end of a
/// line, or is invisible.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Writes hidden characters as `\u{202e}`; keeps line feeds, tabs and all other text.
///
/// ```
/// use vestibule_service::http::visible;
///
/// assert_eq!(visible("Γιώργος 日本 👍🏽"), "Γιώργος 日本 👍🏽");
/// assert_eq!(visible("a\u{9b}31mb\u{202e}c"), "a\\u{9b}31mb\\u{202e}c");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| is_hidden(c) && c != '\n' && c != '\t';
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_escaped(c) {
            visible.extend(c.escape_unicode());
        } else {
            visible.push(c);
        }
    }
    Cow::Owned(visible)
}

/// Writes JSON with hidden characters as `\u202e`; a parser reads the same text.
#[derive(Clone, Copy, Debug, Default)]
pub struct VisibleJson;

impl Formatter for VisibleJson {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_hidden) {
            let (before, hidden) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut characters = hidden.chars();
            if let Some(c) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(c))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Serialize;

    fn json(text: &str) -> String {
        let mut json = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut json, VisibleJson);
        text.serialize(&mut serializer).expect("a text");
        String::from_utf8(json).expect("UTF-8")
    }

    #[test]
    fn letters_marks_and_emoji_stay_and_what_a_terminal_obeys_does_not() {
        for plain in [
            "",
            "Müller",
            "Ångström e\u{301}",
            "שלום",
            "日本",
            "👨\u{200d}👩\u{200d}👧",
            "می\u{200c}خواهم",
        ] {
            assert_eq!(visible(plain), plain);
            assert_eq!(json(plain), format!("\"{plain}\""));
        }
        for hidden in
            ['\u{0}', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{2066}']
        {
            assert_eq!(visible(&hidden.to_string()), hidden.escape_unicode().to_string());
        }
        assert_eq!(json("a\u{9b}\n\u{202e}"), "\"a\\u009b\\n\\u202e\"");
        assert_eq!(visible("two\nlines\tx\r"), "two\nlines\tx\\u{d}");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left_and_nothing_else_changes(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.contains(|c: char| is_hidden(c) && c != '\n' && c != '\t'));
            let mut rest = shown.as_ref();
            for c in text.chars() {
                let plain = rest.strip_prefix(c);
                let escaped = rest.strip_prefix(c.escape_unicode().to_string().as_str());
                rest = plain.or(escaped).expect("each character in order");
            }
            prop_assert_eq!(rest, "");
        }

        #[test]
        fn json_hides_nothing_and_means_the_same(text in any::<String>()) {
            let json = json(&text);
            prop_assert!(!json.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
        }
    }
}
