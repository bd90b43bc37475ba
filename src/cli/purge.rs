//! `vestibule purge`: deletes expired rows.

use super::audit;
use super::database::Database;
use super::failure::Failure;
use super::output::print_line;
use crate::housekeeping::{ExpiredRows, RetentionLimits};
use crate::settings;
use vestibule::Clock;

/// Deletes expired sign-ins, throttle counters, links and, if they expire, rows of the audit log in
/// small batches; prints how many sign-ins, and rows of the log if there were any. Fails, before
/// anything is deleted, if a log of which rows expire was changed.
pub(super) fn run() -> Result<(), Failure> {
    let mut database = Database::open()?;
    let audit_retention = settings::accounts(&database.figment)?.audit_retention;
    let (clock, idle) = (Clock::system(), database.auth.session.idle);
    let limits = RetentionLimits { clock, idle, audit_retention };
    if !audit_retention.is_zero() {
        audit::verify(&mut database.connection, None)?;
    }
    for kind in ExpiredRows::ALL {
        let mut purged = 0;
        loop {
            let (count, may_have_more) = kind.purge(&mut database.connection, &limits)?;
            purged += count;
            if !may_have_more {
                break;
            }
        }
        match (kind, purged) {
            (ExpiredRows::SignIns, _) => print_line(format_args!("purged {purged}")),
            (ExpiredRows::Events, 1..) => print_line(format_args!("pruned {purged}")),
            _ => {}
        }
    }
    Ok(())
}
