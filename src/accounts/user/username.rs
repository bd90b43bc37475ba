//! User names: one canonical form for uniqueness and look-up (PRECIS, RFC 8265).

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};

use super::full_name::has_stacked_marks;
use vestibule::Error;

/// Maximum length of a user name, in characters; checked first.
const MAX_USERNAME: usize = 80;

/// Said of a name with a character that none may have.
const CHARACTERS: &str = "A user name may have letters, digits and ASCII signs such as - or _, but \
                          no spaces, other symbols, emoji or invisible characters.";

/// A valid user name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    shown: String,
    key: String,
    /// The key before the final sigma was folded, if it differs.
    lowercase: Option<String>,
}

impl Username {
    /// Trims and parses a user name: a keyboard that completes words adds a space.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `username` when it is empty, too long, or holds spaces, control,
    /// invisible or direction-changing characters, emoji and other symbols, or more than four combining
    /// marks in a row.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let refused = |message: &'static str| Err(Error::invalid_field("username", message));
        if text.is_empty() {
            return refused("Choose a user name.");
        }
        if text.chars().take(MAX_USERNAME + 1).count() > MAX_USERNAME {
            return refused("A user name has at most 80 characters.");
        }
        if has_stacked_marks(text) {
            return refused("A user name has at most 4 combining marks in a row.");
        }
        // U+FFFD replaces bytes that were not valid UTF-8.
        if text.contains('\u{fffd}') {
            return refused("This user name has a character that could not be read.");
        }
        let forms = (UsernameCasePreserved::enforce(text), UsernameCaseMapped::enforce(text));
        match forms {
            (Ok(shown), Ok(lowercase)) => {
                // The one letter with two lower cases: both are Σ, and full case folding maps ς
                // to σ. The profile has simple lower case alone.
                let key = lowercase.replace('ς', "σ");
                let lowercase = Some(lowercase.into_owned()).filter(|lowercase| *lowercase != key);
                Ok(Self { shown: shown.into_owned(), key, lowercase })
            }
            _ => refused(CHARACTERS),
        }
    }

    /// Returns the name as it is shown.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Returns the canonical form for comparison: the same for `Alice`, `ALICE` and full-width
    /// `ａｌｉｃｅ`, and for `Γιώργος` and `ΓΙΏΡΓΟΣ`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the keys under which this name may be stored, the better match first: accounts that
    /// differed in the final sigma alone kept the keys that they had before it was folded.
    pub(in crate::accounts) fn stored_keys(&self) -> impl Iterator<Item = &str> {
        self.lowercase.as_deref().into_iter().chain([self.key()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_person_has_one_key() {
        let key = |text| Username::parse(text).expect("a good name").key().to_owned();
        assert_eq!(key("alice"), "alice");
        assert_eq!(key("Alice"), "alice");
        assert_eq!(key("ａｌｉｃｅ"), "alice");
        assert_eq!(Username::parse("Alice").expect("good").shown(), "Alice");
        assert_eq!(key("user_01"), "user_01");
        assert_eq!(key("ann@example.org"), "ann@example.org");
        assert_eq!(key("\t alice\u{a0}"), "alice");
        assert_eq!(Username::parse(" Alice\u{3000}").expect("good").shown(), "Alice");
        let longest = "ü".repeat(80);
        assert_eq!(key(&longest), longest);
    }

    #[test]
    fn upper_and_lower_case_of_a_letter_have_one_key() {
        let key =
            |c: char| Username::parse(&format!("a{c}")).ok().map(|name| name.key().to_owned());
        let different = (char::MIN..=char::MAX).filter(|c| {
            let mut upper = c.to_uppercase();
            let (Some(upper), None) = (upper.next(), upper.next()) else { return false };
            let keys = (upper != *c).then(|| (key(*c), key(upper)));
            matches!(keys, Some((Some(one), Some(other))) if one != other)
        });
        // Full case folding does not map them either, but for a mark that no keyboard has.
        assert_eq!(different.collect::<String>(), "ı\u{345}");
        for name in ["Γιώργος", "ΓΙΏΡΓΟΣ", "γιώργοσ"] {
            assert_eq!(Username::parse(name).expect("good").key(), "γιώργοσ");
        }
    }

    #[test]
    fn names_that_deceive_are_refused() {
        let long = "a".repeat(81);
        for bad in [
            "",
            " ",
            "\u{a0}\t",
            "al ice",
            "al\u{a0}ice",
            "ali\0ce",
            "ali\u{200b}ce",
            "ali\u{202e}ce",
            "a\nb",
            "\u{fffd}",
            "\u{1b}[31m",
            &long,
        ] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in ".{1,20}") {
            if let Ok(name) = Username::parse(&text) {
                let again = Username::parse(name.key()).expect("a key is a name");
                prop_assert_eq!(again.key(), name.key());
            }
        }
    }
}
