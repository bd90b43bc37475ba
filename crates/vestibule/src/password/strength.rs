//! How hard a password is to guess, as estimated by zxcvbn.

use zxcvbn::feedback::Warning;

/// How many characters are rated: the cost of the estimate grows at least with the square of the
/// length, and a strong beginning is enough.
const MAX_RATED: usize = 32;

/// From this length a password is accepted without an estimate, which would count a repetition of
/// any length as one more guess.
const LONG_ENOUGH: usize = 64;

/// Maximum number of words that are guessed first.
const MAX_WORDS: usize = 16;

/// Returns why a password is too easy to guess, as one sentence; `None` if it is strong enough.
/// `min_score` is the lowest acceptable score, 0 to 4; `about` is guessed first.
///
/// Costs up to about as much as a hash: do not call it on an async thread.
pub(super) fn weakness(password: &str, about: &[&str], min_score: u8) -> Option<&'static str> {
    if min_score == 0 || password.chars().nth(LONG_ENOUGH - 1).is_some() {
        return None;
    }
    let rated: String = password.chars().take(MAX_RATED).collect();
    let words = about.iter().flat_map(|text| {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2)
    });
    let known: Vec<&str> = about.iter().copied().chain(words).take(MAX_WORDS).collect();
    let estimate = zxcvbn::zxcvbn(&rated, &known);
    if u8::from(estimate.score()) >= min_score {
        return None;
    }
    Some(sentence(estimate.feedback().and_then(|feedback| feedback.warning())))
}

/// Returns the sentence for a warning of the estimate.
fn sentence(warning: Option<Warning>) -> &'static str {
    use Warning as W;
    match warning {
        Some(W::ThisIsATop10Password | W::ThisIsATop100Password | W::ThisIsACommonPassword) => {
            "Many people use this password, so it is guessed first."
        }
        Some(W::ThisIsSimilarToACommonlyUsedPassword) => {
            "This is very similar to a password that many people use."
        }
        Some(
            W::RepeatsLikeAaaAreEasyToGuess | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        ) => "A password of repeated characters or words is easy to guess.",
        Some(W::SequencesLikeAbcAreEasyToGuess) => {
            "A password with a sequence of letters or digits is easy to guess."
        }
        Some(W::StraightRowsOfKeysAreEasyToGuess | W::ShortKeyboardPatternsAreEasyToGuess) => {
            "A password of neighbouring keys is easy to guess."
        }
        Some(W::DatesAreOftenEasyToGuess | W::RecentYearsAreEasyToGuess) => {
            "A password that is a date is easy to guess."
        }
        _ => "This password is easy to guess.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_about_the_user_is_guessed_and_short_ones_take_no_place() {
        let word = "zqxwvkjpbt";
        assert_eq!(weakness(word, &["ann"], 2), None);
        let after_short_ones = format!("{}{word}", "ab ".repeat(MAX_WORDS));
        for about in [format!("ann-{word}"), after_short_ones] {
            assert!(weakness(word, &[about.as_str()], 2).is_some(), "{about}");
        }
    }

    #[test]
    fn the_sentence_names_what_is_easy_to_guess() {
        for (warning, named) in [
            (Warning::ThisIsATop10Password, "Many people use this"),
            (Warning::ThisIsSimilarToACommonlyUsedPassword, "very similar"),
            (Warning::RepeatsLikeAaaAreEasyToGuess, "repeated"),
            (Warning::SequencesLikeAbcAreEasyToGuess, "a sequence"),
            (Warning::StraightRowsOfKeysAreEasyToGuess, "neighbouring keys"),
            (Warning::ShortKeyboardPatternsAreEasyToGuess, "neighbouring keys"),
            (Warning::DatesAreOftenEasyToGuess, "a date"),
            (Warning::AWordByItselfIsEasyToGuess, "This password is easy"),
        ] {
            assert!(sentence(Some(warning)).contains(named), "{warning:?}");
        }
    }
}
