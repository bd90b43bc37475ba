//! Setting up an authenticator by the QR code of its secret and its first code.

use rocket::form::FromForm;
use rocket::http::{CookieJar, Status};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult, UserOrError, sign_in_if_revoked};
use super::form_body::Form;
use super::notice::{Flash, Notice, ShownNotice};
use super::renderer::{Page, Renderer, Title};
use super::second_factor::{address, store_codes};
use super::shown_to::check_username;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, FactorPage, NewAuthenticator, User};
use crate::http::RequestSource;
use vestibule::second_factors::qr_code_svg;
use vestibule::sign_ins::Amr;
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// The fields of the form that confirms an authenticator.
#[derive(FromForm)]
pub(super) struct FirstCode {
    #[field(default = "")]
    username: String,
    #[field(default = "")]
    set_up_token: String,
    #[field(default = "")]
    code: String,
    #[field(default = "")]
    next: String,
}

fn set_up_page(
    renderer: &Renderer<'_>,
    accounts: &Accounts,
    (user, next): (&User, &str),
    new: &NewAuthenticator,
    (notice, error): (Option<ShownNotice>, Option<&Error>),
) -> Result<Page, Error> {
    let values = context! {
        qr_code: qr_code_svg(&new.uri)?,
        // In groups of four, to be typed.
        secret: groups(&new.secret),
        uri: &new.uri,
        set_up_token: &new.ticket,
        cancel_path: address(next).to_string(),
        next: LocalPath::parse(next).map(|path| path.to_string()),
        requires_set_up: accounts.second_factor_rule().requires_set_up(user),
        notice,
        error: error.map(|error| words::first_field(renderer.language(Some(user)), error)),
    };
    Ok(renderer.page(
        "second-factor-set-up",
        Title::Key("set-up-authenticator"),
        Some(user),
        values,
    ))
}

fn groups(secret: &str) -> String {
    let mut text = String::new();
    for (place, character) in secret.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push(' ');
        }
        text.push(character);
    }
    text
}

/// Shows the QR code of a new secret, or of the one in `set_up_token` if the form was refused until the
/// password was confirmed; redirects a user who has an authenticator.
#[get("/account/second-factor/set-up?<next>&<set_up_token>")]
pub(super) async fn ask(
    user: FactorPage,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
    next: Option<&str>,
    set_up_token: Option<&str>,
) -> FormResult {
    let (next, set_up_token) = (next.unwrap_or_default(), set_up_token.unwrap_or_default());
    match accounts.new_authenticator(&user, renderer.site_name()).await {
        Ok(new) => {
            let same = accounts.same_authenticator(&user, renderer.site_name(), set_up_token);
            let new = same.unwrap_or(new);
            let notice = flash.shown(renderer.language(Some(&user)), "");
            let page = set_up_page(&renderer, accounts, (&user, next), &new, (notice, None))?;
            Ok(FormReply::Page(Status::Ok, page))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyMade => {
            Ok(FormReply::redirect(address(next)))
        }
        Err(error) => Err(error),
    }
}

/// Sets the authenticator up by its first code, which proves the second factor of this session, and
/// redirects to the page with the recovery codes; also if another form was first.
#[post("/account/second-factor/set-up", data = "<form>")]
pub(super) async fn set_up(
    user: UserOrError<FactorPage>,
    session: Result<Session<'_>, Error>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
    form: Form<UniqueFields<FirstCode>>,
) -> FormResult {
    let user = match user.0 {
        Ok(user) => user,
        Err(error) => {
            let page = uri!(ask(Some(form.next.as_str()), Some(form.set_up_token.as_str())));
            return Ok(FormReply::PasswordFirst(error, page));
        }
    };
    let session = session?;
    let actor = accounts.actor(&user, source)?;
    let added = match check_username(&user, &form.username) {
        Ok(()) => {
            let sent = (form.set_up_token.as_str(), form.code.as_str());
            accounts.add_authenticator(&user, sent, &actor).await
        }
        Err(error) => Err(error),
    };
    match added {
        Ok(codes) => {
            // First, because they are shown only now.
            if let Some(codes) = codes {
                store_codes(jar, accounts, &user, &codes, actor.at());
            }
            session.confirm_with(Amr::OTP).await?;
            Ok(FormReply::redirect(address(&form.next)))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyMade => {
            Ok(FormReply::notice(address(&form.next), Notice::AuthenticatorThere))
        }
        Err(error) => {
            let site_name = renderer.site_name();
            let new = match accounts.same_authenticator(&user, site_name, &form.set_up_token) {
                Ok(same) => same,
                // The token has expired.
                Err(_) => accounts.new_authenticator(&user, site_name).await?,
            };
            let shown: (&User, &str) = (&user, &form.next);
            let page = set_up_page(&renderer, accounts, shown, &new, (None, Some(&error)))?;
            FormReply::again(
                sign_in_if_revoked(error),
                &[ErrorKind::InvalidField, ErrorKind::TooManyAttempts],
                |_| page,
            )
        }
    }
}
