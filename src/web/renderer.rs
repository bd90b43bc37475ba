//! Renders pages, with the values that every page gets.

use std::io::Cursor;

use rocket::State;
use rocket::http::{ContentType, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use tera::{self, Context};

use super::assets::Assets;
use super::templates::{Engine, error_chain};
use crate::accounts::{Role, User};
use crate::http::BaseUrl;
use crate::settings::Settings;
use vestibule::Clock;

pub(super) use super::filters::format_time;

/// Guard: renders pages for this request.
pub(super) struct Renderer<'r> {
    engine: &'r Engine,
    settings: &'r Settings,
    assets: &'r Assets,
    clock: &'r Clock,
    base: BaseUrl,
    path: &'r str,
}

/// A rendered page; 500 if its template failed.
pub(super) struct Page(Option<Vec<u8>>);

/// The signed-in user, as the layout shows it.
#[derive(Serialize)]
struct ShownUser<'u> {
    username: &'u str,
    full_name: Option<&'u str>,
    role: Role,
}

impl<'u> ShownUser<'u> {
    fn of(user: &'u User) -> Self {
        Self { username: &user.username, full_name: user.full_name.as_deref(), role: user.role }
    }
}

impl<'r> Renderer<'r> {
    /// Renders a template with the values of every page and its own.
    pub(super) fn page(
        &self,
        template: &'static str,
        title: &str,
        user: Option<&User>,
        values: impl Serialize,
    ) -> Page {
        let html = self
            .context(title, user, values)
            .and_then(|context| self.engine.render(template, &context))
            .inspect_err(|error| log::error!("page {template}: {}", error_chain(error)));
        Page(html.ok())
    }

    /// Builds the engine's own context: Rocket's `Template` would convert the values twice.
    fn context(
        &self,
        title: &str,
        user: Option<&User>,
        values: impl Serialize,
    ) -> tera::Result<Context> {
        let mut context = Context::from_serialize(values)?;
        context.try_insert("title", title)?;
        context.try_insert("user", &user.map(ShownUser::of))?;
        context.try_insert("site_name", self.site_name())?;
        context.try_insert("brand", &self.assets.has_brand())?;
        context.try_insert("logo", &self.assets.logo())?;
        context.try_insert("registration", &self.settings.accounts.registration)?;
        context.try_insert("takes_keys", &self.settings.auth.takes_keys())?;
        context.try_insert("sends_mail", &self.settings.mail.is_some())?;
        context.try_insert("path", self.path)?;
        context.try_insert("now", &self.clock.now().ok().map(format_time))?;
        Ok(context)
    }

    /// Returns the mode of the service, as the settings spell it.
    pub(super) fn mode(&self) -> &'static str {
        self.settings.auth.mode.as_str()
    }

    /// Returns the name of the service.
    pub(super) fn site_name(&self) -> &str {
        &self.settings.accounts.site_name
    }

    /// Whether the sign-in form offers to remember the browser.
    pub(super) fn remembers(&self) -> bool {
        self.settings.auth.session.remembers()
    }

    /// Returns the address of the service, for links and for commands to copy.
    pub(super) fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Returns the renderer of a request; `None` without the pages' state.
    pub(super) fn of(request: &'r Request<'_>) -> Option<Self> {
        let settings = request.rocket().state()?;
        Some(Self {
            engine: request.rocket().state()?,
            settings,
            assets: request.rocket().state()?,
            clock: request.rocket().state()?,
            base: BaseUrl::of(request, settings),
            path: request.uri().path().as_str(),
        })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Renderer<'r> {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Self::Error> {
        match Self::of(request) {
            Some(renderer) => Outcome::Success(renderer),
            None => Outcome::Error((Status::InternalServerError, "no settings are managed")),
        }
    }
}

impl rocket::Sentinel for Renderer<'_> {
    fn abort(rocket: &rocket::Rocket<rocket::Ignite>) -> bool {
        <&State<Settings>>::abort(rocket)
            || <&State<Engine>>::abort(rocket)
            || <&State<Assets>>::abort(rocket)
            || <&State<Clock>>::abort(rocket)
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let html = self.0.ok_or(Status::InternalServerError)?;
        Response::build().header(ContentType::HTML).sized_body(html.len(), Cursor::new(html)).ok()
    }
}
