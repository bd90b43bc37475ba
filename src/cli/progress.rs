//! A progress bar for long commands, on a terminal.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};

/// How many items pass between two updates.
const STEP: u64 = 1_000;

/// The width of the bar in characters.
const WIDTH: u64 = 20;

/// A line on the terminal, which is cleared when this is dropped.
pub(super) struct Progress {
    unit: &'static str,
    shown: bool,
    /// The action and the count that were shown last.
    last: Cell<(&'static str, u64)>,
}

impl Progress {
    /// Counts items of this unit. Shows nothing unless standard error is a terminal.
    pub(super) fn new(unit: &'static str) -> Self {
        Self { unit, shown: stderr().is_terminal(), last: Cell::default() }
    }

    /// Shows that `done` of `of` items were read, written or the like.
    pub(super) fn update(&self, did: &'static str, done: u64, of: u64) {
        let (last_did, last) = self.last.get();
        if self.shown && (did != last_did || done >= last + STEP) {
            self.last.set((did, done));
            // Failing to show it does not matter.
            let _ = write!(stderr(), "\r\x1b[K{}", line(did, done, of, self.unit));
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

fn line(did: &str, done: u64, of: u64, unit: &str) -> String {
    let full = (done.min(of) * WIDTH).checked_div(of).unwrap_or(WIDTH);
    let bar = |sign: &str, length: u64| sign.repeat(usize::try_from(length).unwrap_or(0));
    format!("[{}{}] {did} {done} of {of} {unit}", bar("#", full), bar(".", WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_and_never_overflows() {
        let shown = |done, of| line("copied", done, of, "rows");
        assert_eq!(shown(0, 40), "[....................] copied 0 of 40 rows");
        assert_eq!(shown(10, 40), "[#####...............] copied 10 of 40 rows");
        assert_eq!(shown(40, 40), "[####################] copied 40 of 40 rows");
        assert_eq!(shown(41, 40), "[####################] copied 41 of 40 rows");
        assert_eq!(shown(0, 0), "[####################] copied 0 of 0 rows");
    }
}
