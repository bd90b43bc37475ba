//! `vestibule user import`: users from elsewhere, with the hashes of their passwords.

use std::fs;
use std::path::Path;

use super::progress::Progress;
use super::{Failure, print_line};
use crate::accounts::audit::Actor;
use crate::accounts::{BadLine, Import, ImportError};
use crate::db::AnyConnection;
use vestibule::{Clock, Hasher, PasswordConfig};

/// How many bad lines are named; whoever mixed up the columns need not see them all.
const NAMED: usize = 20;

/// Reads the file, checks it, and adds all of its users.
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
    let import = Import::read(&text, &hasher, now, |line| progress.at("checked", line, lines));
    let import = import.map_err(|bad| nothing(&bad))?;

    let by = Actor::command_line(now);
    let done = import.write(connection, &by, dry, |line| progress.at("written", line, lines));
    drop(progress);
    match done {
        Ok(()) => {
            let (users, admins) = import.counts();
            let did = if dry { "nothing was written; the file has" } else { "imported" };
            print_line(format_args!("{did} {users} users, {admins} of them administrators"));
            Ok(())
        }
        Err(ImportError::Lines(bad)) => Err(nothing(&bad)),
        Err(ImportError::Database(error)) => Err(error.into()),
    }
}

fn nothing(bad: &[BadLine]) -> Failure {
    let named = bad.iter().take(NAMED).map(|bad| format!("line {}: {}", bad.line, bad.message));
    let more = bad.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    let end = format!("nothing was imported; bad lines: {}", bad.len());
    Failure(named.chain(more).chain([end]).collect())
}
