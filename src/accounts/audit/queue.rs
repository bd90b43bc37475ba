//! The bounded queue in front of the chain. A request that only reports an event never waits for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rocket::tokio::sync::{mpsc, watch};
use rocket::tokio::time::timeout;
use time::OffsetDateTime;

use super::event::AuditEvent;
use super::failed_passwords::FailedPasswords;
use super::source::RequestSource;
use super::writer::Writer;
use vestibule::Clock;

/// Maximum number of queued events. A sign-in costs a hash, so these are many seconds of all cores.
const CAPACITY: usize = 1024;

/// How long a reader of the log waits for queued events.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the same event of the same sign-in is not written again: the holder of a cookie could
/// repeat it a thousand times a second.
const REPEAT_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Maximum number of events remembered for that.
const MAX_REMEMBERED: usize = 10_000;

/// The queue of the audit log, for events that must not make a request wait; cheap to clone.
#[derive(Clone)]
pub struct Audit {
    events: mpsc::Sender<(OffsetDateTime, QueuedEvent)>,
    /// How many events were queued, and how many of them the writer has written or given up.
    queued: Arc<AtomicU64>,
    written: watch::Receiver<u64>,
    lost: Arc<AtomicU64>,
    clock: Clock,
    recent: Arc<Mutex<HashMap<(AuditEvent, String), OffsetDateTime>>>,
    failed: Arc<Mutex<FailedPasswords>>,
}

/// An event in the queue, before the name of the account is looked up.
pub(in crate::accounts) struct QueuedEvent {
    pub(in crate::accounts) event: AuditEvent,
    pub(in crate::accounts) owner: EventOwner,
    /// Whether the owner of the account is the actor.
    pub(in crate::accounts) is_own_action: bool,
    pub(in crate::accounts) sign_in: Option<String>,
    pub(in crate::accounts) source: RequestSource,
    /// The number of sign-ins, wrong passwords or lost events.
    pub(in crate::accounts) count: Option<u64>,
}

/// The account that an event is about.
pub(in crate::accounts) enum EventOwner {
    /// The account with this id.
    Account(i64),
    /// The account with this canonical name. An event of an unknown name is dropped: it may be a
    /// password in the wrong field, and any client can make up names.
    Username(String),
    /// No account.
    None,
}

impl Audit {
    /// Creates a queue and its writer, which the application must [run](Writer::run).
    #[must_use]
    pub fn new(clock: Clock) -> (Self, Writer) {
        let (events, received) = mpsc::channel(CAPACITY);
        let (count, written) = watch::channel(0);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer::new((received, count), lost.clone(), clock.clone());
        let (queued, recent, failed) = (Arc::default(), Arc::default(), Arc::default());
        (Self { events, queued, written, lost, clock, recent, failed }, writer)
    }

    /// Returns the clock that events are timed with.
    pub(in crate::accounts) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Queues an event. If the queue is full, the event is counted as lost.
    pub(in crate::accounts) fn push(&self, event: QueuedEvent) {
        let Ok(now) = self.clock.now() else {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if self.is_repeated(&event, now) {
            return;
        }
        let counter = match self.events.try_send((now, event)) {
            Ok(()) => &self.queued,
            Err(_) => &self.lost,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a checked password of an account. Wrong ones are queued as one event, with the next
    /// right password or with the first wrong one after an hour.
    pub(in crate::accounts) fn count_password(
        &self,
        account: i64,
        is_right: bool,
        source: RequestSource,
    ) {
        let Ok(now) = self.clock.now() else { return };
        let due = {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            if is_right { failed.take(account) } else { failed.add(account, source, now) }
        };
        if let Some(failures) = due {
            self.push(QueuedEvent {
                event: AuditEvent::BadCredentials,
                owner: EventOwner::Account(account),
                is_own_action: false,
                sign_in: None,
                source: failures.source,
                count: Some(failures.count),
            });
        }
    }

    /// Returns how many events wait to be written.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.queued.load(Ordering::Relaxed).saturating_sub(*self.written.borrow())
    }

    /// Returns how many events could not be queued since the start.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until all events that are queued now are written, but half a second at most, so that a
    /// reader of the log sees what has just happened. It takes no place in the queue.
    pub async fn flush(&self) {
        let (queued, mut written) = (self.queued.load(Ordering::Relaxed), self.written.clone());
        // If the writer has ended, nothing is left to write.
        let _ = timeout(FLUSH_TIMEOUT, written.wait_for(|written| *written >= queued)).await;
    }

    /// Returns whether this event of this sign-in was queued recently, for the events that the
    /// holder of a credential can repeat at no cost.
    fn is_repeated(&self, queued: &QueuedEvent, now: OffsetDateTime) -> bool {
        let (AuditEvent::Restored | AuditEvent::Confirmed | AuditEvent::Protected, Some(sign_in)) =
            (queued.event, &queued.sign_in)
        else {
            return false;
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= MAX_REMEMBERED {
            recent.retain(|_, at| now - *at < REPEAT_INTERVAL);
        }
        // Still full: a repeated event is better than a map without limit.
        if recent.len() >= MAX_REMEMBERED {
            recent.clear();
        }
        let key = (queued.event, sign_in.clone());
        let is_repeated = recent.get(&key).is_some_and(|at| now - *at < REPEAT_INTERVAL);
        if !is_repeated {
            recent.insert(key, now);
        }
        is_repeated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_remembered_events_those_of_an_hour_ago_are_forgotten_first() {
        let clock = Clock::manual();
        let (audit, _writer) = Audit::new(clock.clone());
        let is_repeated = |sign_in: &str| {
            let queued = QueuedEvent {
                event: AuditEvent::Confirmed,
                owner: EventOwner::None,
                is_own_action: true,
                sign_in: Some(sign_in.to_owned()),
                source: RequestSource::default(),
                count: None,
            };
            audit.is_repeated(&queued, clock.now().expect("a time"))
        };
        assert!(!is_repeated("old") && !is_repeated("as old"));
        clock.advance(REPEAT_INTERVAL / 2);
        for number in 2..MAX_REMEMBERED {
            assert!(!is_repeated(&number.to_string()));
        }
        clock.advance(REPEAT_INTERVAL / 2);
        assert!(!is_repeated("new"));
        assert!(is_repeated("2"), "of half an hour ago");
        assert!(!is_repeated("old"));
        // Now there are too many of the last hour.
        assert!(!is_repeated("newer") && !is_repeated("2"));
    }
}
