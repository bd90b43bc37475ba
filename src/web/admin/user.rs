//! One user, and what an administrator may change about it.

use rocket::form::{Form, FromForm, Strict};
use rocket::request::FlashMessage;
use rocket::response::{Flash, Redirect};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::{Template, context};

use super::super::once::Once;
use super::super::session::Entered;
use super::super::view::{View, shown};
use crate::accounts::queries::{self, Change};
use crate::accounts::{Accounts, Admin, Role, SessionUser, User};
use crate::auth::{Authenticated, Error, ErrorKind, Fresh, Require, Session, SignIns};
use crate::http::ClientAddress;

/// Whoever looks.
type Looking = Require<Admin, SessionUser>;
/// Whoever changes something.
pub(super) type Changing = Require<Admin, Fresh<SessionUser>>;

/// The answer to a change: on to another page, or this one with what was wrong.
pub(super) type Outcome = Result<Result<Flash<Redirect>, Entered>, Error>;

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

pub(super) fn number(id: &str) -> Result<i64, Error> {
    id.parse().map_err(|_| ErrorKind::NotFound.into())
}

pub(super) async fn find(accounts: &Accounts, id: i64) -> Result<User, Error> {
    let user = accounts.run(move |connection| queries::find(connection, id)).await?;
    user.ok_or_else(|| ErrorKind::NotFound.into())
}

async fn draw(
    view: &View,
    admin: &User,
    user: &User,
    sign_ins: &SignIns<'_>,
    (fresh, notice): (bool, Option<&str>),
    error: Option<&Error>,
) -> Result<Template, Error> {
    let own = context! {
        account: context! {
            id: user.id,
            username: &user.username,
            full_name: &user.full_name,
            role: user.role,
            active: user.active,
            created_at: shown(user.created_at),
        },
        sign_ins: sign_ins.list(&user.id.to_string()).await?.len(),
        is_oneself: user.id == admin.id,
        href: uri!(page(id = user.id.to_string())).to_string(),
        fresh,
        notice,
        error: error.map(Error::message),
    };
    Ok(view.page("user", &user.username, Some(admin), own))
}

/// One user, with the forms for whoever has proven the password lately.
#[get("/admin/users/<id>")]
pub(in crate::web) async fn page(
    admin: Looking,
    fresh: Result<Fresh<SessionUser>, Error>,
    accounts: &State<Accounts>,
    sign_ins: SignIns<'_>,
    view: View,
    flash: Option<FlashMessage<'_>>,
    id: &str,
) -> Result<Template, Error> {
    let user = find(accounts, number(id)?).await?;
    let notice = flash.as_ref().map(FlashMessage::message);
    draw(&view, &admin, &user, &sign_ins, (fresh.is_ok(), notice), None).await
}

/// The page once more when the change would have left nobody to administer.
pub(super) async fn again(
    error: Error,
    view: &View,
    admin: &Changing,
    accounts: &Accounts,
    sign_ins: &SignIns<'_>,
    id: i64,
) -> Outcome {
    if error.kind() != ErrorKind::LastAdministrator {
        return Err(error);
    }
    let user = find(accounts, id).await?;
    let admin = admin.authentication().account();
    let page = draw(view, admin, &user, sign_ins, (true, None), Some(&error)).await?;
    Ok(Err(Entered::Again(error, page)))
}

fn to_page(id: i64, text: String) -> Outcome {
    Ok(Ok(Flash::success(Redirect::to(uri!(page(id = id.to_string()))), text)))
}

/// Takes the cookies back of somebody whose own sign-ins have just ended.
pub(super) async fn leave(session: &Session<'_>, text: &str) -> Outcome {
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
    admin: Changing,
    accounts: &State<Accounts>,
    sign_ins: SignIns<'_>,
    address: ClientAddress,
    view: View,
    id: &str,
    form: Form<Strict<Once<NewRole>>>,
) -> Outcome {
    let role = Role::parse(&form.role)
        .ok_or_else(|| Error::invalid_field("role", "A role is user or admin."))?;
    let (id, by) = (number(id)?, accounts.by(&admin, address.0)?);
    let change = Change { role: Some(role), ..Change::default() };
    match accounts.change_user(&by, id, change).await {
        Ok(_) if by.is(id) && role != Role::Admin => {
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
        Err(error) => again(error, &view, &admin, accounts, &sign_ins, id).await,
    }
}

/// Switches an account on, or off: then all its sign-ins end.
#[post("/admin/users/<id>/active", data = "<form>")]
pub(in crate::web) async fn set_active(
    admin: Changing,
    session: Session<'_>,
    accounts: &State<Accounts>,
    sign_ins: SignIns<'_>,
    address: ClientAddress,
    view: View,
    id: &str,
    form: Form<Strict<Once<NewActivity>>>,
) -> Outcome {
    let active = match form.active.as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(Error::invalid_field("active", "This field is true or false.")),
    };
    let (id, by) = (number(id)?, accounts.by(&admin, address.0)?);
    let change = Change { active: Some(active), ..Change::default() };
    match accounts.change_user(&by, id, change).await {
        Ok(_) if by.is(id) && !active => {
            leave(&session, "Your account is switched off, and you are signed out everywhere.")
                .await
        }
        Ok(changed) => {
            let name = &changed.user.username;
            to_page(
                id,
                match active {
                    true => format!("{name} can sign in again."),
                    false => format!("{name} is switched off; {} ended.", counted(changed.ended)),
                },
            )
        }
        Err(error) => again(error, &view, &admin, accounts, &sign_ins, id).await,
    }
}

/// Ends all sign-ins of a user.
#[post("/admin/users/<id>/end-sign-ins")]
pub(in crate::web) async fn end_sign_ins(
    admin: Changing,
    session: Session<'_>,
    accounts: &State<Accounts>,
    address: ClientAddress,
    id: &str,
) -> Outcome {
    let (id, by) = (number(id)?, accounts.by(&admin, address.0)?);
    let changed = accounts.sign_user_out(&by, id).await?;
    if by.is(id) {
        return leave(&session, "You are signed out everywhere.").await;
    }
    let ended = counted(changed.ended);
    to_page(id, format!("{} is signed out everywhere: {ended} ended.", changed.user.username))
}
