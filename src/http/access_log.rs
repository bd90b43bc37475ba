//! One log line per request.

use std::time::Instant;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Method;
use rocket::{Data, Request, Response};

/// Logs method, path, status, route, client address and duration of every request; never a query
/// string, a header or a body.
#[derive(Debug)]
pub struct AccessLog;

/// When the request arrived, and its method: Rocket makes a HEAD a GET while it routes it.
struct Start(Instant, Method);

#[rocket::async_trait]
impl Fairing for AccessLog {
    fn info(&self) -> Info {
        Info { name: "Access log", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.local_cache(|| Start(Instant::now(), request.method()));
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Start(start, method) = request.local_cache(|| Start(Instant::now(), request.method()));
        let route = request.route().and_then(|route| route.name.as_deref()).unwrap_or("-");
        let status = response.status().code;
        log::info!(
            target: "vestibule::access",
            status,
            address = request.client_ip().map(|address| address.to_string()),
            route,
            micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            "{method} {} {status}", request.uri().path(),
        );
    }
}
