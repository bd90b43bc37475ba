//! Counts responses and sign-ins for the metrics. Labels are few and never from a client.

use std::array;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use rocket::Request;
use rocket::http::{Method, Status};
use vestibule::{Error, ErrorKind};

/// The limits of the buckets, in seconds: from a cached `/api/me` to a password in a full queue.
const BUCKETS: [f64; 10] = [0.000_5, 0.002_5, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// What a path is for; `none` is a path without a route.
const CLASSES: [&str; 6] = ["pages", "api", "service", "assets", "well-known", "none"];

/// Where a client presents a password, a code of a second factor, or a link or code that was mailed.
const PROOFS: [&str; 14] = [
    "/login",
    "/login/link/enter",
    "/login/passkey",
    "/login/second",
    "/login/second/passkey",
    "/password/new",
    "/reauthenticate",
    "/reauthenticate/passkey",
    "/account/password",
    "/api/login",
    "/api/login/second",
    "/api/confirm",
    "/api/password",
    "/api/password/reset",
];

const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The index in [`CLASSES`].
fn class(request: &Request<'_>) -> usize {
    let path = request.uri().path().as_str();
    let is_in = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    if request.route().is_none() {
        5
    } else if is_in("/api") {
        1
    } else if is_in("/static") {
        3
    } else if is_in("/.well-known") {
        4
    } else if is_in("/health") || matches!(path, "/health" | "/whoami" | "/metrics") {
        2
    } else {
        0
    }
}

type Labels<const N: usize> = [(&'static str, &'static str); N];

/// The counts of all responses since the start; managed state if there are metrics.
#[derive(Debug)]
pub struct RequestCounts {
    requests: Family<Labels<2>, Counter>,
    durations: Family<Labels<1>, Histogram, fn() -> Histogram>,
    errors: Family<Labels<1>, Counter>,
    sign_ins: Family<Labels<1>, Counter>,
    /// The metrics of `requests` and `durations` by class and status, because a look-up in a family
    /// costs more than the counting.
    by_class: [([Counter; STATUSES.len()], Histogram); CLASSES.len()],
}

impl Default for RequestCounts {
    fn default() -> Self {
        let requests = Family::<Labels<2>, Counter>::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> _);
        let by_class = CLASSES.map(|class| {
            let counter = |at: usize| {
                let labels = [("class", class), ("status", STATUSES[at])];
                requests.get_or_create_owned(&labels)
            };
            (array::from_fn(counter), durations.get_or_create_owned(&[("class", class)]))
        });
        let (errors, sign_ins) = Default::default();
        Self { requests, durations, errors, sign_ins, by_class }
    }
}

impl RequestCounts {
    /// Counts a response; `arrival` is the method as it was sent, and how long the response took,
    /// unless Rocket could not parse the request.
    pub(super) fn record(
        &self,
        request: &Request<'_>,
        status: Status,
        arrival: Option<(Method, Duration)>,
    ) {
        let (by_status, durations) = &self.by_class[class(request)];
        if let Some(counter) = by_status.get(usize::from(status.code / 100).wrapping_sub(1)) {
            counter.inc();
        }
        if let Some((_, duration)) = arrival {
            durations.observe(duration.as_secs_f64());
        }
        let code = (status.code >= 400).then(|| code(request, status)).flatten();
        if let Some(code) = code {
            self.errors.get_or_create(&[("code", code)]).inc();
        }
        let is_post = arrival.is_some_and(|(method, _)| method == Method::Post);
        let path = request.route().map(|route| route.uri.path());
        if is_post && path.is_some_and(|path| PROOFS.contains(&path)) {
            let outcome = code.unwrap_or("success");
            self.sign_ins.get_or_create(&[("outcome", outcome)]).inc();
        }
    }

    /// Adds the counts to a page of metrics.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Responses", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time until the head of the response",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("errors", "Responses of 400 and above by code", self.errors.clone());
        let help = "Passwords, codes and mailed links presented, by outcome";
        registry.register("sign_ins", help, self.sign_ins.clone());
    }
}

/// The code of a failed response.
fn code(request: &Request<'_>, status: Status) -> Option<&'static str> {
    let kind = Error::of(status, request).map(|error| error.kind());
    kind.or_else(|| ErrorKind::of(status)).map(ErrorKind::code)
}
