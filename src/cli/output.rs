//! Standard output.

use std::io::Write;

use crate::http::visible;

/// Prints a line to standard output; a closed pipe is not a failure. Characters that a
/// terminal would obey, in a name or a `User-Agent`, are escaped.
pub(super) fn print_line(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{}", visible(&line.to_string()));
}
