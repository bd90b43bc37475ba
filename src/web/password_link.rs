//! A link by which a user sets a password: after an administrator has made one, or has added the
//! user.

use rocket::form::FromForm;
use rocket::http::{CookieJar, Status};
use rocket::{Either, State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::link_cookie::{self, LinkRedirect};
use super::notice::Notice;
use super::renderer::{Page, Renderer, Title};
use super::shown_to::check_username;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, BareSessionUser, Credentials, User};
use crate::http::RequestSource;
use vestibule::guards::Maybe;
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, Session};

/// The fields of the form; others are ignored.
#[derive(FromForm)]
pub(super) struct PasswordForm {
    #[field(default = "")]
    token: String,
    #[field(default = "")]
    username: String,
    password: Password,
}

/// Takes the secret out of the address bar, then shows the form, or that the link is not valid; uses
/// nothing up.
#[get("/password/new?<token>")]
pub(super) async fn form(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    jar: &CookieJar<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    token: Option<&str>,
) -> Result<Either<LinkRedirect, FormReply>, Error> {
    if let Some(token) = token {
        return Ok(Either::Left(LinkRedirect::new(jar, accounts, uri!(form(_)), token)));
    }
    let token = link_cookie::token(jar);
    let user = user.0.as_deref();
    let reply = match accounts.owner_of_link(token).await {
        Ok(owner) => {
            let page = page(&renderer, accounts, (user, &owner), token, None).await?;
            FormReply::Page(Status::Ok, page)
        }
        Err(error) => {
            let reason = link_cookie::reason(token, invalid(&renderer));
            link_cookie::invalid(&renderer, user, error, reason)?
        }
    };
    Ok(Either::Right(reply))
}

/// Sets the password, ends all sign-ins and shows the form to sign in, also if an equal form has
/// been first and used the link up. `_session` refuses a form of another site.
#[post("/password/new", data = "<form>")]
pub(super) async fn set(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<PasswordForm>>,
) -> FormResult {
    let user = user.0.as_deref();
    let set =
        accounts.set_password_by_link(&form.token, ("password", &form.password), source).await;
    match set {
        Err(error) if error.kind() == ErrorKind::InvalidField => {
            let owner = accounts.owner_of_link(&form.token).await?;
            let page = page(&renderer, accounts, (user, &owner), &form.token, Some(&error)).await?;
            FormReply::again(error, &[ErrorKind::InvalidField], |_| page)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let (username, password) = (form.username.as_str(), &form.password);
            let credentials = Credentials { username, password, source };
            if accounts.has_just_set_by_link(&credentials).await? {
                return Ok(done(user, &form.username));
            }
            link_cookie::invalid(&renderer, user, error, invalid(&renderer))
        }
        Err(error) => Err(error),
        Ok(()) => Ok(done(user, &form.username)),
    }
}

/// Returns the key of the text about a link that cannot be used, which says where to get another one.
fn invalid(renderer: &Renderer<'_>) -> &'static str {
    if renderer.sends_mail() { "password-link-invalid-mail" } else { "password-link-invalid" }
}

/// Leads to the form to sign in, which says if this browser is signed in to another account than the one of the
/// form.
fn done(user: Option<&User>, username: &str) -> FormReply {
    let form = uri!(super::session::form(next = Option::<&str>::None, cookie_sent = _));
    let is_elsewhere = user.is_some_and(|user| check_username(user, username).is_err());
    let notice = if is_elsewhere { Notice::PasswordSetElsewhere } else { Notice::PasswordSet };
    FormReply::notice(form, notice)
}

async fn page(
    renderer: &Renderer<'_>,
    accounts: &Accounts,
    (user, owner): (Option<&User>, &User),
    token: &str,
    rejected: Option<&Error>,
) -> Result<Page, Error> {
    let endings = accounts.endings(owner).await?;
    let values = context! {
        token,
        sign_ins: endings.sign_ins,
        keys: endings.keys,
        account: context! { username: &owner.username },
        min_length: accounts.limits().min_length,
        error: rejected.map(|error| words::first_field(renderer.language(user), error)),
    };
    Ok(renderer.page("password-link", Title::Key("set-password"), user, values))
}
