//! What became of mails, for the metrics.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counts of this process, and what its last look at the outbox found.
#[derive(Debug, Default)]
pub(super) struct Counters {
    sent: AtomicU64,
    failed: AtomicU64,
    waiting: AtomicUsize,
    given_up: AtomicUsize,
}

/// What became of mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MailCounts {
    /// Mails that this process has sent since its start.
    pub(crate) sent: u64,
    /// Attempts of this process that failed.
    pub(crate) failed: u64,
    /// Mails in the outbox that wait to be sent, by any process.
    pub(crate) waiting: usize,
    /// Mails in the outbox that were given up.
    pub(crate) given_up: usize,
}

impl Counters {
    pub(super) fn record(&self, is_sent: bool) {
        let counter = if is_sent { &self.sent } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_queued(&self, (waiting, given_up): (usize, usize)) {
        self.waiting.store(waiting, Ordering::Relaxed);
        self.given_up.store(given_up, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> MailCounts {
        MailCounts {
            sent: self.sent.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
        }
    }
}
