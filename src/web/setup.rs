//! The first administrator of a new service, through the link that the start has printed.

use std::collections::BTreeMap;

use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer};
use super::session::FormReply;
use super::unique_fields::UniqueFields;
use crate::accounts::{Accounts, Registration, Role, SessionUser, User};
use crate::http::{ClientAddress, PrivateUrl};
use vestibule::guards::Maybe;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, Session};

/// The fields of the form; what else is sent is not looked at.
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
    view: &Renderer<'_>,
    accounts: &Accounts,
    user: Option<&User>,
    token: &str,
    again: Option<(&Setup, &Error)>,
) -> Page {
    let mut errors: BTreeMap<&str, &str> = BTreeMap::new();
    if let Some((_, error)) = again {
        errors.extend(error.fields());
        if error.kind() == ErrorKind::UsernameTaken {
            errors.insert("username", error.message());
        }
    }
    let own = context! {
        token,
        username: again.map_or("", |(form, _)| &form.username),
        full_name: again.map_or("", |(form, _)| &form.full_name),
        min_length: accounts.limits().min_length,
        errors,
    };
    view.page("setup", "Set up", user, own)
}

/// The form; 404 with a link that does not stand, and once there is an administrator.
#[get("/setup?<token>")]
pub(super) async fn form(
    user: Maybe<SessionUser>,
    _private: PrivateUrl,
    address: ClientAddress,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    token: Option<&str>,
) -> Result<Page, Error> {
    let token = token.unwrap_or_default();
    accounts.check_setup(token, address.0).await?;
    Ok(page(&view, accounts, user.0.as_deref(), token, None))
}

/// Adds the administrator and signs it in; a field at fault gets the form again.
#[post("/setup", data = "<form>")]
pub(super) async fn set_up(
    user: Maybe<SessionUser>,
    session: Session<'_>,
    address: ClientAddress,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Setup>>,
) -> Result<FormReply, Error> {
    let registration = Registration {
        username: form.username.clone(),
        full_name: form.full_name.clone(),
        password: form.password.clone(),
        role: Role::Admin,
        address: address.0,
    };
    match accounts.set_up(&form.token, &registration).await {
        Ok(user) => {
            session.start(&user).await?;
            Ok(FormReply::on(Redirect::to(uri!(super::pages::dashboard))))
        }
        Err(error)
            if matches!(error.kind(), ErrorKind::InvalidField | ErrorKind::UsernameTaken) =>
        {
            let again =
                page(&view, accounts, user.0.as_deref(), &form.token, Some((&form, &error)));
            Ok(FormReply::Again(error, again))
        }
        Err(error) => Err(error),
    }
}
