//! All users, for administrators; the role is the one in the database.

use rocket::serde::json::Json;
use rocket::{State, delete, get, patch, response::status};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use crate::accounts::queries::{self, Change, PAGE};
use crate::accounts::{Accounts, Admin, Role, TokenUser, User, full_name};
use crate::auth::{EndedBy, Error, ErrorKind, EventKind, Fresh, JsonBody, Reporter, Require};
use crate::db::AnyConnection;

/// A user as an administrator sees it.
#[derive(Serialize)]
pub(super) struct Listed {
    id: i64,
    username: String,
    full_name: Option<String>,
    role: Role,
    active: bool,
    created_at: String,
}

impl From<User> for Listed {
    fn from(user: User) -> Self {
        Self {
            created_at: user.created_at.format(&Rfc3339).unwrap_or_default(),
            id: user.id,
            username: user.username,
            full_name: user.full_name,
            role: user.role,
            active: user.active,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<Listed>,
    page: i64,
    pages: i64,
    total: i64,
}

/// One page of all users.
#[get("/users?<page>")]
pub(super) async fn list(
    _admin: Require<Admin, TokenUser>,
    accounts: &State<Accounts>,
    page: Option<i64>,
) -> Result<Json<Users>, Error> {
    let page = page.unwrap_or(1).max(1);
    let (users, total) = accounts.run(move |connection| queries::page(connection, page)).await?;
    let pages = ((total + PAGE - 1) / PAGE).max(1);
    Ok(Json(Users { users: users.into_iter().map(Listed::from).collect(), page, pages, total }))
}

/// Changes role, activity or full name.
#[patch("/users/<id>", data = "<body>")]
pub(super) async fn change(
    _admin: Require<Admin, Fresh<TokenUser>>,
    reporter: Reporter<'_>,
    accounts: &State<Accounts>,
    id: &str,
    mut body: JsonBody,
) -> Result<Json<Listed>, Error> {
    let mut change = Change { active: body.optional_bool("active"), ..Change::default() };
    if let Some(word) = body.optional_text("role") {
        change.role = Role::parse(&word);
        if change.role.is_none() {
            body.fault("role", "A role is user or admin.");
        }
    }
    if body.has("full_name") {
        let text = body.optional_text("full_name").unwrap_or_default();
        match full_name(&text) {
            Ok(name) => change.full_name = Some(name),
            Err(error) => body.faults_of(&error),
        }
    }
    body.finish()?;
    let id: i64 = id.parse().map_err(|_| ErrorKind::NotFound)?;
    let query = move |connection: &mut AnyConnection| queries::change(connection, id, &change);
    let (user, ended) = accounts.run(query).await?;
    if ended > 0 {
        let kind = EventKind::Ended(EndedBy::Administrator, ended);
        reporter.report(kind, Some(&id.to_string()), None);
    }
    Ok(Json(user.into()))
}

/// Deletes a user.
#[delete("/users/<id>")]
pub(super) async fn delete(
    _admin: Require<Admin, Fresh<TokenUser>>,
    reporter: Reporter<'_>,
    accounts: &State<Accounts>,
    id: &str,
) -> Result<status::NoContent, Error> {
    let id: i64 = id.parse().map_err(|_| ErrorKind::NotFound)?;
    let ended = accounts.run(move |connection| queries::delete(connection, id)).await?;
    let kind = EventKind::Ended(EndedBy::Administrator, ended);
    reporter.report(kind, Some(&id.to_string()), None);
    Ok(status::NoContent)
}
