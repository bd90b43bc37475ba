//! JSON responses.

use std::io::Cursor;

use rocket::http::Status;
use rocket::response::{self, Responder};
use rocket::{Request, Response};
use serde::Serialize;

/// Responds with 200 and the JSON of a value; 500 `internal` if it cannot be serialized.
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
/// Rocket's own `Json` does the same with more work: it builds a plain text response first and
/// formats both content types each time.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<'r, T: Serialize> Responder<'r, 'static> for Json<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let text = serde_json::to_vec(&self.0).map_err(|error| {
            log::error!("a response could not be serialized: {error}");
            Status::InternalServerError
        })?;
        let mut response = Response::new();
        response.set_raw_header("Content-Type", "application/json");
        response.set_sized_body(text.len(), Cursor::new(text));
        Ok(response)
    }
}
