//! Threads for password work, which may step back behind all other threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use rocket::tokio::sync::mpsc::UnboundedSender;

use crate::error::Error;

/// Niceness of hashing threads (lowest priority).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;

/// Runs work on a thread of its own, because a thread may not raise its priority again, and sends
/// its result when `end` has freed what it held; `None` if it panics.
pub(super) fn spawn<T: Send + 'static>(
    done: UnboundedSender<Option<T>>,
    work: impl FnOnce() -> T + Send + 'static,
    end: impl FnOnce() + Send + 'static,
) -> Result<(), Error> {
    let run = move || {
        let result = catch_unwind(AssertUnwindSafe(work)).ok();
        end();
        let _ = done.send(result);
    };
    let thread = Builder::new().name("hasher".to_owned()).spawn(run);
    thread.map(drop).map_err(Error::unavailable)
}

/// Lowers the priority of this thread, if the system can and allows it.
pub(super) fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}

/// When work of low priority last began or ended.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(super) fn record(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) fn age(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recording_progress_sets_it_to_now() {
        let progress = Progress::new();
        let last = || *progress.0.lock().expect("no panic");
        let begun = last();
        while Instant::now() == begun {
            std::hint::spin_loop();
        }
        progress.record();
        assert!(last() > begun);
    }
}
