//! The client's address, believed from a trusted proxy only.

use std::convert::Infallible;
use std::net::IpAddr;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Data, Request};

/// The header in which a proxy says whose request it passes on; Rocket reads the address of
/// the client from it.
pub const CLIENT_HEADER: &str = "X-Real-IP";

/// Overwrites [`CLIENT_HEADER`] with the address of the peer unless the peer is trusted:
/// anybody can send the header.
#[derive(Debug)]
pub struct TrustedProxies(pub Vec<IpAddr>);

#[rocket::async_trait]
impl Fairing for TrustedProxies {
    fn info(&self) -> Info {
        Info { name: "Trusted proxies", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let Some(peer) = request.remote().map(|remote| remote.ip().to_canonical()) else { return };
        let said_once = request.headers().get(CLIENT_HEADER).count() == 1;
        if !said_once || !self.0.iter().any(|trusted| trusted.to_canonical() == peer) {
            request.replace_header(Header::new(CLIENT_HEADER, peer.to_string()));
        }
    }
}

/// Guard: where the request comes from, as far as a trusted proxy says so; `None` on Rocket's
/// local client.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientAddress {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Outcome::Success(Self(request.client_ip()))
    }
}
