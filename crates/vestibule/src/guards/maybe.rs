//! The optional guard, which still refuses a bad credential.

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::error::request_errors::RequestErrors;
use crate::error::{Error, ErrorKind};
use crate::guards::sentinel;

/// Guard: as `G`, or `None` if `G` refuses with `credentials_missing`: nothing is presented, or an
/// ended session. A bad token is still refused (`jwt_required(optional=True)`).
///
/// Without it: as `G`, but never `credentials_missing`.
#[derive(Debug)]
pub struct Maybe<G>(pub Option<G>);

#[rocket::async_trait]
impl<'r, G: FromRequest<'r, Error = Error>> FromRequest<'r> for Maybe<G> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let before = RequestErrors::snapshot(request);
        match G::from_request(request).await {
            Outcome::Error((_, error)) if error.kind() == ErrorKind::CredentialsMissing => {
                before.restore(request);
                Outcome::Success(Self(None))
            }
            other => other.map(|found| Self(Some(found))),
        }
    }
}

impl<G: Sentinel> Sentinel for Maybe<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort_as(rocket, G::abort)
    }
}
