//! The schemas of bodies that no other type describes: of requests, whose fields the handlers take
//! out by name, and of responses of the library.

#![expect(dead_code, reason = "these types are only described")]

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

/// User name and password.
#[derive(ToSchema)]
pub(super) struct LoginBody {
    username: String,
    #[schema(format = Password)]
    password: String,
    /// Whether the tokens are set as cookies, where the service takes them from cookies; there is
    /// no choice where that is the only location.
    #[schema(nullable = false)]
    cookies: Option<bool>,
}

/// A new user.
#[derive(ToSchema)]
pub(super) struct RegisterBody {
    #[schema(min_length = 1)]
    username: String,
    full_name: Option<String>,
    /// Where the service requires an address, and only there: 202 says that a link was sent to it.
    #[schema(format = Email, max_length = 254, nullable = false)]
    email: Option<String>,
    #[schema(format = Password)]
    password: String,
    /// `user`; only an administrator gives another role, by `PATCH /api/users/{id}`.
    role: Option<String>,
}

/// The current password and the next.
#[derive(ToSchema)]
pub(super) struct PasswordBody {
    #[schema(format = Password)]
    current_password: String,
    #[schema(format = Password)]
    new_password: String,
}

/// A refresh token, if it is in no other place.
#[derive(ToSchema)]
pub(super) struct RefreshTokenBody {
    refresh_token: String,
}

/// The current password.
#[derive(ToSchema)]
pub(super) struct ConfirmBody {
    #[schema(format = Password)]
    password: String,
    /// Of a user who has a second factor: a code of the authenticator, or a recovery code.
    #[schema(nullable = false)]
    code: Option<String>,
}

/// The ticket of a right password, and a code of the second factor.
#[derive(ToSchema)]
pub(super) struct SecondStepBody {
    login_token: String,
    /// A code of the authenticator, or a recovery code.
    code: String,
    /// As for `POST /api/login`.
    #[schema(nullable = false)]
    cookies: Option<bool>,
}

/// The secret of an authenticator, and its first code.
#[derive(ToSchema)]
pub(super) struct FirstCodeBody {
    set_up_token: String,
    code: String,
}

/// The user with another full name, language or other notices; the other members are as they were
/// read, or absent.
#[derive(ToSchema)]
pub(super) struct MeBody {
    full_name: Option<String>,
    /// A language of the service, such as `de`; `null` is that of each request.
    language: Option<String>,
    #[schema(nullable = false)]
    id: Option<i64>,
    #[schema(nullable = false)]
    username: Option<String>,
    email: Option<String>,
    /// Whether a mail tells of a sign-in from a new device. To change it the token must be fresh.
    #[schema(nullable = false)]
    device_notices: Option<bool>,
    #[schema(nullable = false)]
    role: Option<crate::accounts::Role>,
    #[schema(nullable = false)]
    created_at: Option<String>,
}

/// An e-mail address.
#[derive(ToSchema)]
pub(super) struct EmailBody {
    #[schema(format = Email, max_length = 254)]
    email: String,
}

/// The secret of a link, which is in its address behind `token=`, and a password.
#[derive(ToSchema)]
pub(super) struct ResetBody {
    token: String,
    #[schema(format = Password)]
    new_password: String,
}

/// The own user name, to confirm what is meant.
#[derive(ToSchema)]
pub(super) struct DeletionBody {
    username: String,
}

/// A fresh access token; the refresh token stays as it is.
#[derive(ToSchema)]
pub(super) struct FreshToken {
    access_token: String,
    token_type: String,
    #[schema(nullable = false)]
    expires_in: Option<i64>,
}

/// A new key.
#[derive(ToSchema)]
pub(super) struct KeyBody {
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// What the key may do: `sign-ins`, and for administrators `users:read`, `users:write` and
    /// `introspect`.
    scopes: Vec<String>,
    expires_in: Option<Lifetime>,
}

/// A lifetime: seconds, or a text such as `30 days`.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Lifetime {
    Seconds(u64),
    Text(String),
}

/// A user to add.
#[derive(ToSchema)]
pub(super) struct NewUserBody {
    #[schema(min_length = 1)]
    username: String,
    full_name: Option<String>,
    #[schema(value_type = crate::accounts::Role, required = false)]
    role: Option<String>,
    /// Without it the user gets a link; required where the service has no pages.
    #[schema(format = Password)]
    password: Option<String>,
}

/// What to change of a user; at least one of the three.
#[derive(ToSchema)]
#[schema(min_properties = 1)]
pub(super) struct UserChangeBody {
    #[schema(value_type = crate::accounts::Role, required = false)]
    role: Option<String>,
    #[schema(nullable = false)]
    active: Option<bool>,
    full_name: Option<String>,
}

