//! Requests on connections that the client reset before the service looked at its address: the request can
//! still be read, the address no more.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Data, Request, uri};

use super::proxy::CLIENT_HEADER;

/// Sends such a request to a path without a route (404); nothing can receive the response. Without an address
/// the limits per network would not count it, `protection = "strong"` would end its session, and a forged
/// header could not be told from that of a proxy. Attached where the service listens: in a test without
/// a network no request has an address.
#[derive(Debug)]
pub struct ResetConnections;

#[rocket::async_trait]
impl Fairing for ResetConnections {
    fn info(&self) -> Info {
        Info { name: "Reset connections", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if request.remote().is_none() {
            request.replace_header(Header::new(CLIENT_HEADER, ""));
            // Below `/health` errors are JSON, so that no account is looked up for a page.
            request.set_uri(uri!("/health/connection-reset"));
        }
    }
}
