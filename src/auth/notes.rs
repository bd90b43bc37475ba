//! Noting when sign-ins were last used, beside the requests: one after the other, and each
//! once however many requests used it, so that a burst does not crowd others out of the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rocket::tokio;
use time::OffsetDateTime;

use super::sign_in::{Ledger, SignInId};

/// How many sign-ins may wait to be noted; what comes then is noted by its next request.
const MOST: usize = 10_000;

/// What is still to be noted.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Pending>>);

#[derive(Default)]
struct Pending {
    seen: HashMap<SignInId, OffsetDateTime>,
    /// Whether a task is at work on it.
    at_work: bool,
}

impl Notes {
    /// Notes the use of a sign-in soon; a request never waits for it.
    pub(crate) fn note(&self, ledger: &Arc<dyn Ledger>, id: &SignInId, at: OffsetDateTime) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.seen.len() < MOST {
            pending.seen.insert(id.clone(), at);
        }
        if !std::mem::replace(&mut pending.at_work, true) {
            let (notes, ledger) = (self.clone(), ledger.clone());
            tokio::spawn(async move { notes.work(&*ledger).await });
        }
    }

    async fn work(&self, ledger: &dyn Ledger) {
        while let Some((id, at)) = self.next() {
            if let Err(error) = ledger.seen(&id, at).await {
                let code = error.kind().code();
                log::warn!(target: "vestibule::auth", "last use not noted: {code}");
            }
        }
    }

    /// The next to be noted; without one the work is done.
    fn next(&self) -> Option<(SignInId, OffsetDateTime)> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = pending.seen.keys().next().cloned();
        let next = id.and_then(|id| pending.seen.remove_entry(&id));
        pending.at_work = next.is_some();
        next
    }
}
