//! Writes the last use of sign-ins in the background, in batches: no request waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rocket::tokio;

use crate::error::Error;
use crate::sign_in::SignInId;
use crate::sign_in::store::{SignInStore, SignInUse};

/// How many uses may be pending; while a store does not respond, further ones are dropped.
const MAX_PENDING: usize = 100_000;

/// How many uses are written at once.
const BATCH: usize = 256;

/// The uses that are not written yet; one task at a time writes them.
#[derive(Clone, Default)]
pub(crate) struct LastSeenWriter(Arc<Mutex<Pending>>);

#[derive(Default)]
struct Pending {
    uses: HashMap<SignInId, SignInUse>,
    /// Whether a task is writing.
    is_writing: bool,
}

impl LastSeenWriter {
    /// Adds a use, to be written soon.
    pub(crate) fn add(&self, store: &Arc<dyn SignInStore>, mut used: SignInUse) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.uses.len() < MAX_PENDING {
            if let Some(earlier) = pending.uses.get(&used.id) {
                used.generation = used.generation.max(earlier.generation);
            }
            pending.uses.insert(used.id.clone(), used);
        }
        if !std::mem::replace(&mut pending.is_writing, true) {
            tokio::spawn(self.clone().write(store.clone()));
        }
    }

    /// Returns how many uses are pending.
    pub(crate) fn pending(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).uses.len()
    }

    async fn write(self, store: Arc<dyn SignInStore>) {
        while let Some(batch) = self.next() {
            let store = store.clone();
            // In a task of its own: a store that panics must not stop the writer.
            let seen = tokio::spawn(async move { store.seen_all(&batch).await });
            if let Err(error) = seen.await.unwrap_or_else(|cause| Err(Error::internal(cause))) {
                log::warn!(target: "vestibule::auth", "last use not recorded: {}", error.kind().code());
            }
        }
    }

    fn next(&self) -> Option<Vec<SignInUse>> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ids: Vec<_> = pending.uses.keys().take(BATCH).cloned().collect();
        let batch: Vec<_> = ids.iter().filter_map(|id| pending.uses.remove(id)).collect();
        pending.is_writing = !batch.is_empty();
        if !pending.is_writing {
            // Frees the memory after a burst.
            pending.uses = HashMap::new();
        }
        pending.is_writing.then_some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign_in::memory_store::MemorySignInStore;
    use time::OffsetDateTime;

    fn new_use() -> SignInUse {
        SignInUse::new(SignInId::random().expect("an id"), OffsetDateTime::UNIX_EPOCH)
    }

    /// A writer with so many uses, none of which is written yet: its task never runs.
    fn writer_with(count: usize) -> LastSeenWriter {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let _entered = runtime.enter();
        let writer = LastSeenWriter::default();
        let store: Arc<dyn SignInStore> = Arc::new(MemorySignInStore::new());
        for _ in 0..count {
            writer.add(&store, new_use());
        }
        writer
    }

    #[test]
    fn uses_beyond_a_batch_stay_pending_for_the_next_one() {
        let writer = writer_with(BATCH + 1);
        let next = || (writer.next().map(|batch| batch.len()), writer.pending());
        assert_eq!(next(), (Some(BATCH), 1));
        assert_eq!(next(), (Some(1), 0));
        assert_eq!(next(), (None, 0));
    }

    #[test]
    fn uses_above_the_limit_of_pending_ones_are_dropped() {
        assert_eq!(writer_with(MAX_PENDING + 1).pending(), MAX_PENDING);
    }

    #[test]
    fn uses_are_pending_once_for_each_sign_in_until_they_are_written() {
        // Single-threaded: the writer runs only at an await.
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let writer = LastSeenWriter::default();
            let store: Arc<dyn SignInStore> = Arc::new(MemorySignInStore::new());
            let (one, other) = (new_use(), new_use());
            for used in [&one, &other, &one] {
                writer.add(&store, used.clone());
            }
            assert_eq!(writer.pending(), 2);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert_eq!(writer.pending(), 0);
        });
    }
}
