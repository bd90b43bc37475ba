//! One log line per request.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Instant;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::{Data, Request, Response};

use super::request_counts::RequestCounts;
use super::request_id::{ID_HEADER, ensure_id};
use vestibule::events::RequestId;

/// How many characters of a path are logged.
const MAX_PATH: usize = 1024;

/// Gives every request an id and sends it back; logs it with method, path, status, route, client
/// address and duration; never a query string, another header or a body.
#[derive(Debug)]
pub struct AccessLog;

/// When the request arrived, and its method: Rocket makes a HEAD a GET while it routes it. `None`
/// if no fairing saw the request.
struct Arrival(Option<(Instant, Method)>);

impl Arrival {
    fn of<'r>(request: &'r Request<'_>) -> Option<&'r (Instant, Method)> {
        request.local_cache(|| Self(None)).0.as_ref()
    }
}

/// Whether Rocket could not parse the request: it made up a method or a path, ran no request
/// fairing, and will run no response fairing.
#[must_use]
pub fn is_unparsed(request: &Request<'_>) -> bool {
    Arrival::of(request).is_none()
}

/// Whether the client sent a HEAD, which Rocket makes a GET while it routes it.
#[must_use]
pub fn is_head(request: &Request<'_>) -> bool {
    Arrival::of(request).is_some_and(|(_, method)| *method == Method::Head)
}

#[rocket::async_trait]
impl Fairing for AccessLog {
    fn info(&self) -> Info {
        Info { name: "Access log", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        ensure_id(request);
        request.local_cache(|| Arrival(Some((Instant::now(), request.method()))));
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if let Some(id) = RequestId::of(request) {
            response.set_raw_header(ID_HEADER, id.as_str());
        }
        log_request(request, response.status(), request.client_ip());
    }
}

/// Returns a path as it is logged: of a long one the beginning and the length.
fn shortened(path: &str) -> Cow<'_, str> {
    match path.char_indices().nth(MAX_PATH) {
        None => path.into(),
        Some((end, _)) => format!("{}... ({} bytes)", &path[..end], path.len()).into(),
    }
}

/// Counts a request for the metrics and writes its log line; one that Rocket could not parse has
/// neither method nor duration.
pub(super) fn log_request(request: &Request<'_>, status: Status, address: Option<IpAddr>) {
    let arrival = Arrival::of(request).map(|(start, method)| (*method, start.elapsed()));
    if let Some(counts) = request.rocket().state::<RequestCounts>() {
        counts.record(request, status, arrival);
    }
    let micros = arrival.map(|(_, time)| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    let method = arrival.as_ref().map_or("-", |(method, _)| method.as_str());
    let route = request.route().and_then(|route| route.name.as_deref()).unwrap_or("-");
    let status = status.code;
    log::info!(
        target: "vestibule::access",
        status,
        address = address.map(|address| address.to_string()),
        route,
        request_id = RequestId::of(request).map(RequestId::as_str),
        micros;
        "{method} {} {status}", shortened(request.uri().path().as_str()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_logged_in_part() {
        assert_eq!(shortened("/dashboard"), "/dashboard");
        let whole = "ä".repeat(MAX_PATH);
        assert_eq!(shortened(&whole), whole);
        let long = "ä".repeat(30_000);
        assert_eq!(shortened(&long), format!("{whole}... (60000 bytes)"));
    }
}
