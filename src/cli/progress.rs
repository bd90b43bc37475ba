//! How far a long command is, on a terminal.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};

/// How many pieces pass between two signs of life.
const STEP: u64 = 1_000;

/// How many characters the bar has.
const WIDTH: u64 = 20;

/// One line of the terminal, which is gone at the end.
pub(super) struct Progress {
    unit: &'static str,
    shown: bool,
    /// What was shown last.
    last: Cell<(&'static str, u64)>,
}

impl Progress {
    /// Of lines or rows; nothing is shown where nobody looks.
    pub(super) fn new(unit: &'static str) -> Self {
        Self { unit, shown: stderr().is_terminal(), last: Cell::default() }
    }

    /// So many of so many were read, written or whatever is done with them.
    pub(super) fn at(&self, did: &'static str, done: u64, of: u64) {
        let (last_did, last) = self.last.get();
        if self.shown && (did != last_did || done >= last + STEP) {
            self.last.set((did, done));
            // Nobody needs to see it.
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
