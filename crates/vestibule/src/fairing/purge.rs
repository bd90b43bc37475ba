//! Deletes sign-ins that are over, and counters whose window has ended.

use std::time::Duration;

use rocket::Shutdown;
use rocket::tokio::{self, select, time};

use crate::error::Error;
use crate::state::AuthState;
use crate::state::stats::PurgeCounts;

/// The pause between two purges.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Purges the stores every ten minutes until the application stops. An error of one does not stop
/// the other.
pub(super) fn purge_regularly(state: &AuthState, mut shutdown: Shutdown) {
    let (clock, idle) = (state.clock.clone(), state.config.session.idle);
    let (store, throttle) = (state.store.clone(), state.throttle.clone());
    let counts = state.purges.clone();
    tokio::spawn(async move {
        loop {
            select! {
                () = &mut shutdown => break,
                () = time::sleep(INTERVAL) => {}
            }
            let now = match clock.now() {
                Ok(now) => now,
                Err(error) => {
                    report(&counts, Err(error));
                    continue;
                }
            };
            if let Some(store) = &store {
                report(&counts, store.purge(now, idle).await);
            }
            report(&counts, throttle.purge(now).await);
        }
    });
}

fn report(counts: &PurgeCounts, purged: Result<u64, Error>) {
    counts.record(&purged);
    match purged {
        Ok(0) => {}
        Ok(count) => log::info!(target: "vestibule::purge", purged = count; "purged"),
        Err(error) => {
            log::warn!(target: "vestibule::purge", "purge failed: {}", error.kind().code());
        }
    }
}
