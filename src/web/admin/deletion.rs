//! Deleting a user: asked once more, on a page of its own.

use rocket::form::{Form, FromForm, Strict};
use rocket::response::{Flash, Redirect};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::{Template, context};

use super::super::once::Once;
use super::super::session::Entered;
use super::super::view::View;
use super::user::{Changing, Outcome, again, counted, find, leave, number};
use crate::accounts::{Accounts, User};
use crate::auth::{Authenticated, Error, SignIns};
use crate::http::ClientAddress;

/// The field of the form; any other is refused.
#[derive(FromForm)]
pub(in crate::web) struct Deletion {
    /// `on` for a ticked box.
    confirm: Option<String>,
}

fn draw(view: &View, admin: &User, user: &User, error: Option<&Error>) -> Template {
    let own = context! {
        account: context! { username: &user.username, full_name: &user.full_name },
        is_oneself: user.id == admin.id,
        back: uri!(super::user::page(id = user.id.to_string())).to_string(),
        error: error.and_then(|error| error.fields().next()).map(|(_, message)| message),
    };
    view.page("user-delete", "Delete a user", Some(admin), own)
}

/// Asks.
#[get("/admin/users/<id>/delete")]
pub(in crate::web) async fn ask(
    admin: Changing,
    accounts: &State<Accounts>,
    view: View,
    id: &str,
) -> Result<Template, Error> {
    let user = find(accounts, number(id)?).await?;
    Ok(draw(&view, admin.authentication().account(), &user, None))
}

/// Deletes the user, if the box was ticked.
#[post("/admin/users/<id>/delete", data = "<form>")]
pub(in crate::web) async fn delete(
    admin: Changing,
    session: crate::auth::Session<'_>,
    accounts: &State<Accounts>,
    sign_ins: SignIns<'_>,
    address: ClientAddress,
    view: View,
    id: &str,
    form: Form<Strict<Once<Deletion>>>,
) -> Outcome {
    let (id, by) = (number(id)?, accounts.by(&admin, address.0)?);
    if form.confirm.as_deref() != Some("on") {
        let error = Error::invalid_field("confirm", "Tick the box if you mean it.");
        let user = find(accounts, id).await?;
        let page = draw(&view, admin.authentication().account(), &user, Some(&error));
        return Ok(Err(Entered::Again(error, page)));
    }
    match accounts.delete_user(&by, id).await {
        Ok(_) if by.is(id) => leave(&session, "Your account is deleted.").await,
        Ok(changed) => {
            let (name, ended) = (&changed.user.username, counted(changed.ended));
            let list =
                uri!(super::users::list(q = Option::<&str>::None, page = Option::<i64>::None));
            let text = format!("{name} is deleted; {ended} ended.");
            Ok(Ok(Flash::success(Redirect::to(list), text)))
        }
        Err(error) => again(error, &view, &admin, accounts, &sign_ins, id).await,
    }
}
