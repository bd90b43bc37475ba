//! Signing in by a link or a code in a mail, in the browser that asked for it.

use rocket::form::FromForm;
use rocket::http::{Cookie, CookieJar, SameSite, Status};
use rocket::{Either, Route, State, get, post, routes, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::link_cookie::{self, LinkRedirect};
use super::renderer::{Page, Renderer, Title};
use super::second_step;
use super::session::signed_in;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, BareSessionUser, FirstStep};
use crate::http::RequestSource;
use vestibule::guards::Maybe;
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// The cookie with the secret of the browser that asked, and the page that it asked for before.
const COOKIE: &str = "vestibule_browser";

/// The pages that the cookie is sent to.
const COOKIE_PATH: &str = "/login/link";

/// For how long the browser keeps it: longer than a link is valid, which may be sent late.
const MAX_AGE: time::Duration = time::Duration::hours(1);

/// The key of what is said of a link that cannot be used.
const INVALID: &str = "sign-in-link-invalid";

/// Said of a code that is not right.
const WRONG_CODE: &str = "This code is not valid. After five wrong ones, or a quarter of an hour, ask \
                          for another mail. If you have just used it here, you are probably signed in.";

/// The fields of the form that asks for a mail.
#[derive(FromForm)]
pub(super) struct LinkRequest {
    email: String,
    #[field(default = "")]
    next: String,
}

/// The fields of the form that signs in: the token of a link, or a code.
#[derive(FromForm)]
pub(super) struct Entry {
    #[field(default = "")]
    token: String,
    #[field(default = "")]
    code: String,
}

/// Returns the routes.
pub(super) fn link_routes() -> Vec<Route> {
    routes![form, request, enter, sign_in]
}

/// Renders the form that asks for a mail; with `is_unknown` to a browser that has not asked for one, or keeps
/// no cookie.
fn page(
    renderer: &Renderer<'_>,
    next: &str,
    rejected: Option<(&str, &Error)>,
    is_unknown: bool,
) -> Page {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let values = context! {
        is_unknown,
        login_path: uri!(super::session::form(next = next.as_deref(), cookie_sent = _)).to_string(),
        next,
        value: rejected.map(|(sent, _)| sent),
        error: rejected.map(|(_, error)| words::first_field(renderer.language(None), error)),
    };
    renderer.page("sign-in-link", Title::Key("sign-in-by-mail"), None, values)
}

/// Renders the form that signs in: by a button if this browser has a valid link, of this user, or else
/// by a code.
fn entry(
    renderer: &Renderer<'_>,
    next: &str,
    link: Option<(&str, &str)>,
    error: Option<&Error>,
) -> Page {
    let (token, username) = link.unzip();
    let error = error.map(|error| words::first_field(renderer.language(None), error));
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let again_path = uri!(form(next = next.as_deref())).to_string();
    let values = context! { token, username, error, again_path };
    renderer.page("sign-in-link-enter", Title::Key("sign-in-by-mail"), None, values)
}

/// Returns the secret of this browser, and the page that it asked for before the form; both empty without
/// the cookie.
fn browser<'j>(jar: &'j CookieJar<'_>) -> (&'j str, &'j str) {
    let value = jar.get(COOKIE).map(Cookie::value).unwrap_or_default();
    value.split_once(' ').unwrap_or((value, ""))
}

/// Shows the form that asks for a mail.
#[get("/login/link?<next>")]
pub(super) fn form(
    user: Maybe<BareSessionUser>,
    renderer: Renderer<'_>,
    next: Option<&str>,
) -> FormReply {
    let next = next.unwrap_or_default();
    if user.0.is_some() {
        return FormReply::onward(next);
    }
    FormReply::Page(Status::Ok, page(&renderer, next, None, false))
}

