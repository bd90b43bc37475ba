//! Why the database did not do what it was asked.

use std::fmt;
use std::time::Duration;

use diesel::result::Error as Query;

/// A failure of the store, never of the request.
#[derive(Debug)]
#[non_exhaustive]
pub enum DbError {
    /// No connection could be opened; the driver's own words.
    Connect(String),
    /// Nothing was answered in time.
    Timeout(Duration),
    /// A statement failed.
    Query(Query),
    /// The work itself broke off.
    Broken(String),
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(cause) => write!(f, "no connection to the database: {cause}"),
            Self::Timeout(waited) => write!(f, "no answer from the database within {waited:?}"),
            Self::Query(cause) => write!(f, "the database refused a statement: {cause}"),
            Self::Broken(cause) => write!(f, "the work on the database broke off: {cause}"),
        }
    }
}

impl std::error::Error for DbError {}

impl From<Query> for DbError {
    fn from(cause: Query) -> Self {
        Self::Query(cause)
    }
}
