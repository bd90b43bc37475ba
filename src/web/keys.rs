//! Access keys for programs: made, listed and ended by their owner.

use std::collections::BTreeMap;
use std::time::Duration;

use rocket::form::{Form, FromForm, Strict};
use rocket::http::Status;
use rocket::request::FlashMessage;
use rocket::response::{Flash, Redirect};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::renderer::{Page, Renderer, shown};
use super::session::FormReply;
use super::unique_fields::UniqueFields;
use crate::accounts::{
    Accounts, KeyScope, OwnSignIns, SessionUser, User, UsersRead, UsersWrite, last_used,
};
use crate::http::ClientAddress;
use vestibule::access_keys::{CreatedKey, KeyRequest};
use vestibule::config::{KeyConfig, duration};
use vestibule::guards::{Fresh, Scope};
use vestibule::sign_ins::{SignIn, SignIns};
use vestibule::{Error, ErrorKind};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The lives that the form offers, in days, as far as the settings allow them.
const LIVES: [u32; 4] = [7, 30, 90, 365];

/// The fields of the form; any other is refused. Each box is a field of its own, for a form
/// sends each field once.
#[derive(FromForm)]
pub(super) struct Wanted {
    label: String,
    expires_in: String,
    sign_ins: Option<String>,
    users_read: Option<String>,
    users_write: Option<String>,
}

/// The name of the box of a scope.
fn field(scope: &str) -> String {
    scope.replace([':', '-'], "_")
}

impl Wanted {
    /// The boxes that were sent, each with what it says.
    fn boxes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let boxes = [
            (OwnSignIns::NAME, &self.sign_ins),
            (UsersRead::NAME, &self.users_read),
            (UsersWrite::NAME, &self.users_write),
        ];
        boxes.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// The ticked ones.
    fn scopes(&self) -> Vec<String> {
        let ticked = self.boxes().filter(|(_, value)| *value == "on");
        ticked.map(|(name, _)| name.to_owned()).collect()
    }

    fn read(&self) -> Result<KeyRequest, Error> {
        if self.boxes().any(|(_, value)| value != "on") {
            return Err(Error::invalid_field("scopes", "Tick a box or leave it."));
        }
        let lifetime = duration::parse(&self.expires_in)
            .ok_or_else(|| Error::invalid_field("expires_in", "Choose how long the key lives."))?;
        let (label, scopes) = (self.label.clone(), self.scopes());
        Ok(KeyRequest { label, scopes, lifetime: Some(lifetime) })
    }
}

/// A choice of the form.
#[derive(Serialize)]
struct Life {
    seconds: u64,
    text: String,
    chosen: bool,
}

/// The lives on offer; the one of the settings is among them and chosen, unless another was.
fn lives(config: &KeyConfig, chosen: Option<&str>) -> Vec<Life> {
    let mut lives: Vec<Duration> = LIVES.into_iter().map(|days| days * DAY).collect();
    lives.push(config.lifetime);
    lives.sort();
    lives.dedup();
    lives.retain(|life| *life <= config.longest);
    let chosen = chosen.and_then(duration::parse).unwrap_or(config.lifetime);
    let life = |life| Life {
        seconds: Duration::as_secs(&life),
        text: duration::in_words(life),
        chosen: life == chosen,
    };
    lives.into_iter().map(life).collect()
}

/// What the page shows beside the list.
#[derive(Default)]
struct Shown<'s> {
    fresh: bool,
    notice: Option<&'s str>,
    /// The key that was just made, for the only time.
    made: Option<&'s CreatedKey>,
    /// The form that was not acceptable, and why.
    again: Option<(&'s Wanted, &'s Error)>,
}

/// Draws the page.
struct AdminContext<'d> {
    view: &'d Renderer<'d>,
    user: &'d User,
    accounts: &'d Accounts,
    /// Those that stand, latest use first.
    keys: Vec<SignIn>,
}

impl<'d> AdminContext<'d> {
    async fn new(
        view: &'d Renderer<'d>,
        user: &'d User,
        accounts: &'d Accounts,
        sign_ins: &SignIns<'_>,
    ) -> Result<Self, Error> {
        let mut keys = sign_ins.list(&user.id.to_string()).await?;
        keys.retain(|sign_in| sign_in.kind.is_key());
        Ok(Self { view, user, accounts, keys })
    }

