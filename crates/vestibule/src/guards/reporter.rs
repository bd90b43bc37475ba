//! Temporary.

use std::convert::Infallible;

use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::sentinel::{self, Proof};
use crate::events::EventKind;
use crate::state::AuthState;

/// Guard: tells the listener what only the application knows, a registration for example.
pub struct Reporter<'r>(&'r Request<'r>);

impl Reporter<'_> {
    /// Something happened to this account or sign-in.
    pub fn report(&self, kind: EventKind, account: Option<&str>, sign_in: Option<&str>) {
        if let Ok(state) = AuthState::of(self.0) {
            state.report(self.0, kind, account, sign_in);
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reporter<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Outcome::Success(Self(request))
    }
}

impl Sentinel for Reporter<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort(rocket, "Reporter", Proof::Nothing)
    }
}
