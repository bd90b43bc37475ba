//! Signing in and confirming by a passkey: the options that the script of a page asks for, and the forms that it
//! sends with the answer.

use rocket::form::FromForm;
use rocket::http::CookieJar;
use rocket::{State, post, uri};
use serde_json::Value;

use super::account::confirmation;
use super::checkbox;
use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::passkeys::{respond, take};
use super::renderer::Renderer;
use super::second_step::{AGAIN, complete, ticket, trust};
use super::session::{self, REMEMBER_UNREADABLE, signed_in};
use super::shown_to::check_username;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, BareSessionUser, Ceremony, PasskeyAnswer};
use crate::http::{Json, RequestSource};
use vestibule::guards::Maybe;
use vestibule::{Error, ErrorKind, LocalPath, Session};

const SIGN_IN: &str = "/login/passkey";
const SECOND: &str = "/login/second/passkey";
const CONFIRM: &str = "/reauthenticate/passkey";

/// The fields of the three forms.
#[derive(FromForm)]
pub(super) struct Answer {
    #[field(default = "")]
    passkey: String,
    #[field(default = "")]
    username: String,
    remember: Option<String>,
    trust: Option<String>,
    #[field(default = "")]
    next: String,
}

/// Begins to sign in by a passkey alone. `_session` refuses another site.
#[post("/login/passkey/options")]
pub(super) fn options(
    _session: Session<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
) -> Result<Json<Value>, Error> {
    Ok(respond(jar, accounts, SIGN_IN, accounts.ask_to_sign_in()?))
}

/// Signs in by a passkey alone; else shows the form again. A form that is sent again by the browser that is
/// signed in by then leads on as the first did.
#[post("/login/passkey", data = "<form>")]
pub(super) async fn sign_in(
    session: Session<'_>,
    user: Maybe<BareSessionUser>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Answer>>,
) -> FormResult {
    let state = take(jar, SIGN_IN);
    let sent = PasskeyAnswer { state: &state, answer: &form.passkey, source };
    let result = match form.remember.as_deref().map_or(Some(false), checkbox::parse) {
        Some(remember) => accounts.sign_in_by_passkey(&session, &sent, remember).await,
        None => Err(Error::new(ErrorKind::InvalidField).detail(REMEMBER_UNREADABLE)),
    };
    match result {
        Ok(()) => Ok(signed_in(&form.next)),
        Err(_) if user.0.is_some() => Ok(FormReply::onward(&form.next)),
        Err(error) => {
            let kinds = [ErrorKind::InvalidField, ErrorKind::BadCredentials];
            FormReply::again(error, &kinds, |error| {
                let message = words::message(renderer.language(None), error);
                session::page(&renderer, ("", false), &form.next, Some(&message), None)
            })
        }
    }
}

/// Asks for a passkey of the user whose first step was right. `_session` refuses another site.
#[post("/login/second/passkey/options")]
pub(super) async fn second_options(
    _session: Session<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
) -> Result<Json<Value>, Error> {
    let found = accounts.owner_of_ticket(ticket(jar)).await?;
    let (owner, _) = found.ok_or(ErrorKind::CredentialsMissing)?;
    let ceremony = Ceremony::SecondStep(ticket(jar));
    Ok(respond(jar, accounts, SECOND, accounts.ask_user(ceremony, &owner).await?))
}

/// Signs in by a passkey after the first step, as a code does.
#[post("/login/second/passkey", data = "<form>")]
pub(super) async fn second(
    session: Session<'_>,
    user: Maybe<BareSessionUser>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Answer>>,
) -> FormResult {
    let state = take(jar, SECOND);
    let sent = PasskeyAnswer { state: &state, answer: &form.passkey, source };
    let signing_in = async {
        let trust = trust(form.trust.as_deref())?;
        accounts.finish_by_passkey(&session, ticket(jar), &sent, trust).await
    };
    complete(jar, (accounts, &renderer), user, (&form.username, &form.next), signing_in).await
}

/// Asks for a passkey of the user who confirms the session. `_session` refuses another site.
#[post("/reauthenticate/passkey/options")]
pub(super) async fn confirm_options(
    user: BareSessionUser,
    _session: Session<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
) -> Result<Json<Value>, Error> {
    let ceremony = Ceremony::Confirm(sign_in_of(&user)?);
    Ok(respond(jar, accounts, CONFIRM, accounts.ask_user(ceremony, &user).await?))
}

/// Makes the session fresh by a passkey in the place of password and code.
#[post("/reauthenticate/passkey", data = "<form>")]
pub(super) async fn confirm(
    user: Maybe<BareSessionUser>,
    session: Result<Session<'_>, Error>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Answer>>,
) -> FormResult {
    let session = session.map_err(|_| ErrorKind::CredentialsMissing)?;
    let state = take(jar, CONFIRM);
    let Some(user) = user.0 else {
        let next = LocalPath::parse(&form.next).ok_or(ErrorKind::CredentialsMissing)?;
        let form = uri!(session::form(next = Some(next.as_str()), cookie_sent = _));
        return Ok(FormReply::redirect(form));
    };
    let sent = PasskeyAnswer { state: &state, answer: &form.passkey, source };
    let checked = match check_username(&user, &form.username) {
        Ok(()) => accounts.confirm_by_passkey(&user, sign_in_of(&user)?, &sent).await,
        Err(error) => Err(error),
    };
    match checked {
        Ok(amr) => {
            session.confirm_with(amr).await?;
            Ok(FormReply::onward(&form.next))
        }
        Err(error) => {
            let owner = (&*user, !accounts.passkeys(&user).await?.is_empty());
            FormReply::again(error, &AGAIN, |error| {
                let message = words::first_field(renderer.language(Some(&user)), error);
                confirmation(&renderer, owner, &form.next, Some(&message), None)
            })
        }
    }
}

/// Returns the id of the sign-in of a session.
fn sign_in_of(user: &BareSessionUser) -> Result<&str, Error> {
    let sign_in = user.authentication().sign_in().ok_or(ErrorKind::CredentialsMissing)?;
    Ok(sign_in.id.as_str())
}
