//! The data guard for a JSON object of the application's own type.

use std::ops::Deref;

use rocket::Request;
use rocket::data::{Data, FromData, Outcome};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::error::request_errors::outcome;
use crate::json::{parse_as, read_json_object};

/// Data guard: a JSON object as `T`, which may hold a password.
///
/// Rocket's `Json` writes a body that does not fit into the log, and with it a password beside a
/// misspelt name. This guard does not, and its errors repeat no value of the body.
///
/// Without it: 422 `invalid_field`, with the name of a missing field, or as [`read_json_object`].
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket::serde::Deserialize;
/// use vestibule::guards::JsonObject;
/// use vestibule::password::Password;
/// use vestibule::{Error, PasswordAccount, PasswordLogin, Session};
///
/// #[derive(Deserialize)]
/// # #[serde(crate = "rocket::serde")]
/// struct Credentials { email: String, password: Password }
///
/// async fn log_in<U: PasswordAccount>(
///     given: JsonObject<Credentials>,
///     login: PasswordLogin<'_, U>,
///     session: Session<'_>,
/// ) -> Result<(), Error> {
///     let user = login.verify(&given.email, &given.password).await?;
///     session.start(&user).await.map(drop)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct JsonObject<T>(pub T);

impl<T> JsonObject<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for JsonObject<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromData<'r> for JsonObject<T> {
    type Error = Error;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let object = read_json_object(request, data).await;
        outcome(request, object.and_then(|object| parse_as(&object)).map(Self))
    }
}
