//! The client's address, taken from a trusted proxy only.

use std::convert::Infallible;
use std::net::IpAddr;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Data, Request};

use crate::accounts::ProxyNetwork;

/// The header in which a proxy passes on the client's address; Rocket reads it from there.
pub const CLIENT_HEADER: &str = "X-Real-IP";

/// Overwrites [`CLIENT_HEADER`] with the address of the peer unless the peer is trusted, because
/// any client can send the header.
#[derive(Debug)]
pub struct TrustedProxies(pub Vec<ProxyNetwork>);

/// The peer, and whether its header is the client's address: the peer is trusted and sent it once.
fn peer_and_trust(request: &Request<'_>, trusted: &[ProxyNetwork]) -> Option<(IpAddr, bool)> {
    let peer = request.remote()?.ip().to_canonical();
    let is_single = request.headers().get(CLIENT_HEADER).count() == 1;
    let is_trusted = trusted.iter().any(|trusted| trusted.contains(peer));
    Some((peer, is_single && is_trusted))
}

/// The client's address for a request that no fairing saw.
pub(super) fn unparsed_client(request: &Request<'_>, trusted: &[ProxyNetwork]) -> Option<IpAddr> {
    let (peer, is_trusted) = peer_and_trust(request, trusted)?;
    request.real_ip().filter(|_| is_trusted).or(Some(peer))
}

#[rocket::async_trait]
impl Fairing for TrustedProxies {
    fn info(&self) -> Info {
        Info { name: "Trusted proxies", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if let Some((peer, false)) = peer_and_trust(request, &self.0) {
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
