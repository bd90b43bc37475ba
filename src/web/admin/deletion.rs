//! Deletion of a user, confirmed on a page of its own.

use rocket::form::{FromForm, Strict};
use rocket::{get, post, uri};
use rocket_dyn_templates::context;

use super::super::checkbox;
use super::super::form::{FormReply, FormResult};
use super::super::form_body::Form;
use super::super::notice::Notice;
use super::super::renderer::{Page, Title};
use super::super::unique_fields::UniqueFields;
use super::super::words;
use super::context::AdminContext;
use super::user::leave;
use crate::accounts::{AdminPageChange, User};
use vestibule::guards::Authenticated;
use vestibule::{Error, ErrorKind, Session};

/// The field of the form; any other is refused.
#[derive(FromForm)]
pub(in crate::web) struct Deletion {
    /// The value of the checkbox, if it is ticked.
    confirm: Option<String>,
}

fn confirmation(
    context: &AdminContext<'_>,
    admin: &AdminPageChange,
    user: &User,
    error: Option<&Error>,
) -> Page {
    let admin = admin.authentication().account();
    let values = context! {
        account: context! { username: &user.username, full_name: &user.full_name },
        is_oneself: user.id == admin.id,
        back: uri!(super::user::page(id = user.id.to_string())).to_string(),
        notice: context.flash.shown(context.renderer.language(Some(admin)), ""),
        error: error.map(|error| words::first_field(context.renderer.language(Some(admin)), error)),
    };
    context.renderer.page("user-delete", Title::Key("delete-user"), Some(admin), values)
}

/// Asks for confirmation.
#[get("/admin/users/<id>/delete")]
pub(in crate::web) async fn ask(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    Ok(confirmation(&context, &admin, &user, None))
}

/// Deletes the user if the checkbox is ticked, and if an equal request has not done so already.
#[post("/admin/users/<id>/delete", data = "<form>")]
pub(in crate::web) async fn delete(
    admin: AdminPageChange,
    session: Session<'_>,
    context: AdminContext<'_>,
    id: &str,
    form: Form<Strict<UniqueFields<Deletion>>>,
) -> FormResult {
    if form.confirm.as_deref().and_then(checkbox::parse) != Some(true) {
        let error = Error::invalid_field("confirm", "Tick the box if you mean it.");
        let page = confirmation(&context, &admin, &context.user(id).await?, Some(&error));
        return Ok(FormReply::Again(error.with_page(|_| page)));
    }
    let (user, actor) = (User::id_of(id)?, context.actor(&admin)?);
    let list = uri!(super::users::list(_, _, _, _));
    match context.accounts.delete_user(&actor, user).await {
        Ok(_) if actor.is(user) => leave(&session, Notice::OwnDeleted).await,
        Ok(changed) => Ok(FormReply::notice(list, Notice::UserDeleted(changed.ended))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(FormReply::notice(list, Notice::UserDeletedBefore))
        }
        Err(error) => context.again(error, &admin, id).await,
    }
}
