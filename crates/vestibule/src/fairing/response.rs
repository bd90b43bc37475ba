//! The response fairing: the session policy, the challenge, the delay of `busy`, `Vary` and `no-store`.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::Header;
use rocket::tokio::time;
use rocket::{Build, Request, Response, Rocket};

use crate::authentication::session_cookies::remove_marked;
use crate::credentials::RequestState;
use crate::error::{Error, ErrorKind};
use crate::fairing::challenge::challenge;
use crate::fairing::check_stores::check_stores;
use crate::fairing::login_required::LoginRequired;
use crate::fairing::{methods, policy, refusal};
use crate::state::AuthState;

/// How often the fairing attaches itself again, to run after fairings that other fairings attach.
// One line each at launch: Rocket lists what has ignited, and lets no singleton replace it.
const MAX_REATTACH: u8 = 8;

/// How long 503 `busy` is held back. Requests have priority over the threads that hash, so clients that
/// come again at once would slow down the hashes that they wait for.
const BUSY_DELAY: Duration = Duration::from_secs(1);

/// Completes every response. Fairings run in the order of attachment; this one attaches itself
/// again [`MAX_REATTACH`] times, to be the last. The last also checks the routes, which are complete
/// then.
pub(crate) struct ResponseFairing {
    reattached: u8,
    login_required: Option<LoginRequired>,
    /// Routes whose removed cookies have been logged.
    logged: Mutex<HashSet<String>>,
}

#[rocket::async_trait]
impl Fairing for ResponseFairing {
    fn info(&self) -> Info {
        let is_last = self.reattached == MAX_REATTACH;
        let kind = if is_last { Kind::Ignite | Kind::Response } else { Kind::Ignite };
        // Rocket names the fairing that failed.
        let checks = is_last && self.login_required.is_some();
        let name = if checks { "Login required, session policy" } else { "Session policy" };
        Info { name, kind }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let login_required = self.login_required.clone();
        if self.reattached < MAX_REATTACH {
            let reattached = self.reattached + 1;
            return Ok(rocket.attach(Self { reattached, ..Self::new(login_required) }));
        }
        let is_complete = login_required.is_none_or(|required| required.check(&rocket));
        // Here, after the fairings that may make the tables.
        if check_stores(&rocket).await && is_complete { Ok(rocket) } else { Err(rocket) }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Ok(state) = AuthState::of(request) else {
            return;
        };
        methods::refuse_diverted_head(request, response);
        remove_marked(request, state, response);
        let (sets_cookies, has_vary) = has_cookies_and_vary(response);
        if sets_cookies && policy::apply(state, request, response) {
            self.log_removed_cookies(request);
        }
        let status = response.status();
        // Most responses are successes, which have no error.
        let reason = (status.code >= 300).then(|| Error::of(status, request)).flatten();
        challenge(state, request, response, reason.as_ref());
        refusal::report(request, state, response, reason.as_ref());
        if reason.as_ref().is_some_and(|error| error.kind() == ErrorKind::Busy) {
            time::sleep(BUSY_DELAY).await;
        }
        if let Some(seconds) = reason.and_then(|error| error.wait()) {
            // Also for a catcher that renders a page.
            response.set_header(Header::new("Retry-After", seconds.to_string()));
        }
        if RequestState::of(request).depends_on_user() {
            response.set_raw_header("Cache-Control", "no-store");
            if has_vary {
                add_vary(state, response);
            } else {
                response.set_raw_header("Vary", state.vary.as_str());
            }
        }
    }
}

impl ResponseFairing {
    pub(super) fn new(login_required: Option<LoginRequired>) -> Self {
        Self { reattached: 0, login_required, logged: Mutex::default() }
    }

    /// Warns once a route.
    fn log_removed_cookies(&self, request: &Request<'_>) {
        let route = request.route().map_or_else(
            || "no route".to_owned(),
            |route| format!("{} {}", route.method, route.uri),
        );
        let Ok(mut logged) = self.logged.lock() else {
            return;
        };
        if logged.insert(route.clone()) {
            log::warn!(target: "vestibule::auth", "removed a cookie from the response to a token request: {route}");
        }
    }
}

/// Whether a response sets cookies and has a `Vary`, in one pass: a look-up hashes the name.
fn has_cookies_and_vary(response: &Response<'_>) -> (bool, bool) {
    response.headers().iter().fold((false, false), |(sets_cookies, has_vary), header| {
        (sets_cookies || header.name() == "Set-Cookie", has_vary || header.name() == "Vary")
    })
}

/// Adds our names to an existing `Vary`.
fn add_vary(state: &AuthState, response: &mut Response<'_>) {
    let mut names: Vec<String> = response.headers().get("Vary").map(str::to_owned).collect();
    for name in [state.config.token.header.as_str(), "Cookie"] {
        let listed = names.iter().flat_map(|names| names.split(','));
        if !listed.map(str::trim).any(|listed| listed.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    response.set_header(Header::new("Vary", names.join(", ")));
}
