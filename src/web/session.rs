//! Sign-in and sign-out of people.

use rocket::form::FromForm;
use rocket::http::{CookieJar, RawStr, Status};
use rocket::response::Redirect;
use rocket::response::status;
use rocket::{Either, State, get, post, uri};
use rocket_dyn_templates::context;

use super::checkbox;
use super::form::{FormReply, FormResult, has_own_cookie, onward};
use super::form_body::Form;
use super::notice::{Flash, Notice};
use super::renderer::{Page, Renderer, Title};
use super::second_step;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, AnyUser, BareSessionUser, Credentials, FirstStep, sign_out};
use crate::http::{KnownQuery, RequestSource, flag};
use vestibule::config::Location;
use vestibule::guards::{AuthMethod, Maybe};
use vestibule::password::Password;
use vestibule::sign_ins::SignIns;
use vestibule::{Error, ErrorKind, LocalPath, Session, Tokens};

/// The text above the form after a redirect from a page that needs a session.
const NOTICE: &str = "please-sign-in";

/// The one in its place if a form was sent without a session.
const UNSENT: &str = "unsent-sign-in";

/// The one in its place if the session's cookie did not come back. Rocket drops all cookies of a request
/// if a byte in one of them is not UTF-8.
const NO_COOKIE: &str = "no-cookie";

/// Shown if the box has a value that is neither.
pub(super) const REMEMBER_UNREADABLE: &str =
    "Tick the box to stay signed in on this device, or leave it.";

/// The fields of the form.
#[derive(FromForm)]
pub(super) struct Login {
    #[field(default = "")]
    username: String,
    password: Password,
    remember: Option<String>,
    #[field(default = "")]
    next: String,
}

/// Renders the form.
pub(super) fn page(
    renderer: &Renderer<'_>,
    (username, is_remembered): (&str, bool),
    next: &str,
    error: Option<&str>,
    notice: Option<&str>,
) -> Page {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let remember = renderer.remembers();
    let register_path = uri!(super::registration::form(next = next.as_deref())).to_string();
    // Not `uri!`, which would make a circle of four files.
    let query = next.as_deref().map(|next| format!("?next={}", RawStr::new(next).percent_encode()));
    let link_path = "/login/link".to_owned() + &query.unwrap_or_default();
    let values = context! {
        username, next, error, notice, remember, is_remembered, register_path, link_path
    };
    renderer.page("login", Title::Key("sign-in"), None, values)
}

/// Shows the form; redirects a user who is signed in already. With `cookie_sent` the browser has just
/// been sent the cookie of a session.
#[get("/login?<next>&<cookie_sent>")]
pub(super) async fn form(
    user: Maybe<BareSessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
    next: Option<&str>,
    cookie_sent: Option<bool>,
) -> FormReply {
    let next = next.unwrap_or_default();
    if user.0.is_some() {
        return FormReply::onward(next);
    }
    let language = renderer.language(None);
    let said = match flash.peek() {
        // Left for the page of the form.
        Some(Notice::Unsent) => Some(language.text(UNSENT)),
        Some(
            Notice::Unused(_)
            | Notice::PasswordSet
            | Notice::ResetMailed
            | Notice::AddressConfirmed
            | Notice::AddressReturned
            | Notice::RegistrationMailed
            | Notice::Registered
            | Notice::TicketExpired,
        ) => flash.take().map(|notice| notice.text(language, "")),
        _ => None,
    };
    let notice = if cookie_sent == Some(true) { NO_COOKIE } else { NOTICE };
    let notice = said.or(LocalPath::parse(next).map(|_| language.text(notice)));
    let notice = match notice {
        None => super::pages::setup_due(accounts, language).await,
        notice => notice,
    };
    FormReply::Page(Status::Ok, page(&renderer, ("", false), next, None, notice.as_deref()))
}

/// Redirects to the form, which shows the notice. Without a cookie of ours the browser may keep none, so the
/// response is the form itself.
pub(super) fn with_notice(
    renderer: &Renderer<'_>,
    jar: &CookieJar<'_>,
    accounts: &Accounts,
    notice: Notice,
) -> FormReply {
    if has_own_cookie(jar, accounts) {
        let form = uri!(form(next = Option::<&str>::None, cookie_sent = _));
        return FormReply::notice(form, notice);
    }
    let text = notice.text(renderer.language(None), "");
    FormReply::Page(Status::Ok, page(renderer, ("", false), "", None, Some(&text)))
}

