//! `vestibule user import`: adds users with the hashes of their passwords from a CSV file.

use std::fs;
use std::path::Path;

use super::failure::Failure;
use super::output::print_line;
use super::progress::Progress;
use crate::accounts::audit::Actor;
use crate::accounts::{BadLine, Import, ImportError};
use crate::db::AnyConnection;
use vestibule::{Clock, Hasher, PasswordConfig};

/// How many bad lines are listed.
const MAX_LISTED: usize = 20;

/// Reads and checks the file, and adds all of its users.
pub(super) fn run(
    connection: &mut AnyConnection,
    limits: &PasswordConfig,
    file: &Path,
    dry: bool,
) -> Result<(), Failure> {
    let unreadable = |cause| Failure::new(format!("cannot read {}: {cause}", file.display()));
    let text = fs::read(file).map_err(unreadable)?;
    let lines = text.iter().map(|byte| u64::from(*byte == b'\n')).sum();
    let (hasher, now) = (Hasher::new(limits)?, Clock::system().now()?);

    let progress = Progress::new("lines");
    let import = Import::read(&text, &hasher, now, |line| progress.update("checked", line, lines));
    let import = import.map_err(|bad| bad_lines(&bad))?;

    let actor = Actor::command_line(now);
    let written =
        import.write(connection, &actor, dry, |line| progress.update("written", line, lines));
    drop(progress);
    match written {
        Ok(()) => {
            let (users, admins) = import.counts();
            let action = if dry { "nothing was written; the file has" } else { "imported" };
            print_line(format_args!("{action} {users} users, {admins} of them administrators"));
            Ok(())
        }
        Err(ImportError::Lines(bad)) => Err(bad_lines(&bad)),
        Err(ImportError::Database(error)) => Err(error.into()),
    }
}

fn bad_lines(bad: &[BadLine]) -> Failure {
    let listed =
        bad.iter().take(MAX_LISTED).map(|bad| format!("line {}: {}", bad.line, bad.message));
    let more = bad.len().saturating_sub(MAX_LISTED);
    let more = (more > 0).then(|| format!("and {more} more"));
    let summary = format!("nothing was imported; bad lines: {}", bad.len());
    Failure(listed.chain(more).chain([summary]).collect())
}
