//! Flask-JWT's responses to a refused request: `status_code`, `error`, `description`.
//!
//! What its `jwt_error_handler` does is one catcher here, which asks for the error that a
//! guard or a handler left on the request.

use rocket::http::{Header, Status};
use rocket::outcome::Outcome;
use rocket::serde::json::Json;
use rocket::{Catcher, Request, Responder, catch, catchers};
use serde_json::{Value, json};
use vestibule::guards::BearerToken;
use vestibule::{Error, ErrorKind};

/// What to `register`.
pub(crate) fn catchers() -> Vec<Catcher> {
    catchers![refused]
}

/// A body, and the challenge where Flask-JWT sends one; elsewhere the library sends its own.
#[derive(Responder)]
enum Refusal {
    Plain(Json<Value>),
    Challenge(Json<Value>, Header<'static>),
}

#[catch(default)]
async fn refused(status: Status, request: &Request<'_>) -> Refusal {
    let error = Error::of(status, request);
    let (error, description) = match error {
        Some(error) => answer(&error, request).await,
        None => (status.reason_lossy().to_owned(), String::new()),
    };
    let body = json!({ "status_code": status.code, "error": error, "description": description });
    match error.as_str() {
        "Authorization Required" => Refusal::Challenge(
            Json(body),
            Header::new("WWW-Authenticate", "JWT realm=\"Login Required\""),
        ),
        _ => Refusal::Plain(Json(body)),
    }
}

async fn answer(error: &Error, request: &Request<'_>) -> (String, String) {
    let header = request.headers().get_one("Authorization").unwrap_or_default();
    let (error, description) = match error.kind() {
        ErrorKind::CredentialsMissing if header.is_empty() => {
            ("Authorization Required", "Request does not contain an access token")
        }
        ErrorKind::CredentialsMissing => ("Invalid JWT header", "Unsupported authorization type"),
        ErrorKind::MalformedAuthorization => match header.split_whitespace().count() {
            1 => ("Invalid JWT header", "Token missing"),
            2 => ("Invalid token", "Not enough segments"),
            _ => ("Invalid JWT header", "Token contains spaces"),
        },
        ErrorKind::TokenExpired => ("Invalid token", "Signature has expired"),
        // The library does not say what is wrong with a token that is not ours. A client that
        // cut its token short gets that message; everything else counts as a wrong signature.
        ErrorKind::TokenInvalid => match request.guard::<BearerToken<'_>>().await {
            Outcome::Success(token) if token.as_str().split('.').count() < 3 => {
                ("Invalid token", "Not enough segments")
            }
            _ => ("Invalid token", "Signature verification failed"),
        },
        ErrorKind::TokenRevoked => ("Invalid JWT", "User does not exist"),
        ErrorKind::BadCredentials => ("Bad Request", "Invalid credentials"),
        other => (other.title(), error.message()),
    };
    (error.to_owned(), description.to_owned())
}
