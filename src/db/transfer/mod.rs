//! Copies one database into another: all rows, and the counter of account ids.
//!
//! The source is read from one snapshot and never written to. The target is filled in one
//! transaction, read back and compared, and only then committed: a transfer that is interrupted
//! leaves empty tables.

mod copy;
mod digest;
mod endpoints;
mod error;
mod ids;
mod rows;
mod summary;

use super::address::Address;
use super::connection::AnyConnection;
use super::migrations::{expect_utf8, migrate, schema_status};
use copy::TableCopier;
use vestibule::database::write;

pub use error::TransferError;
pub use summary::{CopiedTable, Step, TransferSummary};

/// Copies all rows of `from` into `to`, which must be empty.
///
/// Missing tables of `to` are created. A dry run creates none and rolls back what it wrote; if there
/// are no tables, it only reads. `progress` is called with the step, the number of rows done and
/// their total.
///
/// # Errors
/// [`TransferError`]; then `to` has no rows.
pub fn copy_all(
    from: &Address,
    to: &Address,
    dry: bool,
    progress: &mut dyn FnMut(Step, u64, u64),
) -> Result<TransferSummary, TransferError> {
    let mut source = endpoints::open_source(from)?;
    let mut target = match endpoints::open_target(from, to, dry)? {
        Some(mut target) => {
            endpoints::expect_different(&mut source, &mut target)?;
            endpoints::expect_empty(&mut target)?;
            match schema_status(&mut target)? {
                found if found.unknown > 0 => return Err(TransferError::TargetIsNewer),
                found if found.pending > 0 && dry => {
                    expect_utf8(&mut target)?;
                    None
                }
                _ => Some(target),
            }
        }
        None => None,
    };
    if let (Some(target), false) = (&mut target, dry) {
        migrate(target)?;
    }
    endpoints::begin_snapshot(&mut source)?;
    let mut copier = TableCopier::new(&mut source, to.backend(), progress)?;
    let Some(mut target) = target else {
        return Ok(TransferSummary { tables: copier.read()?, compared: false });
    };
    // The migration changed the time limits.
    endpoints::allow_long_statements(&mut target)?;
    let result = write(&mut target, |target| match fill(&mut copier, target) {
        Ok(summary) if dry => Err(Rollback::DryRun(summary)),
        filled => filled.map_err(Rollback::Failed),
    });
    match result {
        Ok(summary) | Err(Rollback::DryRun(summary)) => Ok(summary),
        Err(Rollback::Failed(error)) => Err(error),
    }
}

/// Fills the target, in its transaction.
fn fill(
    copier: &mut TableCopier<'_>,
    target: &mut AnyConnection,
) -> Result<TransferSummary, TransferError> {
    endpoints::lock(target)?;
    // Checked again under the lock: rows may have been added since the first check.
    endpoints::expect_empty(target)?;
    Ok(TransferSummary { tables: copier.write_and_compare(target)?, compared: true })
}

/// Why the target's transaction is rolled back.
enum Rollback {
    DryRun(TransferSummary),
    Failed(TransferError),
}

impl From<diesel::result::Error> for Rollback {
    fn from(cause: diesel::result::Error) -> Self {
        Self::Failed(cause.into())
    }
}
