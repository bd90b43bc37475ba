//! All users, for administrators; the administrator's role is read from the database.

use rocket::http::Status;
use rocket::{Either, State, delete, get, patch, post, response::status};
use serde::Serialize;
use utoipa::ToSchema;

use super::linked::Linked;
use super::me::take_full_name;
use super::sign_ins::SignInPage;
use crate::accounts::queries::{self, UserChange, UserFilter};
use crate::accounts::{
    Accounts, AddedUser, AdminApi, AdminApiChange, KeyScoped, Registration, Role, User, UsersRead,
};
use crate::db::rfc3339;
use crate::http::{BaseUrl, Json, JsonBody, KnownQuery, RequestSource, number};
use vestibule::guards::Authenticated;
use vestibule::{Error, ErrorKind};

/// A user as JSON for administrators.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    id: i64,
    username: String,
    #[schema(required = true)]
    full_name: Option<String>,
    /// The confirmed address.
    #[schema(required = true)]
    email: Option<String>,
    role: Role,
    active: bool,
    /// Whether the user has a second factor.
    second_factor: bool,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            created_at: rfc3339(user.created_at),
            second_factor: user.has_second_factor(),
            id: user.id,
            username: user.username,
            full_name: user.full_name,
            email: user.email,
            role: user.role,
            active: user.active,
        }
    }
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub(super) struct UserPage {
    users: Vec<UserView>,
    page: i64,
    pages: i64,
    total: i64,
}

/// Returns a page of all users, or of those whose user name, full name or e-mail address contains `q`, who have the
/// role or are active or not.
#[get("/users?<q>&<role>&<active>&<page>")]
pub(super) async fn list(
    _admin: AdminApi,
    accounts: &State<Accounts>,
    _query: KnownQuery,
    q: Option<&str>,
    role: Option<&str>,
    active: Option<&str>,
    page: Option<&str>,
) -> Result<Linked<UserPage>, Error> {
    let page = number("page", page, 1)?.unwrap_or(1);
    let filter = UserFilter::parse(q, role, active)?;
    let found = accounts.run(move |connection| queries::page(connection, &filter, page));
    let (users, total) = found.await?;
    let users = users.into_iter().map(UserView::from).collect();
    let pages = queries::pages(total);
    Ok(Linked::by_number(UserPage { users, page, pages, total }, page, pages))
}

/// Returns one user.
#[get("/users/<id>")]
pub(super) async fn one(
    _admin: AdminApi,
    accounts: &State<Accounts>,
    id: &str,
) -> Result<Json<UserView>, Error> {
    let id = User::id_of(id)?;
    let user = accounts.run(move |connection| queries::find(connection, id)).await?;
    Ok(Json(user.ok_or(ErrorKind::NotFound)?.into()))
}

/// A user that was just added.
#[derive(Serialize, ToSchema)]
pub(super) struct AddedUserView {
    id: i64,
    username: String,
    #[schema(required = true)]
    full_name: Option<String>,
    role: Role,
    active: bool,
    #[schema(format = DateTime)]
    created_at: String,
    /// Without a password: the link by which the user sets one, which no other response shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    link: Option<String>,
    /// When the link expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    expires_at: Option<String>,
}

