//! Numbers about the library's work, for a page of metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use rocket::{Orbit, Rocket};

use crate::error::Error;
use crate::state::AuthState;

/// What the library has done since the launch and has to do now. The [`Hasher`] tells its own
/// numbers.
///
/// ```
/// use rocket::{Orbit, Rocket};
/// use vestibule::AuthStats;
///
/// fn share_of_hits(rocket: &Rocket<Orbit>) -> Option<f64> {
///     let stats = AuthStats::of(rocket)?;
///     let all = stats.cache_hits + stats.cache_misses;
///     (all > 0).then(|| stats.cache_hits as f64 / all as f64)
/// }
/// ```
///
/// [`Hasher`]: crate::password::Hasher
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AuthStats {
    /// How many sign-ins were found in the cache.
    pub cache_hits: u64,
    /// How many were not, and were looked up in the store.
    pub cache_misses: u64,
    /// How many last uses of sign-ins wait to be written.
    pub pending_uses: usize,
    /// How often a store was purged of expired rows.
    pub purges: u64,
    /// How often that failed.
    pub failed_purges: u64,
    /// How many rows were deleted.
    pub purged_rows: u64,
}

impl AuthStats {
    /// Returns the numbers of an application; `None` without the fairing [`Auth`](crate::Auth).
    #[must_use]
    pub fn of(rocket: &Rocket<Orbit>) -> Option<Self> {
        let state = rocket.state::<AuthState>()?;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let lookups = &state.sign_ins.auth_cache.lookups;
        let [purges, failed_purges, purged_rows] = state.purges.read();
        Some(Self {
            cache_hits: read(&lookups.hits),
            cache_misses: read(&lookups.misses),
            pending_uses: state.last_seen_writer.pending(),
            purges,
            failed_purges,
            purged_rows,
        })
    }
}

/// Counts the purges of the stores.
#[derive(Debug, Default)]
pub(crate) struct PurgeCounts {
    succeeded: AtomicU64,
    failed: AtomicU64,
    rows: AtomicU64,
}

impl PurgeCounts {
    pub(crate) fn record(&self, purged: &Result<u64, Error>) {
        let count = if purged.is_ok() { &self.succeeded } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(purged.as_ref().map_or(0, |rows| *rows), Ordering::Relaxed);
    }

    /// Returns how many purges succeeded and how many failed, and how many rows they deleted.
    pub(crate) fn read(&self) -> [u64; 3] {
        [&self.succeeded, &self.failed, &self.rows].map(|count| count.load(Ordering::Relaxed))
    }
}
