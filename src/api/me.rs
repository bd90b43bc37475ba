//! The user of the request and its claims.

use std::ops::Deref;

use rocket::get;
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::accounts::{Admin, OwnAccount, Role, TokenUser, User};
use crate::db::rfc3339;
use crate::http::Json;
use vestibule::guards::{ClaimedRole, Scoped};
use vestibule::sign_ins::SignIn;
use vestibule::{Error, ErrorKind};

/// A user as JSON for that user.
pub(super) struct Me<U>(pub(super) U);

/// A user as that user sees it.
#[derive(serde::Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct MeView<'a> {
    id: i64,
    username: &'a str,
    #[schema(required = true)]
    full_name: Option<&'a str>,
    role: Role,
    #[schema(format = DateTime)]
    created_at: String,
}

impl<U: Deref<Target = User>> Serialize for Me<U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = &*self.0;
        let view = MeView {
            id: user.id,
            username: &user.username,
            full_name: user.full_name.as_deref(),
            role: user.role,
            created_at: rfc3339(user.created_at),
        };
        view.serialize(serializer)
    }
}

/// Returns the user.
#[get("/me")]
pub(super) fn me(user: TokenUser) -> Json<Me<TokenUser>> {
    Json(Me(user))
}

/// Returns the verified claims of the token; for an access key, which has none, the values of its
/// sign-in under the same names.
#[get("/claims")]
pub(super) fn claims(user: TokenUser) -> Result<Json<Map<String, Value>>, Error> {
    let authentication = user.authentication();
    match (authentication.claims(), authentication.sign_in()) {
        (Some(claims), _) => Ok(Json(claims.to_map())),
        (None, Some(key)) => Ok(Json(claims_of(key))),
        (None, None) => Err(ErrorKind::Internal.into()),
    }
}

fn claims_of(key: &SignIn) -> Map<String, Value> {
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
