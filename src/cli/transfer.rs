//! `vestibule move`: copies one database into another.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use clap::Args;

use super::failure::Failure;
use super::output::print_line;
use super::progress::Progress;
use crate::db::Address;
use crate::db::transfer::{self, Step, TransferError, TransferSummary};

/// Shown after the help of the command.
const HELP_NOTES: &str = "\
Stop the service first, or prevent all writes: what is written to the source after this command
has begun is not copied.

The source is only read. The target must be an empty database on which the service was never
started. It is filled in one transaction and compared before the commit, so an interrupted command
leaves no row there and can be run again.

Cookies, tokens and keys remain valid with the target if the service there has the same secrets.
Secrets are not in the database, but in secrets.toml of the state directory, or wherever secret_key
and auth.token.secret are set.

All users of this machine can see the arguments of a command: leave the password out of the URL and
put it into PGPASSWORD or ~/.pgpass.";

/// The arguments of `vestibule move`.
#[derive(Debug, Args)]
#[command(after_help = HELP_NOTES)]
pub(super) struct MoveArguments {
    /// The source: sqlite://path/to/file or postgres://user@host/name
    #[arg(long, value_name = "URL")]
    from: Url,
    /// The target, an empty database: sqlite://... or postgres://...
    #[arg(long, value_name = "URL")]
    to: Url,
    /// Roll everything back at the end; if the target has no tables yet, only read
    #[arg(long)]
    dry_run: bool,
}

/// A URL that may hold a password.
#[derive(Clone)]
struct Url(String);

impl FromStr for Url {
    type Err = Infallible;

    // Parsed later, because the error of clap would repeat the URL.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Copies, and prints what was copied.
pub(super) fn run(arguments: &MoveArguments) -> Result<(), Failure> {
    let address = |name: &str, url: &Url| {
        Address::parse(&url.0).map_err(|why| Failure::new(format!("{name} {why}")))
    };
    let from = address("--from", &arguments.from)?;
    let to = address("--to", &arguments.to)?;
    let progress = Progress::new("rows");
    let summary = transfer::copy_all(&from, &to, arguments.dry_run, &mut |step, done, of| {
        let action = match step {
            Step::Copied if arguments.dry_run => "read",
            Step::Copied => "copied",
            Step::Compared => "compared",
        };
        progress.update(action, done, of);
    });
    let summary = summary.map_err(|error| failure(&error, &from, &to))?;
    print_tables(&summary);
    let (from, to) = (from.shown(), to.shown());
    match (arguments.dry_run, summary.compared) {
        (false, _) => {
            print_line(format_args!("moved and compared, from {from} to {to}"));
            print_line(format_args!(
                "next: set databases.main.url to the target, give the service there the same \
                 secrets (secrets.toml of the state directory, or secret_key and \
                 auth.token.secret), and start it; the source is as it was"
            ));
        }
        (true, true) => print_line(format_args!(
            "nothing was moved: this was a dry run from {from} to {to}, written, compared and \
             taken back"
        )),
        (true, false) => print_line(format_args!(
            "nothing was moved: this was a dry run from {from} to {to}, which has no tables of \
             this version yet, so it was only read"
        )),
    }
    Ok(())
}

fn failure(error: &TransferError, from: &Address, to: &Address) -> Failure {
    Failure::new(format!("nothing was moved from {} to {}: {error}", from.shown(), to.shown()))
}

/// Prints a line for each table: its number of rows, and the beginning of its checksum.
fn print_tables(summary: &TransferSummary) {
    print_line(format_args!("{:<12}{:>10}  checksum", "table", "rows"));
    for table in &summary.tables {
        let short = table.checksum.get(..16).unwrap_or_default();
        print_line(format_args!("{:<12}{:>10}  {short}", table.name, table.rows));
    }
}
