//! Renders pages, with the values that every page gets.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::Arc;

use rocket::State;
use rocket::http::{ContentType, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use tera::{self, Context};

use super::assets::Assets;
use super::templates::{Engine, error_chain};
use crate::accounts::{Accounts, RelyingParty, Role, User};
use crate::http::{BaseUrl, POLICY_HEADER, SCRIPT_POLICY, set_language};
use crate::languages::{Language, Languages, Tag, accept_language};
use crate::settings::Settings;
use vestibule::Clock;
use vestibule::events::RequestId;

pub(super) use super::filters::format_time;

/// The templates of pages that can use passkeys, with a script.
const WITH_SCRIPT: [&str; 4] = ["login", "reauthenticate", "second-factor", "second-step"];

/// Guard: renders pages for this request.
pub(super) struct Renderer<'r> {
    engine: &'r Engine,
    settings: &'r Settings,
    assets: &'r Assets,
    clock: &'r Clock,
    languages: &'r Languages,
    /// What passkeys are bound to, if they are offered.
    relying_party: Option<&'r RelyingParty>,
    /// The languages that the client prefers.
    accept: Option<Cow<'r, str>>,
    request_id: Option<&'r RequestId>,
    base: BaseUrl,
    path: &'r str,
}

/// A rendered page; 500 if its template failed.
pub(super) struct Page {
    html: Option<Vec<u8>>,
    language: Tag,
    /// Whether the language is the client's choice and not the user's.
    is_negotiated: bool,
    has_script: bool,
}

/// The title of a page.
#[derive(Clone, Copy)]
pub(super) enum Title<'t> {
    /// The text with this key.
    Key(&'static str),
    /// A name, or a text in the language of the page.
    Text(&'t str),
}

/// A language to choose.
#[derive(Serialize)]
pub(super) struct ShownLanguage<'l> {
    tag: String,
    name: &'l str,
}

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
        title: Title<'_>,
        user: Option<&User>,
        values: impl Serialize,
    ) -> Page {
        let (language, is_negotiated) = self.choose(user);
        let html = self
            .context(title, user, values, language)
            .and_then(|context| self.engine.render(template, &context, language))
            .inspect_err(|error| {
                let request_id = self.request_id.map(RequestId::as_str);
                log::error!(request_id; "page {template}: {}", error_chain(error));
            });
        let has_script = self.relying_party.is_some() && WITH_SCRIPT.contains(&template);
        Page { html: html.ok(), language: language.tag(), is_negotiated, has_script }
    }

    /// Returns tag and name of every language.
    pub(super) fn languages(&self) -> Vec<ShownLanguage<'r>> {
        let shown = |language: &'r Arc<Language>| ShownLanguage {
            tag: language.tag().as_str().to_owned(),
            name: language.name(),
        };
        self.languages.iter().map(shown).collect()
    }

    /// Returns the language of a page for this user.
    pub(super) fn language(&self, user: Option<&User>) -> &'r Language {
        self.choose(user).0
    }

    fn choose(&self, user: Option<&User>) -> (&'r Arc<Language>, bool) {
        let setting = user.and_then(|user| user.language.as_deref());
        self.languages.choose(setting, self.accept.as_deref())
    }

    /// Builds the engine's own context: Rocket's `Template` would convert the values twice.
    fn context(
        &self,
        title: Title<'_>,
        user: Option<&User>,
        values: impl Serialize,
        language: &Language,
    ) -> tera::Result<Context> {
        let mut context = Context::from_serialize(values)?;
        match title {
            Title::Key(key) => context.try_insert("title", &language.text(key))?,
            Title::Text(text) => context.try_insert("title", text)?,
        }
        context.try_insert("language", language.tag().as_str())?;
        context.try_insert("user", &user.map(ShownUser::of))?;
        context.try_insert("site_name", self.site_name())?;
        context.try_insert("brand", &self.assets.has_brand())?;
        context.try_insert("logo", &self.assets.logo())?;
        context.try_insert("registration", &self.settings.accounts.registration)?;
        context.try_insert("takes_keys", &self.settings.auth.takes_keys())?;
        context.try_insert("sends_mail", &self.sends_mail())?;
        let sign_in_links = self.settings.has_sign_in_links();
        context.try_insert("sign_in_links", &sign_in_links)?;
        context.try_insert("passkey_host", &self.relying_party.map(RelyingParty::host))?;
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

    /// Whether mails are sent, so that a forgotten password can be set by a link in one.
    pub(super) fn sends_mail(&self) -> bool {
        self.settings.mail.is_some()
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
            languages: request.rocket().state()?,
            relying_party: request.rocket().state::<Accounts>()?.relying_party(),
            accept: accept_language(request),
            request_id: RequestId::of(request),
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
            || <&State<Languages>>::abort(rocket)
            || <&State<Accounts>>::abort(rocket)
            || <&State<Clock>>::abort(rocket)
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let html = self.html.ok_or(Status::InternalServerError)?;
        let mut response = Response::build()
            .header(ContentType::HTML)
            .sized_body(html.len(), Cursor::new(html))
            .finalize();
        if self.has_script {
            response.set_raw_header(POLICY_HEADER, SCRIPT_POLICY);
        }
        set_language(&mut response, self.language.as_str(), self.is_negotiated);
        Ok(response)
    }
}
