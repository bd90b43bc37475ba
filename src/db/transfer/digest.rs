//! The checksum of a table. The same rows have the same checksum in both databases.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

/// The value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'r> {
    Number(i64),
    Flag(bool),
    Text(&'r str),
    Null,
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
        text.as_ref().map_or(Self::Null, Self::from)
    }
}

impl From<Option<i64>> for Field<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Number)
    }
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => u8::from(*flag).fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Null => Ok(()),
        }
    }
}

/// Computes the checksum of rows that are added in the order of their keys.
#[derive(Default)]
pub(super) struct Digest {
    hash: Sha256,
    rows: u64,
    line: String,
}

impl Digest {
    /// Adds a row. Each field is encoded as a netstring, `4:text,`, and null as `-,`, so that no two
    /// different rows have the same encoding.
    pub(super) fn add(&mut self, fields: &[(&'static str, Field<'_>)]) {
        self.line.clear();
        for (_, field) in fields {
            // Writing to a string cannot fail.
            let _ = match field {
                Field::Null => write!(self.line, "-,"),
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

    /// Returns the number of rows and their checksum.
    pub(super) fn finish(self) -> (u64, String) {
        (self.rows, format!("{:x}", self.hash.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum_of(rows: &[&[Field<'_>]]) -> String {
        let mut digest = Digest::default();
        for row in rows {
            let fields: Vec<_> = row.iter().map(|field| ("column", *field)).collect();
            digest.add(&fields);
        }
        digest.finish().1
    }

    #[test]
    fn the_checksum_is_the_documented_one() {
        let row = [Field::Number(-7), Field::Text("añn"), Field::Null, Field::Flag(true)];
        let whole = "2:-7,4:añn,-,1:1,";
        assert_eq!(checksum_of(&[&row]), format!("{:x}", Sha256::digest(whole)));
        assert_eq!(checksum_of(&[]), format!("{:x}", Sha256::digest("")));
    }

    #[test]
    fn different_tables_have_different_checksums() {
        let (a, b) = (Field::Text("a"), Field::Text("b"));
        let all = [
            checksum_of(&[]),
            checksum_of(&[&[a, b]]),
            checksum_of(&[&[b, a]]),
            checksum_of(&[&[a, b], &[a, b]]),
            checksum_of(&[&[Field::Text("ab"), Field::Text("")]]),
            checksum_of(&[&[Field::Text("ab"), Field::Null]]),
            checksum_of(&[&[Field::Text("-"), Field::Null]]),
            checksum_of(&[&[Field::Text("1:a,"), b]]),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
