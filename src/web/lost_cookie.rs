//! Notices a browser that keeps no cookie.

use rocket::response::Redirect;
use rocket::{Request, uri};
use vestibule::LocalPath;

/// Redirects to a page after a sign-in for a browser that is not known to keep cookies, as it
/// sent none: by way of the sign-in form, which only a browser without the session's cookie gets to
/// see. Other programs than browsers send no `Referer` and are spared the redirect.
pub(super) fn check(request: &Request<'_>, next: Option<&LocalPath>) -> Option<Redirect> {
    let headers = request.headers();
    if headers.contains("Cookie") || !headers.contains("Referer") {
        return None;
    }
    let next = next.map(ToString::to_string);
    let next = next.unwrap_or_else(|| uri!(super::pages::dashboard).to_string());
    Some(Redirect::to(uri!(super::session::form(next = Some(next), cookie_sent = Some(true)))))
}
