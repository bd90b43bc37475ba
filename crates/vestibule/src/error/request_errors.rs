//! The errors left on a request, and which of them is the reason of the response.

use std::sync::{Mutex, PoisonError};

use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::{Request, request};

use crate::error::Error;

/// The errors that guards and handlers left. The newest is not always the reason of the response:
/// a guard in an `Option`, or one that a catcher calls, leaves one too.
#[derive(Clone, Default)]
pub(crate) struct RequestErrors {
    /// The newest of each status, in order.
    errors: Vec<Error>,
    /// The error that a handler returned or a catcher read; later errors do not replace it.
    answer: Option<Error>,
}

/// The entry in Rocket's request cache, which keeps the first value; hence the lock.
#[derive(Default)]
struct Cached(Mutex<RequestErrors>);

impl RequestErrors {
    fn with<T>(request: &Request<'_>, work: impl FnOnce(&mut Self) -> T) -> T {
        let cached = &request.local_cache(Cached::default).0;
        work(&mut cached.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds an error that may be the reason of the response.
    pub(crate) fn add(request: &Request<'_>, error: Error) {
        Self::with(request, |errors| {
            errors.errors.retain(|other| other.kind().status() != error.kind().status());
            errors.errors.push(error);
        });
    }

    /// Sets the error that the response is made of.
    pub(crate) fn set_answer(request: &Request<'_>, error: Error) {
        Self::with(request, |errors| errors.answer = Some(error));
    }

    /// The answer, if it is set.
    pub(crate) fn answer(request: &Request<'_>) -> Option<Error> {
        Self::with(request, |errors| errors.answer.clone())
    }

    /// The error behind a response of this status, which becomes the answer.
    pub(crate) fn reason(request: &Request<'_>, status: Status) -> Option<Error> {
        Self::with(request, |errors| {
            let mut candidates = errors.answer.iter().chain(errors.errors.iter());
            let found = candidates.find(|error| error.kind().status() == status).cloned()?;
            errors.answer = Some(found.clone());
            Some(found)
        })
    }

    /// A copy of all errors so far, for [`restore`](Self::restore).
    pub(crate) fn snapshot(request: &Request<'_>) -> Self {
        Self::with(request, |errors| errors.clone())
    }

    /// Drops the errors added since the snapshot: a guard's refusal did not refuse the request.
    pub(crate) fn restore(self, request: &Request<'_>) {
        Self::with(request, |errors| *errors = self);
    }
}

/// The outcome of a guard: an error is left for the catchers and ends the request with its status.
pub(crate) fn outcome<T, F>(
    request: &Request<'_>,
    result: Result<T, Error>,
) -> Outcome<T, (Status, Error), F> {
    match result {
        Ok(found) => Outcome::Success(found),
        Err(error) => Outcome::Error((error.clone().remember(request), error)),
    }
}

/// The outcome of a guard that fails with this error.
pub(crate) fn refuse<T>(request: &Request<'_>, error: Error) -> request::Outcome<T, Error> {
    outcome(request, Err(error))
}
