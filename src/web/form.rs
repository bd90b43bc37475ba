//! The responses to forms.

use std::borrow::Cow;

use rocket::http::Status;
use rocket::http::uri::Origin;
use rocket::request::Request;
use rocket::response::{self, Flash, Redirect, Responder};
use rocket::uri;

use super::renderer::Page;
use vestibule::sign_ins::SignInId;
use vestibule::{Error, ErrorKind, LocalPath};

/// What the handler of a form returns; the catcher turns an `Err` into an error page.
pub(super) type FormResult = Result<FormReply, Error>;

/// The response to a form, except for the error page.
pub(super) enum FormReply {
    /// To another page.
    Redirect(Box<Redirect>),
    /// To another page, which shows a notice once.
    Notice(Box<Flash<Redirect>>),
    /// A page with this status: the empty form, or what the form has created.
    Page(Status, Page),
    /// The form again, with the error and its status.
    Again(Error, Page),
}

impl FormReply {
    /// Redirects to this page.
    pub(super) fn redirect(to: Origin<'static>) -> Self {
        Self::Redirect(Box::new(Redirect::to(to)))
    }

    /// Redirects to this page, which shows the text.
    pub(super) fn notice(to: Origin<'static>, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Notice(Box::new(Flash::success(Redirect::to(to), text.into())))
    }

    /// Redirects to the page that the client asked for before the form, else to the dashboard.
    pub(super) fn onward(next: &str) -> Self {
        match LocalPath::parse(next) {
            Some(path) => Self::Redirect(Box::new(path.redirect())),
            None => Self::redirect(uri!(super::pages::dashboard)),
        }
    }

    /// Shows the form again with an error of one of these kinds.
    ///
    /// # Errors
    /// Any other error.
    pub(super) fn again(
        error: Error,
        kinds: &[ErrorKind],
        form: impl FnOnce(&Error) -> Page,
    ) -> FormResult {
        if !kinds.contains(&error.kind()) {
            return Err(error);
        }
        let page = form(&error);
        Ok(Self::Again(error, page))
    }
}

/// Turns `token_revoked`, for a session that ended during the request, into the
/// `credentials_missing` that redirects to the sign-in form.
pub(super) fn sign_in_if_revoked(error: Error) -> Error {
    if error.kind() == ErrorKind::TokenRevoked {
        return ErrorKind::CredentialsMissing.into();
    }
    error
}

/// Takes the end of a sign-in that is not among the user's, by an id in the form of one, for done:
/// it was ended before, by an equal request perhaps.
///
/// # Errors
/// Any other error, and `not_found` for an id in another form.
pub(super) fn ended(result: Result<(), Error>, id: &str) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound && SignInId::parse(id).is_some() => {
            Ok(())
        }
        result => result,
    }
}

impl<'r> Responder<'r, 'static> for FormReply {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Redirect(redirect) => redirect.respond_to(request),
            Self::Notice(redirect) => redirect.respond_to(request),
            Self::Page(status, page) => (status, page).respond_to(request),
            Self::Again(error, page) => {
                // Remembered like the refusal of a guard, for the event sink and the log.
                let status: Status = error.remember(request);
                (status, page).respond_to(request)
            }
        }
    }
}
