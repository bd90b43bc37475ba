//! The routes under `/api`, for programs with tokens.

use rocket::serde::json::Json;
use rocket::{Route, State, get, post, routes};
use vestibule::database::SqlitePool;
use vestibule::{Error, token_routes};

use crate::database::{Note, User, add_note, notes_of};

type TokenUser = vestibule::TokenUser<User>;

pub(crate) fn routes() -> Vec<Route> {
    [token_routes!(User), routes![notes, add]].concat()
}

#[get("/notes")]
async fn notes(user: TokenUser, pool: &State<SqlitePool>) -> Result<Json<Vec<Note>>, Error> {
    notes_of(pool, user.id).await.map(Json)
}

#[post("/notes", data = "<text>")]
async fn add(user: TokenUser, text: Json<String>, pool: &State<SqlitePool>) -> Result<(), Error> {
    add_note(pool, user.id, text.into_inner()).await
}
