//! Registration of a user by the user itself.

use std::collections::BTreeMap;

use rocket::form::FromForm;
use rocket::http::{CookieJar, Status};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::notice::Notice;
use super::renderer::{Page, Renderer, Title};
use super::session::signed_in;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, AddressPolicy, BareSessionUser, Registration, Role};
use crate::http::RequestSource;
use vestibule::guards::Maybe;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// The fields of the form; others are ignored.
#[derive(FromForm)]
pub(super) struct Register {
    #[field(default = "")]
    username: String,
    #[field(default = "")]
    full_name: String,
    #[field(default = "")]
    email: String,
    password: Password,
    #[field(default = "")]
    next: String,
}

fn page(
    renderer: &Renderer<'_>,
    accounts: &Accounts,
    next: &str,
    rejected: Option<(&Register, &Error)>,
) -> Page {
    let language = renderer.language(None);
    let mut errors = BTreeMap::new();
    if let Some((_, error)) = rejected {
        errors = words::fields(language, error);
        if error.kind() == ErrorKind::UsernameTaken {
            errors.insert("username", words::message(language, error));
        }
        if error.kind() == ErrorKind::TooManyAttempts {
            errors.insert("form", language.sentence(error.message()).into_owned());
        }
    }
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let values = context! {
        login_path: uri!(super::session::form(next = next.as_deref(), cookie_sent = _)).to_string(),
        next,
        username: rejected.map_or("", |(form, _)| &form.username),
        full_name: rejected.map_or("", |(form, _)| &form.full_name),
        address_required: accounts.addresses() == AddressPolicy::Required,
        email: rejected.map_or("", |(form, _)| &form.email),
        min_length: accounts.limits().min_length,
        errors,
    };
    renderer.page("register", Title::Key("register"), None, values)
}

/// Shows the form; redirects a user who is signed in already.
#[get("/register?<next>")]
pub(super) fn form(
    user: Maybe<BareSessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    next: Option<&str>,
) -> FormReply {
    let next = next.unwrap_or_default();
    match user.0 {
        Some(_) => FormReply::onward(next),
        None => FormReply::Page(Status::Ok, page(&renderer, accounts, next, None)),
    }
}

/// Adds the user and signs in, also if an equal request has added the user already; shows the form
/// again with the errors of its fields.
#[post("/register", data = "<form>")]
pub(super) async fn register(
    session: Session<'_>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Register>>,
) -> FormResult {
    let registration = Registration {
        username: form.username.clone(),
        full_name: form.full_name.clone(),
        password: form.password.clone(),
        role: Role::User,
        source,
    };
    if accounts.addresses() == AddressPolicy::Required {
        return register_address(&session, (&renderer, jar), accounts, &registration, &form).await;
    }
    match accounts.register(&registration).await {
        Ok(user) => {
            session.start(&user).await?;
            accounts.record_device(&user, source).await?;
            Ok(signed_in(&form.next))
        }
        Err(error) => {
            sign_in_or_show_again(error, &session, (&renderer, accounts), &registration, &form)
                .await
        }
    }
}

/// Sends a link to the address, whose account is made once the link is used. The response is the same
/// if an account has the address. Signs in if the password opens the account that has the name.
async fn register_address(
    session: &Session<'_>,
    (renderer, jar): (&Renderer<'_>, &CookieJar<'_>),
    accounts: &Accounts,
    registration: &Registration,
    form: &Register,
) -> FormResult {
    match accounts.register_address(registration, &form.email).await {
        Ok(()) => {
            Ok(super::session::with_notice(renderer, jar, accounts, Notice::RegistrationMailed))
        }
        Err(error) => {
            sign_in_or_show_again(error, session, (renderer, accounts), registration, form).await
        }
    }
}

/// Signs in if the password opens the account that has the name: an equal form, or the link of one, has made
/// it. Else renders the form again.
async fn sign_in_or_show_again(
    error: Error,
    session: &Session<'_>,
    (renderer, accounts): (&Renderer<'_>, &Accounts),
    registration: &Registration,
    form: &Register,
) -> FormResult {
    if error.kind() == ErrorKind::UsernameTaken
        && accounts.sign_in_registered(session, registration).await?
    {
        return Ok(signed_in(&form.next));
    }
    let kinds = [ErrorKind::InvalidField, ErrorKind::UsernameTaken, ErrorKind::TooManyAttempts];
    FormReply::again(error, &kinds, |error| {
        page(renderer, accounts, &form.next, Some((form, error)))
    })
}
