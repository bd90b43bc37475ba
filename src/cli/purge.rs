//! `vestibule purge`: deletes expired rows.

use super::database::Database;
use super::failure::Failure;
use super::output::print_line;
use crate::accounts::queries;
use crate::housekeeping::PURGE_BATCH;
use vestibule::Clock;

/// Deletes expired sign-ins in small batches, and expired throttle counters and set-up links.
pub(super) fn run() -> Result<(), Failure> {
    let mut database = Database::open()?;
    let (now, idle) = (Clock::system().now()?, database.auth.session.idle);
    queries::purge_throttle(&mut database.connection, now)?;
    queries::purge_links(&mut database.connection, now)?;
    let mut purged = 0;
    loop {
        let count = queries::purge(&mut database.connection, now, idle, PURGE_BATCH)?;
        purged += count;
        if i64::try_from(count).unwrap_or(i64::MAX) < PURGE_BATCH {
            break;
        }
    }
    print_line(format_args!("purged {purged}"));
    Ok(())
}
