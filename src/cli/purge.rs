//! `vestibule purge`: deletes expired rows.

use super::database::Database;
use super::failure::Failure;
use super::output::print_line;
use crate::housekeeping::Expired;
use vestibule::Clock;

/// Deletes expired sign-ins, throttle counters and set-up links in small batches; prints how many
/// sign-ins.
pub(super) fn run() -> Result<(), Failure> {
    let mut database = Database::open()?;
    let (clock, idle) = (Clock::system(), database.auth.session.idle);
    let mut purged = 0;
    for kind in Expired::ALL {
        loop {
            let (count, may_have_more) = kind.purge(&mut database.connection, &clock, idle)?;
            purged += if kind == Expired::SignIns { count } else { 0 };
            if !may_have_more {
                break;
            }
        }
    }
    print_line(format_args!("purged {purged}"));
    Ok(())
}
