//! What commands print.

use std::io::{ErrorKind, Write};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::http::visible;

/// Prints a line to standard output as [`print_bytes`]. Characters that a terminal would obey, in a
/// name or a `User-Agent`, are escaped.
pub(super) fn print_line(line: std::fmt::Arguments<'_>) {
    print_bytes(format!("{}\n", visible(&line.to_string())).as_bytes());
}

/// Writes to standard output. Ends the program with exit code 1 if that fails, on a full disk for
/// example; a closed pipe is not a failure.
pub(super) fn print_bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    if let Err(cause) = out.write_all(bytes).and_then(|()| out.flush())
        && cause.kind() != ErrorKind::BrokenPipe
    {
        print_remark(&format!("vestibule: standard output cannot be written: {cause}"));
        std::process::exit(1);
    }
}

/// Prints a remark to standard error, so that standard output holds rows only.
pub(super) fn print_remark(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints rows under a header, in columns as wide as their widest cell.
pub(super) fn print_table<const N: usize>(header: [&str; N], rows: &[[String; N]]) {
    let cells = |row: &[String; N]| row.each_ref().map(|cell| visible(cell).into_owned());
    let lines: Vec<[String; N]> =
        [header.map(str::to_owned)].iter().chain(rows).map(cells).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
    });
    for line in &lines {
        let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        print_line(format_args!("{}", padded.collect::<Vec<_>>().join("  ").trim_end()));
    }
}

/// Formats a time for people, in UTC and without fractions of a second.
pub(super) fn to_the_second(time: OffsetDateTime) -> String {
    time.truncate_to_second().format(&Rfc3339).unwrap_or_default()
}
