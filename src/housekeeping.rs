//! Background tasks: deleting expired rows, and writing queued audit events.

use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::tokio::{self, select, time};

use crate::accounts::audit::Writer;
use crate::accounts::queries;
use crate::db::Db;
use vestibule::{Clock, Error};

/// The pause between two purges.
const PURGE_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// How many sign-ins one statement deletes: a larger one would delay other writers.
pub(crate) const PURGE_BATCH: i64 = 500;

/// Deletes expired rows every ten minutes until the service stops.
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
                    match purge(&db, &clock, idle).await {
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
            });
        })
    })
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

async fn purge(db: &Db, clock: &Clock, idle: Duration) -> Result<usize, Error> {
    let mut purged = 0;
    loop {
        let now = clock.now()?;
        let batch = move |connection: &mut crate::db::AnyConnection| {
            queries::purge_throttle(connection, now)?;
            queries::purge_links(connection, now)?;
            queries::purge(connection, now, idle, PURGE_BATCH).map_err(Error::from)
        };
        let count = db.run(batch).await?;
        purged += count;
        if count < usize::try_from(PURGE_BATCH).unwrap_or(usize::MAX) {
            return Ok(purged);
        }
    }
}
