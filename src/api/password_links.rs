//! Links by which a user sets a password, for administrators.

use rocket::http::Status;
use rocket::response::status;
use rocket::{State, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Accounts, AdminApiFresh, PasswordLink, User};
use crate::db::rfc3339;
use crate::http::{BaseUrl, Json, RequestSource};
use vestibule::Error;

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
