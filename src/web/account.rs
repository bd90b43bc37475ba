//! One's own account: what it is, and another password for it.

use std::collections::BTreeMap;

use rocket::form::{Form, FromForm};
use rocket::request::FlashMessage;
use rocket::response::{Flash, Redirect};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::renderer::{Page, Renderer, shown};
use super::session::{FormReply, onward};
use super::unique_fields::UniqueFields;
use crate::accounts::queries::CurrentSignIn;
use crate::accounts::{Accounts, Client, NewPassword, SessionUser, User};
use crate::http::ClientAddress;
use vestibule::guards::{Authenticated, Fresh};
use vestibule::password::Password;
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// The fields of the password form.
#[derive(FromForm)]
pub(super) struct Change {
    current_password: Password,
    new_password: Password,
}

/// The fields of the confirmation.
#[derive(FromForm)]
pub(super) struct Confirmation {
    password: Password,
    #[field(default = "")]
    next: String,
}

fn page(
    view: &Renderer<'_>,
    user: &User,
    accounts: &Accounts,
    (fresh, notice): (bool, Option<&str>),
    error: Option<&Error>,
) -> Page {
    let mut errors: BTreeMap<&str, &str> = BTreeMap::new();
    if let Some(error) = error {
        errors.extend(error.fields());
        if error.kind() == ErrorKind::BadCredentials {
            errors.insert("current_password", "This is not your current password.");
        }
    }
    let own = context! {
        account: context! {
            username: &user.username,
            full_name: &user.full_name,
            role: user.role,
            created_at: shown(user.created_at),
        },
        min_length: accounts.limits().min_length,
        takes_keys: view.takes_keys(),
        fresh,
        notice,
        errors,
    };
    view.page("account", "Account", Some(user), own)
}

/// The account, with the password form for whoever has proven the password lately.
#[get("/account")]
pub(super) fn account(
    user: SessionUser,
    fresh: Result<Fresh<SessionUser>, Error>,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Option<FlashMessage<'_>>,
) -> Page {
    let notice = flash.as_ref().map(FlashMessage::message);
    page(&view, &user, accounts, (fresh.is_ok(), notice), None)
}

/// Replaces the password. Every sign-in ends; this browser gets a new one.
#[post("/account/password", data = "<form>")]
pub(super) async fn change_password(
    user: Fresh<SessionUser>,
    session: Session<'_>,
    address: ClientAddress,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Change>>,
) -> Result<Result<Flash<Redirect>, FormReply>, Error> {
    let passwords = NewPassword {
        current: form.current_password.clone(),
        new: form.new_password.clone(),
        address: address.0,
    };
    let sign_in = user.authentication().sign_in().ok_or(ErrorKind::Internal)?;
    let acting = CurrentSignIn { id: sign_in.id.to_string(), stays: false };
    match accounts.change_password(&user, &passwords, acting).await {
        Ok(()) => {
            match sign_in.is_remembered() {
                true => session.start_remembered(user.account()).await?,
                false => session.start(user.account()).await?,
            };
            let done = "Your password has changed, and you are signed out everywhere else.";
            Ok(Ok(Flash::success(Redirect::to(uri!(account)), done)))
        }
        // Signed out meanwhile: like anybody without a session, to the sign-in form.
        Err(error) if error.kind() == ErrorKind::TokenRevoked => {
            Err(ErrorKind::CredentialsMissing.into())
        }
        Err(error)
            if matches!(error.kind(), ErrorKind::InvalidField | ErrorKind::BadCredentials) =>
        {
            let again = page(&view, &user, accounts, (true, None), Some(&error));
            Ok(Err(FormReply::Again(error, again)))
        }
        Err(error) => Err(error),
    }
}

fn confirmation(view: &Renderer<'_>, user: &User, next: &str, error: Option<&str>) -> Page {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    view.page("reauthenticate", "Confirm your password", Some(user), context! { next, error })
}

/// Asks for the password again.
#[get("/reauthenticate?<next>")]
pub(super) fn reauthenticate(user: SessionUser, view: Renderer<'_>, next: Option<&str>) -> Page {
    confirmation(&view, &user, next.unwrap_or_default(), None)
}

/// Makes the session fresh, and goes on to where they were going.
#[post("/reauthenticate", data = "<form>")]
pub(super) async fn confirm(
    user: SessionUser,
    session: Session<'_>,
    address: ClientAddress,
    view: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Confirmation>>,
) -> Result<FormReply, Error> {
    let sign_in = user.authentication().sign_in().map(|sign_in| sign_in.id.to_string());
    let caller = Client { address: address.0, sign_in };
    match accounts.check_password(&user, &form.password, &caller).await {
        Ok(_) => {
            session.confirm().await?;
            Ok(FormReply::on(onward(&form.next)))
        }
        Err(error)
            if matches!(error.kind(), ErrorKind::BadCredentials | ErrorKind::TooManyAttempts) =>
        {
            let wrong = match error.kind() {
                ErrorKind::BadCredentials => "This is not your password.",
                _ => error.message(),
            };
            let again = confirmation(&view, &user, &form.next, Some(wrong));
            Ok(FormReply::Again(error, again))
        }
        Err(error) => Err(error),
    }
}