/// A pair of tokens (RFC 6749, section 5.1).
#[derive(ToSchema)]
pub(super) struct TokenPair {
    /// For the header of every request.
    access_token: String,
    /// For `POST /api/refresh`, once.
    refresh_token: String,
    token_type: String,
    /// Lifetime of the access token in seconds; absent if it does not expire.
    #[schema(nullable = false)]
    expires_in: Option<i64>,
}

/// Tokens that were set as cookies.
#[derive(ToSchema)]
pub(super) struct TokenLifetime {
    /// Lifetime of the access token in seconds; absent if it does not expire.
    #[schema(nullable = false)]
    expires_in: Option<i64>,
}

/// The claims of a token (RFC 7519); for an access key the values of its sign-in.
#[derive(ToSchema)]
pub(super) struct Claims {
    /// The id of the user.
    sub: String,
    /// `access`, or `access_key`.
    r#type: String,
    /// The id of the sign-in.
    sid: String,
    scope: String,
    /// Whether the password was proven for this very token.
    fresh: bool,
    iat: i64,
    auth_time: i64,
    /// What the user has proven (RFC 8176); an access key has none.
    #[schema(nullable = false)]
    amr: Option<Vec<String>>,
    #[schema(nullable = false)]
    exp: Option<i64>,
    #[schema(nullable = false)]
    nbf: Option<i64>,
    #[schema(nullable = false)]
    iss: Option<String>,
    #[schema(nullable = false)]
    aud: Option<Audience>,
    #[schema(nullable = false)]
    jti: Option<String>,
    /// How often the sign-in had been refreshed.
    #[schema(nullable = false)]
    r#gen: Option<i64>,
    /// The role at the time of the token.
    #[schema(nullable = false)]
    role: Option<crate::accounts::Role>,
}

/// A token or an access key of any user; other fields are ignored (RFC 7662, section 2.1).
#[derive(ToSchema)]
pub(super) struct IntrospectionForm {
    #[schema(min_length = 1)]
    token: String,
    /// Ignored: the two kinds are told apart by themselves.
    #[schema(nullable = false)]
    token_type_hint: Option<String>,
}

/// Whether a token or a key is active, and if it is, what it says (RFC 7662, section 2.2).
#[derive(ToSchema)]
pub(super) struct Introspection {
    active: bool,
    #[schema(nullable = false)]
    username: Option<String>,
    #[schema(nullable = false)]
    token_type: Option<String>,
    /// The id of the user.
    #[schema(nullable = false)]
    sub: Option<String>,
    /// `access`, or `access_key`.
    #[schema(nullable = false)]
    r#type: Option<String>,
    #[schema(nullable = false)]
    sid: Option<String>,
    #[schema(nullable = false)]
    scope: Option<String>,
    #[schema(nullable = false)]
    fresh: Option<bool>,
    #[schema(nullable = false)]
    iat: Option<i64>,
    #[schema(nullable = false)]
    auth_time: Option<i64>,
    #[schema(nullable = false)]
    amr: Option<Vec<String>>,
    #[schema(nullable = false)]
    exp: Option<i64>,
    #[schema(nullable = false)]
    nbf: Option<i64>,
    #[schema(nullable = false)]
    iss: Option<String>,
    #[schema(nullable = false)]
    aud: Option<Audience>,
    #[schema(nullable = false)]
    jti: Option<String>,
    #[schema(nullable = false)]
    r#gen: Option<i64>,
    #[schema(nullable = false)]
    role: Option<crate::accounts::Role>,
}

/// One audience, or several.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Public keys (RFC 7517).
#[derive(ToSchema)]
pub(super) struct JwkSet {
    keys: Vec<BTreeMap<String, String>>,
}

/// An error (RFC 9457).
#[derive(ToSchema)]
pub(super) struct Problem {
    /// The reason phrase of the status.
    title: String,
    status: u16,
    /// The stable name of the error.
    code: String,
    /// A sentence for people.
    detail: String,
    /// Bad fields, each with a sentence.
    #[schema(nullable = false)]
    fields: Option<BTreeMap<String, String>>,
    /// After a right password: the second factors that `POST /api/login/second` takes a code of.
    #[schema(nullable = false)]
    methods: Option<Vec<String>>,
    /// What that request takes, for five minutes.
    #[schema(nullable = false)]
    login_token: Option<String>,
    /// The id of the request, which is in the log of the service too.
    #[schema(nullable = false)]
    request_id: Option<String>,
}
