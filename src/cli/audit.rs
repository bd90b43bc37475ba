//! `vestibule audit ...`: is the log whole, and what is in it?

use std::io::Write;
use std::time::Duration;

use clap::Subcommand;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use super::database::Database;
use super::{Failure, print_line};
use crate::accounts::audit::{self, Actor, ChainHead, Verified};
use crate::db::AnyConnection;
use vestibule::Clock;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Look at every row; fails with the first one that is not what was written
    Verify {
        /// A row that was noted earlier, as `verify` prints it: it must still be there
        #[arg(long, value_name = "ROW:HASH")]
        expect: Option<String>,
    },
    /// Print the rows as lines of JSON, oldest first
    Export {
        /// Only what happened from then on: 2026-11-22, or 2026-11-22T08:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<OffsetDateTime>,
    },
    /// Take out old rows, after looking at all of them
    Prune {
        /// How old a row may be: "365 days"
        #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
        older_than: Duration,
    },
}

/// Runs one of the commands.
pub(super) fn run(command: &AuditCommand) -> Result<(), Failure> {
    let Database { mut connection, .. } = Database::open()?;
    match command {
        AuditCommand::Verify { expect } => {
            let wrong =
                || Failure::new("--expect wants a row and its hash, as `verify` prints them");
            let read = |text: &String| ChainHead::parse(text).ok_or_else(wrong);
            let expect = expect.as_ref().map(read).transpose()?;
            let (rows, head) = whole(&mut connection, expect.as_ref())?;
            print_line(format_args!("whole: {rows} rows, the last is {head}"));
        }
        AuditCommand::Export { since } => export(&mut connection, *since)?,
        AuditCommand::Prune { older_than } => {
            let now = Clock::system().now()?;
            let age = time::Duration::try_from(*older_than).ok();
            let before = age.and_then(|age| now.checked_sub(age));
            let before = before.ok_or_else(|| Failure::new("--older-than: no row is that old"))?;
            whole(&mut connection, None)?;
            let pruned = audit::prune(&mut connection, before, &Actor::command_line(now))?;
            print_line(format_args!("pruned {pruned}"));
        }
    }
    Ok(())
}

/// How many rows there are and which is the last, or a failure that names the first bad one.
fn whole(
    connection: &mut AnyConnection,
    expect: Option<&ChainHead>,
) -> Result<(i64, ChainHead), Failure> {
    match audit::verify(connection, expect)? {
        Verified::Whole { rows, head } => Ok((rows, head)),
        Verified::Broken { id, why } => {
            Err(Failure::new(format!("the log is broken: row {id} {why}")))
        }
    }
}

fn export(connection: &mut AnyConnection, since: Option<OffsetDateTime>) -> Result<(), Failure> {
    let mut last = match since {
        Some(since) => audit::last_before(connection, since)?,
        None => 0,
    };
    let mut out = std::io::stdout().lock();
    loop {
        let batch = audit::events_after(connection, last)?;
        for entry in &batch {
            let line = serde_json::to_string(entry)
                .map_err(|cause| Failure::new(format!("row {}: {cause}", entry.id)))?;
            // A reader that has seen enough and left is no failure.
            if writeln!(out, "{line}").is_err() {
                return Ok(());
            }
            last = entry.id;
        }
        if batch.is_empty() {
            return Ok(());
        }
    }
}

/// A time, or the beginning of a day in UTC.
fn moment(text: &str) -> Result<OffsetDateTime, &'static str> {
    let day = time::macros::format_description!("[year]-[month]-[day]");
    let midnight = || Date::parse(text, day).map(|day| day.midnight().assume_utc());
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| midnight())
        .map_err(|_| "a time is written 2026-11-22 or 2026-11-22T08:00:00Z")
}
