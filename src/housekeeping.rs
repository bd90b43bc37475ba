//! Background tasks: deleting expired rows, writing queued audit events, comparing secrets.

use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::tokio::{self, select, time};

use crate::accounts::audit::Writer;
use crate::accounts::queries;
use crate::db::{AnyConnection, Db};
use crate::fingerprints::{self, Fingerprint};
use vestibule::{Clock, Error};

/// The pause between two purges.
const PURGE_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// How many rows one statement deletes: a larger one would delay other writers.
const PURGE_BATCH: i64 = 500;

/// A kind of rows that expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expired {
    SignIns,
    Counters,
    Links,
}

impl Expired {
    pub(crate) const ALL: [Self; 3] = [Self::SignIns, Self::Counters, Self::Links];

    /// Deletes a batch of expired rows; returns how many, and whether there may be more.
    pub(crate) fn purge(
        self,
        connection: &mut AnyConnection,
        clock: &Clock,
        idle: Duration,
    ) -> Result<(usize, bool), Error> {
        let now = clock.now()?;
        let count = match self {
            Self::SignIns => queries::purge(connection, now, idle, PURGE_BATCH)?,
            Self::Counters => queries::purge_throttle(connection, now, PURGE_BATCH)?,
            Self::Links => queries::purge_links(connection, now)?,
        };
        Ok((count, i64::try_from(count).unwrap_or(0) >= PURGE_BATCH))
    }
}

/// Deletes expired rows every ten minutes until the service stops. An error with one kind of rows
/// does not stop the others.
pub(crate) fn purge_regularly(idle: Duration) -> AdHoc {
    AdHoc::on_liftoff("House-keeping", move |rocket| {
        Box::pin(async move {
            let (db, clock) = (rocket.state::<Db>().cloned(), rocket.state::<Clock>().cloned());
            let (Some(db), Some(clock)) = (db, clock) else { return };
            let mut shutdown = rocket.shutdown();
            tokio::spawn(async move {
                loop {
                    select! {
                        () = &mut shutdown => break,
                        () = time::sleep(PURGE_INTERVAL) => {}
                    }
                    for kind in Expired::ALL {
                        match purge(&db, &clock, idle, kind).await {
                            Ok(0) => {}
                            Ok(count) => {
                                log::info!(target: "vestibule::purge", purged = count; "purged")
                            }
                            Err(error) => {
                                let code = error.kind().code();
                                log::warn!(target: "vestibule::purge", "purge failed: {code}");
                            }
                        }
                    }
                }
            });
        })
    })
}

/// Compares the secrets with those of other processes every ten minutes.
pub(crate) fn compare_secrets(own: Vec<Fingerprint>) -> AdHoc {
    AdHoc::on_liftoff("Secrets", move |rocket| {
        Box::pin(async move {
            let (db, clock) = (rocket.state::<Db>().cloned(), rocket.state::<Clock>().cloned());
            let (Some(db), Some(clock)) = (db, clock) else { return };
            let mut shutdown = rocket.shutdown();
            tokio::spawn(async move {
                loop {
                    select! {
                        () = &mut shutdown => break,
                        () = time::sleep(fingerprints::INTERVAL) => {}
                    }
                    compare(&db, &clock, &own).await;
                }
            });
        })
    })
}

async fn compare(db: &Db, clock: &Clock, own: &[Fingerprint]) {
    let (clock, own) = (clock.clone(), own.to_vec());
    let compared = db.run(move |connection| {
        let now = clock.now()?;
        Ok::<_, Error>(fingerprints::compare(connection, &own, now)?)
    });
    if let Err(error) = compared.await {
        fingerprints::warn_not_compared(&error);
    }
}

/// Writes queued audit events as long as the service runs.
pub(crate) fn write_audit_log(writer: Writer) -> AdHoc {
    AdHoc::on_liftoff("Audit log", move |rocket| {
        Box::pin(async move {
            if let Some(db) = rocket.state::<Db>().cloned() {
                tokio::spawn(writer.run(db));
            }
        })
    })
}

async fn purge(db: &Db, clock: &Clock, idle: Duration, kind: Expired) -> Result<usize, Error> {
    let mut purged = 0;
    loop {
        let clock = clock.clone();
        let batch = db.run(move |connection| kind.purge(connection, &clock, idle));
        let (count, may_have_more) = batch.await?;
        purged += count;
        if !may_have_more {
            return Ok(purged);
        }
    }
}
