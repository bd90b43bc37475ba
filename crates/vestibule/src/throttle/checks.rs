//! The passwords that this process is checking.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many attempts are being checked by this process, by the name of the counter that may refuse
/// further ones. A refusal beside such an attempt is not final: a right password takes it back.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunningChecks(Arc<Mutex<HashMap<String, usize>>>);

/// A check that runs until this is dropped.
#[derive(Debug)]
pub(super) struct RunningCheck {
    all: RunningChecks,
    counter: String,
}

impl RunningChecks {
    fn counts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has(&self, counter: &str) -> bool {
        self.counts().contains_key(counter)
    }

    pub(super) fn start(&self, counter: &str) -> RunningCheck {
        *self.counts().entry(counter.to_owned()).or_default() += 1;
        RunningCheck { all: self.clone(), counter: counter.to_owned() }
    }
}

impl Drop for RunningCheck {
    fn drop(&mut self) {
        let mut counts = self.all.counts();
        if let Some(count) = counts.get_mut(&self.counter) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.counter);
            }
        }
    }
}
