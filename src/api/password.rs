//! Change of the password.

use rocket::response::status;
use rocket::{State, post};

use crate::accounts::queries::CurrentSignIn;
use crate::accounts::{Accounts, NewPassword, TokenUser};
use crate::http::{ClientAddress, JsonBody};
use vestibule::guards::{Authenticated, Fresh};
use vestibule::{Error, ErrorKind};

/// Changes the password and ends every other sign-in, in browsers too; the current one stays active.
///
/// 422 `invalid_field` naming `current_password` if that is wrong.
#[post("/password", data = "<body>")]
pub(super) async fn change(
    user: Fresh<TokenUser>,
    accounts: &State<Accounts>,
    address: ClientAddress,
    mut body: JsonBody,
) -> Result<status::NoContent, Error> {
    let passwords = NewPassword {
        current: body.text("current_password").into(),
        new: body.text("new_password").into(),
        source: address.0,
    };
    body.finish()?;
    let sign_in = user.authentication().sign_in().ok_or(ErrorKind::Internal)?;
    let current = CurrentSignIn { id: sign_in.id.to_string(), stays: true };
    let changed = accounts.change_password(&user, &passwords, current).await;
    changed.map_err(|error| match error.kind() {
        // Not 401: the token is good, and a client would refresh it and try again.
        ErrorKind::BadCredentials => {
            Error::invalid_field("current_password", "This is not your current password.")
        }
        _ => error,
    })?;
    Ok(status::NoContent)
}