    /// The page with a new key. The list was read before that was made: a database that fails
    /// now must not take away what nobody can show again.
    fn with(mut self, made: &CreatedKey) -> Page {
        self.keys.push(made.sign_in.clone());
        self.keys.sort_by(SignIn::latest_first);
        self.page(Shown { fresh: true, made: Some(made), ..Shown::default() })
    }

    fn page(&self, shown_beside: Shown<'_>) -> Page {
        let Shown { fresh, notice, made, again } = shown_beside;
        let errors: BTreeMap<&str, &str> =
            again.iter().flat_map(|(_, error)| error.fields()).collect();
        let problem = again.map(|(_, error)| error).filter(|_| errors.is_empty());
        let ticked = again.map(|(form, _)| form.scopes()).unwrap_or_default();
        let scopes: Vec<_> = KeyScope::for_user(self.user)
            .map(|scope| {
                let ticked = ticked.iter().any(|one| one == scope.name);
                context! { name: scope.name, field: field(scope.name), sentence: scope.sentence, ticked }
            })
            .collect();
        let chosen = again.map(|(form, _)| form.expires_in.as_str());
        let own = context! {
            keys: self.keys.iter().map(row).collect::<Vec<_>>(),
            made: made.map(|made| context! { label: made.sign_in.label(), key: made.key.as_str() }),
            label: again.map(|(form, _)| &form.label),
            scopes,
            lives: lives(self.accounts.keys(), chosen),
            fresh,
            notice,
            problem: problem.map(Error::message),
            errors,
            base: self.view.base(),
        };
        self.view.page("keys", "Access keys", Some(self.user), own)
    }
}

fn row(key: &SignIn) -> impl Serialize {
    context! {
        id: key.id.to_string(),
        label: key.label().map(str::to_owned),
        scopes: key.scopes().to_vec(),
        created_at: shown(key.created_at),
        expires_at: shown(key.expires_at),
        last_used: last_used(key).map(shown),
    }
}

/// The keys, with the form for whoever has proven the password lately.
#[get("/account/keys")]
pub(super) async fn list(
    user: SessionUser,
    fresh: Result<Fresh<SessionUser>, Error>,
    sign_ins: SignIns<'_>,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Option<FlashMessage<'_>>,
) -> Result<Page, Error> {
    let desk = AdminContext::new(&view, &user, accounts, &sign_ins).await?;
    let notice = flash.as_ref().map(FlashMessage::message);
    Ok(desk.page(Shown { fresh: fresh.is_ok(), notice, ..Shown::default() }))
}

/// Makes a key and shows it: on this very page, which is kept nowhere, and never again.
#[post("/account/keys", data = "<form>")]
pub(super) async fn make(
    user: Fresh<SessionUser>,
    address: ClientAddress,
    sign_ins: SignIns<'_>,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<Strict<UniqueFields<Wanted>>>,
) -> Result<Result<(Status, Page), FormReply>, Error> {
    let desk = AdminContext::new(&view, &user, accounts, &sign_ins).await?;
    let actor = accounts.actor(&user, address.0)?;
    let made = match form.read() {
        Ok(new) => accounts.create_key(&user, new, &actor).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => Ok(Ok((Status::Created, desk.with(&made)))),
        // Signed out meanwhile: like anybody without a session, to the sign-in form.
        Err(error) if error.kind() == ErrorKind::TokenRevoked => {
            Err(ErrorKind::CredentialsMissing.into())
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidField | ErrorKind::Forbidden | ErrorKind::TooManyAttempts
            ) =>
        {
            let again = Shown { fresh: true, again: Some((&form, &error)), ..Shown::default() };
            let page = desk.page(again);
            Ok(Err(FormReply::Again(error, page)))
        }
        Err(error) => Err(error),
    }
}

/// Ends a key.
#[post("/account/keys/<id>/end")]
pub(super) async fn end(
    user: SessionUser,
    sign_ins: SignIns<'_>,
    accounts: &State<Accounts>,
    id: &str,
) -> Result<Flash<Redirect>, Error> {
    accounts.end_key(&user, id, &sign_ins).await?;
    Ok(Flash::success(Redirect::to(uri!(list)), "That key has ended."))
}
