//! A table in 64 digits: the same rows give the same, whichever database holds them.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

/// What a row has in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'r> {
    Number(i64),
    Flag(bool),
    Text(&'r str),
    Absent,
}

impl From<i64> for Field<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Field<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'r> From<&'r String> for Field<'r> {
    fn from(text: &'r String) -> Self {
        Self::Text(text)
    }
}

impl<'r> From<&'r Option<String>> for Field<'r> {
    fn from(text: &'r Option<String>) -> Self {
        text.as_ref().map_or(Self::Absent, Self::from)
    }
}

impl From<Option<i64>> for Field<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Absent, Self::Number)
    }
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => u8::from(*flag).fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Absent => Ok(()),
        }
    }
}

/// The rows of a table so far, which come in the order of their keys.
#[derive(Default)]
pub(super) struct Digest {
    hash: Sha256,
    rows: u64,
    line: String,
}

impl Digest {
    /// One row more. Each field goes in as a netstring, `4:text,`, and an absent one as `-,`, so
    /// that no two rows can be written alike.
    pub(super) fn add(&mut self, fields: &[(&'static str, Field<'_>)]) {
        self.line.clear();
        for (_, field) in fields {
            // Writing to a text cannot fail.
            let _ = match field {
                Field::Absent => write!(self.line, "-,"),
                Field::Text(text) => write!(self.line, "{}:{text},", text.len()),
                Field::Number(_) | Field::Flag(_) => {
                    let digits = field.to_string();
                    write!(self.line, "{}:{digits},", digits.len())
                }
            };
        }
        self.hash.update(&self.line);
        self.rows += 1;
    }

    /// How many rows, and their checksum.
    pub(super) fn finish(self) -> (u64, String) {
        (self.rows, format!("{:x}", self.hash.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[Field<'_>]]) -> String {
        let mut digest = Digest::default();
        for row in rows {
            let fields: Vec<_> = row.iter().map(|field| ("column", *field)).collect();
            digest.add(&fields);
        }
        digest.finish().1
    }

    #[test]
    fn the_checksum_is_the_documented_one() {
        let row = [Field::Number(-7), Field::Text("añn"), Field::Absent, Field::Flag(true)];
        let whole = "2:-7,4:añn,-,1:1,";
        assert_eq!(of(&[&row]), format!("{:x}", Sha256::digest(whole)));
        assert_eq!(of(&[]), format!("{:x}", Sha256::digest("")));
    }

    #[test]
    fn no_two_tables_have_the_same() {
        let (a, b) = (Field::Text("a"), Field::Text("b"));
        let all = [
            of(&[]),
            of(&[&[a, b]]),
            of(&[&[b, a]]),
            of(&[&[a, b], &[a, b]]),
            of(&[&[Field::Text("ab"), Field::Text("")]]),
            of(&[&[Field::Text("ab"), Field::Absent]]),
            of(&[&[Field::Text("-"), Field::Absent]]),
            of(&[&[Field::Text("1:a,"), b]]),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
