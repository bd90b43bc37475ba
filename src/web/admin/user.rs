//! One user, and the changes an administrator can make to it.

use rocket::form::{FromForm, Strict};
use rocket::{get, post, uri};

use super::super::form::{FormReply, FormResult};
use super::super::form_body::Form;
use super::super::notice::Notice;
use super::super::renderer::Page;
use super::super::unique_fields::UniqueFields;
use super::context::AdminContext;
use crate::accounts::queries::UserChange;
use crate::accounts::{AdminPage, AdminPageChange, Role, User};
use vestibule::{Error, Session};

/// The field of the role form; any other is refused.
#[derive(FromForm)]
pub(in crate::web) struct NewRole {
    role: String,
}

/// The field of the form that enables or disables an account; any other is refused.
#[derive(FromForm)]
pub(in crate::web) struct NewActivity {
    active: String,
}

/// Shows a user, with the forms if the session may change users.
#[get("/admin/users/<id>")]
pub(in crate::web) async fn page(
    admin: AdminPage,
    fresh: Result<AdminPageChange, Error>,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    let notice = context.flash.shown(context.renderer.language(Some(&admin)), &user.username);
    context.page(&admin, &user, (fresh.is_ok(), notice), None).await
}

fn back_to_page(id: &str, notice: Notice) -> FormResult {
    Ok(FormReply::notice(uri!(page(id = id)), notice))
}

/// Removes the cookies of an administrator whose own sign-ins this request has ended.
pub(super) async fn leave(session: &Session<'_>, notice: Notice) -> FormResult {
    session.end().await?;
    Ok(FormReply::notice(uri!(super::super::pages::home), notice))
}

/// Changes the role.
#[post("/admin/users/<id>/role", data = "<form>")]
pub(in crate::web) async fn set_role(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
    form: Form<Strict<UniqueFields<NewRole>>>,
) -> FormResult {
    let role = Role::parse(&form.role)
        .ok_or_else(|| Error::invalid_field("role", "A role is user or admin."))?;
    let (user, actor) = (User::id_of(id)?, context.actor(&admin)?);
    let change = UserChange { role: Some(role), ..UserChange::default() };
    match context.accounts.change_user(&actor, user, change).await {
        Ok(_) if actor.is(user) && role != Role::Admin => {
            Ok(FormReply::notice(uri!(super::super::pages::dashboard), Notice::OwnRoleLost))
        }
        Ok(_) if role == Role::Admin => back_to_page(id, Notice::AdministratorNow),
        Ok(_) => back_to_page(id, Notice::UserNow),
        Err(error) => context.again(error, &admin, id).await,
    }
}

/// Enables an account, or disables it and ends all its sign-ins.
#[post("/admin/users/<id>/active", data = "<form>")]
pub(in crate::web) async fn set_active(
    admin: AdminPageChange,
    session: Session<'_>,
    context: AdminContext<'_>,
    id: &str,
    form: Form<Strict<UniqueFields<NewActivity>>>,
) -> FormResult {
    let active = match form.active.as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(Error::invalid_field("active", "This field is true or false.")),
    };
    let (user, actor) = (User::id_of(id)?, context.actor(&admin)?);
    let change = UserChange { active: Some(active), ..UserChange::default() };
    match context.accounts.change_user(&actor, user, change).await {
        Ok(_) if actor.is(user) && !active => leave(&session, Notice::OwnDeactivated).await,
        Ok(_) if active => back_to_page(id, Notice::Activated),
        Ok(changed) => back_to_page(id, Notice::Deactivated(changed.ended)),
        Err(error) => context.again(error, &admin, id).await,
    }
}

/// Removes the e-mail address; the user can enter another one.
#[post("/admin/users/<id>/remove-address")]
pub(in crate::web) async fn remove_address(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> FormResult {
    let (user, actor) = (User::id_of(id)?, context.actor(&admin)?);
    let change = UserChange { removes_address: true, ..UserChange::default() };
    context.accounts.change_user(&actor, user, change).await?;
    back_to_page(id, Notice::AddressOfUserRemoved)
}

/// Ends all sign-ins of a user.
#[post("/admin/users/<id>/end-sign-ins")]
pub(in crate::web) async fn end_sign_ins(
    admin: AdminPageChange,
    session: Session<'_>,
    context: AdminContext<'_>,
    id: &str,
) -> FormResult {
    let (user, actor) = (User::id_of(id)?, context.actor(&admin)?);
    let changed = context.accounts.sign_user_out(&actor, user).await?;
    if actor.is(user) {
        return leave(&session, Notice::OwnSignInsEnded).await;
    }
    back_to_page(id, Notice::SignInsEnded(changed.ended))
}

/// Removes the second factor of a user who has lost it, and ends all sign-ins.
#[post("/admin/users/<id>/reset-second-factor")]
pub(in crate::web) async fn reset_second_factor(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> FormResult {
    let (user, actor) = (User::id_of(id)?, context.actor(&admin)?);
    let changed = context.accounts.reset_second_factors(&actor, user).await?;
    back_to_page(id, Notice::SecondFactorOfUserRemoved(changed.ended))
}
