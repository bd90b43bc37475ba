//! The second step of signing in: a code, after a right password or a link.

use rocket::form::FromForm;
use rocket::http::uri::Origin;
use rocket::http::{Cookie, CookieJar, SameSite, Status};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::checkbox;
use super::form::{FormReply, FormResult, has_own_cookie};
use super::form_body::Form;
use super::notice::Notice;
use super::renderer::{Page, Renderer, Title};
use super::session::signed_in;
use super::shown_to::check_username;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{
    Accounts, BareSessionUser, LinkToken, LoginTicket, SecondStep, TRUSTED_FOR, User,
};
use crate::http::RequestSource;
use vestibule::guards::Maybe;
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// The cookie with the ticket of the first step.
const TICKET: &str = "vestibule_ticket";
const TICKET_PATH: &str = "/login/second";

/// For how long the browser keeps it: longer than the ticket is valid, so that the page can say so.
const TICKET_AGE: time::Duration = time::Duration::minutes(30);

/// The cookie with the secret of a trusted browser.
const TRUSTED: &str = "vestibule_trusted";
const TRUSTED_PATH: &str = "/login";

/// The errors that the form is shown again with.
pub(super) const AGAIN: [ErrorKind; 2] = [ErrorKind::InvalidField, ErrorKind::TooManyAttempts];

/// Shown if the box has a value that is neither.
const TRUST_UNREADABLE: &str = "Tick the box to trust this browser, or leave it.";

/// The fields of the form.
#[derive(FromForm)]
pub(super) struct Code {
    #[field(default = "")]
    username: String,
    #[field(default = "")]
    code: String,
    trust: Option<String>,
    #[field(default = "")]
    next: String,
}

/// Leads on to the second step; the browser keeps the ticket.
pub(super) fn go_on(
    jar: &CookieJar<'_>,
    accounts: &Accounts,
    ticket: &LoginTicket,
    next: &str,
) -> FormReply {
    FormReply::redirect(keep_ticket(jar, accounts, ticket, next))
}

/// Sets the cookie of the ticket; returns the path of the second step.
pub(super) fn keep_ticket(
    jar: &CookieJar<'_>,
    accounts: &Accounts,
    ticket: &LoginTicket,
    next: &str,
) -> Origin<'static> {
    let cookie = Cookie::build((TICKET, ticket.reveal().to_owned())).path(TICKET_PATH);
    let cookie = cookie.http_only(true).secure(accounts.auth().session.is_secure());
    jar.add(cookie.max_age(TICKET_AGE).same_site(SameSite::Lax));
    let next = LocalPath::parse(next).map(|path| path.to_string());
    uri!(form(next = next))
}

/// Returns the secret of a trusted browser.
pub(super) fn trusted<'j>(jar: &'j CookieJar<'_>) -> Option<&'j str> {
    jar.get(TRUSTED).map(Cookie::value)
}

/// Returns the ticket of the first step; empty without one.
pub(super) fn ticket<'j>(jar: &'j CookieJar<'_>) -> &'j str {
    jar.get(TICKET).map(Cookie::value).unwrap_or_default()
}

/// Renders the form that asks for a code, or for one of the passkeys of the user.
async fn page(
    renderer: &Renderer<'_>,
    accounts: &Accounts,
    (user, may_trust): (&User, bool),
    next: &str,
    error: Option<&Error>,
) -> Result<Page, Error> {
    let has_passkeys = !accounts.passkeys(user).await?.is_empty();
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let error = error.map(|error| words::first_field(renderer.language(None), error));
    let values = context! { username: &user.username, may_trust, has_passkeys, next, error };
    Ok(renderer.page("second-step", Title::Key("second-step"), None, values))
}

/// Leads back to the first step, whose form says why.
fn start_again(jar: &CookieJar<'_>, accounts: &Accounts, next: &str) -> FormReply {
    let path = LocalPath::parse(next).map(|path| path.to_string());
    if !has_own_cookie(jar, accounts) {
        // The browser keeps no cookie, or there was no first step.
        let path = path.unwrap_or_else(|| uri!(super::pages::dashboard).to_string());
        let form = uri!(super::session::form(next = Some(path), cookie_sent = Some(true)));
        return FormReply::redirect(form);
    }
    let form = uri!(super::session::form(next = path, cookie_sent = _));
    if ticket(jar).is_empty() {
        return FormReply::redirect(form);
    }
    jar.remove(Cookie::build(TICKET).path(TICKET_PATH));
    FormReply::notice(form, Notice::TicketExpired)
}

