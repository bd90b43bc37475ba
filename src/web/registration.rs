//! Becoming a user.

use std::collections::BTreeMap;

use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::response::Redirect;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::{Template, context};

use super::once::Once;
use super::session::Entered;
use super::view::View;
use crate::accounts::{self, Registration, Role, SessionUser};
use crate::auth::{Clock, Error, ErrorKind, Hasher, Maybe, Password, Session};
use crate::db::Db;
use crate::settings::Settings;

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
    view: &View,
    settings: &Settings,
    form: Option<&Register>,
    error: Option<&Error>,
) -> Template {
    let mut errors: BTreeMap<&str, &str> = BTreeMap::new();
    if let Some(error) = error {
        errors.extend(error.fields());
        if error.kind() == ErrorKind::UsernameTaken {
            errors.insert("username", error.message());
        }
    }
    let own = context! {
        username: form.map_or("", |form| &form.username),
        full_name: form.map_or("", |form| &form.full_name),
        min_length: settings.auth.password.min_length,
        errors,
    };
    view.page("register", "Register", None, own)
}

/// The form; somebody who is signed in already goes on.
#[get("/register")]
pub(super) fn form(user: Maybe<SessionUser>, view: View, settings: &State<Settings>) -> Entered {
    if user.0.is_some() {
        return Entered::On(Box::new(Redirect::to(uri!(super::pages::dashboard))));
    }
    Entered::Again((Status::Ok, page(&view, settings, None, None)))
}

/// Adds the user and signs it in; a field at fault gets the form again.
#[post("/register", data = "<form>")]
pub(super) async fn register(
    session: Session<'_>,
    view: View,
    db: &State<Db>,
    hasher: &State<Hasher>,
    clock: &State<Clock>,
    settings: &State<Settings>,
    form: Form<Once<Register>>,
) -> Result<Entered, Error> {
    let registration = Registration {
        username: form.username.clone(),
        full_name: form.full_name.clone(),
        password: form.password.clone(),
        role: Role::User,
    };
    let limits = &settings.auth.password;
    match accounts::register(db, hasher, clock, limits, &registration).await {
        Ok(user) => {
            session.start(&user).await?;
            Ok(Entered::On(Box::new(Redirect::to(uri!(super::pages::dashboard)))))
        }
        Err(error)
            if matches!(error.kind(), ErrorKind::InvalidField | ErrorKind::UsernameTaken) =>
        {
            let again = page(&view, settings, Some(&form), Some(&error));
            Ok(Entered::Again((error.kind().status(), again)))
        }
        Err(error) => Err(error),
    }
}
