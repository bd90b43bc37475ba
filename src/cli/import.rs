//! `vestibule user import`: users from elsewhere, with the hashes of their passwords.

use std::cell::Cell;
use std::fs;
use std::io::{IsTerminal, Write, stderr};
use std::path::Path;

use super::{Failure, print_line};
use crate::accounts::audit::By;
use crate::accounts::{BadLine, Import, Refused};
use crate::auth::{Clock, Hasher, PasswordConfig};
use crate::db::AnyConnection;

/// How many bad lines are named; whoever mixed up the columns need not see them all.
const NAMED: usize = 20;

/// How many lines pass between two signs of life.
const STEP: u64 = 1_000;

/// Reads the file, checks it, and adds all of its users.
pub(super) fn run(
    connection: &mut AnyConnection,
    limits: &PasswordConfig,
    file: &Path,
    dry: bool,
) -> Result<(), Failure> {
    let unreadable = |cause| Failure::new(format!("cannot read {}: {cause}", file.display()));
    let text = fs::read(file).map_err(unreadable)?;
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    let (hasher, now) = (Hasher::new(limits)?, Clock::system().now()?);

    let checked = Progress::new("checked", lines);
    let import = Import::read(&text, &hasher, now, |line| checked.at(line));
    drop(checked);
    let import = import.map_err(|bad| nothing(&bad))?;

    let written = Progress::new("written", lines);
    let done = import.write(connection, &By::command_line(now), dry, |line| written.at(line));
    drop(written);
    match done {
        Ok(()) => {
            let (users, admins) = import.counts();
            let did = if dry { "nothing was written; there are" } else { "imported" };
            print_line(format_args!("{did} {users} users, {admins} of them administrators"));
            Ok(())
        }
        Err(Refused::Lines(bad)) => Err(nothing(&bad)),
        Err(Refused::Failed(error)) => Err(error.into()),
    }
}

fn nothing(bad: &[BadLine]) -> Failure {
    let named = bad.iter().take(NAMED).map(|bad| format!("line {}: {}", bad.line, bad.why));
    let more = bad.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    let end = format!("nothing was imported; bad lines: {}", bad.len());
    Failure(named.chain(more).chain([end]).collect())
}

/// How far it is, on a terminal; its line is gone at the end.
struct Progress {
    did: &'static str,
    lines: usize,
    shown: bool,
    /// The line that was shown last.
    last: Cell<u64>,
}

impl Progress {
    fn new(did: &'static str, lines: usize) -> Self {
        Self { did, lines, shown: stderr().is_terminal(), last: Cell::new(0) }
    }

    fn at(&self, line: u64) {
        if self.shown && line >= self.last.get() + STEP {
            self.last.set(line);
            // Nobody needs to see it.
            let _ = write!(stderr(), "\r{} {line} of {} lines", self.did, self.lines);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
