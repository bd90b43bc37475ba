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
    /// Takes one of `all` places unless the network has as many as are free; 503 `busy`. So one
    /// network gets half of them, a second one half of the rest, and so on.
    pub(super) fn take(&self, network: String, all: usize) -> Result<Share, Error> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let free = all.saturating_sub(taken.values().sum());
        let own = taken.get(&network).copied().unwrap_or(0);
        if own >= free {
            return Err(ErrorKind::Busy.into());
        }
        taken.insert(network.clone(), own + 1);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_further_network_gets_half_of_what_the_others_left() {
        let shares = Shares::default();
        let mut held = Vec::new();
        let mut fill = |network: &str| {
            let before = held.len();
            while let Ok(share) = shares.take(network.to_owned(), 64) {
                held.push(share);
            }
            held.len() - before
        };
        assert_eq!(["a", "b", "c", "a", "d"].map(&mut fill), [32, 16, 8, 0, 4]);
        drop(held);
        assert!(shares.0.lock().expect("a lock").is_empty(), "given back");
    }
}
