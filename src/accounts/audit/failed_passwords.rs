//! Wrong passwords, counted until there is something to say: a row for each would let anybody
//! fill the table.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use time::OffsetDateTime;

/// How long wrong passwords of an account are counted before they are told without a right one.
const TELL: Duration = Duration::from_secs(60 * 60);

/// How many accounts are counted for. Beyond that nothing is counted; the log lines have all.
const ACCOUNTS: usize = 10_000;

/// The counts of one process.
#[derive(Default)]
pub(super) struct WrongPasswords(HashMap<i64, Wrong>);

/// The wrong passwords of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// How many.
    pub(super) count: u64,
    /// Where the last one came from.
    pub(super) address: Option<IpAddr>,
    since: OffsetDateTime,
}

impl WrongPasswords {
    /// Counts a wrong password; answers what is to be told by now.
    pub(super) fn wrong(
        &mut self,
        account: i64,
        address: Option<IpAddr>,
        now: OffsetDateTime,
    ) -> Option<Wrong> {
        let told = match self.0.get(&account) {
            Some(wrong) if now - wrong.since >= TELL => self.0.remove(&account),
            _ => None,
        };
        if self.0.len() < ACCOUNTS || self.0.contains_key(&account) {
            let wrong = self.0.entry(account).or_insert(Wrong { count: 0, address, since: now });
            wrong.count += 1;
            wrong.address = address;
        }
        told
    }

    /// The right password came: answers what is to be told before it.
    pub(super) fn right(&mut self, account: i64) -> Option<Wrong> {
        self.0.remove(&account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_password_is_told_once_however_it_ends() {
        let mut counts = WrongPasswords::default();
        let at = |minutes: u64| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60 * minutes);
        let count = |wrong: Option<Wrong>| wrong.map(|wrong| wrong.count);
        assert_eq!(counts.right(1), None);
        assert_eq!(counts.wrong(1, None, at(0)), None);
        assert_eq!(counts.wrong(1, None, at(1)), None);
        assert_eq!(counts.wrong(2, None, at(1)), None);
        assert_eq!(count(counts.right(1)), Some(2));
        assert_eq!(counts.right(1), None);
        assert_eq!(count(counts.wrong(2, None, at(61))), Some(1));
        assert_eq!(count(counts.right(2)), Some(1));
    }

    #[test]
    fn many_accounts_take_no_more_room() {
        let mut counts = WrongPasswords::default();
        for account in 0..2 * ACCOUNTS as i64 {
            counts.wrong(account, None, OffsetDateTime::UNIX_EPOCH);
        }
        assert_eq!(counts.0.len(), ACCOUNTS);
    }
}
