//! Where a change comes from.

use std::convert::Infallible;
use std::net::IpAddr;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use crate::accounts::user_agent::Program;
use vestibule::events::RequestId;

/// Guard: the client's address, its program and the id of its request; nothing for the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestSource {
    /// The client's address, behind a trusted proxy from its header.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request_id: Option<RequestId>,
    /// The client's program.
    pub program: Program,
}

impl RequestSource {
    /// Returns the source of a request.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        let user_agent = request.headers().get_one("User-Agent").unwrap_or_default();
        Self {
            address: request.client_ip(),
            request_id: RequestId::of(request).copied(),
            program: Program::parse(user_agent),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for RequestSource {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}
