//! `vestibule move`: from one database into another, with everything that is in it.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use clap::Args;

use super::progress::Progress;
use super::{Failure, print_line};
use crate::db::Address;
use crate::db::transfer::{self, Step, TransferError, TransferSummary};

/// What everybody should know before the first move.
const NOTES: &str = "\
Stop the service first, or keep everybody from writing: what is written to the source after this
command has begun is not moved.

The source is only read. The target must be an empty database on which the service was never
started. It is filled in one transaction and compared before that ends, so a command that was cut
off leaves no row there and can be run again.

Cookies, tokens and keys go on working on the other side if the service there has the same secrets.
They are not in the database, but in secrets.toml of the state directory, or wherever secret_key
and auth.token.secret are set.

Everybody on this machine can see the arguments of a command: leave a password out of the URL, and
put it into PGPASSWORD or ~/.pgpass.";

/// Where from, where to.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct MoveArguments {
    /// What is moved: sqlite://path/to/file or postgres://user@host/name
    #[arg(long, value_name = "URL")]
    from: Url,
    /// Where to: the same, and empty
    #[arg(long, value_name = "URL")]
    to: Url,
    /// Do it all but keep nothing; where the target has no tables yet, only read
    #[arg(long)]
    dry_run: bool,
}

/// A URL, with a password perhaps.
#[derive(Clone)]
struct Url(String);

impl FromStr for Url {
    type Err = Infallible;

    // What is wrong with it is said later, without repeating it.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Moves, and says what was moved.
pub(super) fn run(arguments: &MoveArguments) -> Result<(), Failure> {
    let address = |name: &str, url: &Url| {
        Address::parse(&url.0).map_err(|why| Failure::new(format!("{name} {why}")))
    };
    let from = address("--from", &arguments.from)?;
    let to = address("--to", &arguments.to)?;
    let progress = Progress::new("rows");
    let moved = transfer::copy_all(&from, &to, arguments.dry_run, &mut |step, done, of| {
        let did = match step {
            Step::Copied if arguments.dry_run => "read",
            Step::Copied => "copied",
            Step::Compared => "compared",
        };
        progress.at(did, done, of);
    });
    drop(progress);
    let moved = moved.map_err(|error| nothing(&error, &from, &to))?;
    table(&moved);
    let (from, to) = (from.shown(), to.shown());
    match (arguments.dry_run, moved.compared) {
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

fn nothing(error: &TransferError, from: &Address, to: &Address) -> Failure {
    Failure::new(format!("nothing was moved from {} to {}: {error}", from.shown(), to.shown()))
}

/// A line for each table: how many rows, and the beginning of their checksum.
fn table(moved: &TransferSummary) {
    print_line(format_args!("{:<12}{:>10}  checksum", "table", "rows"));
    for table in &moved.tables {
        let short = table.checksum.get(..16).unwrap_or_default();
        print_line(format_args!("{:<12}{:>10}  {short}", table.name, table.rows));
    }
}
