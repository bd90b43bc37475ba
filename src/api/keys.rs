//! Access keys: long-lived bearer tokens that a user creates for a program.

use std::time::Duration;

use rocket::http::Status;
use rocket::response::status;
use rocket::{State, delete, get, post};
use serde::Serialize;
use serde_json::{Number, Value};
use utoipa::ToSchema;

use crate::accounts::{Accounts, OwnSignIns, ProvenApi, TokenUser, last_seen};
use crate::db::rfc3339;
use crate::http::{IdempotencyKey, Json, JsonBody, KnownQuery, RequestSource};
use vestibule::Error;
use vestibule::access_keys::{CreatedKey, KeyRequest};
use vestibule::config::duration;
use vestibule::guards::{Authenticated, Scoped};
use vestibule::sign_ins::SignIn;

/// A key in the list.
#[derive(Serialize, ToSchema)]
pub(super) struct KeyView {
    id: String,
    #[schema(required = true)]
    label: Option<String>,
    scopes: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// `null` if the key was never used.
    #[schema(required = true, format = DateTime)]
    last_seen_at: Option<String>,
    current: bool,
}

/// A new key; the only response that shows the key itself.
#[derive(Serialize, ToSchema)]
pub(super) struct NewKeyView {
    id: String,
    #[schema(required = true)]
    label: Option<String>,
    scopes: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    key: String,
}

impl KeyView {
    fn of(key: SignIn, current: Option<&SignIn>) -> Self {
        Self {
            current: current.is_some_and(|current| current.id == key.id),
            created_at: rfc3339(key.created_at),
            expires_at: rfc3339(key.expires_at),
            last_seen_at: last_seen(&key).map(rfc3339),
            id: key.id.to_string(),
            label: key.label().map(str::to_owned),
            scopes: key.scopes().to_vec(),
        }
    }
}

impl From<CreatedKey> for NewKeyView {
    fn from(CreatedKey { sign_in, key, .. }: CreatedKey) -> Self {
        Self {
            id: sign_in.id.to_string(),
            created_at: rfc3339(sign_in.created_at),
            expires_at: rfc3339(sign_in.expires_at),
            label: sign_in.label().map(str::to_owned),
            scopes: sign_in.scopes().to_vec(),
            key: key.as_str().to_owned(),
        }
    }
}

/// Returns the user's own active keys, latest use first.
#[get("/keys")]
pub(super) async fn list(
    user: Scoped<OwnSignIns, TokenUser>,
    accounts: &State<Accounts>,
    _query: KnownQuery,
) -> Result<Json<Vec<KeyView>>, Error> {
    let current = user.authentication().sign_in();
    let keys = accounts.keys(&user).await?;
    Ok(Json(keys.into_iter().map(|key| KeyView::of(key, current)).collect()))
}

/// Creates a key; only this response shows it. Sent again with the same `Idempotency-Key` it is 409
/// `already_made` with the id, because no copy of the text is kept.
#[post("/keys", data = "<body>")]
pub(super) async fn make(
    user: ProvenApi,
    accounts: &State<Accounts>,
    source: RequestSource,
    key: IdempotencyKey<'_>,
    mut body: JsonBody,
) -> Result<status::Custom<Json<NewKeyView>>, Error> {
    let request = KeyRequest {
        label: body.text("label"),
        scopes: scopes(&mut body),
        lifetime: lifetime(&mut body),
    };
    body.finish()?;
    let actor = accounts.actor(&user, source)?;
    let owner = user.authentication().account();
    let created = accounts.create_key(owner, request, key.0, &actor).await?;
    Ok(status::Custom(Status::Created, Json(NewKeyView::from(created))))
}

/// Ends a key.
#[delete("/keys/<id>")]
pub(super) async fn end(
    user: Scoped<OwnSignIns, TokenUser>,
    accounts: &State<Accounts>,
    source: RequestSource,
    id: &str,
) -> Result<status::NoContent, Error> {
    accounts.end_key(&user, id, &accounts.actor(&user, source)?).await?;
    Ok(status::NoContent)
}

/// Takes a list of texts.
fn scopes(body: &mut JsonBody) -> Vec<String> {
    let found = match body.take("scopes") {
        None | Some(Value::Null) => Err("This field is required; [] is a key without scopes."),
        Some(Value::Array(values)) => {
            let scopes = values.into_iter().map(|value| match value {
                Value::String(scope) => Ok(scope),
                _ => Err("This field is a list of texts."),
            });
            scopes.collect()
        }
        Some(_) => Err("This field is a list of texts."),
    };
    found.unwrap_or_else(|message| {
        body.add_error("scopes", message);
        Vec::new()
    })
}

/// Reads a whole number, which JSON may also write as `86400.0` or `864e2`.
fn whole_seconds(number: &Number) -> Option<Duration> {
    let whole = number.as_u64().map(Duration::from_secs);
    whole
        .or_else(|| Duration::try_from_secs_f64(number.as_f64()?).ok())
        .filter(|found| found.subsec_nanos() == 0)
}

/// Takes a number of seconds, or a text such as "30 days"; `None` for the default.
fn lifetime(body: &mut JsonBody) -> Option<Duration> {
    let found = match body.take("expires_in")? {
        Value::Null => return None,
        Value::Number(seconds) => whole_seconds(&seconds),
        Value::String(text) => duration::parse(&text),
        _ => None,
    };
    if found.is_none() {
        body.add_error(
            "expires_in",
            "This field is a number of seconds, or a text like \"30 days\".",
        );
    }
    found
}
