//! The hidden `username` of a form: the user that its page was shown to. Another tab may have signed
//! in as someone else since.

use rocket::data::{Data, FromData, Outcome};
use rocket::form::{Errors, FromForm};
use rocket::outcome::Outcome::{Error as Failed, Forward, Success};
use rocket::request::Request;

use super::form_body::Form;
use super::unique_fields::UniqueFields;
use crate::accounts::{User, Username};
use vestibule::Error;

/// Refuses a form whose page was shown to another user. An empty name is none: programs and older
/// pages send no such field.
///
/// # Errors
/// 422 `invalid_field` naming `username`.
pub(super) fn check_username(user: &User, sent: &str) -> Result<(), Error> {
    let own = Username::parse(&user.username)?;
    if sent.is_empty() || Username::parse(sent).is_ok_and(|sent| sent.key() == own.key()) {
        return Ok(());
    }
    let name = &user.username;
    let message = format!("You are signed in as {name} now. Nothing has been changed.");
    // The error page shows the detail, the form the message of the field.
    Err(Error::invalid_field("username", message.clone()).detail(message))
}

#[derive(FromForm)]
struct Fields {
    #[field(default = "")]
    username: String,
}

/// Data guard: the field of a form that has no other, if the request has a form in it.
pub(super) struct ShownTo(Option<Form<UniqueFields<Fields>>>);

impl ShownTo {
    /// Refuses, as [`check_username`].
    pub(super) fn check(&self, user: &User) -> Result<(), Error> {
        check_username(user, self.0.as_ref().map_or("", |form| &form.username))
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for ShownTo {
    type Error = Errors<'r>;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match Form::from_data(request, data).await {
            Success(form) => Success(Self(Some(form))),
            Forward(_) => Success(Self(None)),
            Failed(error) => Failed(error),
        }
    }
}
