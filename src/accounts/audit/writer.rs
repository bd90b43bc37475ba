//! The task that writes queued events, many in one transaction. A process has one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::Connection;
use rocket::tokio::sync::{mpsc, watch};
use rocket::tokio::time::sleep;
use time::OffsetDateTime;

use super::entry::Record;
use super::event::AuditEvent;
use super::queries;
use super::queue::{EventOwner, QueuedEvent};
use super::source::RequestSource;
use crate::accounts::user::Username;
use crate::db::{AnyConnection, Db, write};
use vestibule::{Clock, Error};

/// Maximum number of events in one transaction.
const BATCH: usize = 256;

/// The delay before a retry, doubled up to a minute. Short at first: often another process holds
/// the lock, and a process that is killed meanwhile loses the queue.
const RETRY: Duration = Duration::from_millis(100);
const MAX_RETRY: Duration = Duration::from_secs(60);

/// How often a batch is tried as a whole. After that each event is written alone, because one of
/// them may be refused by the database, and the others must not wait for it.
const BATCH_TRIES: u32 = 3;

/// The receiver of the queue.
pub struct Writer {
    events: mpsc::Receiver<(OffsetDateTime, QueuedEvent)>,
    /// How many events were written, for readers that wait.
    written: watch::Sender<u64>,
    lost: Arc<AtomicU64>,
    /// How many of the lost events the log has reported.
    reported: u64,
    clock: Clock,
}

type Batch = Vec<(OffsetDateTime, QueuedEvent)>;

impl Writer {
    pub(super) fn new(
        (events, written): (mpsc::Receiver<(OffsetDateTime, QueuedEvent)>, watch::Sender<u64>),
        lost: Arc<AtomicU64>,
        clock: Clock,
    ) -> Self {
        Self { events, written, lost, reported: 0, clock }
    }

    /// Writes queued events until every [`Audit`](super::Audit) is dropped.
    pub async fn run(mut self, db: Db) {
        let mut batch = Batch::with_capacity(BATCH);
        loop {
            let received = self.events.recv_many(&mut batch, BATCH).await;
            if received == 0 {
                return;
            }
            self.write(&db, std::mem::take(&mut batch)).await;
            self.written.send_modify(|written| *written += received as u64);
        }
    }

    /// Writes a batch and retries until it succeeds; later events wait in the queue.
    async fn write(&mut self, db: &Db, mut batch: Batch) {
        let all = self.lost.load(Ordering::Relaxed);
        let lost = all - std::mem::replace(&mut self.reported, all);
        if lost > 0 {
            log::warn!(target: "vestibule::events", lost; "events are missing in the audit log");
            if let Ok(now) = self.clock.now() {
                batch.push((now, lost_events(lost)));
            }
        }
        // Emptied by the query itself: if its result comes too late, the retry writes nothing twice.
        let batch = Arc::new(Mutex::new(batch));
        let (mut wait, mut tries) = (RETRY, 0);
        loop {
            let shared = batch.clone();
            let one_by_one = tries >= BATCH_TRIES;
            let written = db.run(move |connection| {
                let mut batch = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if one_by_one {
                    return write_each(connection, &mut batch);
                }
                write_batch(connection, &batch)?;
                batch.clear();
                Ok(())
            });
            let Err(error) = written.await else { return };
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            log::warn!(target: "vestibule::events", cause; "the audit log cannot be written");
            sleep(wait).await;
            tries += 1;
            wait = (wait * 2).min(MAX_RETRY);
        }
    }
}

fn lost_events(count: u64) -> QueuedEvent {
    QueuedEvent {
        event: AuditEvent::EventsLost,
        owner: EventOwner::None,
        is_own_action: false,
        sign_in: None,
        source: RequestSource::default(),
        count: Some(count),
    }
}

fn write_batch(
    connection: &mut AnyConnection,
    batch: &[(OffsetDateTime, QueuedEvent)],
) -> Result<(), Error> {
    // The names first, to keep the lock on the chain short.
    let ids = batch.iter().filter_map(|(_, queued)| match queued.owner {
        EventOwner::Account(id) => Some(id),
        _ => None,
    });
    let names = queries::names_of(connection, ids.collect())?;
    let mut records = Vec::new();
    for (at, queued) in batch {
        records.extend(record(connection, *at, queued, &names)?);
    }
    if records.is_empty() {
        return Ok(());
    }
    write(connection, |connection| Ok(queries::append(connection, &records)?))
}

