//! The user of the request, its claims and its full name.

use rocket::response::status;
use rocket::{State, delete, get, patch};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::accounts::{Accounts, Admin, OwnAccount, Role, TokenUser, User, full_name};
use crate::db::rfc3339;
use crate::http::{Json, JsonBody, RequestSource};
use crate::languages::{Languages, Tag};
use vestibule::config::Location;
use vestibule::guards::{Authenticated, Authentication, ClaimedRole, Fresh, Scoped};
use vestibule::sign_ins::SignIn;
use vestibule::{Error, ErrorKind, Tokens};

/// A user as that user sees it.
#[derive(serde::Serialize, ToSchema)]
pub(super) struct Me {
    id: i64,
    username: String,
    #[schema(required = true)]
    full_name: Option<String>,
    #[schema(required = true)]
    email: Option<String>,
    device_notices: bool,
    #[schema(required = true)]
    language: Option<String>,
    role: Role,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&User> for Me {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            username: user.username.clone(),
            full_name: user.full_name.clone(),
            email: user.email.clone(),
            device_notices: user.device_notices,
            language: user.language.clone(),
            role: user.role,
            created_at: rfc3339(user.created_at),
        }
    }
}

/// Returns the user.
#[get("/me")]
pub(super) fn me(user: TokenUser) -> Json<Me> {
    Json(Me::from(user.authentication().account()))
}

/// Changes the user's own full name and language, which `null` removes, and whether a mail tells of a
/// sign-in from a new device, for which the token must be fresh. The other members may be sent back as
/// they were read.
#[patch("/me", data = "<body>")]
pub(super) async fn change(
    user: Scoped<OwnAccount, TokenUser>,
    fresh: Result<Fresh<TokenUser>, Error>,
    accounts: &State<Accounts>,
    languages: &State<Languages>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<Json<Me>, Error> {
    let name = take_full_name(&mut body);
    let language = take_language(&mut body, languages);
    let notices = body.optional_bool("device_notices").filter(|on| *on != user.device_notices);
    let current =
        serde_json::to_value(Me::from(user.authentication().account())).map_err(Error::internal)?;
    for (field, value) in current.as_object().into_iter().flatten() {
        if body.take(field).is_some_and(|sent| sent != *value) {
            body.add_error(field, "This field cannot be changed here.");
        }
    }
    body.finish()?;
    let actor = accounts.actor(&user, source)?;
    let mut me = Me::from(user.authentication().account());
    if let Some(device_notices) = notices {
        fresh?;
        let changed = accounts.change_device_notices(user.id, device_notices, &actor);
        me = Me::from(&changed.await?);
    }
    if let Some(name) = name {
        me = Me::from(&accounts.change_own_name(user.id, name, &actor).await?);
    }
    if let Some(language) = language {
        me = Me::from(&accounts.change_language(user.id, language).await?);
    }
    Ok(Json(me))
}

/// Takes a language that may be absent; the inner `None` is that of each request.
fn take_language(body: &mut JsonBody, languages: &Languages) -> Option<Option<Tag>> {
    if !body.has("language") {
        return None;
    }
    let tag = body.optional_text("language");
    languages.parse(tag.as_deref()).map_err(|error| body.add_errors_of(&error)).ok()
}

/// Deletes the user for good; the body holds the own user name, to confirm what is meant. Tokens in cookies
/// are removed.
#[delete("/me", data = "<body>")]
pub(super) async fn delete(
    user: Fresh<TokenUser>,
    tokens: Tokens<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<status::NoContent, Error> {
    let username = body.text("username");
    body.finish()?;
    let actor = accounts.actor(&user, source)?;
    accounts.delete_own(&user, &username, &actor).await?;
    if user.authentication().location() == Some(Location::Cookies) {
        tokens.unset_cookies();
    }
    Ok(status::NoContent)
}

/// Takes a full name that may be absent; the inner `None` removes it.
pub(super) fn take_full_name(body: &mut JsonBody) -> Option<Option<String>> {
    if !body.has("full_name") {
        return None;
    }
    let text = body.optional_text("full_name").unwrap_or_default();
    full_name(&text).map_err(|error| body.add_errors_of(&error)).ok()
}

/// Returns the verified claims of the token; for an access key, which has none, the values of its
/// sign-in under the same names.
#[get("/claims")]
pub(super) fn claims(user: TokenUser) -> Result<Json<Map<String, Value>>, Error> {
    Ok(Json(claims_of(user.authentication())?))
}

/// Returns the claims of a token or access key, but for the CSRF value, which is half of a credential.
pub(super) fn claims_of(found: &Authentication<User>) -> Result<Map<String, Value>, Error> {
    match (found.claims(), found.sign_in()) {
        (Some(claims), _) => {
            let mut claims = claims.to_map();
            claims.remove("csrf");
            Ok(claims)
        }
        (None, Some(key)) => Ok(claims_of_key(key)),
        (None, None) => Err(ErrorKind::Internal.into()),
    }
}

fn claims_of_key(key: &SignIn) -> Map<String, Value> {
    let claims = [
        ("sub", key.account.as_str().into()),
        ("type", "access_key".into()),
        ("sid", key.id.as_str().into()),
        ("scope", key.scopes().join(" ").into()),
        ("fresh", false.into()),
        ("iat", key.created_at.unix_timestamp().into()),
        ("auth_time", key.auth_time.unix_timestamp().into()),
        ("exp", key.expires_at.unix_timestamp().into()),
    ];
    claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A greeting, as in the Flask guide.
#[derive(serde::Serialize, ToSchema)]
#[schema(as = Dashboard)]
pub(super) struct DashboardView {
    message: &'static str,
    user_id: i64,
    username: String,
    role: Role,
}

/// Returns the dashboard of the Flask guide.
#[get("/dashboard")]
pub(super) fn dashboard(user: Scoped<OwnAccount, TokenUser>) -> Json<DashboardView> {
    Json(DashboardView {
        message: "Welcome to your dashboard!",
        user_id: user.id,
        username: user.username.clone(),
        role: user.role,
    })
}

/// Identity and user, as in the Flask guide.
#[derive(serde::Serialize, ToSchema)]
#[schema(as = Profile)]
pub(super) struct ProfileView {
    identity_from_get_jwt_identity: String,
    username_from_current_user: String,
    full_user_details: UserDetails,
}

#[derive(serde::Serialize, ToSchema)]
struct UserDetails {
    id: i64,
    username: String,
    role: Role,
}

/// Returns the profile of the Flask guide: the identity, and the user.
#[get("/profile")]
pub(super) fn profile(user: Scoped<OwnAccount, TokenUser>) -> Json<ProfileView> {
    let (id, username, role) = (user.id, user.username.clone(), user.role);
    Json(ProfileView {
        identity_from_get_jwt_identity: id.to_string(),
        username_from_current_user: username.clone(),
        full_user_details: UserDetails { id, username, role },
    })
}

/// A greeting of an administrator, as in the Flask guide.
#[derive(serde::Serialize, ToSchema)]
#[schema(as = AdminGreeting)]
pub(super) struct AdminView {
    message: &'static str,
    admin_user: String,
}

/// Returns the administrator page of the Flask guide: the role is the one in the token.
#[get("/admin")]
pub(super) fn admin(user: ClaimedRole<Admin, Scoped<OwnAccount, TokenUser>>) -> Json<AdminView> {
    Json(AdminView { message: "Welcome to Admin Panel!", admin_user: user.username.clone() })
}
