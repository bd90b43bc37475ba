//! The one task of a process that writes what is queued, many events in one transaction.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::Connection;
use rocket::tokio::sync::mpsc;
use rocket::tokio::time::sleep;
use time::OffsetDateTime;

use super::queue::WriterMessage;
use super::{AuditEvent, EventOwner, QueuedEvent, Record};
use crate::accounts::{Username, queries};
use crate::db::{AnyConnection, Db, write};
use vestibule::{Clock, Error};

/// How many events are written at once.
const BATCH: usize = 256;

/// How long it waits before it tries again; doubled up to a minute. Short at first: somebody else
/// was quicker to write, and a process that is killed meanwhile loses what is queued.
const RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// How often a batch is tried as a whole: then one event in it may be what the database refuses,
/// and the others must not wait for it.
const TRIES: u32 = 3;

/// The end of the queue.
pub struct Writer {
    orders: mpsc::Receiver<WriterMessage>,
    lost: Arc<AtomicU64>,
    clock: Clock,
}

type Batch = Vec<(OffsetDateTime, QueuedEvent)>;

impl Writer {
    pub(super) fn new(
        orders: mpsc::Receiver<WriterMessage>,
        lost: Arc<AtomicU64>,
        clock: Clock,
    ) -> Self {
        Self { orders, lost, clock }
    }

    /// Writes until every [`Audit`](super::Audit) is gone.
    pub async fn run(mut self, db: Db) {
        let mut orders = Vec::with_capacity(BATCH);
        while self.orders.recv_many(&mut orders, BATCH).await > 0 {
            let (mut batch, mut waiting) = (Batch::new(), Vec::new());
            for order in orders.drain(..) {
                match order {
                    WriterMessage::Note(at, noted) => batch.push((at, noted)),
                    WriterMessage::Flush(done) => waiting.push(done),
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
        let (mut wait, mut tries) = (RETRY, 0);
        loop {
            let shared = batch.clone();
            let one_by_one = tries >= TRIES;
            let written = db.run(move |connection| {
                let mut batch = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if one_by_one {
                    return keep_each(connection, &mut batch);
                }
                keep(connection, &batch)?;
                batch.clear();
                Ok(())
            });
            let Err(error) = written.await else { return };
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            log::warn!(target: "vestibule::events", cause; "the audit log cannot be written");
            sleep(wait).await;
            tries += 1;
            wait = (wait * 2).min(LONGEST_RETRY);
        }
    }
}

fn lost_events(count: u64) -> QueuedEvent {
    let (what, whose) = (AuditEvent::EventsLost, EventOwner::Nobody);
    let count = Some(count);
    QueuedEvent { what, whose, by_itself: false, sign_in: None, address: None, count }
}

fn keep(
    connection: &mut AnyConnection,
    batch: &[(OffsetDateTime, QueuedEvent)],
) -> Result<(), Error> {
    // The names first, so that the chain is locked for as short as can be.
    let ids = batch.iter().filter_map(|(_, noted)| match noted.whose {
        EventOwner::Account(id) => Some(id),
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

/// Writes one after the other. An event that is refused where the notice of its loss is taken will
/// be refused for ever: the notice stands for it.
fn keep_each(connection: &mut AnyConnection, batch: &mut Batch) -> Result<(), Error> {
    while let Some((at, noted)) = batch.first() {
        let names = match noted.whose {
            EventOwner::Account(id) => queries::names_of(connection, vec![id])?,
            _ => HashMap::new(),
        };
        let found = record(connection, *at, noted, &names);
        let lost = record(connection, *at, &lost_events(1), &names)?;
        write(connection, |connection| {
            let cause = match found {
                Ok(None) => return Ok(()),
                Ok(Some(record)) => {
                    let kept = connection.transaction(|inner| queries::append(inner, &[record]));
                    let Err(cause) = kept else { return Ok(()) };
                    cause.to_string()
                }
                Err(error) => error.to_string(),
            };
            log::error!(target: "vestibule::events", cause; "an event cannot be written and is lost");
            Ok::<_, Error>(queries::append(connection, lost.as_slice())?)
        })?;
        batch.remove(0);
    }
    Ok(())
}

/// The record of an event; `None` when it belongs to a name that nobody has.
fn record(
    connection: &mut AnyConnection,
    at: OffsetDateTime,
    noted: &QueuedEvent,
    names: &HashMap<i64, String>,
) -> Result<Option<Record>, Error> {
    let (account, username) = match &noted.whose {
        EventOwner::Account(id) => (Some(*id), names.get(id).cloned()),
        EventOwner::Key(key) => {
            // What cannot be a name is nobody's, and may hold what PostgreSQL takes in no text:
            // the statement would fail for ever, and what is queued behind it would wait.
            let Ok(name) = Username::parse(key) else { return Ok(None) };
            match queries::named(connection, name.key())? {
                Some(user) => (Some(user.id), Some(user.username)),
                None => return Ok(None),
            }
        }
        EventOwner::Nobody => (None, None),
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
                AuditEvent::Ended => "sign-in",
                AuditEvent::EventsLost => "event",
                _ => "wrong password",
            };
            format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
        }),
    }))
}

#[cfg(test)]
mod tests {
    use diesel::RunQueryDsl;

    use super::*;
    use crate::accounts::audit::{Audit, Verified, verify};
    use crate::db::{Address, DbConfig, connect, migrate};

    fn database(directory: &tempfile::TempDir) -> (AnyConnection, Db) {
        let address = Address::Sqlite(directory.path().join("test.sqlite3"));
        let timeout = Duration::from_secs(5);
        let mut connection = connect(&address, timeout, true).expect("a database");
        migrate(&mut connection).expect("a schema");
        (connection, Db::new(&DbConfig { address, pool_size: 2, timeout }))
    }

    fn noted(what: AuditEvent) -> QueuedEvent {
        let whose = EventOwner::Nobody;
        QueuedEvent { what, whose, by_itself: true, sign_in: None, address: None, count: None }
    }

    #[test]
    fn an_event_that_the_database_refuses_for_good_keeps_no_other_out() {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut connection, db) = database(&directory);
        let AnyConnection::Sqlite(sqlite) = &mut connection else { panic!("SQLite") };
        let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.event = 'restored'
            BEGIN SELECT RAISE(ABORT, 'never'); END";
        diesel::sql_query(refuse).execute(sqlite).expect("a trigger");

        let (audit, writer) = Audit::new(Clock::manual());
        for what in [AuditEvent::SignedIn, AuditEvent::Restored, AuditEvent::SignedOut] {
            audit.note(noted(what));
        }
        rocket::execute(async {
            rocket::tokio::spawn(writer.run(db));
            // Each waits half a second at most; the others are tried first.
            for _ in 0..20 {
                audit.settled().await;
            }
        });
        let rows = queries::events_after(&mut connection, 0).expect("rows");
        let rows: Vec<_> = rows.iter().map(|row| row.event.as_str()).collect();
        assert_eq!(rows, ["signed_in", "events_lost", "signed_out"]);
        let verified = verify(&mut connection, None).expect("an answer");
        assert!(matches!(verified, Verified::Whole { rows: 3, .. }), "{verified:?}");
    }

    #[test]
    fn what_the_queue_does_not_hold_is_counted_and_the_gap_is_in_the_log() {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut connection, db) = database(&directory);
        let (audit, writer) = Audit::new(Clock::manual());
        (0..1024 + 6).for_each(|_| audit.note(noted(AuditEvent::SignedIn)));
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
