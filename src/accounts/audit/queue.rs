//! The queue before the chain: bounded, and never waited for by a request that only tells.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rocket::tokio::sync::{mpsc, oneshot};
use rocket::tokio::time::timeout;
use time::OffsetDateTime;

use super::failed_passwords::WrongPasswords;
use super::{AuditEvent, Writer};
use vestibule::Clock;

/// How many events may wait to be written. Signing in costs a hash, so this is many seconds of
/// all cores.
const QUEUE: usize = 1024;

/// How long a reader waits for what is still queued.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long the same event of the same sign-in is not written again: whoever holds a cookie
/// could repeat it a thousand times a second.
const REPEATS: Duration = Duration::from_secs(60 * 60);

/// How many sign-ins are remembered for that.
const REMEMBERED: usize = 10_000;

/// The way into the audit log for what must not wait; cheap to clone.
#[derive(Clone)]
pub struct Audit {
    orders: mpsc::Sender<WriterMessage>,
    lost: Arc<AtomicU64>,
    clock: Clock,
    repeats: Arc<Mutex<HashMap<(AuditEvent, String), OffsetDateTime>>>,
    wrong: Arc<Mutex<WrongPasswords>>,
}

/// Something that happened, before it is known how the account is called.
pub(in crate::accounts) struct QueuedEvent {
    pub(in crate::accounts) what: AuditEvent,
    pub(in crate::accounts) whose: EventOwner,
    /// Whether the account did it, and not somebody to it.
    pub(in crate::accounts) by_itself: bool,
    pub(in crate::accounts) sign_in: Option<String>,
    pub(in crate::accounts) address: Option<IpAddr>,
    /// How many, where that says something.
    pub(in crate::accounts) count: Option<u64>,
}

/// The account that it happened to.
pub(in crate::accounts) enum EventOwner {
    /// This one.
    Account(i64),
    /// The one of this canonical name. Of a name that nobody has nothing is written: it may be
    /// a password in the wrong field, and anybody can make up another.
    Key(String),
    /// None.
    Nobody,
}

/// What the writer is told.
pub(super) enum WriterMessage {
    Note(OffsetDateTime, QueuedEvent),
    /// Everything before this has been written when the answer comes.
    Flush(oneshot::Sender<()>),
}

impl Audit {
    /// A queue, and the writer at its end, which somebody must run.
    #[must_use]
    pub fn new(clock: Clock) -> (Self, Writer) {
        let (orders, received) = mpsc::channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer::new(received, lost.clone(), clock.clone());
        (Self { orders, lost, clock, repeats: Arc::default(), wrong: Arc::default() }, writer)
    }

    /// Queues an event. One that finds the queue full is counted and not written.
    pub(in crate::accounts) fn note(&self, noted: QueuedEvent) {
        let Ok(now) = self.clock.now() else {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if self.is_repeated(&noted, now) {
            return;
        }
        if self.orders.try_send(WriterMessage::Note(now, noted)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Somebody gave a password for an account. Wrong ones are told all at once, with the next
    /// right one or with the first that comes an hour later.
    pub(in crate::accounts) fn password(&self, id: i64, right: bool, from: Option<IpAddr>) {
        let Ok(now) = self.clock.now() else { return };
        let told = {
            let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
            if right { wrong.right(id) } else { wrong.wrong(id, from, now) }
        };
        if let Some(wrong) = told {
            let (what, whose) = (AuditEvent::BadCredentials, EventOwner::Account(id));
            let (address, count) = (wrong.address, Some(wrong.count));
            self.note(QueuedEvent { what, whose, by_itself: false, sign_in: None, address, count });
        }
    }

    /// Waits until what was queued before is written, but half a second at most: who looks at
    /// the log shall see what has just happened.
    pub async fn settled(&self) {
        let all = async {
            let (done, written) = oneshot::channel();
            if self.orders.send(WriterMessage::Flush(done)).await.is_ok() {
                // A writer that is gone has nothing left to write.
                let _ = written.await;
            }
        };
        let _ = timeout(PATIENCE, all).await;
    }

    /// Whether this event of this sign-in was written a short time ago, of those that whoever
    /// holds a credential can repeat at no cost.
    fn is_repeated(&self, noted: &QueuedEvent, now: OffsetDateTime) -> bool {
        let (AuditEvent::Restored | AuditEvent::Confirmed | AuditEvent::Protected, Some(sign_in)) =
            (noted.what, &noted.sign_in)
        else {
            return false;
        };
        let mut repeats = self.repeats.lock().unwrap_or_else(PoisonError::into_inner);
        if repeats.len() >= REMEMBERED {
            repeats.retain(|_, at| now - *at < REPEATS);
        }
        // As many sign-ins in an hour: better a repetition than a map without end.
        if repeats.len() >= REMEMBERED {
            repeats.clear();
        }
        let key = (noted.what, sign_in.clone());
        let told = repeats.get(&key).is_some_and(|at| now - *at < REPEATS);
        if !told {
            repeats.insert(key, now);
        }
        told
    }
}
