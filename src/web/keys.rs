//! Access keys for programs: created, listed and ended by their owner.

use std::collections::BTreeMap;
use std::time::Duration;

use rocket::UriDisplayQuery;
use rocket::form::{FromForm, Strict};
use rocket::http::CookieJar;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::checkbox;
use super::form::{FormReply, FormResult, UserOrError, ended, sign_in_if_revoked};
use super::form_body::Form;
use super::new_key::{self, ShownKey};
use super::notice::{Flash, Notice, ShownNotice};
use super::renderer::{Page, Renderer, Title, format_time};
use super::shown_to::{ShownTo, check_username};
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{
    Accounts, Introspect, KeyScope, OwnSignIns, ProvenPage, SessionUser, User, UsersRead,
    UsersWrite, last_seen,
};
use crate::http::RequestSource;
use crate::languages::Language;
use vestibule::access_keys::KeyRequest;
use vestibule::config::{Config, duration};
use vestibule::guards::Scope;
use vestibule::sign_ins::{SignIn, SignInId};
use vestibule::{Error, ErrorKind};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The lifetimes that the form offers, in days, up to the longest of the settings.
const LIFETIMES: [u32; 4] = [7, 30, 90, 365];

/// The fields of the form; any other is refused. Each checkbox has a field of its own, because
/// [`UniqueFields`] accepts a field once.
#[derive(FromForm, UriDisplayQuery)]
pub(super) struct KeyForm {
    label: String,
    expires_in: String,
    sign_ins: Option<String>,
    users_read: Option<String>,
    users_write: Option<String>,
    introspect: Option<String>,
    username: Option<String>,
    /// Names this copy of the form, so that sent twice it makes one key.
    form_id: Option<String>,
}

/// Returns the field name of a scope's checkbox.
fn field(scope: &str) -> String {
    scope.replace([':', '-'], "_")
}

/// Returns the key of the text that says what a scope allows.
fn key(scope: &str) -> String {
    format!("scope-{}", scope.replace(':', "-"))
}

impl KeyForm {
    /// Returns the checkboxes that were sent: scope and value.
    fn checkboxes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let checkboxes = [
            (OwnSignIns::NAME, &self.sign_ins),
            (UsersRead::NAME, &self.users_read),
            (UsersWrite::NAME, &self.users_write),
            (Introspect::NAME, &self.introspect),
        ];
        checkboxes.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Returns the scopes whose checkboxes are ticked.
    fn scopes(&self) -> Vec<String> {
        let ticked = self.checkboxes().filter(|(_, value)| checkbox::parse(value) == Some(true));
        ticked.map(|(name, _)| name.to_owned()).collect()
    }

    fn read(&self) -> Result<KeyRequest, Error> {
        if self.checkboxes().any(|(_, value)| checkbox::parse(value) != Some(true)) {
            return Err(Error::invalid_field("scopes", "Tick a box or leave it."));
        }
        let lifetime = duration::parse(&self.expires_in)
            .ok_or_else(|| Error::invalid_field("expires_in", "Choose when the key expires."))?;
        let (label, scopes) = (self.label.clone(), self.scopes());
        Ok(KeyRequest { label, scopes, lifetime: Some(lifetime) })
    }
}

/// An option of the form.
#[derive(Serialize)]
struct LifetimeOption {
    seconds: u64,
    text: String,
    chosen: bool,
}

/// Returns the lifetimes to choose from: those of [`LIFETIMES`] and the default of the settings,
/// which is chosen unless the form says otherwise.
fn lifetimes(auth: &Config, chosen: Option<&str>, language: &Language) -> Vec<LifetimeOption> {
    let config = &auth.key;
    let mut lifetimes: Vec<Duration> = LIFETIMES.into_iter().map(|days| days * DAY).collect();
    lifetimes.push(config.lifetime);
    lifetimes.sort();
    lifetimes.dedup();
    lifetimes.retain(|lifetime| *lifetime <= config.longest);
    let chosen = chosen.and_then(duration::parse).unwrap_or(config.lifetime);
    let option = |lifetime| LifetimeOption {
        seconds: Duration::as_secs(&lifetime),
        text: language.sentence(&duration::in_words(lifetime)).into_owned(),
        chosen: lifetime == chosen,
    };
    lifetimes.into_iter().map(option).collect()
}

/// What the page shows beside the list.
#[derive(Default)]
struct Extras<'s> {
    fresh: bool,
    notice: Option<ShownNotice>,
    /// The key that the form before has created.
    created: Option<ShownKey>,
    /// What the form holds already.
    form: Option<&'s KeyForm>,
    /// Why it was not acceptable.
    error: Option<&'s Error>,
}

/// The page of a user's keys.
struct KeysPage<'p> {
    renderer: &'p Renderer<'p>,
    user: &'p User,
    accounts: &'p Accounts,
    /// The active keys, latest use first.
    keys: Vec<SignIn>,
}

