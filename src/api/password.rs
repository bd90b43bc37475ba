//! Change of the password, and proving it again.

use rocket::response::status;
use rocket::{State, post};

use super::issued::Issued;
use crate::accounts::queries::CurrentSignIn;
use crate::accounts::{Accounts, BareTokenUser, NewPassword, OwnAccount, TokenUser};
use crate::http::{Json, JsonBody, RequestSource};
use vestibule::config::Location;
use vestibule::guards::{Authenticated, Fresh, Scoped};
use vestibule::password::Password;
use vestibule::tokens::TokenOptions;
use vestibule::{Error, ErrorKind, Tokens};

/// Changes the password and ends every other sign-in, in browsers too; the current one stays active. Sent
/// twice within a minute, it responds the same if the new password is in force.
///
/// 422 `invalid_field` naming `current_password` if that is wrong.
#[post("/password", data = "<body>")]
pub(super) async fn change(
    user: Fresh<TokenUser>,
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<status::NoContent, Error> {
    let passwords = NewPassword {
        current: body.text("current_password").into(),
        new: body.text("new_password").into(),
        source,
    };
    body.finish()?;
    let sign_in = user.authentication().sign_in().ok_or(ErrorKind::Internal)?;
    let current = CurrentSignIn { id: sign_in.id.to_string(), stays: true };
    let Err(error) = accounts.change_password(&user, &passwords, current).await else {
        return Ok(status::NoContent);
    };
    let is_wrong = error.kind() == ErrorKind::BadCredentials;
    if is_wrong && accounts.has_just_set(&user, &passwords).await? {
        return Ok(status::NoContent);
    }
    Err(of_field("current_password", error))
}

/// Proves the password again, and the second factor of a user who has one by its `code`; returns a fresh access token of the same sign-in, whose refresh token
/// stays good.
///
/// 422 `invalid_field` naming `password` if that is wrong.
#[post("/confirm", data = "<body>")]
pub(super) async fn confirm(
    user: Scoped<OwnAccount, BareTokenUser>,
    tokens: Tokens<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<Json<Issued>, Error> {
    let password = Password::from(body.text("password"));
    let code = body.optional_text("code").unwrap_or_default();
    body.finish()?;
    let sign_in = user.authentication().sign_in().map(|sign_in| sign_in.id.as_str());
    let confirmed = accounts.confirm(&user, (&password, &code), source, sign_in).await;
    let amr = confirmed.map_err(|error| of_field("password", error))?;
    let in_cookies = user.authentication().location() == Some(Location::Cookies);
    let options = TokenOptions::new().proven(amr);
    Issued::new(&tokens, tokens.confirm_with(&user, options).await?, in_cookies)
}

/// Turns a wrong password into the error of its field. Not 401: the token is good, and a client would
/// refresh it and try again.
fn of_field(name: &'static str, error: Error) -> Error {
    match error.kind() {
        ErrorKind::BadCredentials => {
            Error::invalid_field(name, "This is not your current password.")
        }
        _ => error,
    }
}
