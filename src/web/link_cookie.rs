//! The secret of a link, taken out of the address bar, the history and the `Referer`: the link
//! redirects to its page, and a cookie for that page alone holds the secret.

use rocket::http::uri::Origin;
use rocket::http::{Cookie, CookieJar, Header, SameSite};
use rocket::response::Redirect;
use rocket::{Responder, State};

use crate::accounts::Accounts;

const COOKIE: &str = "vestibule_link";

/// How long the page can be reloaded.
const MAX_AGE: time::Duration = time::Duration::hours(1);

/// More characters than a secret has: a longer text is none and need not be kept whole.
const MAX_LENGTH: usize = 64;

/// The redirect from a link to its page. It renders nothing and looks nothing up, so that a
/// preview of the link uses nothing up.
#[derive(Responder)]
#[response(status = 303)]
pub(super) struct LinkRedirect(Redirect, Header<'static>);

impl LinkRedirect {
    pub(super) fn new(
        jar: &CookieJar<'_>,
        accounts: &State<Accounts>,
        page: Origin<'static>,
        token: &str,
    ) -> Self {
        let token: String = token.chars().take(MAX_LENGTH).collect();
        let cookie = Cookie::build((COOKIE, token)).path(page.path().to_string()).max_age(MAX_AGE);
        let cookie = cookie.http_only(true).secure(accounts.auth().session.is_secure());
        // Not strict: a browser would not send it after a link on a page of another site, of a
        // mailbox for example.
        jar.add(cookie.same_site(SameSite::Lax));
        Self(Redirect::to(page), Header::new("Referrer-Policy", "no-referrer"))
    }
}

/// Returns the secret; empty if the browser sends none.
pub(super) fn token<'j>(jar: &'j CookieJar<'_>) -> &'j str {
    jar.get(COOKIE).map(Cookie::value).unwrap_or_default()
}