/// Adds a user, without a password with a link by which the user sets one. An access key adds no
/// administrator.
#[post("/users", data = "<body>")]
pub(super) async fn add(
    admin: AdminApiChange,
    accounts: &State<Accounts>,
    base: BaseUrl,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<status::Custom<Json<AddedUserView>>, Error> {
    // A link leads to a page.
    let may_invite = accounts.auth().mode.has_sessions();
    let password =
        if may_invite { body.optional_text("password") } else { Some(body.text("password")) };
    let registration = Registration {
        username: body.text("username"),
        full_name: body.optional_text("full_name").unwrap_or_default(),
        password: password.as_deref().unwrap_or_default().into(),
        role: take_role(&mut body).unwrap_or(Role::User),
        source,
    };
    body.finish()?;
    if registration.role == Role::Admin && admin.authentication().is_key() {
        return Err(ErrorKind::FreshLoginRequired.into());
    }
    let actor = accounts.actor(&admin, source)?;
    let AddedUser { user, link } =
        accounts.add_user(&registration, password.is_none(), &actor).await?;
    let UserView { id, username, full_name, role, active, created_at, .. } = user.into();
    let added = AddedUserView {
        id,
        username,
        full_name,
        role,
        active,
        created_at,
        link: link.as_ref().map(|link| base.password_link(&link.token)),
        expires_at: link.map(|link| rfc3339(link.expires_at)),
    };
    Ok(status::Custom(Status::Created, Json(added)))
}

/// Takes a role that may be absent.
fn take_role(body: &mut JsonBody) -> Option<Role> {
    let role = body.take("role")?;
    let role = role.as_str().and_then(Role::parse);
    if role.is_none() {
        body.add_error("role", "A role is user or admin.");
    }
    role
}

/// Changes role, activity or full name, or removes the e-mail address. An access key cannot create an administrator, because that
/// account would remain after a stolen key has ended. Returns the changed user, but to a key only
/// with the scope `users:read`.
#[patch("/users/<id>", data = "<body>")]
pub(super) async fn change(
    admin: AdminApiChange,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
    mut body: JsonBody,
) -> Result<Either<Json<UserView>, status::NoContent>, Error> {
    let change = read_change(&mut body);
    body.finish()?;
    if change == UserChange::default() {
        let detail = "Name at least one of role, active, full_name and email.";
        return Err(Error::new(ErrorKind::InvalidField).detail(detail));
    }
    let id = User::id_of(id)?;
    if admin.authentication().is_key() && makes_administrator(accounts, id, &change).await? {
        return Err(ErrorKind::FreshLoginRequired.into());
    }
    let actor = accounts.actor(&admin, source)?;
    let changed = accounts.change_user(&actor, id, change).await?;
    if KeyScoped::<UsersRead>::holds(admin.authentication()) {
        Ok(Either::Left(Json(changed.user.into())))
    } else {
        Ok(Either::Right(status::NoContent))
    }
}

fn read_change(body: &mut JsonBody) -> UserChange {
    let (active, role) = (body.optional_bool("active"), take_role(body));
    let email = body.take("email");
    if email.as_ref().is_some_and(|email| !email.is_null()) {
        body.add_error("email", "Only the owner can enter an address; null removes it.");
    }
    UserChange { role, active, full_name: take_full_name(body), removes_address: email.is_some() }
}

/// Whether the change would add an active administrator.
async fn makes_administrator(
    accounts: &Accounts,
    id: i64,
    change: &UserChange,
) -> Result<bool, Error> {
    if change.role == Some(Role::Admin) {
        return Ok(true);
    }
    if change.active != Some(true) {
        return Ok(false);
    }
    let user = accounts.run(move |connection| queries::find(connection, id)).await?;
    Ok(user.is_some_and(|user| user.role == Role::Admin && !user.active))
}

/// Ends all sign-ins of a user, in browsers too.
#[delete("/users/<id>/sign-ins")]
pub(super) async fn end_sign_ins(
    admin: AdminApiChange,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&admin, source)?;
    accounts.sign_user_out(&actor, User::id_of(id)?).await?;
    Ok(status::NoContent)
}

/// Returns a page of the sign-ins of a user, latest use first.
#[get("/users/<id>/sign-ins?<page>")]
pub(super) async fn sign_ins(
    admin: AdminApi,
    accounts: &State<Accounts>,
    _query: KnownQuery,
    id: &str,
    page: Option<&str>,
) -> Result<Linked<SignInPage>, Error> {
    let (id, page) = (User::id_of(id)?, number("page", page, 1)?.unwrap_or(1));
    let user = accounts.run(move |connection| queries::find(connection, id)).await?;
    let user = user.ok_or(ErrorKind::NotFound)?;
    SignInPage::of(accounts, &user, page, admin.authentication().sign_in()).await
}

/// Ends one sign-in of a user, or one of its keys.
#[delete("/users/<id>/sign-ins/<sign_in>")]
pub(super) async fn end_sign_in(
    admin: AdminApiChange,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
    sign_in: &str,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&admin, source)?;
    accounts.end_sign_in_of(&actor, User::id_of(id)?, sign_in).await?;
    Ok(status::NoContent)
}

/// Deletes a user.
#[delete("/users/<id>")]
pub(super) async fn delete(
    admin: AdminApiChange,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&admin, source)?;
    accounts.delete_user(&actor, User::id_of(id)?).await?;
    Ok(status::NoContent)
}
