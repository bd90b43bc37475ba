//! How hard a password is to guess, by zxcvbn's estimate.

use zxcvbn::feedback::Warning;

/// How many characters are rated: the estimate's work grows with the square of the length and
/// more, and what begins well stays good.
const RATED: usize = 32;

/// From here on the length is enough. The estimate counts a repetition as one guess more,
/// however long it is.
const LONG: usize = 64;

/// Names that would be tried here first.
const OURS: &str = "vestibule";

/// How many words about the owner are compared.
const WORDS: usize = 16;

/// Why a password is too easy to guess, as one sentence; `None` when it is not. `least` is
/// the lowest acceptable score, 0 to 4; `about` what is known of the owner.
///
/// Costs up to about as much as a hash: not for async threads.
pub(super) fn weakness(password: &str, about: &[&str], least: u8) -> Option<&'static str> {
    if least == 0 || password.chars().nth(LONG - 1).is_some() {
        return None;
    }
    let rated: String = password.chars().take(RATED).collect();
    let words = about.iter().flat_map(|text| {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2)
    });
    let known: Vec<&str> = about.iter().copied().chain(words).take(WORDS).chain([OURS]).collect();
    let estimate = zxcvbn::zxcvbn(&rated, &known);
    if u8::from(estimate.score()) >= least {
        return None;
    }
    Some(sentence(estimate.feedback().and_then(|feedback| feedback.warning())))
}

fn sentence(warning: Option<Warning>) -> &'static str {
    use Warning as W;
    match warning {
        Some(W::ThisIsATop10Password | W::ThisIsATop100Password | W::ThisIsACommonPassword) => {
            "Many people have this password, so it is tried first."
        }
        Some(W::ThisIsSimilarToACommonlyUsedPassword) => {
            "This is much like a password that many people have."
        }
        Some(
            W::RepeatsLikeAaaAreEasyToGuess | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        ) => "A password that repeats itself is easy to guess.",
        Some(W::SequencesLikeAbcAreEasyToGuess) => {
            "A password with a row of letters or digits is easy to guess."
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
