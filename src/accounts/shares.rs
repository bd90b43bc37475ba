//! Shares in the queue of the hasher: one network cannot take every place.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use vestibule::{Error, ErrorKind};

/// How many passwords each network has at work or waiting, in this process.
#[derive(Clone, Default)]
pub(super) struct Shares(Arc<Mutex<HashMap<String, usize>>>);

/// A place of a network, given back when it is dropped.
pub(super) struct Share {
    shares: Shares,
    network: String,
}

impl Shares {
    /// Takes a place unless the network has `max` of them already; 503 `busy`.
    pub(super) fn take(&self, network: String, max: usize) -> Result<Share, Error> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(network.clone()).or_default();
        if *count >= max {
            return Err(ErrorKind::Busy.into());
        }
        *count += 1;
        Ok(Share { shares: self.clone(), network })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.network);
            }
        }
    }
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares").finish_non_exhaustive()
    }
}
