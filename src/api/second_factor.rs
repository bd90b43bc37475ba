//! The second factor of the user: set up, shown and removed.

use rocket::http::Status;
use rocket::response::status;
use rocket::{State, delete, get, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::queries::OwnPasskey;
use crate::accounts::{
    Accounts, AdminApiFresh, BareTokenUser, FactorApi, OwnAccount, ProvenApi, User,
};
use crate::db::rfc3339;
use crate::http::{Json, JsonBody, RequestSource};
use crate::settings::Settings;
use vestibule::guards::Scoped;
use vestibule::second_factors::RecoveryCodes;
use vestibule::sign_ins::Amr;
use vestibule::tokens::TokenOptions;
use vestibule::{Error, Tokens};

/// The second factor of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = SecondFactor)]
pub(super) struct SecondFactorView {
    /// Since when an authenticator is set up.
    #[schema(required = true, format = DateTime)]
    authenticator_since: Option<String>,
    /// The passkeys, oldest first.
    passkeys: Vec<PasskeyView>,
    /// How many recovery codes are left.
    recovery_codes: i64,
    /// Whether the user can do nothing else before one is set up.
    set_up_required: bool,
}

/// A passkey of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = Passkey)]
pub(super) struct PasskeyView {
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was used for the last time.
    #[schema(required = true, format = DateTime)]
    last_used_at: Option<String>,
}

impl From<OwnPasskey> for PasskeyView {
    fn from(passkey: OwnPasskey) -> Self {
        let OwnPasskey { id, name, created_at, last_used_at } = passkey;
        let (created_at, last_used_at) = (rfc3339(created_at), last_used_at.map(rfc3339));
        Self { id, name, created_at, last_used_at }
    }
}

/// An authenticator to be confirmed.
#[derive(Serialize, ToSchema)]
#[schema(as = NewAuthenticator)]
pub(super) struct NewAuthenticatorView {
    /// The secret in base32.
    secret: String,
    /// The secret for an authenticator, usually as a QR code: `otpauth://totp/...`.
    uri: String,
    /// The secret for `POST /api/me/second-factor/confirm`, valid for a quarter of an hour.
    set_up_token: String,
}

/// New recovery codes, which no other response shows; none if there were some already.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub(super) struct RecoveryCodesView {
    recovery_codes: Vec<String>,
}

impl RecoveryCodesView {
    fn created(codes: &RecoveryCodes) -> status::Custom<Json<Self>> {
        status::Custom(Status::Created, Json(Self { recovery_codes: codes.reveal().to_vec() }))
    }
}

/// Returns what second factor the user has.
#[get("/me/second-factor")]
pub(super) async fn show(
    user: Scoped<OwnAccount, BareTokenUser>,
    accounts: &State<Accounts>,
) -> Result<Json<SecondFactorView>, Error> {
    let found = accounts.second_factors(&user).await?;
    Ok(Json(SecondFactorView {
        authenticator_since: found.authenticator_since.map(rfc3339),
        passkeys: found.passkeys.into_iter().map(PasskeyView::from).collect(),
        recovery_codes: found.recovery_codes,
        set_up_required: accounts.second_factor_rule().requires_set_up(&user),
    }))
}

/// Generates the secret of an authenticator, which counts when its first code has confirmed it.
#[post("/me/second-factor")]
pub(super) async fn begin(
    user: FactorApi,
    accounts: &State<Accounts>,
    settings: &State<Settings>,
) -> Result<Json<NewAuthenticatorView>, Error> {
    let new = accounts.new_authenticator(&user, &settings.accounts.site_name).await?;
    Ok(Json(NewAuthenticatorView { secret: new.secret, uri: new.uri, set_up_token: new.ticket }))
}

/// Sets up the authenticator by its first code. The first factor of a user ends the other sign-ins and comes
/// with recovery codes.
#[post("/me/second-factor/confirm", data = "<body>")]
pub(super) async fn confirm(
    user: FactorApi,
    tokens: Tokens<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<status::Custom<Json<RecoveryCodesView>>, Error> {
    let (ticket, code) = (body.text("set_up_token"), body.text("code"));
    body.finish()?;
    let actor = accounts.actor(&user, source)?;
    let codes = accounts.add_authenticator(&user, (&ticket, &code), &actor).await?;
    // This sign-in has proven the factor; its tokens stay as they are.
    tokens.confirm_with(&user, TokenOptions::new().proven(Amr::OTP)).await?;
    let recovery_codes = codes.map_or_else(Vec::new, |codes| codes.reveal().to_vec());
    Ok(status::Custom(Status::Created, Json(RecoveryCodesView { recovery_codes })))
}

/// Makes recovery codes in the place of the earlier ones.
#[post("/me/second-factor/recovery-codes")]
pub(super) async fn make_recovery_codes(
    user: ProvenApi,
    accounts: &State<Accounts>,
    source: RequestSource,
) -> Result<status::Custom<Json<RecoveryCodesView>>, Error> {
    let actor = accounts.actor(&user, source)?;
    let codes = accounts.new_recovery_codes(&user, &actor).await?;
    Ok(RecoveryCodesView::created(&codes))
}

/// Removes the second factor, and ends the other sign-ins.
#[delete("/me/second-factor")]
pub(super) async fn remove(
    user: ProvenApi,
    accounts: &State<Accounts>,
    source: RequestSource,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&user, source)?;
    accounts.remove_second_factors(&user, &actor).await?;
    Ok(status::NoContent)
}

/// Removes a passkey; with the last factor the recovery codes and the other sign-ins end too.
#[delete("/me/second-factor/passkeys/<id>")]
pub(super) async fn remove_passkey(
    user: ProvenApi,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&user, source)?;
    accounts.remove_passkey(&user, id, &actor).await?;
    Ok(status::NoContent)
}

/// Removes the second factor of a user who has lost it, and ends all its sign-ins.
#[delete("/users/<id>/second-factor")]
pub(super) async fn reset(
    admin: AdminApiFresh,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
) -> Result<status::NoContent, Error> {
    let actor = accounts.actor(&admin, source)?;
    accounts.reset_second_factors(&actor, User::id_of(id)?).await?;
    Ok(status::NoContent)
}
