//! A new user, added with a password or with an invitation.

use std::collections::BTreeMap;

use rocket::form::{FromForm, Strict};
use rocket::{get, post, uri};
use rocket_dyn_templates::context;

use super::super::form::{FormReply, FormResult, UserOrError};
use super::super::form_body::Form;
use super::super::notice::Notice;
use super::super::renderer::{Page, Title};
use super::super::unique_fields::UniqueFields;
use super::super::words;
use super::context::AdminContext;
use super::links;
use crate::accounts::{AddedUser, AdminPageChange, Registration, Role};
use vestibule::guards::Authenticated;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind};

/// The fields of the form; any other is refused. Without a password the user gets an invitation.
#[derive(FromForm)]
pub(in crate::web) struct NewUserForm {
    username: String,
    full_name: Option<String>,
    role: String,
    password: Option<Password>,
}

fn form(
    context: &AdminContext<'_>,
    admin: &AdminPageChange,
    (username, full_name, role): (&str, &str, &str),
    error: Option<&Error>,
) -> Page {
    let admin = admin.authentication().account();
    let language = context.renderer.language(Some(admin));
    let mut errors = BTreeMap::new();
    if let Some(error) = error {
        errors = words::fields(language, error);
        if error.kind() == ErrorKind::UsernameTaken {
            errors.insert("username", words::message(language, error));
        }
    }
    let values = context! {
        username,
        full_name,
        role,
        min_length: context.accounts.limits().min_length,
        errors,
        notice: context.flash.shown(language, ""),
    };
    context.renderer.page("user-new", Title::Key("user-add"), Some(admin), values)
}

/// Shows the form, filled in with the names in the query. The role is not taken from there, so that no link
/// preselects `admin`.
#[get("/admin/users/new?<username>&<full_name>")]
pub(in crate::web) fn ask(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    username: Option<&str>,
    full_name: Option<&str>,
) -> Page {
    let [username, full_name] = [username, full_name].map(Option::unwrap_or_default);
    form(&context, &admin, (username, full_name, "user"), None)
}

/// Adds the user, and shows the invitation or the page of the user, also for the second copy of the form; or
/// the form again with the errors of its fields.
#[post("/admin/users/new", data = "<sent>")]
pub(in crate::web) async fn add(
    admin: UserOrError<AdminPageChange>,
    context: AdminContext<'_>,
    sent: Form<Strict<UniqueFields<NewUserForm>>>,
) -> FormResult {
    let full_name = sent.full_name.as_deref().unwrap_or_default();
    let filled = (sent.username.as_str(), full_name, sent.role.as_str());
    let admin = match admin.0 {
        Ok(admin) => admin,
        Err(error) => {
            let page = uri!(ask(Some(sent.username.as_str()), Some(full_name)));
            return Ok(FormReply::PasswordFirst(error, page));
        }
    };
    let actor = context.actor(&admin)?;
    let password = sent.password.clone().filter(|password| !password.reveal().is_empty());
    let is_invited = password.is_none();
    let registration = Registration {
        username: sent.username.clone(),
        full_name: sent.full_name.clone().unwrap_or_default(),
        password: password.unwrap_or_else(|| "".into()),
        role: Role::parse(&sent.role)
            .ok_or_else(|| Error::invalid_field("role", "A role is user or admin."))?,
        source: context.source(),
    };
    let added = match context.accounts.add_user(&registration, is_invited, &actor).await {
        Err(error) if error.kind() == ErrorKind::UsernameTaken => {
            let before = context.accounts.added_before(&registration, is_invited, &actor);
            before.await?.ok_or(error)
        }
        added => added,
    };
    match added {
        Ok(AddedUser { user, link: Some(link) }) => {
            Ok(links::page(&context, &admin, ("invitation", &user), &link))
        }
        Ok(AddedUser { user, link: None }) => {
            let page = uri!(super::user::page(id = user.id.to_string()));
            let notice = if is_invited { Notice::LinkThere } else { Notice::UserAdded };
            Ok(FormReply::notice(page, notice))
        }
        Err(error) => {
            let kinds = [ErrorKind::InvalidField, ErrorKind::UsernameTaken];
            FormReply::again(error, &kinds, |error| form(&context, &admin, filled, Some(error)))
        }
    }
}
