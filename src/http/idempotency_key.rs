//! `Idempotency-Key`: a name that a client gives to a request that it may have to send again.

use rocket::Request;
use rocket::request::{FromRequest, Outcome};
use vestibule::Error;

/// The longest key, in bytes.
const MAX_LENGTH: usize = 255;

/// Guard: the header `Idempotency-Key`, if the request has one; 422 `invalid_field` unless it is one
/// value of 1 to 255 visible ASCII characters.
pub struct IdempotencyKey<'r>(pub Option<&'r str>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IdempotencyKey<'r> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let mut values = request.headers().get("Idempotency-Key");
        let is_good = |value: &str| {
            (1..=MAX_LENGTH).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic())
        };
        match (values.next(), values.next()) {
            (None, _) => Outcome::Success(Self(None)),
            (Some(value), None) if is_good(value) => Outcome::Success(Self(Some(value))),
            _ => {
                let problem = "This header is one value of 1 to 255 visible ASCII characters.";
                let error = Error::invalid_field("Idempotency-Key", problem);
                Outcome::Error((error.clone().remember(request), error))
            }
        }
    }
}
