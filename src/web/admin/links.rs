//! Links by which a user sets a password, made by an administrator and shown once.

use rocket::http::Status;
use rocket::{post, uri};
use rocket_dyn_templates::context;

use super::super::form::{FormReply, FormResult};
use super::super::notice::Notice;
use super::super::renderer::{Title, format_time};
use super::context::AdminContext;
use crate::accounts::{AdminPageChange, PasswordLink, User};
use vestibule::ErrorKind;
use vestibule::guards::Authenticated;

/// Makes a link by which the user sets another password, and shows it; or says on the page of the user
/// that a later copy of the form has made one.
#[post("/admin/users/<id>/reset-link")]
pub(in crate::web) async fn make(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> FormResult {
    let actor = context.actor(&admin)?;
    match context.accounts.make_reset_link(&actor, User::id_of(id)?).await {
        Ok((user, link)) => Ok(page(&context, &admin, ("reset-link", &user), &link)),
        Err(error) if error.kind() == ErrorKind::AlreadyMade => {
            Ok(FormReply::notice(uri!(super::user::page(id)), Notice::LinkThere))
        }
        Err(error) => Err(error),
    }
}

/// Returns the page that shows a link.
pub(super) fn page(
    context: &AdminContext<'_>,
    admin: &AdminPageChange,
    (title, user): (&'static str, &User),
    link: &PasswordLink,
) -> FormReply {
    let values = context! {
        account: context! { username: &user.username },
        link: context.renderer.base().password_link(&link.token),
        expires_at: format_time(link.expires_at),
        href: uri!(super::user::page(id = user.id.to_string())).to_string(),
    };
    let admin = admin.authentication().account();
    FormReply::Page(
        Status::Ok,
        context.renderer.page("user-link", Title::Key(title), Some(admin), values),
    )
}
