//! Permits for hashing passwords, by network: one network cannot hold all of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use vestibule::{Error, ErrorKind};

/// How many passwords of each network are hashed or wait for it, in this process.
#[derive(Clone)]
pub(super) struct NetworkPermits {
    held: Arc<Mutex<HashMap<String, usize>>>,
    /// How many there are for all networks together.
    capacity: usize,
}

/// A permit of a network, returned when it is dropped.
pub(super) struct NetworkPermit {
    permits: NetworkPermits,
    network: String,
}

impl NetworkPermits {
    pub(super) fn new(capacity: usize) -> Self {
        Self { held: Arc::default(), capacity }
    }

    /// Acquires a permit unless the network holds as many as are free; else 503 `busy`. So one network
    /// gets half of them, rounded up, a second one half of the rest, and so on.
    pub(super) fn acquire(&self, network: String) -> Result<NetworkPermit, Error> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_held(&held, &network)?;
        *held.entry(network.clone()).or_default() += 1;
        Ok(NetworkPermit { permits: self.clone(), network })
    }

    /// Checks that `acquire` would succeed now.
    pub(super) fn check_network(&self, network: &str) -> Result<(), Error> {
        self.check_held(&self.held.lock().unwrap_or_else(PoisonError::into_inner), network)
    }

    fn check_held(&self, held: &HashMap<String, usize>, network: &str) -> Result<(), Error> {
        let free = self.capacity.saturating_sub(held.values().sum());
        let own = held.get(network).copied().unwrap_or(0);
        if own < free { Ok(()) } else { Err(ErrorKind::Busy.into()) }
    }
}

impl Drop for NetworkPermit {
    fn drop(&mut self) {
        let mut held = self.permits.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.network);
            }
        }
    }
}

impl fmt::Debug for NetworkPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkPermits").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_further_network_gets_half_of_what_the_others_left() {
        let permits = NetworkPermits::new(64);
        let mut held = Vec::new();
        let mut fill = |network: &str| {
            let before = held.len();
            while let Ok(permit) = permits.acquire(network.to_owned()) {
                held.push(permit);
            }
            held.len() - before
        };
        let filled = ["a", "b", "c", "a", "d", "e", "f"].map(&mut fill);
        assert_eq!(filled, [32, 16, 8, 0, 4, 2, 1]);
        drop(held);
        assert!(permits.held.lock().expect("a lock").is_empty(), "returned");
    }
}
