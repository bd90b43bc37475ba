//! The progress of a long command, on a terminal.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// The time between two lines.
const STEP: Duration = Duration::from_secs(1);

/// Prints a line a second.
pub(super) struct Progress {
    unit: &'static str,
    shown: bool,
    last: Cell<Instant>,
}

impl Progress {
    /// Counts items of this unit. Shows nothing unless standard error is a terminal.
    pub(super) fn new(unit: &'static str) -> Self {
        Self { unit, shown: stderr().is_terminal(), last: Cell::new(Instant::now()) }
    }

    /// Shows that `done` of `of` items were read, written or the like.
    pub(super) fn update(&self, did: &'static str, done: u64, of: u64) {
        if self.shown && self.last.get().elapsed() >= STEP {
            self.last.set(Instant::now());
            // Failing to show it does not matter.
            let _ = writeln!(stderr(), "{did} {done} of {of} {}", self.unit);
        }
    }
}
