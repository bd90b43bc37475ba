//! One user, and what an administrator may change about it.

use rocket::form::{Form, FromForm, Strict};
use rocket::request::FlashMessage;
use rocket::response::{Flash, Redirect};
use rocket::{get, post, uri};

use super::super::renderer::Page;
use super::super::unique_fields::UniqueFields;
use super::context::{AdminContext, Changed};
use crate::accounts::queries::UserChange;
use crate::accounts::{AdminPage, AdminPageChange, Role, SessionUser, User};
use vestibule::guards::Fresh;
use vestibule::{Error, Session};

/// The field of the role form; any other is refused.
#[derive(FromForm)]
pub(in crate::web) struct NewRole {
    role: String,
}

/// The field of the form that switches an account on or off; any other is refused.
#[derive(FromForm)]
pub(in crate::web) struct NewActivity {
    active: String,
}

/// One user, with the forms for whoever has proven the password lately.
#[get("/admin/users/<id>")]
pub(in crate::web) async fn page(
    admin: AdminPage,
    fresh: Result<Fresh<SessionUser>, Error>,
    desk: AdminContext<'_>,
    flash: Option<FlashMessage<'_>>,
    id: &str,
) -> Result<Page, Error> {
    let user = desk.user(id).await?;
    let notice = flash.as_ref().map(FlashMessage::message);
    desk.page(&admin, &user, (fresh.is_ok(), notice), None).await
}

fn to_page(id: &str, text: String) -> Changed {
    Ok(Ok(Flash::success(Redirect::to(uri!(page(id = id))), text)))
}

/// Takes the cookies back of somebody whose own sign-ins have just ended.
pub(super) async fn leave(session: &Session<'_>, text: &str) -> Changed {
    session.end().await?;
    Ok(Ok(Flash::success(Redirect::to(uri!(super::super::pages::home)), text)))
}

/// How many sign-ins, in words.
pub(super) fn counted(ended: u64) -> String {
    match ended {
        1 => "1 sign-in".to_owned(),
        count => format!("{count} sign-ins"),
    }
}

/// Gives another role.
#[post("/admin/users/<id>/role", data = "<form>")]
pub(in crate::web) async fn set_role(
    admin: AdminPageChange,
    desk: AdminContext<'_>,
    id: &str,
    form: Form<Strict<UniqueFields<NewRole>>>,
) -> Changed {
    let role = Role::parse(&form.role)
        .ok_or_else(|| Error::invalid_field("role", "A role is user or admin."))?;
    let (user, by) = (User::id_of(id)?, desk.by(&admin)?);
    let change = UserChange { role: Some(role), ..UserChange::default() };
    match desk.accounts.change_user(&by, user, change).await {
        Ok(_) if by.is(user) && role != Role::Admin => {
            let text = "You are no longer an administrator.";
            Ok(Ok(Flash::success(Redirect::to(uri!(super::super::pages::dashboard)), text)))
        }
        Ok(changed) => {
            let role = match role {
                Role::Admin => "an administrator",
                Role::User => "an ordinary user",
            };
            to_page(id, format!("{} is {role} now.", changed.user.username))
        }
        Err(error) => desk.again(error, &admin, id).await,
    }
}

/// Switches an account on, or off: then all its sign-ins end.
#[post("/admin/users/<id>/active", data = "<form>")]
pub(in crate::web) async fn set_active(
    admin: AdminPageChange,
    session: Session<'_>,
    desk: AdminContext<'_>,
    id: &str,
    form: Form<Strict<UniqueFields<NewActivity>>>,
) -> Changed {
    let active = match form.active.as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(Error::invalid_field("active", "This field is true or false.")),
    };
    let (user, by) = (User::id_of(id)?, desk.by(&admin)?);
    let change = UserChange { active: Some(active), ..UserChange::default() };
    match desk.accounts.change_user(&by, user, change).await {
        Ok(_) if by.is(user) && !active => {
            leave(&session, "Your account is switched off, and you are signed out everywhere.")
                .await
        }
        Ok(changed) if active => to_page(id, format!("{} can sign in.", changed.user.username)),
        Ok(changed) => {
            let (name, ended) = (&changed.user.username, counted(changed.ended));
            to_page(id, format!("{name} is switched off; {ended} ended."))
        }
        Err(error) => desk.again(error, &admin, id).await,
    }
}

/// Ends all sign-ins of a user.
#[post("/admin/users/<id>/end-sign-ins")]
pub(in crate::web) async fn end_sign_ins(
    admin: AdminPageChange,
    session: Session<'_>,
    desk: AdminContext<'_>,
    id: &str,
) -> Changed {
    let (user, by) = (User::id_of(id)?, desk.by(&admin)?);
    let changed = desk.accounts.sign_user_out(&by, user).await?;
    if by.is(user) {
        return leave(&session, "You are signed out everywhere.").await;
    }
    let ended = counted(changed.ended);
    to_page(id, format!("{} is signed out everywhere: {ended} ended.", changed.user.username))
}
