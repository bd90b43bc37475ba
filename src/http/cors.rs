//! Scripts of other origins that call the API (the CORS protocol of the Fetch standard). Browsers
//! send and keep cookies there only where tokens are in cookies: only then credentials are allowed.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::{Request, Response};

use crate::settings::ApiConfig;
use vestibule::Auth;
use vestibule::config::{Config, Location};

/// Response headers that a script may read, besides those that every script may.
const EXPOSED: &str = "Link, Retry-After, WWW-Authenticate, X-Request-Id";

/// Adds the headers of the protocol to every response under one path, and answers preflights there.
/// Attach it first: a preflight has no route, so the other fairings see its response changed.
#[derive(Debug)]
pub struct Cors {
    base: &'static str,
    origins: Vec<String>,
    /// The request headers that a script may set.
    allowed: String,
    /// Whether tokens are in cookies, which a script may then send and get.
    in_cookies: bool,
}

impl Cors {
    /// Returns the fairing for the paths below `base`.
    #[must_use]
    pub fn new(base: &'static str, config: &ApiConfig, auth: &Config) -> Self {
        let (origins, token) = (config.cors_origins.clone(), &auth.token);
        let in_cookies = token.locations.contains(&Location::Cookies);
        let mut allowed = format!("{}, Content-Type, Idempotency-Key", token.header);
        if in_cookies {
            allowed = format!("{allowed}, {}", token.cookies.csrf_header);
        }
        Self { base, origins, allowed, in_cookies }
    }

    fn is_for_any(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }

    /// The value of `Access-Control-Allow-Origin`, if the request is of an allowed origin.
    fn allowed_origin<'r>(&self, request: &'r Request<'_>) -> Option<&'r str> {
        let origin = request.headers().get_one("Origin")?;
        if self.is_for_any() {
            return Some("*");
        }
        self.origins.iter().any(|allowed| allowed == origin).then_some(origin)
    }

    /// Answers a preflight for a path that takes any method.
    fn answer_preflight(&self, request: &Request<'_>, response: &mut Response<'_>) {
        let is_preflight = request.method() == Method::Options
            && request.headers().contains("Access-Control-Request-Method");
        let methods = Auth::methods_at(request, request.uri().path().as_str());
        if !is_preflight || methods.is_empty() {
            return;
        }
        let methods: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
        let mut preflight = Response::new();
        preflight.set_status(Status::NoContent);
        preflight.set_raw_header("Access-Control-Allow-Methods", methods.join(", "));
        preflight.set_raw_header("Access-Control-Allow-Headers", self.allowed.clone());
        preflight.set_raw_header("Access-Control-Max-Age", "600");
        *response = preflight;
    }
}

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "CORS", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let below = request.uri().path().as_str().strip_prefix(self.base);
        if self.origins.is_empty() || !below.is_some_and(|rest| rest.starts_with('/')) {
            return;
        }
        if let Some(origin) = self.allowed_origin(request) {
            self.answer_preflight(request, response);
            response.set_raw_header("Access-Control-Allow-Origin", origin.to_owned());
            response.set_raw_header("Access-Control-Expose-Headers", EXPOSED);
            if self.in_cookies {
                response.set_raw_header("Access-Control-Allow-Credentials", "true");
            }
        }
        if !self.is_for_any() {
            response.adjoin_raw_header("Vary", "Origin");
        }
    }
}
