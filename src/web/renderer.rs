//! What every page gets to see.

use std::io::Cursor;

use rocket::State;
use rocket::http::{ContentType, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use tera::{self, Context};

use super::templates::{Engine, words};
use crate::accounts::{Role, User};
use crate::settings::Settings;

/// Guard: draws pages for this request.
pub(super) struct Renderer<'r> {
    engine: &'r Engine,
    settings: &'r Settings,
    server: &'r rocket::Config,
    path: &'r str,
}

/// A page as it was drawn; 500 when its template failed.
pub(super) struct Page(Option<Vec<u8>>);

#[derive(Serialize)]
struct Person<'u> {
    username: &'u str,
    full_name: Option<&'u str>,
    role: Role,
}

impl<'u> Person<'u> {
    fn of(user: &'u User) -> Self {
        Self { username: &user.username, full_name: user.full_name.as_deref(), role: user.role }
    }
}

impl<'r> Renderer<'r> {
    /// The page of a template, with what it has of its own.
    pub(super) fn page(
        &self,
        template: &'static str,
        title: &str,
        user: Option<&User>,
        own: impl Serialize,
    ) -> Page {
        let drawn = self
            .context(title, user, own)
            .and_then(|context| self.engine.draw(template, &context))
            .inspect_err(|error| log::error!("page {template}: {}", words(error)));
        Page(drawn.ok())
    }

    /// Straight into the engine's own form: Rocket's `Template` would take it through another one.
    fn context(
        &self,
        title: &str,
        user: Option<&User>,
        own: impl Serialize,
    ) -> tera::Result<Context> {
        let mut context = Context::from_serialize(own)?;
        context.try_insert("title", title)?;
        context.try_insert("user", &user.map(Person::of))?;
        context.try_insert("registration", &self.settings.accounts.registration)?;
        context.try_insert("path", self.path)?;
        Ok(context)
    }

    /// The mode of the service, as it is spelt in the settings.
    pub(super) fn mode(&self) -> &'static str {
        self.settings.auth.mode.as_str()
    }

    /// Whether there are access keys.
    pub(super) fn takes_keys(&self) -> bool {
        self.settings.auth.takes_keys()
    }

    /// Whether the form offers to remember the browser.
    pub(super) fn remembers(&self) -> bool {
        self.settings.auth.session.remembers()
    }

    /// Where the service listens, never what a `Host` header claims.
    pub(super) fn base(&self) -> String {
        let address = std::net::SocketAddr::new(self.server.address, self.server.port);
        format!("http://{address}")
    }

    pub(super) fn of(request: &'r Request<'_>) -> Option<Self> {
        Some(Self {
            engine: request.rocket().state()?,
            settings: request.rocket().state()?,
            server: request.rocket().config(),
            path: request.uri().path().as_str(),
        })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Renderer<'r> {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Self::Error> {
        match Self::of(request) {
            Some(view) => Outcome::Success(view),
            None => Outcome::Error((Status::InternalServerError, "no settings are managed")),
        }
    }
}

impl rocket::Sentinel for Renderer<'_> {
    fn abort(rocket: &rocket::Rocket<rocket::Ignite>) -> bool {
        <&State<Settings>>::abort(rocket) || <&State<Engine>>::abort(rocket)
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let html = self.0.ok_or(Status::InternalServerError)?;
        Response::build().header(ContentType::HTML).sized_body(html.len(), Cursor::new(html)).ok()
    }
}

/// A time as people read it.
pub(super) fn shown(time: time::OffsetDateTime) -> String {
    let form = time::macros::format_description!(
        "[day padding:none] [month repr:long] [year], [hour]:[minute] UTC"
    );
    time.format(&form).unwrap_or_default()
}