/// Queues the mail, and gives this browser the secret without which the mail is worth nothing. The
/// response is the same whether an account has the address. `_session` refuses a form of another site.
#[post("/login/link", data = "<form>")]
pub(super) async fn request(
    _session: Session<'_>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<LinkRequest>>,
) -> FormResult {
    match accounts.request_sign_in_link(&form.email, source).await {
        Ok(secret) => {
            let next = LocalPath::parse(&form.next).map(|path| format!(" {path}"));
            let value = secret.reveal().to_owned() + &next.unwrap_or_default();
            let cookie = Cookie::build((COOKIE, value)).path(COOKIE_PATH);
            let cookie = cookie.http_only(true).secure(accounts.auth().session.is_secure());
            // Not strict: a browser would not send it after a link on the page of a mailbox.
            jar.add(cookie.max_age(MAX_AGE).same_site(SameSite::Lax));
            link_cookie::remove(jar, &uri!(enter(_)));
            Ok(FormReply::redirect(uri!(enter(_))))
        }
        Err(error) => {
            let kinds = [ErrorKind::InvalidField, ErrorKind::TooManyAttempts];
            FormReply::again(error, &kinds, |error| {
                page(&renderer, &form.next, Some((&form.email, error)), false)
            })
        }
    }
}

/// Takes the secret of a link out of the address bar, then asks whether to sign in, or for the code; uses
/// nothing up, because scanners of mails follow links.
#[get("/login/link/enter?<token>")]
pub(super) async fn enter(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    jar: &CookieJar<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    token: Option<&str>,
) -> Result<Either<LinkRedirect, FormReply>, Error> {
    if let Some(token) = token {
        return Ok(Either::Left(LinkRedirect::new(jar, accounts, uri!(enter(_)), token)));
    }
    let token = link_cookie::token(jar);
    let (secret, next) = browser(jar);
    let reply = if token.is_empty() && secret.is_empty() {
        // Asked for elsewhere, or the browser keeps no cookie: the form says so.
        FormReply::Page(Status::Ok, page(&renderer, "", None, true))
    } else if token.is_empty() {
        FormReply::Page(Status::Ok, entry(&renderer, next, None, None))
    } else {
        match accounts.owner_of_sign_in_link(secret, token).await {
            Ok(owner) => {
                let page = entry(&renderer, next, Some((token, &owner.username)), None);
                FormReply::Page(Status::Ok, page)
            }
            Err(error) => link_cookie::invalid(&renderer, user.0.as_deref(), error, INVALID)?,
        }
    };
    Ok(Either::Right(reply))
}

/// Signs in, and uses link and code up. The session is not fresh. A form that is sent again by the browser
/// that is signed in by then leads on.
#[post("/login/link/enter", data = "<form>")]
pub(super) async fn sign_in(
    user: Maybe<BareSessionUser>,
    session: Session<'_>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Entry>>,
) -> FormResult {
    let proof = (form.token.as_str(), form.code.as_str());
    let (secret, next) = browser(jar);
    match accounts.sign_in_by_link(&session, secret, proof, source).await {
        Ok(step) => {
            jar.remove(Cookie::build(COOKIE).path(COOKIE_PATH));
            link_cookie::remove(jar, &uri!(enter(_)));
            Ok(match step {
                FirstStep::SignedIn(()) => signed_in(next),
                FirstStep::SecondFactor(ticket) => second_step::go_on(jar, accounts, &ticket, next),
            })
        }
        Err(error)
            if error.kind() == ErrorKind::NotFound && is_repeated(accounts, user).await? =>
        {
            Ok(FormReply::onward(next))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && form.token.is_empty() => {
            let error = Error::invalid_field("code", WRONG_CODE);
            FormReply::again(error, &[ErrorKind::InvalidField], |error| {
                entry(&renderer, next, None, Some(error))
            })
        }
        Err(error) => link_cookie::invalid(&renderer, None, error, INVALID),
    }
}

/// Whether the user is signed in and has just used a link or a code.
async fn is_repeated(accounts: &Accounts, user: Maybe<BareSessionUser>) -> Result<bool, Error> {
    match user.0 {
        Some(user) => accounts.has_just_used_link(&user).await,
        None => Ok(false),
    }
}