/// Redirects onward after a sign-in, if need be by way of the form above, which only a browser without
/// the session's cookie gets to see.
pub(super) fn signed_in(next: &str) -> FormReply {
    let path = LocalPath::parse(next).map(|path| path.to_string());
    let path = path.unwrap_or_else(|| uri!(super::pages::dashboard).to_string());
    let check = Redirect::to(uri!(form(next = Some(path), cookie_sent = Some(true))));
    FormReply::SignedIn { target: Box::new(onward(next)), check: Box::new(check) }
}

/// Signs in, or leads on to the second step; after wrong credentials shows the form again, with the same message whichever of
/// them was wrong.
#[post("/login", data = "<form>")]
pub(super) async fn login(
    session: Session<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
    source: RequestSource,
    form: Form<UniqueFields<Login>>,
) -> FormResult {
    let credentials = Credentials { username: &form.username, password: &form.password, source };
    let result = match form.remember.as_deref().map_or(Some(false), checkbox::parse) {
        Some(remember) => {
            let trusted = second_step::trusted(jar);
            accounts.sign_in_browser(&session, &credentials, remember, trusted).await
        }
        None => Err(Error::new(ErrorKind::InvalidField).detail(REMEMBER_UNREADABLE)),
    };
    let error = match result {
        Ok(FirstStep::SignedIn(())) => return Ok(signed_in(&form.next)),
        Ok(FirstStep::SecondFactor(ticket)) => {
            return Ok(second_step::go_on(jar, accounts, &ticket, &form.next));
        }
        Err(error) => error,
    };
    let kinds = [
        ErrorKind::InvalidField,
        ErrorKind::BadCredentials,
        ErrorKind::AccountInactive,
        ErrorKind::TooManyAttempts,
    ];
    FormReply::again(error, &kinds, |error| {
        let is_remembered = form.remember.as_deref().and_then(checkbox::parse) == Some(true);
        page(
            &renderer,
            (&form.username, is_remembered),
            &form.next,
            Some(&words::message(renderer.language(None), error)),
            None,
        )
    })
}

/// Asks whether to sign out; redirects a client without a session, as signing out does.
#[get("/logout")]
pub(super) fn ask_to_log_out(user: Maybe<BareSessionUser>, renderer: Renderer<'_>) -> FormReply {
    match user.0 {
        Some(user) => {
            let page = renderer.page("logout", Title::Key("sign-out"), Some(&user), context! {});
            FormReply::Page(Status::Ok, page)
        }
        None => FormReply::redirect(uri!(super::pages::home)),
    }
}

/// Signs out, with `?all=true` everywhere; POST only, so that no link and no image can. A program
/// that presents a token or a key ends that one's sign-in. `session` and `tokens` are `Result`s,
/// because a token request has no session, and mode `session` no tokens.
#[post("/logout?<all>")]
pub(super) async fn logout(
    user: Maybe<AnyUser>,
    session: Result<Session<'_>, Error>,
    tokens: Result<Tokens<'_>, Error>,
    sign_ins: SignIns<'_>,
    _query: KnownQuery,
    all: Option<&str>,
) -> Result<Either<FormReply, status::NoContent>, Error> {
    let all = flag("all", all)?;
    let notice = match user.0 {
        Some(user) => {
            sign_out(&user, &sign_ins, all).await?;
            if user.authentication().method() != AuthMethod::Session {
                if user.authentication().location() == Some(Location::Cookies) {
                    tokens?.unset_cookies();
                }
                return Ok(Either::Right(status::NoContent));
            }
            if all { Notice::OwnSignInsEnded } else { Notice::SignedOut }
        }
        None => {
            // Refuses another site, which may not even set the notice.
            drop(session?);
            // With `all` too: the other sign-ins, if there are any, go on.
            Notice::SignedOut
        }
    };
    Ok(Either::Left(FormReply::notice(uri!(super::pages::home), notice)))
}
