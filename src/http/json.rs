//! JSON answers.

use std::io::Cursor;

use rocket::http::Status;
use rocket::response::{self, Responder};
use rocket::{Request, Response};
use serde::Serialize;

/// Answers 200 with the JSON of a value; 500 `internal` when it cannot be written.
///
/// ```
/// use rocket::get;
/// use vestibule_service::http::Json;
///
/// #[get("/limits")]
/// fn limits() -> Json<[u32; 2]> {
///     Json([8, 64])
/// }
/// ```
///
/// Rocket's own does the same with more work: it answers as plain text first and then as JSON,
/// and spells both types out anew each time.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<'r, T: Serialize> Responder<'r, 'static> for Json<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let text = serde_json::to_vec(&self.0).map_err(|error| {
            log::error!("an answer is no JSON: {error}");
            Status::InternalServerError
        })?;
        let mut response = Response::new();
        response.set_raw_header("Content-Type", "application/json");
        response.set_sized_body(text.len(), Cursor::new(text));
        Ok(response)
    }
}
