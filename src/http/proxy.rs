//! The client's address and the id of a request, taken from a trusted proxy only.

use std::net::IpAddr;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Data, Request};

use super::request_id::adopt_id;
use crate::accounts::ProxyNetwork;

/// The header in which a proxy passes on the client's address; Rocket reads it from there.
pub const CLIENT_HEADER: &str = "X-Real-IP";

/// Overwrites [`CLIENT_HEADER`] with the address of the peer unless the peer is trusted, because
/// any client can send the header; takes the id of the request from a trusted one.
#[derive(Debug)]
pub struct TrustedProxies(pub Vec<ProxyNetwork>);

/// The peer, and whether it is trusted.
fn peer_and_trust(request: &Request<'_>, trusted: &[ProxyNetwork]) -> Option<(IpAddr, bool)> {
    let peer = request.remote()?.ip().to_canonical();
    Some((peer, trusted.iter().any(|trusted| trusted.contains(peer))))
}

/// Whether the header was sent once; otherwise it tells no address.
fn is_single(request: &Request<'_>) -> bool {
    request.headers().get(CLIENT_HEADER).count() == 1
}

/// The client's address for a request that no fairing saw.
pub(super) fn unparsed_client(request: &Request<'_>, trusted: &[ProxyNetwork]) -> Option<IpAddr> {
    let (peer, is_trusted) = peer_and_trust(request, trusted)?;
    request.real_ip().filter(|_| is_trusted && is_single(request)).or(Some(peer))
}

#[rocket::async_trait]
impl Fairing for TrustedProxies {
    fn info(&self) -> Info {
        Info { name: "Trusted proxies", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let Some((peer, is_trusted)) = peer_and_trust(request, &self.0) else { return };
        if is_trusted {
            adopt_id(request);
        }
        if !is_trusted || !is_single(request) {
            request.replace_header(Header::new(CLIENT_HEADER, peer.to_string()));
        }
    }
}
