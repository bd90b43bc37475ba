//! Token introspection (RFC 7662): whether a token or an access key is active at this moment.

use rocket::data::{Data, FromData, Limits, Outcome};
use rocket::http::RawStr;
use rocket::outcome::Outcome::{Error as Failed, Success};
use rocket::{Request, State, post};
use serde_json::{Map, Value};

use super::me::claims_of;
use crate::accounts::{Introspector, SecondFactorRule, User, scopes_of};
use crate::http::Json;
use vestibule::{Error, ErrorKind, Tokens};

/// Data guard: the field `token` of a form. Other fields, such as `token_type_hint`, are ignored, as
/// RFC 7662 (section 2.1) has it.
pub(super) struct TokenForm(String);

/// Returns what an active access token or access key says, or only that it is not active. A refresh
/// token is for this service alone and counts as not active, as does all of a user who must set up a second
/// factor first. `_caller` is the right to ask.
#[post("/introspect", data = "<form>")]
pub(super) async fn introspect(
    _caller: Introspector,
    tokens: Tokens<'_>,
    rule: &State<SecondFactorRule>,
    form: TokenForm,
) -> Result<Json<Map<String, Value>>, Error> {
    let found = tokens.introspect::<User>(&form.0).await?;
    let Some(found) = found.filter(|found| !rule.requires_set_up(found.account())) else {
        return Ok(Json(Map::from_iter([("active".to_owned(), false.into())])));
    };
    let (mut claims, user) = (claims_of(&found)?, found.account());
    if found.claims().is_some() {
        claims.insert("role".to_owned(), user.role.as_str().into());
        claims.insert("scope".to_owned(), scopes_of(user.role).into());
    } else if let Some(Value::String(scope)) = claims.get_mut("scope") {
        // The key may be older than a change of the role.
        let is_allowed = |name: &&str| scopes_of(user.role).split(' ').any(|one| one == *name);
        *scope = scope.split(' ').filter(is_allowed).collect::<Vec<_>>().join(" ");
    }
    claims.insert("active".to_owned(), true.into());
    claims.insert("username".to_owned(), user.username.as_str().into());
    claims.insert("token_type".to_owned(), "Bearer".into());
    Ok(Json(claims))
}

#[rocket::async_trait]
impl<'r> FromData<'r> for TokenForm {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data).await {
            Ok(token) => Success(Self(token)),
            Err(error) => Failed((error.clone().remember(request), error)),
        }
    }
}

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<String, Error> {
    if !request.content_type().is_some_and(|kind| kind.is_form()) {
        let detail = "Send the body as application/x-www-form-urlencoded.";
        return Err(Error::new(ErrorKind::UnsupportedMediaType).detail(detail));
    }
    let limit = request.limits().get("form").unwrap_or(Limits::FORM);
    let malformed = || Error::new(ErrorKind::MalformedBody);
    let bytes = data.open(limit).into_bytes().await.map_err(|_| malformed())?;
    if !bytes.is_complete() {
        return Err(ErrorKind::TooLarge.into());
    }
    let text = str::from_utf8(&bytes).map_err(|_| malformed())?;
    let fields = RawStr::new(text).split('&').map(|field| field.split_at_byte(b'='));
    let mut values = fields.filter(|(name, _)| name.url_decode_lossy() == "token");
    match (values.next(), values.next()) {
        (Some((_, value)), None) if !value.is_empty() => {
            Ok(value.url_decode().map_err(|_| malformed())?.into_owned())
        }
        (Some(_), Some(_)) => Err(Error::invalid_field("token", "This field appears twice.")),
        _ => Err(Error::invalid_field("token", "This field is required.")),
    }
}
