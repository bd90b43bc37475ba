//! Changing the password.

use rocket::response::status;
use rocket::{State, post};

use crate::accounts::queries::CurrentSignIn;
use crate::accounts::{Accounts, NewPassword, TokenUser};
use crate::http::{ClientAddress, JsonBody};
use vestibule::{Authenticated, EndedBy, Error, ErrorKind, EventKind, Fresh, Reporter};

/// Replaces the password; every other sign-in ends, in browsers too. The acting one stands.
#[post("/password", data = "<body>")]
pub(super) async fn change(
    user: Fresh<TokenUser>,
    reporter: Reporter<'_>,
    accounts: &State<Accounts>,
    address: ClientAddress,
    mut body: JsonBody,
) -> Result<status::NoContent, Error> {
    let passwords = NewPassword {
        current: body.text("current_password").into(),
        new: body.text("new_password").into(),
        address: address.0,
    };
    body.finish()?;
    let acting = user.authentication().sign_in().ok_or(ErrorKind::Internal)?.id.to_string();
    let stays = CurrentSignIn { id: acting.clone(), stays: true };
    let ended = accounts.change_password(&user, &passwords, stays).await?;
    let (account, acting) = (user.id.to_string(), Some(acting.as_str()));
    reporter.report(EventKind::PasswordChanged, Some(&account), acting);
    reporter.report(EventKind::Ended(EndedBy::PasswordChange, ended), Some(&account), acting);
    Ok(status::NoContent)
}
