//! All users, for administrators; the administrator's role is read from the database.

use rocket::{Either, State, delete, get, patch, response::status};
use serde::Serialize;
use utoipa::ToSchema;

use super::linked::Linked;
use super::me::take_full_name;
use crate::accounts::queries::{self, UserChange, UserFilter};
use crate::accounts::{Accounts, AdminApi, AdminApiChange, KeyScoped, Role, User, UsersRead};
use crate::db::rfc3339;
use crate::http::{ClientAddress, Json, JsonBody, UniqueQuery, number};
use vestibule::guards::Authenticated;
use vestibule::{Error, ErrorKind};

/// A user as JSON for administrators.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    id: i64,
    username: String,
    #[schema(required = true)]
    full_name: Option<String>,
    role: Role,
    active: bool,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            created_at: rfc3339(user.created_at),
            id: user.id,
            username: user.username,
            full_name: user.full_name,
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

/// Returns a page of all users, or of those whose user name or full name contains `q`, who have the
/// role or are active or not.
#[get("/users?<q>&<role>&<active>&<page>")]
pub(super) async fn list(
    _admin: AdminApi,
    accounts: &State<Accounts>,
    _query: UniqueQuery,
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

/// Changes role, activity or full name. An access key cannot create an administrator, because that
/// account would remain after a stolen key has ended. Returns the changed user, but to a key only
/// with the scope `users:read`.
#[patch("/users/<id>", data = "<body>")]
pub(super) async fn change(
    admin: AdminApiChange,
    accounts: &State<Accounts>,
    address: ClientAddress,
    id: &str,
    mut body: JsonBody,
) -> Result<Either<Json<UserView>, status::NoContent>, Error> {
    let change = read_change(&mut body);
    body.finish()?;
    if change == UserChange::default() {
        let detail = "Name at least one of role, active and full_name.";
        return Err(Error::new(ErrorKind::InvalidField).detail(detail));
    }
    let id = User::id_of(id)?;
    if admin.authentication().is_key() && makes_administrator(accounts, id, &change).await? {
        return Err(ErrorKind::FreshLoginRequired.into());
    }
    let actor = accounts.actor(&admin, address.0)?;
    let changed = accounts.change_user(&actor, id, change).await?;
    if KeyScoped::<UsersRead>::holds(admin.authentication()) {
        Ok(Either::Left(Json(changed.user.into())))
    } else {
        Ok(Either::Right(status::NoContent))
    }
}

fn read_change(body: &mut JsonBody) -> UserChange {
    let mut change = UserChange { active: body.optional_bool("active"), ..UserChange::default() };
    if let Some(role) = body.take("role") {
        change.role = role.as_str().and_then(Role::parse);
        if change.role.is_none() {
            body.add_error("role", "A role is user or admin.");
        }
    }
    change.full_name = take_full_name(body);
    change
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
    address: ClientAddress,
    id: &str,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&admin, address.0)?;
    accounts.sign_user_out(&actor, User::id_of(id)?).await?;
    Ok(status::NoContent)
}

/// Deletes a user.
#[delete("/users/<id>")]
pub(super) async fn delete(
    admin: AdminApiChange,
    accounts: &State<Accounts>,
    address: ClientAddress,
    id: &str,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&admin, address.0)?;
    accounts.delete_user(&actor, User::id_of(id)?).await?;
    Ok(status::NoContent)
}
