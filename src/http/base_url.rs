//! The address of the service, in links and in commands to copy.

use std::net::SocketAddr;

use rocket::http::Status;
use rocket::http::uri::Host;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::{Ignite, Rocket, Sentinel, State};

use crate::accounts::LinkToken;
use crate::settings::Settings;

/// Guard: `public_url`, or else the address that this client asked for.
#[derive(Clone, Debug)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Returns `public_url`, or else the address at which the service listens.
    #[must_use]
    pub fn listening(public_url: Option<&str>, at: SocketAddr) -> Self {
        Self(public_url.map_or_else(|| format!("http://{at}"), str::to_owned))
    }

    /// Returns the address for a request with these settings.
    #[must_use]
    pub fn of(request: &Request<'_>, settings: &Settings) -> Self {
        if let Some(url) = &settings.public_url {
            return Self(url.clone());
        }
        let host = host(request);
        let is_plain = host.starts_with("localhost") || host.starts_with("127.0.0.1");
        let is_https = settings.auth.session.is_secure() && !is_plain;
        Self(format!("http{}://{host}", if is_https { "s" } else { "" }))
    }

    /// Returns the address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the link that creates the first administrator.
    #[must_use]
    pub fn setup_link(&self, token: &LinkToken) -> String {
        format!("{}/setup?token={}", self.0, token.reveal())
    }

    /// Returns a link that confirms an e-mail address.
    #[must_use]
    pub fn address_link(&self, token: &LinkToken) -> String {
        format!("{}/address/confirm?token={}", self.0, token.reveal())
    }

    /// Returns a link that signs in.
    #[must_use]
    pub fn sign_in_link(&self, token: &LinkToken) -> String {
        format!("{}/login/link/enter?token={}", self.0, token.reveal())
    }

    /// Returns a link that makes an account of a registration.
    #[must_use]
    pub fn registration_link(&self, token: &LinkToken) -> String {
        format!("{}/register/confirm?token={}", self.0, token.reveal())
    }

    /// Returns a link that puts a former e-mail address back.
    #[must_use]
    pub fn address_return_link(&self, token: &LinkToken) -> String {
        format!("{}/address/return?token={}", self.0, token.reveal())
    }

    /// Returns a link that sets a password.
    #[must_use]
    pub fn password_link(&self, token: &LinkToken) -> String {
        format!("{}/password/new?token={}", self.0, token.reveal())
    }
}

/// The host that the client asked for, or else the address at which the service listens.
fn host(request: &Request<'_>) -> String {
    let named = request.headers().get_one("Host").and_then(|host| Host::parse(host).ok());
    match named.as_ref().or(request.host()) {
        Some(host) => host.to_string(),
        None => {
            let server = request.rocket().config();
            SocketAddr::new(server.address, server.port).to_string()
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for BaseUrl {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Self::Error> {
        match request.rocket().state::<Settings>() {
            Some(settings) => Outcome::Success(Self::of(request, settings)),
            None => Outcome::Error((Status::InternalServerError, "no settings are managed")),
        }
    }
}

impl Sentinel for BaseUrl {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        <&State<Settings>>::abort(rocket)
    }
}
