//! The findings of the doctor.

use std::fmt::Display;

use crate::cli::output::print_line;

/// Prints findings and counts the bad ones.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) failed: usize,
    pub(super) warned: usize,
}

impl Report {
    /// Reports something that is as it should be.
    pub(super) fn ok(&mut self, subject: &str, finding: impl Display) {
        print_line(format_args!("ok    {subject:<14} {finding}"));
    }

    /// Reports something that works but should be changed; the finding says how.
    pub(super) fn warn(&mut self, subject: &str, finding: impl Display) {
        self.warned += 1;
        print_line(format_args!("warn  {subject:<14} {finding}"));
    }

    /// Reports something that keeps the service from working; the finding says what to do.
    pub(super) fn fail(&mut self, subject: &str, finding: impl Display) {
        self.failed += 1;
        print_line(format_args!("FAIL  {subject:<14} {finding}"));
    }
}
