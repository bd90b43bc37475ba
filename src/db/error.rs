//! Errors of the database.

use std::fmt;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as Query};

/// A failure of the database; never the client's mistake.
#[derive(Debug)]
#[non_exhaustive]
pub enum DbError {
    /// No connection could be opened; holds the driver's message.
    Connect(String),
    /// There was no result within this time.
    Timeout(Duration),
    /// A statement failed.
    Query(Query),
    /// The work was aborted.
    Broken(String),
    /// Another process has the file open.
    InUse,
    /// The database has another encoding than UTF-8, this one.
    NotUtf8(String),
    /// A newer program migrated the database.
    NewerSchema {
        /// The version of the schema.
        found: String,
        /// The newest version that this program knows.
        known: String,
    },
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(cause) => write!(f, "no connection to the database: {cause}"),
            Self::Timeout(waited) => write!(f, "the database did not respond within {waited:?}"),
            Self::Query(cause) => write!(f, "the database refused a statement: {cause}"),
            Self::Broken(cause) => write!(f, "the work on the database was aborted: {cause}"),
            Self::InUse => f.write_str("the database is in use; stop the service first"),
            Self::NotUtf8(encoding) => write!(
                f,
                "the database has the encoding {encoding}; create one with ENCODING 'UTF8'"
            ),
            Self::NewerSchema { found, known } => write!(
                f,
                "the schema of the database has version {found}, and this program knows versions \
                 up to {known}; run the newer program"
            ),
        }
    }
}

impl std::error::Error for DbError {}

impl From<Query> for DbError {
    fn from(cause: Query) -> Self {
        Self::Query(cause)
    }
}

/// Returns whether an error comes from a write to a server that is read-only, as a standby is.
pub(super) fn is_read_only(error: &(impl std::error::Error + 'static)) -> bool {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source()).any(|error| {
        let query = match error.downcast_ref() {
            Some(DbError::Query(query)) => Some(query),
            _ => error.downcast_ref::<Query>(),
        };
        let kind = DatabaseErrorKind::ReadOnlyTransaction;
        matches!(query, Some(Query::DatabaseError(found, _)) if *found == kind)
    })
}
