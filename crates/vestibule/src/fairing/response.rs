//! The last word on every answer: the session policy, the challenge, `Vary` and `no-store`.

use std::collections::HashSet;
use std::sync::Mutex;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::{Header, Status};
use rocket::{Build, Request, Response, Rocket};

use crate::authentication::session_cookies::remove_marked;
use crate::credentials::request_state::RequestState;
use crate::error::Error;
use crate::error::request_errors::RequestErrors;
use crate::events::EventKind;
use crate::fairing::challenge::challenge;
use crate::fairing::policy;
use crate::state::AuthState;

/// How often the last word moves back behind fairings that other fairings attached.
pub(crate) const MAX_REATTACH: u8 = 8;

/// Response fairings run in the order of attachment, so this one keeps attaching itself
/// new_row, behind whatever other fairings attached in the meantime.
#[derive(Default)]
pub(crate) struct ResponseFairing {
    hop: u8,
    /// Routes whose cookies were reported already.
    reported: Mutex<HashSet<String>>,
}

#[rocket::async_trait]
impl Fairing for ResponseFairing {
    fn info(&self) -> Info {
        let kind = if self.hop < MAX_REATTACH { Kind::Ignite } else { Kind::Response };
        Info { name: "Session policy", kind }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(rocket.attach(Self { hop: self.hop + 1, ..Self::default() }))
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Ok(state) = AuthState::of(request) else {
            return;
        };
        remove_marked(request, state, response);
        let (sets_cookies, has_vary) = already(response);
        if sets_cookies && policy::apply(state, request, response) {
            self.report(request);
        }
        let status = response.status();
        // No error has a status of success, and most answers are one.
        let reason = (status.code >= 300).then(|| Error::of(status, request)).flatten();
        challenge(state, request, response, reason.as_ref());
        report_refusal(request, state, status, reason.as_ref());
        if let Some(seconds) = reason.and_then(|error| error.wait()) {
            // A catcher that draws a page need not think of it.
            response.set_header(Header::new("Retry-After", seconds.to_string()));
        }
        if RequestState::of(request).depends_on_user() {
            response.set_raw_header("Cache-Control", "no-store");
            match has_vary {
                true => vary_too(state, response),
                false => {
                    response.set_raw_header("Vary", state.vary.as_str());
                }
            }
        }
    }
}

impl ResponseFairing {
    fn report(&self, request: &Request<'_>) {
        let route = request.route().map_or_else(
            || "no route".to_owned(),
            |route| format!("{} {}", route.method, route.uri),
        );
        let Ok(mut reported) = self.reported.lock() else {
            return;
        };
        if reported.insert(route.clone()) {
            log::warn!(target: "vestibule::auth", "kept a cookie off a token request: {route}");
        }
    }
}

/// Told once a request, when it is certain that it ends so: a guard's refusal alone may only
/// have meant that nobody is signed in.
fn report_refusal(
    request: &Request<'_>,
    state: &AuthState,
    status: Status,
    reason: Option<&Error>,
) {
    let told = match status {
        // A catcher may send them to a form instead of telling them. A redirect of a handler's
        // is none, whatever a guard in an `Option` left.
        Status::SeeOther => RequestErrors::answer(request),
        _ => reason.cloned(),
    };
    let kind = told.map(|error| error.kind());
    if let Some(kind) = kind.filter(|kind| matches!(kind.status().code, 401 | 403 | 429)) {
        state.report(request, EventKind::Refused(kind), None, None);
    }
}

/// Whether an answer sets cookies and has a `Vary`: Rocket hashes a name letter by letter to look
/// it up, so the few headers that there are are passed once.
fn already(response: &Response<'_>) -> (bool, bool) {
    response.headers().iter().fold((false, false), |(sets_cookies, has_vary), header| {
        (sets_cookies || header.name() == "Set-Cookie", has_vary || header.name() == "Vary")
    })
}

/// Adds what the answer depends on to what it says already.
fn vary_too(state: &AuthState, response: &mut Response<'_>) {
    let mut names: Vec<String> = response.headers().get("Vary").map(str::to_owned).collect();
    for name in [state.config.token.header.as_str(), "Cookie"] {
        let listed = names.iter().flat_map(|names| names.split(','));
        if !listed.map(str::trim).any(|listed| listed.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    response.set_header(Header::new("Vary", names.join(", ")));
}
