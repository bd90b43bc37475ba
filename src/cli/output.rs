//! Standard output.

use std::io::Write;

/// Prints a line to standard output; a closed pipe is not a failure.
pub(super) fn print_line(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
