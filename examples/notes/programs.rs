//! The routes under `/api`, for programs with tokens.

use rocket::serde::json::Json;
use rocket::{Route, State, get, post, routes};
use serde::Deserialize;
use vestibule::guards::RefreshToken;
use vestibule::password::Password;
use vestibule::tokens::TokenPair;
use vestibule::{Error, PasswordLogin, Tokens};

use crate::database::{Note, User, add_note, notes_of};
use crate::sqlite::Pool;

type TokenUser = vestibule::TokenUser<User>;

pub(crate) fn routes() -> Vec<Route> {
    routes![log_in, refresh, log_out, notes, add]
}

#[derive(Deserialize)]
struct Login {
    name: String,
    password: Password,
}

#[post("/login", data = "<given>")]
async fn log_in(
    given: Json<Login>,
    login: PasswordLogin<'_, User>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let user = login.verify(&given.name, &given.password).await?;
    tokens.start(&user).await.map(Json)
}

#[post("/refresh")]
async fn refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    tokens.refresh::<User>(&token).await.map(Json)
}

#[post("/logout")]
async fn log_out(user: TokenUser, tokens: Tokens<'_>) -> Result<(), Error> {
    tokens.end(&user).await
}

#[get("/notes")]
async fn notes(user: TokenUser, pool: &State<Pool>) -> Result<Json<Vec<Note>>, Error> {
    notes_of(pool, user.id).await.map(Json)
}

#[post("/notes", data = "<text>")]
async fn add(user: TokenUser, text: Json<String>, pool: &State<Pool>) -> Result<(), Error> {
    add_note(pool, user.id, text.into_inner()).await
}
