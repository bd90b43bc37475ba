//! The secret of a link, taken out of the address bar, the history and the `Referer`: the link
//! redirects to its page, and a cookie for that page alone holds the secret.

use rocket::http::uri::Origin;
use rocket::http::{Cookie, CookieJar, Header, SameSite, Status};
use rocket::response::Redirect;
use rocket::{Responder, State};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult};
use super::renderer::{Renderer, Title};
use super::words;
use crate::accounts::{Accounts, User};
use vestibule::{Error, ErrorKind};

const COOKIE: &str = "vestibule_link";

/// How long the page can be reloaded.
const MAX_AGE: time::Duration = time::Duration::hours(1);

/// Longer than any secret (43 characters); the rest of a longer text is dropped.
const MAX_LENGTH: usize = 64;

/// The redirect from a link to its page. It renders nothing and looks nothing up, so that a
/// preview of the link uses nothing up. Its handlers have the guard `Session`, which refuses a token
/// request: no cookie may leave on the response, whatever the policy is.
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

/// Returns the key of what is said of a link whose page was opened with this secret: `reason`, or that the
/// browser kept no cookie.
pub(super) fn reason(token: &str, reason: &'static str) -> &'static str {
    if token.is_empty() { "link-no-cookie" } else { reason }
}

/// Shows that a link is not valid, and the text with the key `reason`; or the message of a rejected field,
/// if the link is valid but its address is taken. Returns any other error.
pub(super) fn invalid(
    renderer: &Renderer<'_>,
    user: Option<&User>,
    error: Error,
    reason: &'static str,
) -> FormResult {
    let language = renderer.language(user);
    let (status, title, reason) = match error.kind() {
        ErrorKind::NotFound => (Status::NotFound, "link-invalid", language.text(reason).to_owned()),
        ErrorKind::InvalidField => {
            let reason = words::first_field(language, &error);
            (Status::UnprocessableEntity, "link-changed-nothing", reason)
        }
        _ => return Err(error),
    };
    let values = context! { reason };
    let page = renderer.page("link-invalid", Title::Key(title), user, values);
    Ok(FormReply::Page(status, page))
}

/// Removes the secret of a page's link, also in a response to a request of another path, which does not
/// have the cookie.
pub(super) fn remove(jar: &CookieJar<'_>, page: &Origin<'_>) {
    let mut cookie = Cookie::build(COOKIE).path(page.path().to_string()).build();
    cookie.make_removal();
    jar.add(cookie);
}

/// Returns the secret; empty if the browser sends none.
pub(super) fn token<'j>(jar: &'j CookieJar<'_>) -> &'j str {
    jar.get(COOKIE).map(Cookie::value).unwrap_or_default()
}
