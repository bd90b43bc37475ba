//! The language that a client asks for.

use rocket::{Request, Response};

use crate::languages::{Language, Languages, accept_language};

/// Returns the language that a request asks for; `None` without languages.
pub(super) fn language_of<'r>(request: &'r Request<'_>) -> Option<&'r Language> {
    let languages = request.rocket().state::<Languages>()?;
    Some(languages.choose(None, accept_language(request).as_deref()).0)
}

/// Adds the language of a response, and whether the request's header chose it.
pub fn set_language(response: &mut Response<'_>, language: &str, depends_on_header: bool) {
    response.set_raw_header("Content-Language", language.to_owned());
    if depends_on_header {
        response.adjoin_raw_header("Vary", "Accept-Language");
    }
}
