//! Flask-JWT-Extended's responses to a refused request: `{"msg": ...}`, text for text.
//!
//! A guard leaves its `Error` on the request, and one catcher draws them all: what Flask does
//! with eight error loaders. Where one kind of error has several of their texts, its
//! `token_error` or the request itself says which one it is.

use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Catcher, Request, catch, catchers};
use serde_json::{Value, json};
use vestibule::guards::BearerToken;
use vestibule::tokens::{Claims, TokenError, TokenKind, TokenPart};
use vestibule::{Error, ErrorKind, Tokens};

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
        ErrorKind::TokenInvalid if error.token_error() == Some(&TokenError::Refused) => {
            (Status::BadRequest, "User claims verification failed")
        }
        ErrorKind::TokenInvalid => return (unprocessable, invalid(error)),
        ErrorKind::TokenRevoked => return (Status::Unauthorized, revoked(error, request).await),
        ErrorKind::WrongTokenType => match claims(request).await.map(|claims| claims.kind) {
            Some(TokenKind::Access) => (unprocessable, "Only refresh tokens are allowed"),
            _ => (unprocessable, "Only non-refresh tokens are allowed"),
        },
        ErrorKind::CsrfMissing => (Status::Unauthorized, "Missing CSRF token"),
        ErrorKind::CsrfMismatch if error.token_error().is_some() => {
            (unprocessable, "Missing claim: csrf")
        }
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
    let (names, reasons): (Vec<&str>, Vec<&str>) = locations
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
    match (names.split_last(), reasons.as_slice()) {
        (Some((last, first)), [_, _, ..]) => {
            let (first, reasons) = (first.join(", "), reasons.join("; "));
            format!("Missing JWT in {first} or {last} ({reasons})")
        }
        _ => reasons.concat(),
    }
}

/// The claims of the presented token, of either type, if it is one of ours.
async fn claims(request: &Request<'_>) -> Option<Claims> {
    let token = request.guard::<BearerToken<'_>>().await.succeeded()?;
    let tokens = request.guard::<Tokens<'_>>().await.succeeded()?;
    tokens.verify(token.as_str()).ok()
}

/// What PyJWT says of a token that it cannot decode.
fn invalid(error: &Error) -> String {
    let Some(problem) = error.token_error() else { return error.message().to_owned() };
    let text = match problem {
        TokenError::Parts => "Not enough segments",
        TokenError::Encoding(TokenPart::Header) => "Invalid header padding",
        TokenError::Encoding(TokenPart::Claims) => "Invalid payload padding",
        TokenError::Encoding(TokenPart::Signature) => "Invalid crypto padding",
        // Python goes on to say where: at the first character, of what is no JSON at all.
        TokenError::Json(TokenPart::Header) => {
            "Invalid header string: Expecting value: line 1 column 1 (char 0)"
        }
        TokenError::Json(_) => "Invalid payload string: Expecting value: line 1 column 1 (char 0)",
        TokenError::NotAnObject(TokenPart::Header) => {
            "Invalid header string: must be a json object"
        }
        TokenError::NotAnObject(_) => "Invalid payload string: must be a json object",
        TokenError::AlgorithmMissing => "Algorithm not specified",
        TokenError::Algorithm => "The specified alg value is not allowed",
        TokenError::KeyId => "Key ID header parameter must be a string",
        TokenError::Signature => "Signature verification failed",
        TokenError::IssuedInFuture => "The token is not yet valid (iat)",
        TokenError::NotYetValid => "The token is not yet valid (nbf)",
        TokenError::Issuer => "Invalid issuer",
        TokenError::Audience => "Audience doesn't match",
        TokenError::MissingClaim(name) if name == "sub" => "Missing claim: sub",
        TokenError::MissingClaim(name) => return format!("Token is missing the \"{name}\" claim"),
        TokenError::ClaimType(name) => match name.as_ref() {
            "exp" => "Expiration Time claim (exp) must be an integer.",
            "nbf" => "Not Before claim (nbf) must be an integer.",
            "iat" => "Issued At claim (iat) must be an integer.",
            "iss" => "Payload Issuer (iss) must be a string",
            "sub" => "Subject must be a string",
            "jti" => "JWT ID must be a string",
            _ => "Invalid claim format in token",
        },
        // What Flask-JWT-Extended lets pass.
        _ => error.message(),
    };
    text.to_owned()
}

/// Either the sign-in has ended, or it is active and its user is gone.
async fn revoked(error: &Error, request: &Request<'_>) -> String {
    match (error.token_error(), claims(request).await) {
        (Some(TokenError::AccountGone), Some(claims)) => {
            format!("Error loading the user {}", claims.sub)
        }
        _ => "Token has been revoked".to_owned(),
    }
}
