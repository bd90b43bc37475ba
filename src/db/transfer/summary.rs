//! What a transfer reports: its steps, and the copied tables.

/// A step of the transfer, for progress reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Rows were read, and written unless the target has no tables.
    Copied,
    /// Rows of the target were read back.
    Compared,
}

/// The result of a transfer.
#[derive(Clone, Debug)]
pub struct TransferSummary {
    /// All tables, in the order in which they were copied.
    pub tables: Vec<CopiedTable>,
    /// Whether rows were written and compared. `false` only in a dry run into a database without
    /// tables.
    pub compared: bool,
}

/// A copied table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: &'static str,
    /// The number of rows.
    pub rows: u64,
    /// SHA-256 of all rows in the order of their keys, in hexadecimal.
    pub checksum: String,
}