impl<'p> KeysPage<'p> {
    async fn load(
        renderer: &'p Renderer<'p>,
        user: &'p User,
        accounts: &'p Accounts,
    ) -> Result<Self, Error> {
        let keys = accounts.keys(user).await?;
        Ok(Self { renderer, user, accounts, keys })
    }

    fn render(&self, extras: Extras<'_>) -> Page {
        let Extras { fresh, notice, created, form, error } = extras;
        let language = self.renderer.language(Some(self.user));
        let errors = error.map_or_else(BTreeMap::new, |error| words::fields(language, error));
        let problem = error.filter(|_| errors.is_empty());
        let ticked = form.map(KeyForm::scopes).unwrap_or_default();
        let scopes: Vec<_> = KeyScope::for_user(self.user)
            .map(|scope| {
                let ticked = ticked.iter().any(|one| one == scope.name);
                context! { name: scope.name, field: field(scope.name), key: key(scope.name), ticked }
            })
            .collect();
        let chosen = form.map(|form| form.expires_in.as_str());
        let values = context! {
            keys: self.keys.iter().map(row).collect::<Vec<_>>(),
            made: created,
            label: form.map(|form| &form.label),
            scopes,
            lives: lifetimes(self.accounts.auth(), chosen, language),
            fresh,
            notice,
            problem: problem.map(|error| language.sentence(error.message())),
            errors,
            base: self.renderer.base().as_str(),
            form_id: SignInId::random().map(|id| id.to_string()).ok(),
        };
        self.renderer.page("keys", Title::Key("access-keys"), Some(self.user), values)
    }
}

fn row(key: &SignIn) -> impl Serialize {
    context! {
        id: key.id.to_string(),
        label: key.label().map(str::to_owned),
        scopes: key.scopes().to_vec(),
        created_at: format_time(key.created_at),
        expires_at: format_time(key.expires_at),
        last_used: last_seen(key).map(format_time),
    }
}

/// Lists the keys, with the form if the session is fresh; shows a new key once, and in the form what
/// the address says.
#[get("/account/keys?<form..>")]
pub(super) async fn list(
    user: SessionUser,
    fresh: Result<ProvenPage, Error>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
    form: Option<KeyForm>,
) -> Result<Page, Error> {
    let page = KeysPage::load(&renderer, &user, accounts).await?;
    let created = new_key::take(&flash, &page.keys, accounts.clock().now()?);
    let notice = flash.shown(renderer.language(Some(&user)), "").filter(|_| created.is_none());
    let form = form.as_ref();
    Ok(page.render(Extras { fresh: fresh.is_ok(), notice, created, form, error: None }))
}

/// Creates a key and redirects to the page, which shows it.
#[post("/account/keys", data = "<form>")]
pub(super) async fn make(
    user: UserOrError<ProvenPage>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
    form: Form<Strict<UniqueFields<KeyForm>>>,
) -> FormResult {
    let user = match user.0 {
        Ok(user) => user,
        Err(error) => {
            return Ok(FormReply::PasswordFirst(error, uri!(list(form = Some(&***form)))));
        }
    };
    let actor = accounts.actor(&user, source)?;
    let sent = form.username.as_deref().unwrap_or_default();
    let created = match check_username(&user, sent).and_then(|()| form.read()) {
        Ok(request) => accounts.create_key(&user, request, form.form_id.as_deref(), &actor).await,
        Err(error) => Err(error),
    };
    match created {
        Ok(created) => {
            new_key::store(jar, accounts.auth().session.is_secure(), &created, actor.at());
            Ok(FormReply::redirect(uri!(list(_))))
        }
        // The response to the first copy of the form had the key, and was perhaps dropped.
        Err(error) if error.kind() == ErrorKind::AlreadyMade => {
            Ok(FormReply::notice(uri!(list(_)), Notice::KeyThere))
        }
        Err(error) => {
            let page = KeysPage::load(&renderer, &user, accounts).await?;
            let kinds = [ErrorKind::InvalidField, ErrorKind::Forbidden, ErrorKind::TooManyAttempts];
            FormReply::again(sign_in_if_revoked(error), &kinds, |error| {
                let (form, error) = (Some(&***form), Some(error));
                page.render(Extras { fresh: true, form, error, ..Extras::default() })
            })
        }
    }
}

/// Ends a key, if it has not ended yet.
#[post("/account/keys/<id>/end", data = "<form>")]
pub(super) async fn end(
    user: SessionUser,
    fresh: Result<ProvenPage, Error>,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    source: RequestSource,
    id: &str,
    form: ShownTo,
) -> FormResult {
    if let Err(error) = form.check(&user) {
        let page = KeysPage::load(&renderer, &user, accounts).await?;
        let notice = Some(ShownNotice::error(renderer.language(Some(&user)), &error));
        let page = page.render(Extras { fresh: fresh.is_ok(), notice, ..Extras::default() });
        return Ok(FormReply::Again(error.with_page(|_| page)));
    }
    ended(accounts.end_key(&user, id, &accounts.actor(&user, source)?).await, id)?;
    Ok(FormReply::notice(uri!(list(_)), Notice::KeyEnded))
}
