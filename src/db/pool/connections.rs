//! The open connections, which are replaced as a whole when one of them hangs.
//!
//! libpq cannot be interrupted: a machine that freezes still acknowledges what it is sent, so a
//! thread may wait for its response for ever. The time-outs of the server end nothing either. Such
//! threads are left behind with their connections, and work goes on with new ones.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::r2d2::Pool;
use rocket::tokio::task::JoinHandle;
use rocket::tokio::time;

use super::DbConfig;
use super::manager::ConnectionManager;

/// How many times `pool_size` connections may hang until they are no longer replaced. Each occupies
/// a thread.
const MAX_HANGING: u32 = 4;

/// The pool in use and the number of hanging connections of earlier ones.
pub(super) struct Connections {
    config: DbConfig,
    lock_timeout: Duration,
    current: Mutex<NumberedPool>,
    hanging: AtomicU32,
}

/// A pool, numbered so that many callers that find it hanging replace it once.
#[derive(Clone)]
pub(super) struct NumberedPool {
    pub(super) number: u64,
    pub(super) pool: Pool<ConnectionManager>,
}

impl Connections {
    pub(super) fn new(config: &DbConfig, lock_timeout: Duration) -> Self {
        let current = NumberedPool { number: 0, pool: open_pool(config, lock_timeout) };
        Self {
            config: config.clone(),
            lock_timeout,
            current: Mutex::new(current),
            hanging: AtomicU32::new(0),
        }
    }

    /// Returns the pool to use.
    pub(super) fn current(&self) -> NumberedPool {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a job that has run out of time. Every wait that a server in order can cause ends
    /// within `timeout`, so a job that takes twice as long hangs.
    pub(super) async fn watch<T>(
        self: Arc<Self>,
        generation: u64,
        mut job: JoinHandle<T>,
        timeout: Duration,
    ) {
        if time::timeout(timeout, &mut job).await.is_ok() {
            return;
        }
        if self.hanging.fetch_add(1, Ordering::Relaxed) < MAX_HANGING * self.config.pool_size {
            self.replace(generation);
        }
        let _ended = job.await;
        self.hanging.fetch_sub(1, Ordering::Relaxed);
    }

    fn replace(&self, generation: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == generation {
            log::warn!(
                target: "vestibule::database",
                "the server does not respond on an open connection; new connections are opened"
            );
            let pool = open_pool(&self.config, self.lock_timeout);
            *current = NumberedPool { number: generation + 1, pool };
        }
    }
}

/// Creates a pool that opens its connections when they are needed.
fn open_pool(config: &DbConfig, lock_timeout: Duration) -> Pool<ConnectionManager> {
    Pool::builder()
        .max_size(config.pool_size)
        .min_idle(Some(0))
        // Replaces a broken connection before a request gets it.
        .test_on_check_out(true)
        .connection_timeout(config.timeout)
        .build_unchecked(ConnectionManager::new(config.address.clone(), lock_timeout))
}
