//! Counts wrong passwords in memory. The log gets one row with a count, because a row for each
//! would let any client fill the table.

use std::collections::HashMap;
use std::time::Duration;

use time::OffsetDateTime;

use super::source::RequestSource;

/// How long wrong passwords of an account are counted before they are reported without a right one.
const REPORT_AFTER: Duration = Duration::from_secs(60 * 60);

/// Maximum number of accounts. Failures of further accounts are only in the log lines.
const MAX_ACCOUNTS: usize = 10_000;

/// The counts of this process, by account.
#[derive(Default)]
pub(super) struct FailedPasswords(HashMap<i64, Failures>);

/// The wrong passwords of one account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failures {
    /// The number of wrong passwords.
    pub(super) count: u64,
    /// Where the last one came from.
    pub(super) source: RequestSource,
    since: OffsetDateTime,
}

impl FailedPasswords {
    /// Counts a wrong password and returns the earlier ones if they are to be reported now.
    pub(super) fn add(
        &mut self,
        account: i64,
        source: RequestSource,
        now: OffsetDateTime,
    ) -> Option<Failures> {
        let due = match self.0.get(&account) {
            Some(failures) if now - failures.since >= REPORT_AFTER => self.0.remove(&account),
            _ => None,
        };
        if self.0.len() < MAX_ACCOUNTS || self.0.contains_key(&account) {
            let failures = Failures { count: 0, source, since: now };
            let failures = self.0.entry(account).or_insert(failures);
            failures.count += 1;
            failures.source = source;
        }
        due
    }

    /// Forgets an account after a right password and returns the failures to be reported.
    pub(super) fn take(&mut self, account: i64) -> Option<Failures> {
        self.0.remove(&account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_password_is_reported_once_however_it_ends() {
        let mut counts = FailedPasswords::default();
        let at = |minutes: u64| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60 * minutes);
        let count = |failures: Option<Failures>| failures.map(|failures| failures.count);
        let source = RequestSource::default();
        assert_eq!(count(counts.take(1)), None);
        assert_eq!(count(counts.add(1, source, at(0))), None);
        assert_eq!(count(counts.add(1, source, at(1))), None);
        assert_eq!(count(counts.add(2, source, at(1))), None);
        assert_eq!(count(counts.take(1)), Some(2));
        assert_eq!(count(counts.take(1)), None);
        assert_eq!(count(counts.add(2, source, at(61))), Some(1));
        assert_eq!(count(counts.take(2)), Some(1));
    }

    #[test]
    fn many_accounts_take_no_more_room() {
        let mut counts = FailedPasswords::default();
        for account in 0..2 * MAX_ACCOUNTS as i64 {
            counts.add(account, RequestSource::default(), OffsetDateTime::UNIX_EPOCH);
        }
        assert_eq!(counts.0.len(), MAX_ACCOUNTS);
    }
}