/// Writes each event alone. If the database refuses an event but accepts the notice of its loss, it
/// would refuse it for ever: the notice takes its place.
fn write_each(connection: &mut AnyConnection, batch: &mut Batch) -> Result<(), Error> {
    while let Some((at, queued)) = batch.first() {
        let names = match queued.owner {
            EventOwner::Account(id) => queries::names_of(connection, vec![id])?,
            _ => HashMap::new(),
        };
        let found = record(connection, *at, queued, &names);
        let lost = record(connection, *at, &lost_events(1), &names)?;
        write(connection, |connection| {
            let cause = match found {
                Ok(None) => return Ok(()),
                Ok(Some(record)) => {
                    let written = connection.transaction(|inner| queries::append(inner, &[record]));
                    let Err(cause) = written else { return Ok(()) };
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

/// Returns the record of an event; `None` for an unknown user name.
fn record(
    connection: &mut AnyConnection,
    at: OffsetDateTime,
    queued: &QueuedEvent,
    names: &HashMap<i64, String>,
) -> Result<Option<Record>, Error> {
    let (account, username) = match &queued.owner {
        EventOwner::Account(id) => (Some(*id), names.get(id).cloned()),
        EventOwner::Username(text) => {
            // Text that is no user name may hold bytes that PostgreSQL accepts in no text: the
            // query would fail for ever, and later events would wait.
            let Ok(name) = Username::parse(text) else { return Ok(None) };
            match queries::user_by_key(connection, name.key())? {
                Some((id, username)) => (Some(id), Some(username)),
                None => return Ok(None),
            }
        }
        EventOwner::None => (None, None),
    };
    Ok(Some(Record {
        at,
        event: queued.event,
        account,
        actor_account: account.filter(|_| queued.is_own_action),
        actor: username.clone().filter(|_| queued.is_own_action),
        username,
        sign_in: queued.sign_in.clone(),
        address: queued.source.address.map(|address| address.to_string()),
        request_id: queued.source.request_id.map(|id| id.to_string()),
        detail: queued.count.map(|count| {
            let thing = match queued.event {
                AuditEvent::Ended => "sign-in",
                AuditEvent::EventsLost => "event",
                _ => "wrong password",
            };
            // What the owner has not ended, the limit has.
            let is_limit = queued.event == AuditEvent::Ended && !queued.is_own_action;
            let cause = if is_limit { ", beyond the limit of the account" } else { "" };
            format!("{count} {thing}{}{cause}", if count == 1 { "" } else { "s" })
        }),
    }))
}

#[cfg(test)]
mod tests {
    use diesel::RunQueryDsl;
    use rocket::futures::FutureExt;

    use super::*;
    use crate::accounts::audit::queue::Audit;
    use crate::accounts::audit::verify::{Verified, verify};
    use crate::db::{Address, DbConfig, connect, migrate};

    fn database(directory: &tempfile::TempDir) -> (AnyConnection, Db) {
        let address = Address::Sqlite(directory.path().join("test.sqlite3"));
        let timeout = Duration::from_secs(5);
        let mut connection = connect(&address, timeout, true).expect("a database");
        migrate(&mut connection).expect("a schema");
        (connection, Db::new(&DbConfig { address, pool_size: 2, timeout }))
    }

    fn queued(event: AuditEvent) -> QueuedEvent {
        let (owner, is_own_action) = (EventOwner::None, true);
        let source = RequestSource::default();
        QueuedEvent { event, owner, is_own_action, sign_in: None, source, count: None }
    }

    #[test]
    fn an_event_that_the_database_always_refuses_does_not_block_others() {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut connection, db) = database(&directory);
        let AnyConnection::Sqlite(sqlite) = &mut connection else { panic!("SQLite") };
        let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.event = 'restored'
            BEGIN SELECT RAISE(ABORT, 'never'); END";
        diesel::sql_query(refuse).execute(sqlite).expect("a trigger");
        let add = "INSERT INTO users (id, username, username_key, password_hash, role, active, \
            created_at) VALUES (7, 'ann', 'ann', '!', 'user', TRUE, 0)";
        diesel::sql_query(add).execute(sqlite).expect("a user");

        let (audit, writer) = Audit::new(Clock::manual());
        for event in [AuditEvent::SignedIn, AuditEvent::Restored, AuditEvent::SignedOut] {
            audit.push(QueuedEvent { owner: EventOwner::Account(7), ..queued(event) });
        }
        rocket::execute(async {
            rocket::tokio::spawn(writer.run(db));
            // Each flush waits half a second at most; the batch is tried as a whole first.
            for _ in 0..20 {
                audit.flush().await;
            }
        });
        let rows = queries::events_after(&mut connection, 0).expect("rows");
        let rows: Vec<_> =
            rows.iter().map(|row| (row.event.as_str(), row.username.as_deref())).collect();
        let ann = Some("ann");
        assert_eq!(rows, [("signed_in", ann), ("events_lost", None), ("signed_out", ann)]);
        let verified = verify(&mut connection, None).expect("an answer");
        assert!(matches!(verified, Verified::Whole { rows: 3, .. }), "{verified:?}");
    }

    #[test]
    fn readers_that_wait_take_no_place_of_an_event() {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut connection, db) = database(&directory);
        let (audit, writer) = Audit::new(Clock::manual());
        rocket::execute(async {
            audit.push(queued(AuditEvent::SignedIn));
            let mut readers: Vec<_> = (0..1600).map(|_| Box::pin(audit.flush())).collect();
            for reader in &mut readers {
                assert_eq!(reader.as_mut().now_or_never(), None, "it waits");
            }
            (1..1024).for_each(|_| audit.push(queued(AuditEvent::SignedIn)));
            rocket::tokio::spawn(writer.run(db));
            for reader in readers {
                reader.await;
            }
            audit.flush().await;
        });
        let verified = verify(&mut connection, None).expect("an answer");
        assert!(matches!(verified, Verified::Whole { rows: 1024, .. }), "{verified:?}");
    }

    #[test]
    fn events_beyond_the_capacity_are_counted_and_the_gap_is_logged() {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut connection, db) = database(&directory);
        let (audit, writer) = Audit::new(Clock::manual());
        (0..1024 + 6).for_each(|_| audit.push(queued(AuditEvent::SignedIn)));
        assert_eq!((audit.pending(), audit.lost()), (1024, 6));
        rocket::execute(async {
            rocket::tokio::spawn(writer.run(db));
            audit.flush().await;
            // The gap is reported once.
            audit.push(queued(AuditEvent::SignedIn));
            audit.flush().await;
        });
        assert_eq!((audit.pending(), audit.lost()), (0, 6));
        let verified = verify(&mut connection, None).expect("an answer");
        assert!(matches!(verified, Verified::Whole { rows: 1026, .. }), "{verified:?}");
        let lost = queries::events_after(&mut connection, 0).expect("rows");
        let lost = lost.iter().find(|entry| entry.event == "events_lost").expect("a row");
        assert_eq!(lost.detail.as_deref(), Some("6 events"));
    }
}
