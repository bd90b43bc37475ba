//! The client's address, taken from a trusted proxy only.

use std::convert::Infallible;
use std::net::IpAddr;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Data, Request};

/// The header in which a proxy passes on the client's address; Rocket reads it from there.
pub const CLIENT_HEADER: &str = "X-Real-IP";

/// Overwrites [`CLIENT_HEADER`] with the address of the peer unless the peer is trusted, because
/// any client can send the header.
#[derive(Debug)]
pub struct TrustedProxies(pub Vec<IpAddr>);

#[rocket::async_trait]
impl Fairing for TrustedProxies {
    fn info(&self) -> Info {
        Info { name: "Trusted proxies", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let Some(peer) = request.remote().map(|remote| remote.ip().to_canonical()) else { return };
        let is_single = request.headers().get(CLIENT_HEADER).count() == 1;
        if !is_single || !self.0.iter().any(|trusted| trusted.to_canonical() == peer) {
            request.replace_header(Header::new(CLIENT_HEADER, peer.to_string()));
        }
    }
}

/// Guard: the client's address, behind a trusted proxy from its header; `None` for Rocket's local
/// client.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientAddress {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Outcome::Success(Self(request.client_ip()))
    }
}
