//! Deleting a user: asked once more, on a page of its own.

use rocket::form::{Form, FromForm, Strict};
use rocket::response::{Flash, Redirect};
use rocket::{get, post, uri};
use rocket_dyn_templates::context;

use super::super::renderer::Page;
use super::super::session::FormReply;
use super::super::unique_fields::UniqueFields;
use super::context::{AdminContext, Changed};
use super::user::{counted, leave};
use crate::accounts::{AdminPageChange, User};
use vestibule::guards::Authenticated;
use vestibule::{Error, Session};

/// The field of the form; any other is refused.
#[derive(FromForm)]
pub(in crate::web) struct Deletion {
    /// `on` for a ticked box.
    confirm: Option<String>,
}

fn draw(
    desk: &AdminContext<'_>,
    admin: &AdminPageChange,
    user: &User,
    error: Option<&Error>,
) -> Page {
    let admin = admin.authentication().account();
    let own = context! {
        account: context! { username: &user.username, full_name: &user.full_name },
        is_oneself: user.id == admin.id,
        back: uri!(super::user::page(id = user.id.to_string())).to_string(),
        error: error.and_then(|error| error.fields().next()).map(|(_, message)| message),
    };
    desk.view.page("user-delete", "Delete a user", Some(admin), own)
}

/// Asks.
#[get("/admin/users/<id>/delete")]
pub(in crate::web) async fn ask(
    admin: AdminPageChange,
    desk: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = desk.user(id).await?;
    Ok(draw(&desk, &admin, &user, None))
}

/// Deletes the user, if the box was ticked.
#[post("/admin/users/<id>/delete", data = "<form>")]
pub(in crate::web) async fn delete(
    admin: AdminPageChange,
    session: Session<'_>,
    desk: AdminContext<'_>,
    id: &str,
    form: Form<Strict<UniqueFields<Deletion>>>,
) -> Changed {
    if form.confirm.as_deref() != Some("on") {
        let error = Error::invalid_field("confirm", "Tick the box if you mean it.");
        let page = draw(&desk, &admin, &desk.user(id).await?, Some(&error));
        return Ok(Err(FormReply::Again(error, page)));
    }
    let (user, by) = (User::id_of(id)?, desk.by(&admin)?);
    match desk.accounts.delete_user(&by, user).await {
        Ok(_) if by.is(user) => leave(&session, "Your account is deleted.").await,
        Ok(changed) => {
            let (name, ended) = (&changed.user.username, counted(changed.ended));
            let list =
                uri!(super::users::list(q = Option::<&str>::None, page = Option::<i64>::None));
            let text = format!("{name} is deleted; {ended} ended.");
            Ok(Ok(Flash::success(Redirect::to(list), text)))
        }
        Err(error) => desk.again(error, &admin, id).await,
    }
}
