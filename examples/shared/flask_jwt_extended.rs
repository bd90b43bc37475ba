//! Flask-JWT-Extended's answers to a request that is refused: `{"msg": ...}`, text for text.
//!
//! A guard leaves its `Error` on the request, and one catcher draws them all: what Flask does
//! with eight error loaders. Where one kind of error stands for several of their texts, the
//! request itself says which one it is.

use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::serde::json::Json;
use rocket::{Catcher, Request, catch, catchers};
use serde_json::{Value, json};
use vestibule::auth::{BearerToken, Claims, Error, ErrorKind, SignIns, TokenKind, Tokens};

/// What to `register`.
pub(crate) fn catchers() -> Vec<Catcher> {
    catchers![refused]
}

#[catch(default)]
async fn refused(status: Status, request: &Request<'_>) -> (Status, Json<Value>) {
    let error = Error::of(status, request);
    let (status, text) = match error {
        Some(error) => answer(&error, request).await,
        None => (status, status.reason_lossy().to_owned()),
    };
    (status, Json(json!({ "msg": text })))
}

async fn answer(error: &Error, request: &Request<'_>) -> (Status, String) {
    let unprocessable = Status::UnprocessableEntity;
    let (status, text) = match error.kind() {
        ErrorKind::CredentialsMissing => return (Status::Unauthorized, missing(request)),
        ErrorKind::MalformedAuthorization => {
            (unprocessable, "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'")
        }
        ErrorKind::TokenExpired => (Status::Unauthorized, "Token has expired"),
        ErrorKind::TokenInvalid => invalid(request).await,
        ErrorKind::TokenRevoked => return (Status::Unauthorized, revoked(request).await),
        ErrorKind::WrongTokenType => match claims(request).await.map(|claims| claims.kind) {
            Some(TokenKind::Access) => (unprocessable, "Only refresh tokens are allowed"),
            _ => (unprocessable, "Only non-refresh tokens are allowed"),
        },
        ErrorKind::CsrfMissing => (Status::Unauthorized, "Missing CSRF token"),
        ErrorKind::CsrfMismatch => (Status::Unauthorized, "CSRF double submit tokens do not match"),
        ErrorKind::FreshLoginRequired => (Status::Unauthorized, "Fresh token required"),
        other => (other.status(), error.message()),
    };
    (status, text.to_owned())
}

/// Where a token was looked for, and what was there instead.
fn missing(request: &Request<'_>) -> String {
    let locations = request.rocket().figment().extract_inner("auth.token.locations");
    let locations: Vec<String> = locations.unwrap_or_else(|_| vec!["header".to_owned()]);
    let (names, faults): (Vec<&str>, Vec<&str>) = locations
        .iter()
        .map(|location| match location.as_str() {
            "cookies" => ("cookies", "Missing cookie \"access_token_cookie\""),
            // Their spelling.
            "query" => ("query_string", "Missing 'jwt' query paramater"),
            "json" if request.content_type().is_some_and(|kind| kind.is_json()) => {
                ("json", "Missing \"access_token\" key in json data.")
            }
            "json" => ("json", "Invalid content-type. Must be application/json."),
            _ if request.headers().get_one("Authorization").is_none_or(str::is_empty) => {
                ("headers", "Missing Authorization Header")
            }
            _ => (
                "headers",
                "Missing 'Bearer' type in 'Authorization' header. Expected 'Authorization: \
                 Bearer <JWT>'",
            ),
        })
        .unzip();
    match (names.split_last(), faults.as_slice()) {
        (Some((last, first)), [_, _, ..]) => {
            let (first, faults) = (first.join(", "), faults.join("; "));
            format!("Missing JWT in {first} or {last} ({faults})")
        }
        _ => faults.concat(),
    }
}

/// The claims of the presented token, of either type, if it is one of ours.
async fn claims(request: &Request<'_>) -> Option<Claims> {
    let token = request.guard::<BearerToken<'_>>().await.succeeded()?;
    let tokens = request.guard::<Tokens<'_>>().await.succeeded()?;
    tokens.verify(token.as_str()).ok()
}

/// The library does not say what is wrong with a token that is not ours. A client that cut its
/// token short is told; everything else counts as a wrong signature.
async fn invalid(request: &Request<'_>) -> (Status, &'static str) {
    // A good token that is invalid all the same: `Account::accept` said no.
    if claims(request).await.is_some() {
        return (Status::BadRequest, "User claims verification failed");
    }
    let text = match request.guard::<BearerToken<'_>>().await {
        Outcome::Success(token) if token.as_str().split('.').count() < 3 => "Not enough segments",
        _ => "Signature verification failed",
    };
    (Status::UnprocessableEntity, text)
}

/// Either the sign-in has ended, or it stands and its user is gone.
async fn revoked(request: &Request<'_>) -> String {
    if let Some(claims) = claims(request).await
        && let Outcome::Success(sign_ins) = request.guard::<SignIns<'_>>().await
    {
        let stands = match &claims.sid {
            Some(sid) => sign_ins
                .list(&claims.sub)
                .await
                .is_ok_and(|all| all.iter().any(|sign_in| sign_in.id.as_str() == sid)),
            // Without a ledger no sign-in ever ends.
            None => true,
        };
        if stands {
            return format!("Error loading the user {}", claims.sub);
        }
    }
    "Token has been revoked".to_owned()
}
