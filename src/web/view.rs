//! What every page gets to see.

use rocket::State;
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket_dyn_templates::Template;
use serde::Serialize;

use super::templates;
use crate::accounts::{Role, User};
use crate::settings::Settings;

/// Guard: draws pages for this request.
pub(super) struct View {
    mode: &'static str,
    takes_keys: bool,
    registration: bool,
    remembers: bool,
    path: String,
    base: String,
}

#[derive(Serialize)]
struct Person<'u> {
    username: &'u str,
    full_name: Option<&'u str>,
    role: Role,
}

#[derive(Serialize)]
struct Page<'v, T: Serialize> {
    title: &'v str,
    user: Option<Person<'v>>,
    mode: &'static str,
    takes_keys: bool,
    registration: bool,
    path: &'v str,
    base: &'v str,
    #[serde(flatten)]
    own: T,
}

impl<'u> Person<'u> {
    fn of(user: &'u User) -> Self {
        Self { username: &user.username, full_name: user.full_name.as_deref(), role: user.role }
    }
}

impl View {
    /// The page of a template, with what it has of its own.
    pub(super) fn page(
        &self,
        template: &'static str,
        title: &str,
        user: Option<&User>,
        own: impl Serialize,
    ) -> Template {
        let page = Page {
            title,
            user: user.map(Person::of),
            mode: self.mode,
            takes_keys: self.takes_keys,
            registration: self.registration,
            path: &self.path,
            base: &self.base,
            own,
        };
        Template::render(templates::drawn(template), page)
    }

    /// Whether the form offers to remember the browser.
    pub(super) fn remembers(&self) -> bool {
        self.remembers
    }

    pub(super) fn of(request: &Request<'_>) -> Option<Self> {
        let settings = request.rocket().state::<Settings>()?;
        let server = request.rocket().config();
        Some(Self {
            mode: settings.auth.mode.as_str(),
            takes_keys: settings.auth.takes_keys(),
            registration: settings.accounts.registration,
            remembers: settings.auth.session.remembers(),
            path: request.uri().path().to_string(),
            // Where the service listens, never what a `Host` header claims.
            base: format!("http://{}", std::net::SocketAddr::new(server.address, server.port)),
        })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for View {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Self::Error> {
        match Self::of(request) {
            Some(view) => Outcome::Success(view),
            None => Outcome::Error((Status::InternalServerError, "no settings are managed")),
        }
    }
}

impl rocket::Sentinel for View {
    fn abort(rocket: &rocket::Rocket<rocket::Ignite>) -> bool {
        <&State<Settings> as rocket::Sentinel>::abort(rocket)
    }
}

/// A time as people read it.
pub(super) fn shown(time: time::OffsetDateTime) -> String {
    let form = time::macros::format_description!(
        "[day padding:none] [month repr:long] [year], [hour]:[minute] UTC"
    );
    time.format(&form).unwrap_or_default()
}
