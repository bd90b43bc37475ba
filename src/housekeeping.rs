//! Background tasks: deleting expired rows, writing queued audit events, comparing secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::tokio::{self, select, time};

use crate::accounts::audit::{self, Writer};
use crate::accounts::queries;
use crate::db::{AnyConnection, Db};
use crate::fingerprints::{self, Fingerprint, INTERVAL};
use crate::mail;
use vestibule::database::{purge_throttle, sign_ins};
use vestibule::{Clock, Error};

/// How many rows one statement deletes: a larger one would delay other writers.
const PURGE_BATCH: i64 = 500;

/// Counts the purges of the service's own rows: those that succeeded, those that failed, and the rows
/// that were deleted. The library counts those of sign-ins and counters.
#[derive(Debug, Default)]
pub(crate) struct OwnPurgeCounts {
    pub(crate) succeeded: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) rows: AtomicU64,
}

impl OwnPurgeCounts {
    fn record(&self, purged: &Result<usize, Error>) {
        let count = if purged.is_ok() { &self.succeeded } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(purged.as_ref().map_or(0, |rows| *rows as u64), Ordering::Relaxed);
    }
}

/// A kind of rows that expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpiredRows {
    SignIns,
    Counters,
    Links,
    PasswordLinks,
    SignInLinks,
    TrustedBrowsers,
    PendingAddresses,
    FormerAddresses,
    Registrations,
    Mails,
    Events,
}

/// What decides which rows have expired.
#[derive(Clone, Debug)]
pub(crate) struct RetentionLimits {
    pub(crate) clock: Clock,
    /// How long a sign-in lives without being used.
    pub(crate) idle: Duration,
    /// How long a row of the audit log is kept; 0 for ever.
    pub(crate) audit_retention: Duration,
}

impl ExpiredRows {
    pub(crate) const ALL: [Self; 11] = [
        Self::SignIns,
        Self::Counters,
        Self::Links,
        Self::PasswordLinks,
        Self::SignInLinks,
        Self::TrustedBrowsers,
        Self::PendingAddresses,
        Self::FormerAddresses,
        Self::Registrations,
        Self::Mails,
        Self::Events,
    ];

    /// All but the sign-ins and counters, which the fairing of the library purges.
    const OWN: [Self; 9] = [
        Self::Links,
        Self::PasswordLinks,
        Self::SignInLinks,
        Self::TrustedBrowsers,
        Self::PendingAddresses,
        Self::FormerAddresses,
        Self::Registrations,
        Self::Mails,
        Self::Events,
    ];

    /// Deletes a batch of expired rows; returns how many, and whether there may be more.
    pub(crate) fn purge(
        self,
        connection: &mut AnyConnection,
        limits: &RetentionLimits,
    ) -> Result<(usize, bool), Error> {
        let now = limits.clock.now()?;
        let count = match self {
            Self::Events if limits.audit_retention.is_zero() => 0,
            Self::Events => return audit::prune_step(connection, now, limits.audit_retention),
            Self::SignIns => sign_ins::purge(connection, now, limits.idle, PURGE_BATCH)?,
            Self::Counters => purge_throttle(connection, now, PURGE_BATCH)?,
            Self::Links => queries::purge_links(connection, now)?,
            Self::PasswordLinks => queries::purge_password_links(connection, now, PURGE_BATCH)?,
            Self::SignInLinks => queries::purge_sign_in_links(connection, now, PURGE_BATCH)?,
            Self::TrustedBrowsers => queries::purge_trusted_browsers(connection, now, PURGE_BATCH)?,
            Self::PendingAddresses => {
                queries::purge_pending_addresses(connection, now, PURGE_BATCH)?
            }
            Self::FormerAddresses => queries::purge_former_addresses(connection, now, PURGE_BATCH)?,
            Self::Registrations => queries::purge_registrations(connection, now, PURGE_BATCH)?,
            Self::Mails => mail::purge(connection, now, PURGE_BATCH)?,
        };
        Ok((count, i64::try_from(count).unwrap_or(0) >= PURGE_BATCH))
    }
}

/// Deletes expired rows and compares the secrets every ten minutes until the service stops. An error
/// with one kind of rows does not stop the others.
pub(crate) fn start_maintenance(limits: RetentionLimits, own: Vec<Fingerprint>) -> AdHoc {
    AdHoc::on_liftoff("House-keeping", move |rocket| {
        Box::pin(async move {
            let Some(db) = rocket.state::<Db>().cloned() else { return };
            let counts = rocket.state::<Arc<OwnPurgeCounts>>().cloned().unwrap_or_default();
            let mut shutdown = rocket.shutdown();
            tokio::spawn(async move {
                loop {
                    select! {
                        () = &mut shutdown => break,
                        () = time::sleep(INTERVAL) => {}
                    }
                    compare_secrets(&db, &limits.clock, &own).await;
                    for kind in ExpiredRows::OWN {
                        let purged = purge(&db, &limits, kind).await;
                        counts.record(&purged);
                        match purged {
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

async fn purge(db: &Db, limits: &RetentionLimits, kind: ExpiredRows) -> Result<usize, Error> {
    let mut purged = 0;
    loop {
        let limits = limits.clone();
        let batch = db.run(move |connection| kind.purge(connection, &limits));
        let (count, may_have_more) = batch.await?;
        purged += count;
        if !may_have_more {
            return Ok(purged);
        }
    }
}

async fn compare_secrets(db: &Db, clock: &Clock, own: &[Fingerprint]) {
    let (clock, own) = (clock.clone(), own.to_vec());
    let compared = db.run(move |connection| {
        let now = clock.now()?;
        Ok::<_, Error>(fingerprints::record_and_compare(connection, &own, now)?)
    });
    if let Err(error) = compared.await {
        fingerprints::warn_not_compared(&error);
    }
}
