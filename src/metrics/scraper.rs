//! The guard of the metrics.

use rocket::request::{self, FromRequest};
use rocket::{Ignite, Orbit, Request, Rocket, Sentinel};

use crate::settings::MetricsToken;
use vestibule::{Auth, Error, ErrorKind};

/// Guard: the request has the token of `[default.metrics]` in its header `Authorization`; else 401
/// `credentials_missing`. It proves no login.
pub(super) struct Scraper<'r> {
    pub(super) rocket: &'r Rocket<Orbit>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Scraper<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        // Its response carries no cookie and is not stored, in every mode.
        Auth::mark_token_request(request);
        let mut headers = request.headers().get("Authorization");
        let header = headers.next().filter(|_| headers.next().is_none());
        let token = request.rocket().state::<MetricsToken>();
        if token.zip(header).is_some_and(|(token, header)| token.is_in(header)) {
            return request::Outcome::Success(Self { rocket: request.rocket() });
        }
        let error = Error::new(ErrorKind::CredentialsMissing).detail("Send the token of metrics.");
        request::Outcome::Error((error.clone().remember(request), error))
    }
}

impl Sentinel for Scraper<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        Auth::sentinel_without_login(rocket, "Scraper")
    }
}
