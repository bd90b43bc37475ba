//! Notes of last use, written in the background: no request waits for one, and a burst of
//! requests takes no more than one place in the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rocket::tokio;
use time::OffsetDateTime;

use crate::error::Error;
use crate::sign_in::SignInId;
use crate::sign_in::store::SignInStore;

/// How many sign-ins may wait: beyond it, with a store that has long been silent, a use is left
/// to the next request.
const MOST: usize = 100_000;

/// How many the store is given at once.
const BATCH: usize = 256;

/// What is still to be noted; one task at a time writes it down.
#[derive(Clone, Default)]
pub(crate) struct LastSeenWriter(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    uses: HashMap<SignInId, OffsetDateTime>,
    /// Whether a task is at it.
    writing: bool,
}

impl LastSeenWriter {
    /// Notes a use soon. None is left out while there is room: whoever comes back only now and then would be taken
    /// for idle if the one request of an hour went unnoted.
    pub(crate) fn add(&self, store: &Arc<dyn SignInStore>, id: &SignInId, at: OffsetDateTime) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.uses.len() < MOST {
            waiting.uses.insert(id.clone(), at);
        }
        if !std::mem::replace(&mut waiting.writing, true) {
            tokio::spawn(self.clone().write(store.clone()));
        }
    }

    async fn write(self, store: Arc<dyn SignInStore>) {
        while let Some(batch) = self.next() {
            let store = store.clone();
            // In a task of its own: a ledger that panics must not end the writing for ever.
            let seen = tokio::spawn(async move { store.seen_all(&batch).await });
            if let Err(error) = seen.await.unwrap_or_else(|cause| Err(Error::internal(cause))) {
                // The next request notes it.
                log::warn!(target: "vestibule::auth", "last use not noted: {}", error.kind().code());
            }
        }
    }

    fn next(&self) -> Option<Vec<(SignInId, OffsetDateTime)>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ids: Vec<_> = waiting.uses.keys().take(BATCH).cloned().collect();
        let batch: Vec<_> = ids.iter().filter_map(|id| waiting.uses.remove_entry(id)).collect();
        waiting.writing = !batch.is_empty();
        if !waiting.writing {
            // After a rush its room is given back.
            waiting.uses = HashMap::new();
        }
        waiting.writing.then_some(batch)
    }
}
