//! Everything of one database to another: every row, every id, and which ids were ever given.
//!
//! The source is read from one snapshot and never written to. The target is filled in one
//! transaction, read back and compared in there, and only then committed: whatever ends the work
//! before leaves empty tables.

mod copy;
mod digest;
mod endpoints;
mod error;
mod ids;
mod rows;

use super::{Address, AnyConnection, inspect, migrate, write};
use copy::Copy;
pub use error::MoveError;

/// What is told of the work while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Rows were read, and written where there is where to.
    Copied,
    /// Rows of the target were read back.
    Compared,
}

/// What the work came to.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Every table, in the order in which they were copied.
    pub tables: Vec<MovedTable>,
    /// Whether the target had tables to write to and to read back from. Only a dry run finds none.
    pub compared: bool,
}

/// A table that is in both databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 of all rows in the order of their keys, in hexadecimal digits.
    pub checksum: String,
}

/// Copies everything that `from` holds into `to`, which must be empty.
///
/// The tables of `to` are made where they are not. A dry run makes none, and takes back what it
/// wrote; without tables to write to it only reads. `progress` hears how many rows of how many.
///
/// # Errors
/// [`MoveError`]; then `to` holds no row.
pub fn copy_all(
    from: &Address,
    to: &Address,
    dry: bool,
    progress: &mut dyn FnMut(Step, u64, u64),
) -> Result<Moved, MoveError> {
    let mut source = endpoints::open_source(from)?;
    let mut target = match endpoints::open_target(from, to, dry)? {
        Some(mut target) => {
            endpoints::keep_apart(&mut source, &mut target)?;
            endpoints::expect_empty(&mut target)?;
            match inspect(&mut target)? {
                found if found.unknown > 0 => return Err(MoveError::TargetIsNewer),
                found if found.pending > 0 && dry => None,
                _ => Some(target),
            }
        }
        None => None,
    };
    if let (Some(target), false) = (&mut target, dry) {
        migrate(target)?;
    }
    endpoints::begin_snapshot(&mut source)?;
    let mut copy = Copy::new(&mut source, to.backend(), progress)?;
    let Some(mut target) = target else {
        return Ok(Moved { tables: copy.read()?, compared: false });
    };
    // The migration has its own patience, also for locks.
    endpoints::be_patient(&mut target)?;
    let moved = write(&mut target, |target| match fill(&mut copy, target) {
        Ok(moved) if dry => Err(Halt::Dry(moved)),
        done => done.map_err(Halt::Failed),
    });
    match moved {
        Ok(moved) | Err(Halt::Dry(moved)) => Ok(moved),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// All that is done in the target's transaction.
fn fill(copy: &mut Copy<'_>, target: &mut AnyConnection) -> Result<Moved, MoveError> {
    endpoints::lock(target)?;
    // Somebody may have been quicker.
    endpoints::expect_empty(target)?;
    Ok(Moved { tables: copy.write_and_compare(target)?, compared: true })
}

/// Why the target's transaction is taken back.
enum Halt {
    Dry(Moved),
    Failed(MoveError),
}

impl From<diesel::result::Error> for Halt {
    fn from(cause: diesel::result::Error) -> Self {
        Self::Failed(cause.into())
    }
}
