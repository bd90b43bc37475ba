//! Errors of a transfer.

use std::fmt;

use diesel::result::Error as Query;

use crate::db::error::DbError;

/// Why nothing was transferred; displayed as a sentence for the operator, without secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransferError {
    /// The source file does not exist.
    NoSource,
    /// The source has no tables of Vestibule.
    SourceIsEmpty,
    /// The source has pending migrations.
    SourceIsOlder,
    /// A newer program migrated the source.
    SourceIsNewer,
    /// A newer program migrated the target.
    TargetIsNewer,
    /// Source and target are the same database.
    Same,
    /// The target's tables that have rows, and how many they have.
    NotEmpty(Vec<(&'static str, i64)>),
    /// A text with a NUL character, which PostgreSQL cannot store.
    Nul {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The key of the row.
        row: String,
    },
    /// A sign-in whose account does not exist.
    Orphan {
        /// The sign-in.
        row: String,
        /// Its account.
        account: String,
    },
    /// A table whose copy differs from the source.
    Differs(&'static str),
    /// The database failed.
    Failed(DbError),
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSource => f.write_str("the source is not there"),
            Self::SourceIsEmpty => f.write_str("the source holds no tables of Vestibule"),
            Self::SourceIsOlder => f.write_str(
                "the tables of the source are those of an older version; back it up, and run \
                 `vestibule audit verify` with it as databases.main.url, which brings them up \
                 to date",
            ),
            Self::SourceIsNewer => f.write_str(
                "the tables of the source are those of a newer version; run `vestibule move` of \
                 that one",
            ),
            Self::TargetIsNewer => f.write_str(
                "the tables of the target are those of a newer version; run `vestibule move` of \
                 that one, or take an empty database",
            ),
            Self::Same => f.write_str("source and target are the same database"),
            Self::NotEmpty(tables) => {
                let named: Vec<_> =
                    tables.iter().map(|(table, rows)| format!("{table} ({rows})")).collect();
                write!(
                    f,
                    "the target is not empty, there are rows in {}; take an empty database, on \
                     which the service was never started",
                    named.join(", ")
                )
            }
            Self::Nul { table, column, row } => write!(
                f,
                "table {table}, row {row:?}: there is a NUL in {column}, which PostgreSQL cannot \
                 hold; change it first"
            ),
            Self::Orphan { row, account } => write!(
                f,
                "table sign_ins, row {row:?}: its account {account} is not in users; delete the \
                 row first"
            ),
            Self::Differs(table) => write!(
                f,
                "table {table} is not in the target what it is in the source; nothing was kept"
            ),
            Self::Failed(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for TransferError {}

impl From<DbError> for TransferError {
    fn from(cause: DbError) -> Self {
        Self::Failed(cause)
    }
}

impl From<Query> for TransferError {
    fn from(cause: Query) -> Self {
        Self::Failed(cause.into())
    }
}
