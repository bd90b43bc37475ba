//! Becoming a user.

use std::collections::BTreeMap;

use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer};
use super::session::FormReply;
use super::unique_fields::UniqueFields;
use crate::accounts::{Accounts, Registration, Role, SessionUser};
use crate::http::ClientAddress;
use vestibule::guards::Maybe;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, Session};

/// The fields of the form; what else is sent is not looked at.
#[derive(FromForm)]
pub(super) struct Register {
    #[field(default = "")]
    username: String,
    #[field(default = "")]
    full_name: String,
    password: Password,
}

fn page(
    view: &Renderer<'_>,
    limits: &Accounts,
    form: Option<&Register>,
    error: Option<&Error>,
) -> Page {
    let mut errors: BTreeMap<&str, &str> = BTreeMap::new();
    if let Some(error) = error {
        errors.extend(error.fields());
        if error.kind() == ErrorKind::UsernameTaken {
            errors.insert("username", error.message());
        }
        if error.kind() == ErrorKind::TooManyAttempts {
            errors.insert("form", error.message());
        }
    }
    let own = context! {
        username: form.map_or("", |form| &form.username),
        full_name: form.map_or("", |form| &form.full_name),
        min_length: limits.limits().min_length,
        errors,
    };
    view.page("register", "Register", None, own)
}

/// The form; somebody who is signed in already goes on.
#[get("/register")]
pub(super) fn form(
    user: Maybe<SessionUser>,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
) -> FormReply {
    match user.0 {
        Some(_) => FormReply::on(Redirect::to(uri!(super::pages::dashboard))),
        None => FormReply::Form(page(&view, accounts, None, None)),
    }
}

/// Adds the user and signs it in; a field at fault gets the form again.
#[post("/register", data = "<form>")]
pub(super) async fn register(
    session: Session<'_>,
    address: ClientAddress,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Register>>,
) -> Result<FormReply, Error> {
    let registration = Registration {
        username: form.username.clone(),
        full_name: form.full_name.clone(),
        password: form.password.clone(),
        role: Role::User,
        address: address.0,
    };
    match accounts.register(&registration).await {
        Ok(user) => {
            session.start(&user).await?;
            Ok(FormReply::on(Redirect::to(uri!(super::pages::dashboard))))
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidField | ErrorKind::UsernameTaken | ErrorKind::TooManyAttempts
            ) =>
        {
            let again = page(&view, accounts, Some(&form), Some(&error));
            Ok(FormReply::Again(error, again))
        }
        Err(error) => Err(error),
    }
}
