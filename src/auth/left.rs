//! The errors that were left on a request, and which of them is the reason for its answer.

use std::sync::{Mutex, PoisonError};

use rocket::Request;
use rocket::http::Status;

use super::error::Error;

/// What guards and handlers left. A guard in an `Option` leaves an error that is no reason for
/// anything, and so does a guard that a catcher calls, so the newest is not always the one.
#[derive(Clone, Default)]
pub(crate) struct Left {
    /// The newest of each status, in the order in which they came.
    errors: Vec<Error>,
    /// What a handler answered with, or what a catcher was told: whatever a guard leaves
    /// afterwards changes nothing about it.
    settled: Option<Error>,
}

/// One slot a request; Rocket keeps the first value it is given, so it holds a lock.
#[derive(Default)]
struct Slot(Mutex<Left>);

impl Left {
    fn on<T>(request: &Request<'_>, work: impl FnOnce(&mut Self) -> T) -> T {
        let slot = &request.local_cache(Slot::default).0;
        work(&mut slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Leaves an error that may be the reason.
    pub(crate) fn add(request: &Request<'_>, error: Error) {
        Self::on(request, |left| {
            left.errors.retain(|other| other.kind().status() != error.kind().status());
            left.errors.push(error);
        });
    }

    /// Leaves the error that is the answer.
    pub(crate) fn settle(request: &Request<'_>, error: Error) {
        Self::on(request, |left| left.settled = Some(error));
    }

    /// The answer if there is one, and else the newest.
    pub(crate) fn last(request: &Request<'_>) -> Option<Error> {
        Self::on(request, |left| left.settled.as_ref().or(left.errors.last()).cloned())
    }

    /// The answer if there is one: a handler's, or what a catcher was told.
    pub(crate) fn settled(request: &Request<'_>) -> Option<Error> {
        Self::on(request, |left| left.settled.clone())
    }

    /// The reason for an answer of this status; from now on it stays the reason.
    pub(crate) fn reason(request: &Request<'_>, status: Status) -> Option<Error> {
        Self::on(request, |left| {
            let mut candidates = left.settled.iter().chain(left.errors.iter());
            let found = candidates.find(|error| error.kind().status() == status).cloned()?;
            left.settled = Some(found.clone());
            Some(found)
        })
    }

    /// All that is left so far, to be put back with [`restore`](Self::restore).
    pub(crate) fn so_far(request: &Request<'_>) -> Self {
        Self::on(request, |left| left.clone())
    }

    /// Puts back what was left before a guard whose refusal was no refusal after all.
    pub(crate) fn restore(self, request: &Request<'_>) {
        Self::on(request, |left| *left = self);
    }
}
