//! The user's own passkeys, and the cookie between the options of a passkey and its answer.

use rocket::form::FromForm;
use rocket::http::{Cookie, CookieJar, SameSite};
use rocket::{State, post};
use serde_json::Value;

use super::form::{FormReply, FormResult, sign_in_if_revoked};
use super::form_body::Form;
use super::notice::{Notice, ShownNotice};
use super::renderer::Renderer;
use super::second_factor;
use super::shown_to::{ShownTo, check_username};
use super::unique_fields::UniqueFields;
use crate::accounts::{Accounts, FactorPage, PasskeyOptions, ProvenPage, User};
use crate::http::{Json, RequestSource};
use vestibule::sign_ins::Amr;
use vestibule::{Error, ErrorKind, Session};

/// The cookie with what the service has to remember, for the form at the same path.
const COOKIE: &str = "vestibule_passkey";

/// As long as its challenge is valid.
const MAX_AGE: time::Duration = time::Duration::minutes(5);

const PATH: &str = "/account/second-factor/passkeys";

/// The fields of the form that adds a passkey.
#[derive(FromForm)]
pub(super) struct NewPasskey {
    #[field(default = "")]
    username: String,
    #[field(default = "")]
    name: String,
    #[field(default = "")]
    passkey: String,
    #[field(default = "")]
    next: String,
}

/// Responds with the options of a passkey; the browser keeps the rest for the form at `path`.
pub(super) fn respond(
    jar: &CookieJar<'_>,
    accounts: &Accounts,
    path: &'static str,
    options: PasskeyOptions,
) -> Json<Value> {
    let cookie = Cookie::build((COOKIE, options.state)).path(path).max_age(MAX_AGE);
    let cookie = cookie.http_only(true).secure(accounts.auth().session.is_secure());
    jar.add(cookie.same_site(SameSite::Strict));
    Json(options.options)
}

/// Takes what the browser has kept; empty without it.
pub(super) fn take(jar: &CookieJar<'_>, path: &'static str) -> String {
    let state = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    if state.is_some() {
        jar.remove(Cookie::build(COOKIE).path(path));
    }
    state.unwrap_or_default()
}

/// The form that asks for the options of a new passkey.
#[derive(FromForm)]
pub(super) struct PasskeyName {
    #[field(default = "")]
    name: String,
}

/// Begins to add a passkey. `_session` refuses another site.
#[post("/account/second-factor/passkeys/options", data = "<form>")]
pub(super) async fn options(
    user: FactorPage,
    _session: Session<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
    form: Form<UniqueFields<PasskeyName>>,
) -> Result<Json<Value>, Error> {
    Ok(respond(jar, accounts, PATH, accounts.begin_passkey(&user, &form.name).await?))
}

/// Adds a passkey and redirects to the page that lists it, with the recovery codes if it is the first factor,
/// which this session has proven; also if an equal form was first.
#[post("/account/second-factor/passkeys", data = "<form>")]
pub(super) async fn add(
    user: FactorPage,
    session: Session<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
    form: Form<UniqueFields<NewPasskey>>,
) -> FormResult {
    let actor = accounts.actor(&user, source)?;
    let state = take(jar, PATH);
    let added = match check_username(&user, &form.username) {
        Ok(()) => accounts.add_passkey(&user, (&state, &form.passkey), &form.name, &actor).await,
        Err(error) => Err(error),
    };
    let done = second_factor::address(&form.next);
    let kinds = [ErrorKind::InvalidField, ErrorKind::TooManyAttempts];
    match added {
        Ok(Some(codes)) => {
            // First, because they are shown only now.
            second_factor::store_codes(jar, accounts, &user, &codes, actor.at());
            session.confirm_with(Amr::HARDWARE_KEY.with(Amr::USER_PRESENCE)).await?;
            Ok(FormReply::notice(done, Notice::PasskeyAdded))
        }
        Ok(None) => Ok(FormReply::notice(done, Notice::PasskeyAdded)),
        Err(error) if error.kind() == ErrorKind::AlreadyMade => {
            Ok(FormReply::notice(done, Notice::PasskeyThere))
        }
        Err(error) if kinds.contains(&error.kind()) => {
            let notice = ShownNotice::error(renderer.language(Some(&user)), &error);
            let owner: (&User, &str) = (&user, &form.next);
            let page = second_factor::page(&renderer, accounts, owner, None, Some(notice)).await?;
            FormReply::again(error, &kinds, |_| page)
        }
        Err(error) => Err(sign_in_if_revoked(error)),
    }
}

/// Removes a passkey; one that is not there was removed before.
#[post("/account/second-factor/passkeys/<id>/remove", data = "<form>")]
pub(super) async fn remove(
    user: ProvenPage,
    source: RequestSource,
    accounts: &State<Accounts>,
    id: &str,
    form: ShownTo,
) -> FormResult {
    form.check(&user)?;
    let actor = accounts.actor(&user, source)?;
    match accounts.remove_passkey(&user, id, &actor).await {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(sign_in_if_revoked(error)),
        _ => Ok(FormReply::notice(second_factor::address(""), Notice::PasskeyRemoved)),
    }
}