/// Asks for the code. `_session` refuses a token request, whose response sets no cookie.
#[get("/login/second?<next>")]
pub(super) async fn form(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    jar: &CookieJar<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    next: Option<&str>,
) -> FormResult {
    let next = next.unwrap_or_default();
    match accounts.owner_of_ticket(ticket(jar)).await? {
        Some((owner, may_trust)) => {
            let page = page(&renderer, accounts, (&owner, may_trust), next, None).await?;
            Ok(FormReply::Page(Status::Ok, page))
        }
        None if user.0.is_some() => Ok(FormReply::onward(next)),
        None => Ok(start_again(jar, accounts, next)),
    }
}

/// Signs in by a code.
#[post("/login/second", data = "<form>")]
pub(super) async fn sign_in(
    session: Session<'_>,
    user: Maybe<BareSessionUser>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Code>>,
) -> FormResult {
    let step = SecondStep { ticket: ticket(jar), code: &form.code, source };
    let signing_in = async {
        let trust = trust(form.trust.as_deref())?;
        accounts.finish_browser(&session, &step, trust).await
    };
    complete(jar, (accounts, &renderer), user, (&form.username, &form.next), signing_in).await
}

fn check_owner(owner: &User, sent: &str) -> Result<(), Error> {
    check_username(owner, sent).map_err(|_| {
        let name = &owner.username;
        Error::invalid_field(
            "username",
            format!("You are signing in as {name} now. What you sent was not used."),
        )
    })
}

/// Awaits `signing_in` if the ticket is valid, and redirects to `next`. After a wrong code or passkey renders
/// the form again; a form that is sent again by a browser that is signed in by now redirects as the first did.
pub(super) async fn complete(
    jar: &CookieJar<'_>,
    (accounts, renderer): (&Accounts, &Renderer<'_>),
    user: Maybe<BareSessionUser>,
    (username, next): (&str, &str),
    signing_in: impl Future<Output = Result<Option<LinkToken>, Error>>,
) -> FormResult {
    let Some((owner, may_trust)) = accounts.owner_of_ticket(ticket(jar)).await? else {
        return Ok(if user.0.is_some() {
            FormReply::onward(next)
        } else {
            start_again(jar, accounts, next)
        });
    };
    // Another tab may have done the first step for another user since.
    let result = match check_owner(&owner, username) {
        Ok(()) => signing_in.await,
        Err(error) => Err(error),
    };
    match result {
        Ok(secret) => leave(jar, accounts, secret, next),
        Err(_) if is_signed_in(user, &owner) => Ok(FormReply::onward(next)),
        Err(error) if error.fields().any(|(field, _)| field == "login_token") => {
            Ok(start_again(jar, accounts, next))
        }
        Err(error) => {
            let page = page(renderer, accounts, (&owner, may_trust), next, Some(&error)).await?;
            FormReply::again(error, &AGAIN, |_| page)
        }
    }
}

/// Returns whether this browser is signed in already, freshly and as this user: by a copy of the form that
/// was first.
fn is_signed_in(user: Maybe<BareSessionUser>, owner: &User) -> bool {
    user.0.is_some_and(|user| user.id == owner.id && user.authentication().is_fresh())
}

/// Returns whether the box to trust this browser is ticked.
pub(super) fn trust(sent: Option<&str>) -> Result<bool, Error> {
    let trust = sent.map_or(Some(false), checkbox::parse);
    trust.ok_or_else(|| Error::invalid_field("trust", TRUST_UNREADABLE))
}

/// Redirects to `next` after the second step; a browser that is trusted keeps the secret.
fn leave(
    jar: &CookieJar<'_>,
    accounts: &Accounts,
    secret: Option<LinkToken>,
    next: &str,
) -> FormResult {
    jar.remove(Cookie::build(TICKET).path(TICKET_PATH));
    if let Some(secret) = secret {
        let cookie = Cookie::build((TRUSTED, secret.reveal().to_owned()));
        let cookie = cookie.path(TRUSTED_PATH).http_only(true).same_site(SameSite::Lax);
        let secure = accounts.auth().session.is_secure();
        let age = time::Duration::try_from(TRUSTED_FOR).map_err(Error::internal)?;
        jar.add(cookie.secure(secure).max_age(age));
    }
    Ok(signed_in(next))
}
