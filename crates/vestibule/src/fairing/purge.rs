//! Deletes sign-ins that are over, and counters whose window has ended.

use std::sync::Arc;
use std::time::Duration;

use rocket::Shutdown;
use rocket::tokio::{self, select, time};

use crate::clock::Clock;
use crate::error::Error;
use crate::sign_in::store::SignInStore;
use crate::state::AuthState;
use crate::state::stats::PurgeCounts;
use crate::throttle::ThrottleStore;

/// The pause between two purges.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Purges the stores every ten minutes until the application stops.
pub(super) fn purge_regularly(state: &AuthState, mut shutdown: Shutdown) {
    let purge = Purge::of(state);
    tokio::spawn(async move {
        loop {
            select! {
                () = &mut shutdown => break,
                () = time::sleep(INTERVAL) => purge.run().await,
            }
        }
    });
}

/// What a purge needs of the state.
struct Purge {
    clock: Clock,
    idle: Duration,
    store: Option<Arc<dyn SignInStore>>,
    throttle: Arc<dyn ThrottleStore>,
    counts: Arc<PurgeCounts>,
}

impl Purge {
    fn of(state: &AuthState) -> Self {
        Self {
            clock: state.clock.clone(),
            idle: state.config.session.idle,
            store: state.store.clone(),
            throttle: state.throttle.clone(),
            counts: state.purges.clone(),
        }
    }

    /// Purges each store once. An error of one does not stop the other.
    async fn run(&self) {
        let now = match self.clock.now() {
            Ok(now) => now,
            Err(error) => return self.report(Err(error)),
        };
        if let Some(store) = &self.store {
            self.report(store.purge(now, self.idle).await);
        }
        self.report(self.throttle.purge(now).await);
    }

    fn report(&self, purged: Result<u64, Error>) {
        self.counts.record(&purged);
        match purged {
            Ok(0) => {}
            Ok(count) => log::info!(target: "vestibule::purge", purged = count; "purged"),
            Err(error) => {
                log::warn!(target: "vestibule::purge", "purge failed: {}", error.kind().code());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::auth_cache::{AuthCache, InvalidatingStore};
    use crate::sign_in::memory_store::MemorySignInStore;
    use crate::sign_in::{SignIn, SignInId, SignInKind};
    use crate::throttle::MemoryThrottle;

    #[test]
    fn each_store_is_purged_of_what_is_over_and_the_purges_are_counted() {
        let (clock, rows) = (Clock::manual(), MemorySignInStore::new());
        let (inner, auth_cache) = (Arc::new(rows.clone()), AuthCache::new());
        let purge = Purge {
            clock: clock.clone(),
            idle: Duration::from_secs(3600),
            store: Some(Arc::new(InvalidatingStore { inner, auth_cache })),
            throttle: Arc::new(MemoryThrottle::new()),
            counts: Arc::default(),
        };
        let counted = || (rows.all().len(), purge.counts.read());
        let now = clock.now().expect("a time");
        rocket::async_test(async {
            for seconds in [60, 61] {
                let id = SignInId::random().expect("an id");
                let kind = SignInKind::Browser { remembered: true };
                let row = SignIn::new(id, "7", kind, now, now + Duration::from_secs(seconds));
                rows.open(&row).await.expect("a row");
            }
            clock.advance(Duration::from_secs(60));
            purge.run().await;
            assert_eq!(counted(), (1, [2, 0, 1]));
            purge.run().await;
            assert_eq!(counted(), (1, [4, 0, 1]));
            // The clock is beyond the supported range.
            clock.advance(Duration::from_secs(300 * 366 * 24 * 60 * 60));
            purge.run().await;
            assert_eq!(counted(), (1, [4, 1, 1]));
        });
    }
}
