//! The e-mail address of the user, and mails with a link to set another password.

use rocket::http::Status;
use rocket::response::status;
use rocket::{State, delete, post};

use crate::accounts::{Accounts, TokenUser};
use crate::http::{JsonBody, RequestSource};
use vestibule::Error;
use vestibule::guards::Fresh;

/// Sends a link to an address, which is the user's once the link is used.
#[post("/me/email", data = "<body>")]
pub(super) async fn request(
    user: Fresh<TokenUser>,
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<Status, Error> {
    let address = body.text("email");
    body.finish()?;
    accounts.request_address(&user, &address, source).await?;
    Ok(Status::Accepted)
}

/// Removes the address.
#[delete("/me/email")]
pub(super) async fn remove(
    user: Fresh<TokenUser>,
    accounts: &State<Accounts>,
    source: RequestSource,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&user, source)?;
    accounts.remove_address(user.id, &actor).await?;
    Ok(status::NoContent)
}

/// Queues a mail with a link to set another password. The response is the same whether an account has
/// the address.
#[post("/password/forgot", data = "<body>")]
pub(super) async fn forgot(
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<Status, Error> {
    let email = body.text("email");
    body.finish()?;
    accounts.request_reset(&email, source).await?;
    Ok(Status::Accepted)
}
