//! Deletes sign-ins that are over from the store.

use std::time::Duration;

use rocket::Shutdown;
use rocket::tokio::{self, select, time};

use crate::state::AuthState;

/// The pause between two purges.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Purges the store every ten minutes until the application stops.
pub(super) fn purge_regularly(state: &AuthState, mut shutdown: Shutdown) {
    let (clock, idle) = (state.clock.clone(), state.config.session.idle);
    let Some(store) = state.store.clone() else { return };
    tokio::spawn(async move {
        loop {
            select! {
                () = &mut shutdown => break,
                () = time::sleep(INTERVAL) => {}
            }
            let purged = match clock.now() {
                Ok(now) => store.purge(now, idle).await,
                Err(error) => Err(error),
            };
            match purged {
                Ok(0) => {}
                Ok(count) => log::info!(target: "vestibule::purge", purged = count; "purged"),
                Err(error) => {
                    log::warn!(target: "vestibule::purge", "purge failed: {}", error.kind().code());
                }
            }
        }
    });
}
