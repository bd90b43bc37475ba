//! The errors that were left on a request, and which of them is the reason for its answer.

use std::sync::{Mutex, PoisonError};

use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::{Request, request};

use crate::error::Error;

/// What guards and handlers left. A guard in an `Option` leaves an error that is no reason for
/// anything, and so does a guard that a catcher calls, so the newest is not always the one.
#[derive(Clone, Default)]
pub(crate) struct RequestErrors {
    /// The newest of each status, in the order in which they came.
    errors: Vec<Error>,
    /// What a handler answered with, or what a catcher was told: whatever a guard leaves
    /// afterwards changes nothing about it.
    answer: Option<Error>,
}

/// One entry a request; Rocket keeps the first value it is given, so it holds a lock.
#[derive(Default)]
struct Entry(Mutex<RequestErrors>);

impl RequestErrors {
    fn on<T>(request: &Request<'_>, work: impl FnOnce(&mut Self) -> T) -> T {
        let entry = &request.local_cache(Entry::default).0;
        work(&mut entry.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Leaves an error that may be the reason.
    pub(crate) fn add(request: &Request<'_>, error: Error) {
        Self::on(request, |left| {
            left.errors.retain(|other| other.kind().status() != error.kind().status());
            left.errors.push(error);
        });
    }

    /// Leaves the error that is the answer.
    pub(crate) fn set_answer(request: &Request<'_>, error: Error) {
        Self::on(request, |left| left.answer = Some(error));
    }

    /// The answer if there is one, and else the newest.
    pub(crate) fn last(request: &Request<'_>) -> Option<Error> {
        Self::on(request, |left| left.answer.as_ref().or(left.errors.last()).cloned())
    }

    /// The answer if there is one: a handler's, or what a catcher was told.
    pub(crate) fn answer(request: &Request<'_>) -> Option<Error> {
        Self::on(request, |left| left.answer.clone())
    }

    /// The reason for an answer of this status; from now on it stays the reason.
    pub(crate) fn reason(request: &Request<'_>, status: Status) -> Option<Error> {
        Self::on(request, |left| {
            let mut candidates = left.answer.iter().chain(left.errors.iter());
            let found = candidates.find(|error| error.kind().status() == status).cloned()?;
            left.answer = Some(found.clone());
            Some(found)
        })
    }

    /// All that is left so far, to be put back with [`restore`](Self::restore).
    pub(crate) fn snapshot(request: &Request<'_>) -> Self {
        Self::on(request, |left| left.clone())
    }

    /// Puts back what was left before a guard whose refusal was no refusal after all.
    pub(crate) fn restore(self, request: &Request<'_>) {
        Self::on(request, |left| *left = self);
    }
}

/// Leaves the error for the catchers and ends the request with its status.
pub(crate) fn refuse<T>(request: &Request<'_>, error: Error) -> request::Outcome<T, Error> {
    let status = error.clone().remember(request);
    Outcome::Error((status, error))
}
