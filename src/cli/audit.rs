//! `vestibule audit ...`: verifies, exports and prunes the audit log.

use std::time::Duration;

use clap::Subcommand;
use serde::Serialize as _;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use super::database::Database;
use super::failure::Failure;
use super::output::{print_bytes, print_line};
use crate::accounts::audit::{self, Actor, ChainHead, Verified};
use crate::db::AnyConnection;
use crate::http::VisibleJson;
use vestibule::Clock;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Verify the hash chain of all rows; fails at the first row that was changed
    Verify {
        /// A row as `verify` printed it earlier, which must still be there unchanged
        #[arg(long, value_name = "ROW:HASH")]
        expect: Option<String>,
    },
    /// Print the rows as lines of JSON, oldest first
    Export {
        /// Only events from this time on: 2026-11-22, or 2026-11-22T08:00:00Z
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        since: Option<OffsetDateTime>,
    },
    /// Delete old rows, after verifying all of them
    Prune {
        /// The maximum age of a row that is kept: "365 days"
        #[arg(long, value_name = "AGE", value_parser = parse_age)]
        older_than: Duration,
    },
}

/// Runs one of the commands.
pub(super) fn run(command: &AuditCommand) -> Result<(), Failure> {
    let Database { mut connection, .. } = Database::open()?;
    match command {
        AuditCommand::Verify { expect } => {
            let invalid =
                || Failure::new("--expect wants a row and its hash, as `verify` prints them");
            let parse = |text: &String| ChainHead::parse(text).ok_or_else(invalid);
            let expect = expect.as_ref().map(parse).transpose()?;
            let (rows, head) = verify(&mut connection, expect.as_ref())?;
            print_line(format_args!("whole: {rows} rows, the last is {head}"));
        }
        AuditCommand::Export { since } => export(&mut connection, *since)?,
        AuditCommand::Prune { older_than } => {
            let now = Clock::system().now()?;
            let age = time::Duration::try_from(*older_than).ok();
            let before = age.and_then(|age| now.checked_sub(age));
            let before = before.ok_or_else(|| Failure::new("--older-than: no row is that old"))?;
            verify(&mut connection, None)?;
            let pruned = audit::prune(&mut connection, before, &Actor::command_line(now))?;
            print_line(format_args!("pruned {pruned}"));
        }
    }
    Ok(())
}

/// Verifies the log; returns the number of rows and the last one, or a failure that names the first
/// broken row.
pub(super) fn verify(
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
    loop {
        let batch = audit::events_after(connection, last)?;
        for entry in &batch {
            let mut line = Vec::new();
            let mut json = serde_json::Serializer::with_formatter(&mut line, VisibleJson);
            entry
                .serialize(&mut json)
                .map_err(|cause| Failure::new(format!("row {}: {cause}", entry.id)))?;
            line.push(b'\n');
            print_bytes(&line);
            last = entry.id;
        }
        if batch.is_empty() {
            return Ok(());
        }
    }
}

fn parse_age(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "an age is a duration such as \"365 days\"")
}

/// Parses a time, or a date, which means its beginning in UTC.
fn parse_time(text: &str) -> Result<OffsetDateTime, &'static str> {
    let day = time::macros::format_description!("[year]-[month]-[day]");
    let midnight = || Date::parse(text, day).map(|day| day.midnight().assume_utc());
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| midnight())
        .map_err(|_| "a time is written 2026-11-22 or 2026-11-22T08:00:00Z")
}
