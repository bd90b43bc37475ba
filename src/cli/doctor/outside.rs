//! The running service as a client on the network reaches it, whatever stands in front.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::report::Report;
use super::slow_clients;
use vestibule::{Clock, ErrorKind};

/// How long the service may take to respond.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Beyond this difference of clocks, tokens of this service are refused by others (`iat`).
const MAX_SKEW: u64 = 5;

/// An origin that no service has a reason to allow.
const FOREIGN_ORIGIN: &str = "https://doctor.invalid";

/// Headers that every response must have, and what a browser does if one is missing.
const HEADERS: [(&str, &str); 4] = [
    ("content-security-policy", "runs scripts that were slipped into a page"),
    ("x-content-type-options", "guesses what kind a file is of"),
    ("x-frame-options", "shows the pages within other sites"),
    ("referrer-policy", "tells other sites the addresses of pages"),
];

/// A client of the service, which follows no redirect and keeps no cookie.
struct Probe {
    agent: Agent,
    base: String,
}

type Reply = Response<Body>;

impl Probe {
    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Reply, String> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.call().map_err(|cause| format!("{path}: {cause}"))
    }
}

/// Runs all checks against the service at this URL.
pub(super) fn check(report: &mut Report, url: &str) {
    let base = url.trim_end_matches('/');
    if !base.starts_with("https://") && !base.starts_with("http://") {
        return report.fail("url", "must begin with https:// (or http://)");
    }
    // The roots of this machine, as other programs on it have them.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .build();
    let probe = Probe { agent: agent.into(), base: base.to_owned() };
    let checks = [health, token_request, foreign_origin, public_keys, metrics];
    for check in checks {
        if let Err(problem) = check(report, &probe) {
            return report.fail("service", format_args!("no response from {base}{problem}"));
        }
    }
    // Without TLS, nothing is in front that could disconnect them.
    if base.starts_with("https://") {
        slow_clients::check(report, base);
    }
}

fn health(report: &mut Report, probe: &Probe) -> Result<(), String> {
    let mut reply = probe.get("/health/ready", &[])?;
    let text = reply.body_mut().read_to_string().unwrap_or_default();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    match reply.status().as_u16() {
        200 if body["writable"].is_boolean() => {
            report.ok("service", format_args!("{} responds: {text}", probe.base));
        }
        503 if body["code"] == ErrorKind::Unavailable.code() => {
            report
                .fail("service", "is not ready: its database does not respond, or it is stopping");
        }
        status => report.fail(
            "service",
            format_args!(
                "/health/ready responds with {status}, and not as Vestibule does: another program \
                 runs there, or something in front responds"
            ),
        ),
    }
    transport(report, probe, &reply);
    clock(report, &reply);
    Ok(())
}

fn transport(report: &mut Report, probe: &Probe, reply: &Reply) {
    if probe.base.starts_with("http://") {
        let problem = "passwords and tokens can be read on their way; put TLS in front, as \
                       deploy/nginx.conf does";
        report.warn("tls", problem);
    } else if header(reply, "strict-transport-security").is_empty() {
        let problem = "browsers may be led to http://; send Strict-Transport-Security";
        report.warn("tls", problem);
    } else {
        report.ok("tls", "the certificate is valid, and browsers keep to https://");
    }
}

fn clock(report: &mut Report, reply: &Reply) {
    let date = OffsetDateTime::parse(header(reply, "date"), &Rfc2822);
    let (Ok(theirs), Ok(ours)) = (date, Clock::system().now()) else {
        return report.warn("clock", "the responses have no Date; the clock cannot be compared");
    };
    let seconds = (ours - theirs).whole_seconds().unsigned_abs();
    if seconds > MAX_SKEW {
        let problem = "from this machine's clock; tokens may be refused here: synchronise both";
        report.warn("clock", format_args!("{seconds} s {problem}"));
    } else {
        report.ok("clock", "as that of this machine");
    }
}

/// Sends an invalid token. The response must be 401 with `no-store`, without a cookie.
fn token_request(report: &mut Report, probe: &Probe) -> Result<(), String> {
    let reply = probe.get("/whoami", &[("Authorization", "Bearer doctor")])?;
    let status = reply.status().as_u16();
    if status != 401 {
        report.fail("token", format_args!("/whoami responds with {status} to an invalid token"));
    }
    if header(&reply, "set-cookie").is_empty() {
        report.ok("cookies", "none is set on the response to a token");
    } else {
        report.fail("cookies", "the response to a token sets one; something in front adds it");
    }
    if header(&reply, "cache-control").contains("no-store") {
        report.ok("cache", "personal responses are stored nowhere");
    } else {
        let problem = "a personal response has no `Cache-Control: no-store`; something in front \
                       removes it, and a cache may give it to others";
        report.fail("cache", problem);
    }
    if header(&reply, "x-vestibule-refused").is_empty() {
        report.ok("profile", "nothing shows the debug profile");
    } else {
        report.fail("profile", "the debug profile runs; start it with ROCKET_PROFILE=release");
    }
    for (name, without) in HEADERS {
        if header(&reply, name).is_empty() {
            report.warn("headers", format_args!("{name} is missing: a browser {without}"));
        }
    }
    Ok(())
}

fn foreign_origin(report: &mut Report, probe: &Probe) -> Result<(), String> {
    let reply = probe.get("/api/me", &[("Origin", FOREIGN_ORIGIN)])?;
    match header(&reply, "access-control-allow-origin") {
        "" => report.ok("cors", "a foreign origin may not read the API"),
        "*" => report.warn("cors", "every site may read the API; name origins in api.cors_origins"),
        _ => report.fail(
            "cors",
            "every origin is allowed: something in front copies Origin into the response",
        ),
    }
    Ok(())
}

fn public_keys(report: &mut Report, probe: &Probe) -> Result<(), String> {
    let mut reply = probe.get("/.well-known/jwks.json", &[])?;
    let text = reply.body_mut().read_to_string().unwrap_or_default();
    let keys = serde_json::from_str::<Value>(&text).ok();
    let keys = keys.and_then(|set| set["keys"].as_array().map(Vec::len));
    match (reply.status().as_u16(), keys) {
        (200, Some(0)) => report.ok("keys", "none are published: a shared secret signs"),
        (200, Some(count)) => report.ok("keys", format_args!("{count} published")),
        (404, _) => report.ok("keys", "none are published: there are no tokens"),
        (status, _) => report.fail(
            "keys",
            format_args!("/.well-known/jwks.json responds with {status}: others cannot verify"),
        ),
    }
    Ok(())
}

fn metrics(report: &mut Report, probe: &Probe) -> Result<(), String> {
    let reply = probe.get("/metrics", &[])?;
    if reply.status().is_success() {
        report.fail("metrics", "/metrics is open to all; close it at the proxy");
    } else {
        report.ok("metrics", "not open to all");
    }
    Ok(())
}

/// Returns the value of a header; empty without it, or if it is not text.
fn header<'r>(reply: &'r Reply, name: &str) -> &'r str {
    reply.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
