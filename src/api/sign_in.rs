//! Signing programs in and out.

use rocket::response::status;
use rocket::serde::json::Json;
use rocket::{State, post};

use super::body::Body;
use super::me::Me;
use crate::accounts::{self, AnyTokenUser, Registration, Role, User};
use crate::auth::{
    Authenticated, Clock, Error, ErrorKind, Hasher, Password, RefreshToken, TokenPair, Tokens,
};
use crate::db::Db;
use crate::settings::Settings;

/// A pair of tokens for a user name and a password.
#[post("/login", data = "<body>")]
pub(super) async fn login(
    tokens: Tokens<'_>,
    db: &State<Db>,
    hasher: &State<Hasher>,
    mut body: Body,
) -> Result<Json<TokenPair>, Error> {
    let (username, password) = (body.text("username"), body.text("password"));
    body.finish()?;
    let user = accounts::authenticate(db, hasher, &username, &Password::from(password)).await?;
    Ok(Json(tokens.start(&user).await?))
}

/// The next pair for a refresh token; the one presented is dead.
#[post("/refresh")]
pub(super) async fn refresh(
    token: RefreshToken,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.refresh::<User>(&token).await?))
}

/// Ends the sign-in of the presented token, or all of the user with `?all=true`.
#[post("/logout?<all>")]
pub(super) async fn logout(
    user: AnyTokenUser,
    tokens: Tokens<'_>,
    all: Option<bool>,
) -> Result<status::NoContent, Error> {
    let claims = user.authentication().claims().ok_or(ErrorKind::Internal)?;
    if all == Some(true) {
        tokens.end_all(&claims.sub, None).await?;
    } else {
        tokens.end(claims).await?;
    }
    Ok(status::NoContent)
}

/// A new user, who then signs in.
#[post("/register", data = "<body>")]
pub(super) async fn register(
    db: &State<Db>,
    hasher: &State<Hasher>,
    clock: &State<Clock>,
    settings: &State<Settings>,
    mut body: Body,
) -> Result<status::Custom<Json<Me>>, Error> {
    let registration = Registration {
        username: body.text("username"),
        full_name: body.optional_text("full_name").unwrap_or_default(),
        password: body.text("password").into(),
        role: Role::User,
    };
    let role = body.optional_text("role");
    body.finish()?;
    if role.is_some_and(|role| role != Role::User.as_str()) {
        return Err(Error::new(ErrorKind::Forbidden).detail("Only an administrator gives roles."));
    }
    let user =
        accounts::register(db, hasher, clock, &settings.auth.password, &registration).await?;
    Ok(status::Custom(rocket::http::Status::Created, Json(Me::from(&user))))
}
