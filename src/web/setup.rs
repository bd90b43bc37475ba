//! The first administrator of a new service, through the link that the start prints.

use std::collections::BTreeMap;

use rocket::form::FromForm;
use rocket::http::{CookieJar, Status};
use rocket::{Either, State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::link_cookie::{self, LinkRedirect};
use super::renderer::{Page, Renderer, Title};
use super::session::signed_in;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, BareSessionUser, Registration, Role, User};
use crate::http::RequestSource;
use vestibule::guards::Maybe;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, Session};

/// The text about a link that cannot be used.
const INVALID: &str = "setup-link-invalid";

/// The fields of the form; others are ignored.
#[derive(FromForm)]
pub(super) struct Setup {
    #[field(default = "")]
    token: String,
    #[field(default = "")]
    username: String,
    #[field(default = "")]
    full_name: String,
    password: Password,
}

fn page(
    renderer: &Renderer<'_>,
    accounts: &Accounts,
    user: Option<&User>,
    token: &str,
    rejected: Option<(&Setup, &Error)>,
) -> Page {
    let language = renderer.language(user);
    let mut errors = BTreeMap::new();
    if let Some((_, error)) = rejected {
        errors = words::fields(language, error);
        if error.kind() == ErrorKind::UsernameTaken {
            errors.insert("username", words::message(language, error));
        }
    }
    let values = context! {
        token,
        username: rejected.map_or("", |(form, _)| &form.username),
        full_name: rejected.map_or("", |(form, _)| &form.full_name),
        min_length: accounts.limits().min_length,
        errors,
    };
    renderer.page("setup", Title::Key("setup"), user, values)
}

/// Takes the secret out of the address bar, then shows the form; 404 if the link is not valid, if the
/// browser did not keep its secret, and once there is an administrator.
#[get("/setup?<token>")]
pub(super) async fn form(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    token: Option<&str>,
) -> Result<Either<LinkRedirect, FormReply>, Error> {
    if let Some(token) = token {
        return Ok(Either::Left(LinkRedirect::new(jar, accounts, uri!(form(_)), token)));
    }
    let token = link_cookie::token(jar);
    let user = user.0.as_deref();
    let reply = match accounts.check_setup(token, source.address).await {
        Ok(()) => FormReply::Page(Status::Ok, page(&renderer, accounts, user, token, None)),
        Err(error) => {
            link_cookie::invalid(&renderer, user, error, link_cookie::reason(token, INVALID))?
        }
    };
    Ok(Either::Right(reply))
}

/// Adds the administrator and signs in, also if an equal request has done so already and used up
/// the link; shows the form again with the errors of its fields.
#[post("/setup", data = "<form>")]
pub(super) async fn set_up(
    user: Maybe<BareSessionUser>,
    session: Session<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Setup>>,
) -> FormResult {
    let registration = Registration {
        username: form.username.clone(),
        full_name: form.full_name.clone(),
        password: form.password.clone(),
        role: Role::Admin,
        source,
    };
    match accounts.set_up(&form.token, &registration).await {
        Ok(admin) => {
            session.start(&admin).await?;
            accounts.record_device(&admin, source).await?;
            Ok(signed_in(""))
        }
        Err(error)
            if error.kind() == ErrorKind::NotFound
                && accounts.sign_in_registered(&session, &registration).await? =>
        {
            Ok(signed_in(""))
        }
        Err(error) => {
            let kinds = [ErrorKind::InvalidField, ErrorKind::UsernameTaken];
            FormReply::again(error, &kinds, |error| {
                page(&renderer, accounts, user.0.as_deref(), &form.token, Some((&form, error)))
            })
        }
    }
}
