//! Links by which a user sets a password: made by administrators, and used.

use rocket::http::Status;
use rocket::response::status;
use rocket::{State, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Accounts, AdminApiFresh, PasswordLink, User};
use crate::db::rfc3339;
use crate::http::{BaseUrl, Json, JsonBody, RequestSource};
use vestibule::password::Password;
use vestibule::{Error, ErrorKind};

/// Said of a link that cannot be used.
const INVALID: &str = "This link is not valid. It works once and for a limited time, and no longer once \
                       the password has been changed or a newer link has been made.";

/// A link by which a user sets a password, once; the only response that shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordLinkView {
    link: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl PasswordLinkView {
    pub(super) fn of(link: &PasswordLink, base: &BaseUrl) -> Self {
        Self { link: base.password_link(&link.token), expires_at: rfc3339(link.expires_at) }
    }
}

/// Makes a link by which a user sets another password. It ends nothing until it is used.
#[post("/users/<id>/reset-link")]
pub(super) async fn make(
    admin: AdminApiFresh,
    accounts: &State<Accounts>,
    base: BaseUrl,
    source: RequestSource,
    id: &str,
) -> Result<status::Custom<Json<PasswordLinkView>>, Error> {
    let actor = accounts.actor(&admin, source)?;
    let (_, link) = accounts.make_reset_link(&actor, User::id_of(id)?).await?;
    Ok(status::Custom(Status::Created, Json(PasswordLinkView::of(&link, &base))))
}

/// Sets the password of the link's user and ends all sign-ins and keys. It opens no sign-in.
#[post("/password/reset", data = "<body>")]
pub(super) async fn reset(
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<status::NoContent, Error> {
    let token = body.text("token");
    let password = Password::from(body.text("new_password"));
    body.finish()?;
    match accounts.set_password_by_link(&token, ("new_password", &password), source).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error.detail(INVALID)),
        set => set.map(|()| status::NoContent),
    }
}
