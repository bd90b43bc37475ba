//! `ErrorPage`: a page of the application as the response to an error.

use rocket::Request;
use rocket::response::{self, Responder};

use crate::error::Error;
use crate::error::request_errors::RequestErrors;

/// A page with the status of an error, made by [`Error::with_page`].
#[derive(Debug)]
#[must_use]
pub struct ErrorPage<P> {
    error: Error,
    page: P,
}

impl Error {
    /// Responds with a page and the status of the error, and not through the catchers: with a form
    /// that says what is wrong. The page is made from the sentence to show, which is that of the
    /// first bad field if there is one. The cause is logged, and `Retry-After` and the event are as
    /// for the error alone.
    ///
    /// ```
    /// use rocket::response::{Redirect, content::RawHtml};
    /// use vestibule::{Error, ErrorPage};
    ///
    /// fn response(signed_in: Result<(), Error>) -> Result<Redirect, ErrorPage<RawHtml<String>>> {
    ///     signed_in.map_err(|error| {
    ///         error.with_page(|text| RawHtml(format!("<p>{text}</p><form method=post>...</form>")))
    ///     })?;
    ///     Ok(Redirect::to("/"))
    /// }
    /// ```
    pub fn with_page<P>(self, page: impl FnOnce(&str) -> P) -> ErrorPage<P> {
        let sentence = self.fields().next().map_or(self.message(), |(_, sentence)| sentence);
        ErrorPage { page: page(sentence), error: self }
    }
}

impl<'r, 'o: 'r, P: Responder<'r, 'o>> Responder<'r, 'o> for ErrorPage<P> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'o> {
        let status = self.error.kind().status();
        self.error.log(request);
        RequestErrors::set_answer(request, self.error);
        let mut response = self.page.respond_to(request)?;
        response.set_status(status);
        Ok(response)
    }
}
