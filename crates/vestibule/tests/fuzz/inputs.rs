//! Random inputs: good texts, changed a little. The good texts stand in the tests.

use std::time::Instant;
use std::{env, thread};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestCaseResult, TestRunner};

/// How many inputs a property gets unless `VESTIBULE_FUZZ_CASES` says so.
const CASES: u32 = 1_000;

/// Texts with a meaning to some parser.
const FRAGMENTS: &str = r#"% %00 %0d%0a %20 %2e %2E%2e %2f %252f %5c %3d %25 %zz / // \ . .. ... : @ ? # & && = ==
    + - _ ~ ; , " ' ` { } {} [ ] [] < > $ null true -1 0 1e400 1.5 \u0000 \ud800 Bearer vst_ session= é
    https://evil.example/ 99999999999999999999"#;

/// Characters that are not shown, or show nothing.
const INVISIBLE: [&str; 9] =
    ["\0", "\t", "\r\n", " ", "  ", "\u{202e}", "\u{feff}", "\u{2028}", "\u{10ffff}"];

/// Checks a property, and says how fast.
pub(crate) fn check<S: Strategy>(inputs: &S, property: impl Fn(S::Value) -> TestCaseResult) {
    let number = |text: String| text.parse().expect("a number of inputs");
    let cases = env::var("VESTIBULE_FUZZ_CASES").map_or(CASES, number);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let begun = Instant::now();
    if let Err(failure) = TestRunner::new(config).run(inputs, property) {
        panic!("{failure}");
    }
    let rate = f64::from(cases) / begun.elapsed().as_secs_f64();
    let thread = thread::current();
    eprintln!("{}: {cases} inputs, {rate:.0} in a second", thread.name().unwrap_or_default());
}

/// One of these texts.
pub(crate) fn one_of(texts: &[&str]) -> impl Strategy<Value = String> + use<> {
    prop::sample::select(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
}

/// One change of a text.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Removes so many bytes.
    Cut(Index, usize),
    /// Says so many bytes twice.
    Repeat(Index, usize),
    /// Replaces a byte.
    Replace(Index, u8),
    /// Inserts a text.
    Insert(Index, String),
    /// Inserts one character many times.
    Fill(Index, char, usize),
}

/// Up to so many changes.
pub(crate) fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    let at = any::<Index>;
    let invisible = INVISIBLE.map(str::to_owned);
    let fragments: Vec<String> = words(FRAGMENTS).into_iter().chain(invisible).collect();
    let length = || prop_oneof![8 => 1_usize..5, 1 => 5_usize..400];
    let change = prop_oneof![
        30 => (at(), length()).prop_map(|(at, length)| Change::Cut(at, length)),
        20 => (at(), length()).prop_map(|(at, length)| Change::Repeat(at, length)),
        30 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        30 => (at(), prop::sample::select(fragments)).prop_map(|(at, text)| Change::Insert(at, text)),
        1 => (at(), prop::sample::select(&['A', '/', '[', '0', ' ', 'é'][..]), 1_usize..9_000)
            .prop_map(|(at, char, length)| Change::Fill(at, char, length)),
    ];
    prop::collection::vec(change, 0..=most)
}

/// What is left after these changes.
pub(crate) fn changed_bytes(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for change in changes {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match change {
            Change::Cut(at, length) => {
                let at = place(at);
                bytes.drain(at..bytes.len().min(at + length));
            }
            Change::Repeat(at, length) => {
                let at = place(at);
                let part = bytes[at..bytes.len().min(at + length)].to_vec();
                bytes.splice(at..at, part);
            }
            Change::Replace(at, byte) => {
                let at = place(at);
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Change::Insert(at, text) => {
                let at = place(at);
                bytes.splice(at..at, text.bytes());
            }
            Change::Fill(at, char, length) => {
                let at = place(at);
                bytes.splice(at..at, char.to_string().repeat(*length).into_bytes());
            }
        }
    }
    bytes
}

/// A text after these changes, with what is no UTF-8 replaced.
pub(crate) fn changed(text: &str, changes: &[Change]) -> String {
    match String::from_utf8(changed_bytes(text.as_bytes(), changes)) {
        Ok(text) => text,
        Err(bytes) => String::from_utf8_lossy(bytes.as_bytes()).into_owned(),
    }
}

/// The words of a text.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A JSON object of names and values as they stand, which may be twice there.
pub(crate) fn object(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// Whether a name stands in two pairs.
pub(crate) fn has_name_twice(pairs: &[(String, String)]) -> bool {
    pairs.iter().enumerate().any(|(at, (name, _))| pairs[..at].iter().any(|pair| pair.0 == *name))
}

/// What is done to the pairs of an object.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Replaces the value of a pair.
    Set(Index, String),
    /// Takes a pair away.
    Remove(Index),
    /// Adds a pair with the name of another, or with a new one.
    Add(Index, Option<String>, String),
}

/// Up to so many edits with these values.
pub(crate) fn edits(most: usize, values: Vec<String>) -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let value = || prop::sample::select(values.clone());
    let edit = prop_oneof![
        6 => (at(), value()).prop_map(|(at, value)| Edit::Set(at, value)),
        1 => at().prop_map(Edit::Remove),
        1 => (at(), prop::option::of("[a-z]{0,8}"), value())
            .prop_map(|(at, name, value)| Edit::Add(at, name, value)),
    ];
    prop::collection::vec(edit, 0..=most)
}

/// The pairs after these edits.
pub(crate) fn edited(mut pairs: Vec<(String, String)>, edits: &[Edit]) -> Vec<(String, String)> {
    for edit in edits {
        if pairs.is_empty() {
            break;
        }
        match edit {
            Edit::Set(at, value) => {
                let at = at.index(pairs.len());
                pairs[at].1.clone_from(value);
            }
            Edit::Remove(at) => drop(pairs.remove(at.index(pairs.len()))),
            Edit::Add(at, name, value) => {
                let at = at.index(pairs.len());
                let name = name.clone().unwrap_or_else(|| pairs[at].0.clone());
                pairs.insert(at, (name, value.clone()));
            }
        }
    }
    pairs
}
