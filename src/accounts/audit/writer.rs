//! The one task of a process that writes what is queued, many events in one transaction.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rocket::tokio::sync::mpsc;
use rocket::tokio::time::sleep;
use time::OffsetDateTime;

use super::queue::Order;
use super::{Noted, Record, What, Whose};
use crate::accounts::{Username, queries};
use crate::auth::{Clock, Error};
use crate::db::{AnyConnection, Db, write};

/// How many events are written at once.
const BATCH: usize = 256;

/// How long it waits before it tries again; doubled up to a minute. Short at first: somebody else
/// was quicker to write, and a process that is killed meanwhile loses what is queued.
const RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// The end of the queue.
pub struct Writer {
    orders: mpsc::Receiver<Order>,
    lost: Arc<AtomicU64>,
    clock: Clock,
}

type Batch = Vec<(OffsetDateTime, Noted)>;

impl Writer {
    pub(super) fn new(orders: mpsc::Receiver<Order>, lost: Arc<AtomicU64>, clock: Clock) -> Self {
        Self { orders, lost, clock }
    }

    /// Writes until every [`Audit`](super::Audit) is gone.
    pub async fn run(mut self, db: Db) {
        let mut orders = Vec::with_capacity(BATCH);
        while self.orders.recv_many(&mut orders, BATCH).await > 0 {
            let (mut batch, mut waiting) = (Batch::new(), Vec::new());
            for order in orders.drain(..) {
                match order {
                    Order::Note(at, noted) => batch.push((at, noted)),
                    Order::Flush(done) => waiting.push(done),
                }
            }
            self.write(&db, batch).await;
            for done in waiting {
                // Whoever waited may have given up.
                let _ = done.send(());
            }
        }
    }

    /// Writes a batch, however long that takes: what comes meanwhile waits in the queue.
    async fn write(&self, db: &Db, mut batch: Batch) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            log::warn!(target: "vestibule::events", lost; "events are missing in the audit log");
            if let Ok(now) = self.clock.now() {
                batch.push((now, lost_events(lost)));
            }
        }
        if batch.is_empty() {
            return;
        }
        // Emptied where it was written: work whose answer came too late is not done twice.
        let batch = Arc::new(Mutex::new(batch));
        let mut wait = RETRY;
        loop {
            let shared = batch.clone();
            let written = db.run(move |connection| {
                let mut batch = shared.lock().unwrap_or_else(PoisonError::into_inner);
                keep(connection, &batch)?;
                batch.clear();
                Ok::<_, Error>(())
            });
            let Err(error) = written.await else { return };
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            log::warn!(target: "vestibule::events", cause; "the audit log cannot be written");
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_RETRY);
        }
    }
}

fn lost_events(count: u64) -> Noted {
    let (what, whose) = (What::EventsLost, Whose::Nobody);
    let count = Some(count);
    Noted { what, whose, by_itself: false, sign_in: None, address: None, count }
}

fn keep(connection: &mut AnyConnection, batch: &[(OffsetDateTime, Noted)]) -> Result<(), Error> {
    // The names first, so that the chain is locked for as short as can be.
    let ids = batch.iter().filter_map(|(_, noted)| match noted.whose {
        Whose::Account(id) => Some(id),
        _ => None,
    });
    let names = queries::names_of(connection, ids.collect())?;
    let mut records = Vec::new();
    for (at, noted) in batch {
        records.extend(record(connection, *at, noted, &names)?);
    }
    if records.is_empty() {
        return Ok(());
    }
    write(connection, |connection| Ok(queries::append(connection, &records)?))
}

/// The record of an event; `None` when it belongs to a name that nobody has.
fn record(
    connection: &mut AnyConnection,
    at: OffsetDateTime,
    noted: &Noted,
    names: &HashMap<i64, String>,
) -> Result<Option<Record>, Error> {
    let (account, username) = match &noted.whose {
        Whose::Account(id) => (Some(*id), names.get(id).cloned()),
        Whose::Key(key) => {
            // What cannot be a name is nobody's, and may hold what PostgreSQL takes in no text:
            // the statement would fail for ever, and what is queued behind it would wait.
            let Ok(name) = Username::parse(key) else { return Ok(None) };
            match queries::named(connection, name.key())? {
                Some(user) => (Some(user.id), Some(user.username)),
                None => return Ok(None),
            }
        }
        Whose::Nobody => (None, None),
    };
    Ok(Some(Record {
        at,
        what: noted.what,
        account,
        actor_account: account.filter(|_| noted.by_itself),
        actor: username.clone().filter(|_| noted.by_itself),
        username,
        sign_in: noted.sign_in.clone(),
        address: noted.address.map(|address| address.to_string()),
        detail: noted.count.map(|count| {
            let thing = match noted.what {
                What::Ended => "sign-in",
                What::EventsLost => "event",
                _ => "wrong password",
            };
            format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::audit::{Audit, Verified, verify};
    use crate::db::{Address, DbConfig, connect, migrate};

    #[test]
    fn what_the_queue_does_not_hold_is_counted_and_the_gap_is_in_the_log() {
        let directory = tempfile::tempdir().expect("a directory");
        let address = Address::Sqlite(directory.path().join("test.sqlite3"));
        let timeout = Duration::from_secs(5);
        let mut connection = connect(&address, timeout, true).expect("a database");
        migrate(&mut connection).expect("a schema");
        let db = Db::new(&DbConfig { address, pool_size: 2, timeout });

        let (audit, writer) = Audit::new(Clock::manual());
        let note = || {
            let (what, whose) = (What::SignedIn, Whose::Nobody);
            audit.note(Noted {
                what,
                whose,
                by_itself: true,
                sign_in: None,
                address: None,
                count: None,
            });
        };
        (0..1024 + 6).for_each(|_| note());
        rocket::execute(async {
            rocket::tokio::spawn(writer.run(db));
            audit.settled().await;
        });
        let verified = verify(&mut connection, None).expect("an answer");
        assert!(matches!(verified, Verified::Whole { rows: 1025, .. }), "{verified:?}");
        let lost = queries::events_after(&mut connection, 0).expect("rows");
        let lost = lost.iter().find(|entry| entry.event == "events_lost").expect("a row");
        assert_eq!(lost.detail.as_deref(), Some("6 events"));
    }
}
