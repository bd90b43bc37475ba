//! The bodies of forms. Rocket reads the first bytes of every body before its guards run; if the
//! body breaks off there, it takes what came for all of it.

use std::ops::Deref;

use rocket::data::{Data, FromData, Outcome};
use rocket::form::error::ErrorKind;
use rocket::form::{self, Error, Errors, FromForm};
use rocket::http::Status;
use rocket::outcome::Outcome::{Error as Failed, Forward, Success};
use rocket::request::Request;

/// How many bytes Rocket reads before: those of its longest override of a method.
const PEEKED: usize = "_method=delete".len();

/// Data guard: Rocket's `Form`, but 400 for a body that breaks off.
pub(super) struct Form<T>(form::Form<T>);

impl<T> Deref for Form<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r, T: FromForm<'r>> FromData<'r> for Form<T> {
    type Error = Errors<'r>;

    async fn from_data(request: &'r Request<'_>, mut data: Data<'r>) -> Outcome<'r, Self> {
        // Neither whole nor so long: reading it failed.
        if !data.peek_complete() && data.peek(PEEKED).await.len() < PEEKED {
            return Failed((Status::BadRequest, Errors::new()));
        }
        match form::Form::from_data(request, data).await {
            Success(form) => Success(Self(form)),
            Failed((_, errors)) if errors.iter().any(breaks_off) => {
                Failed((Status::BadRequest, errors))
            }
            Failed(error) => Failed(error),
            Forward(forward) => Forward(forward),
        }
    }
}

/// Whether an error is one of reading the body. One that is too large has a `max`.
fn breaks_off(error: &Error<'_>) -> bool {
    use ErrorKind::{InvalidLength, Io, Multipart};
    matches!(error.kind, Io(_) | Multipart(_) | InvalidLength { min: None, max: None })
}
