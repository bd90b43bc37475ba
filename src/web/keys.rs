//! Access keys for programs: created, listed and ended by their owner.

use std::collections::BTreeMap;
use std::time::Duration;

use rocket::form::{Form, FromForm, Strict};
use rocket::http::Status;
use rocket::request::FlashMessage;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::checkbox;
use super::form::{FormReply, FormResult, ended, sign_in_if_revoked};
use super::renderer::{Page, Renderer, format_time};
use super::unique_fields::UniqueFields;
use crate::accounts::{
    Accounts, KeyScope, OwnSignIns, SessionUser, User, UsersRead, UsersWrite, last_used,
};
use crate::http::ClientAddress;
use vestibule::access_keys::{CreatedKey, KeyRequest};
use vestibule::config::{Config, duration};
use vestibule::guards::{Fresh, Scope};
use vestibule::sign_ins::{SignIn, SignIns};
use vestibule::{Error, ErrorKind};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The lifetimes that the form offers, in days, up to the longest of the settings.
const LIFETIMES: [u32; 4] = [7, 30, 90, 365];

/// The fields of the form; any other is refused. Each checkbox has a field of its own, because
/// [`UniqueFields`] accepts a field once.
#[derive(FromForm)]
pub(super) struct KeyForm {
    label: String,
    expires_in: String,
    sign_ins: Option<String>,
    users_read: Option<String>,
    users_write: Option<String>,
}

/// Returns the field name of a scope's checkbox.
fn field(scope: &str) -> String {
    scope.replace([':', '-'], "_")
}

impl KeyForm {
    /// Returns the checkboxes that were sent: scope and value.
    fn checkboxes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let checkboxes = [
            (OwnSignIns::NAME, &self.sign_ins),
            (UsersRead::NAME, &self.users_read),
            (UsersWrite::NAME, &self.users_write),
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
fn lifetimes(auth: &Config, chosen: Option<&str>) -> Vec<LifetimeOption> {
    let config = &auth.key;
    let mut lifetimes: Vec<Duration> = LIFETIMES.into_iter().map(|days| days * DAY).collect();
    lifetimes.push(config.lifetime);
    lifetimes.sort();
    lifetimes.dedup();
    lifetimes.retain(|lifetime| *lifetime <= config.longest);
    let chosen = chosen.and_then(duration::parse).unwrap_or(config.lifetime);
    let option = |lifetime| LifetimeOption {
        seconds: Duration::as_secs(&lifetime),
        text: duration::in_words(lifetime),
        chosen: lifetime == chosen,
    };
    lifetimes.into_iter().map(option).collect()
}

/// What the page shows beside the list.
#[derive(Default)]
struct Extras<'s> {
    fresh: bool,
    notice: Option<&'s str>,
    /// The key that this request created.
    created: Option<&'s CreatedKey>,
    /// The form that was not acceptable, and why.
    rejected: Option<(&'s KeyForm, &'s Error)>,
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
        sign_ins: &SignIns<'_>,
    ) -> Result<Self, Error> {
        let mut keys = sign_ins.list(&user.id.to_string()).await?;
        keys.retain(|sign_in| sign_in.kind.is_key());
        Ok(Self { renderer, user, accounts, keys })
    }

    /// Renders the page with a new key. The list was read before the key was created, because an
    /// error of the database afterwards would lose the key, which cannot be shown again.
    fn render_created(mut self, created: &CreatedKey) -> Page {
        self.keys.push(created.sign_in.clone());
        self.keys.sort_by(SignIn::latest_first);
        self.render(&Extras { fresh: true, created: Some(created), ..Extras::default() })
    }

    fn render(&self, extras: &Extras<'_>) -> Page {
        let Extras { fresh, notice, created, rejected } = *extras;
        let errors: BTreeMap<&str, &str> =
            rejected.iter().flat_map(|(_, error)| error.fields()).collect();
        let problem = rejected.map(|(_, error)| error).filter(|_| errors.is_empty());
        let ticked = rejected.map(|(form, _)| form.scopes()).unwrap_or_default();
        let scopes: Vec<_> = KeyScope::for_user(self.user)
            .map(|scope| {
                let ticked = ticked.iter().any(|one| one == scope.name);
                context! { name: scope.name, field: field(scope.name), sentence: scope.sentence, ticked }
            })
            .collect();
        let chosen = rejected.map(|(form, _)| form.expires_in.as_str());
        let values = context! {
            keys: self.keys.iter().map(row).collect::<Vec<_>>(),
            made: created.map(|created| {
                context! { label: created.sign_in.label(), key: created.key.as_str() }
            }),
            label: rejected.map(|(form, _)| &form.label),
            scopes,
            lives: lifetimes(self.accounts.auth(), chosen),
            fresh,
            notice,
            problem: problem.map(Error::message),
            errors,
            base: self.renderer.base(),
        };
        self.renderer.page("keys", "Access keys", Some(self.user), values)
    }
}

fn row(key: &SignIn) -> impl Serialize {
    context! {
        id: key.id.to_string(),
        label: key.label().map(str::to_owned),
        scopes: key.scopes().to_vec(),
        created_at: format_time(key.created_at),
        expires_at: format_time(key.expires_at),
        last_used: last_used(key).map(format_time),
    }
}

/// Lists the keys, with the form if the session is fresh.
#[get("/account/keys")]
pub(super) async fn list(
    user: SessionUser,
    fresh: Result<Fresh<SessionUser>, Error>,
    sign_ins: SignIns<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Option<FlashMessage<'_>>,
) -> Result<Page, Error> {
    let page = KeysPage::load(&renderer, &user, accounts, &sign_ins).await?;
    let notice = flash.as_ref().map(FlashMessage::message);
    Ok(page.render(&Extras { fresh: fresh.is_ok(), notice, ..Extras::default() }))
}

/// Creates a key and shows it, in this response only.
#[post("/account/keys", data = "<form>")]
pub(super) async fn make(
    user: Fresh<SessionUser>,
    address: ClientAddress,
    sign_ins: SignIns<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<Strict<UniqueFields<KeyForm>>>,
) -> FormResult {
    let page = KeysPage::load(&renderer, &user, accounts, &sign_ins).await?;
    let actor = accounts.actor(&user, address.0)?;
    let created = match form.read() {
        Ok(request) => accounts.create_key(&user, request, &actor).await,
        Err(error) => Err(error),
    };
    match created {
        Ok(created) => Ok(FormReply::Page(Status::Created, page.render_created(&created))),
        Err(error) => {
            let kinds = [ErrorKind::InvalidField, ErrorKind::Forbidden, ErrorKind::TooManyAttempts];
            FormReply::again(sign_in_if_revoked(error), &kinds, |error| {
                page.render(&Extras {
                    fresh: true,
                    rejected: Some((&form, error)),
                    ..Extras::default()
                })
            })
        }
    }
}

/// Ends a key, if it has not ended yet.
#[post("/account/keys/<id>/end")]
pub(super) async fn end(
    user: SessionUser,
    sign_ins: SignIns<'_>,
    accounts: &State<Accounts>,
    id: &str,
) -> FormResult {
    ended(accounts.end_key(&user, id, &sign_ins).await, id)?;
    Ok(FormReply::notice(uri!(list), "That key has ended."))
}
