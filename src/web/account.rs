//! The user's own account and its password.

use std::collections::BTreeMap;

use rocket::form::FromForm;
use rocket::http::{CookieJar, Status};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult, sign_in_if_revoked};
use super::form_body::Form;
use super::notice::{Flash, Notice, ShownNotice};
use super::renderer::{Page, Renderer, Title, format_time};
use super::second_step;
use super::shown_to::check_username;
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::queries::CurrentSignIn;
use crate::accounts::{
    Accounts, AddressPolicy, BareSessionUser, FirstStep, NewPassword, SessionUser, User, full_name,
};
use crate::http::RequestSource;
use vestibule::guards::{Authenticated, Fresh, Maybe};
use vestibule::password::Password;
use vestibule::sign_ins::{Amr, SessionOptions};
use vestibule::{Error, ErrorKind, LocalPath, Session};

/// The text above the confirmation that a form needed.
const UNSENT: &str = "unsent-confirm";

/// The fields of the password form.
#[derive(FromForm)]
pub(super) struct PasswordChange {
    #[field(default = "")]
    username: String,
    current_password: Password,
    new_password: Password,
}

/// The fields of the confirmation form.
#[derive(FromForm)]
pub(super) struct Confirmation {
    #[field(default = "")]
    username: String,
    password: Password,
    #[field(default = "")]
    code: String,
    #[field(default = "")]
    next: String,
}

/// The fields of the form of the full name.
#[derive(FromForm)]
pub(super) struct NameChange {
    #[field(default = "")]
    username: String,
    #[field(default = "")]
    full_name: String,
}

/// What a form of the page was refused for.
#[derive(Clone, Copy)]
pub(super) enum Rejected<'a> {
    Password(&'a Error),
    /// The error and the name as it was sent.
    Name(&'a Error, &'a str),
}

pub(super) fn page(
    renderer: &Renderer<'_>,
    user: &User,
    accounts: &Accounts,
    (fresh, notice): (bool, Option<ShownNotice>),
    rejected: Option<Rejected<'_>>,
) -> Page {
    let language = renderer.language(Some(user));
    let mut errors = BTreeMap::new();
    if let Some(Rejected::Password(error)) = rejected {
        errors = words::fields(language, error);
        match error.kind() {
            ErrorKind::BadCredentials => {
                errors.insert("current_password", language.text("password-current"));
            }
            ErrorKind::TooManyAttempts => {
                errors.insert("form", words::message(language, error));
            }
            _ => {}
        }
    }
    let (sent_name, name_error) = match rejected {
        Some(Rejected::Name(error, sent)) => (Some(sent), error.fields().next()),
        _ => (None, None),
    };
    let name_error = name_error.map(|(_, message)| language.sentence(message));
    let values = context! {
        account: context! {
            username: &user.username,
            full_name: &user.full_name,
            email: user.email.as_ref().filter(|_| accounts.addresses() != AddressPolicy::Off),
            role: user.role,
            created_at: format_time(user.created_at),
        },
        min_length: accounts.limits().min_length,
        languages: renderer.languages(),
        chosen_language: &user.language,
        fresh,
        notice,
        errors,
        sent_name,
        name_error,
    };
    renderer.page("account", Title::Key("account"), Some(user), values)
}

/// Shows the account, with the password form if the session is fresh.
#[get("/account")]
pub(super) fn account(
    user: SessionUser,
    fresh: Result<Fresh<SessionUser>, Error>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
) -> Page {
    let notice = flash.shown(renderer.language(Some(&user)), "");
    page(&renderer, &user, accounts, (fresh.is_ok(), notice), None)
}

/// Changes the full name.
#[post("/account/name", data = "<form>")]
pub(super) async fn change_name(
    user: SessionUser,
    fresh: Result<Fresh<SessionUser>, Error>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<NameChange>>,
) -> FormResult {
    let name = check_username(&user, &form.username).and_then(|()| full_name(&form.full_name));
    let changed = match name {
        Ok(name) => {
            let actor = accounts.actor(&user, source)?;
            accounts.change_own_name(user.id, name, &actor).await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(_) => Ok(FormReply::notice(uri!(account), Notice::NameChanged)),
        Err(error) => {
            FormReply::again(sign_in_if_revoked(error), &[ErrorKind::InvalidField], |error| {
                let rejected = Rejected::Name(error, &form.full_name);
                page(&renderer, &user, accounts, (fresh.is_ok(), None), Some(rejected))
            })
        }
    }
}

/// Changes the password. Every session ends; this browser gets a new one. If an equal request has changed
/// the password already, a user with a second factor gets the session after the second step. `session` is a
/// `Result`: its error counts as 401 `credentials_missing`, so the catcher redirects to the sign-in form.
#[post("/account/password", data = "<form>")]
pub(super) async fn change_password(
    user: Maybe<Fresh<SessionUser>>,
    session: Result<Session<'_>, Error>,
    source: RequestSource,
    jar: &CookieJar<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<PasswordChange>>,
) -> FormResult {
    let passwords = NewPassword {
        current: form.current_password.clone(),
        new: form.new_password.clone(),
        source,
    };
    let done = || Ok(FormReply::notice(uri!(account), Notice::PasswordChanged));
    let repeated = |step| match step {
        FirstStep::SignedIn(()) => done(),
        FirstStep::SecondFactor(ticket) => {
            let next = uri!(account).to_string();
            let second = second_step::keep_ticket(jar, accounts, &ticket, &next);
            Ok(FormReply::notice(second, Notice::PasswordChanged))
        }
    };
    let session = session.map_err(|_| ErrorKind::CredentialsMissing)?;
    let Some(user) = user.0 else {
        return repeated(accounts.sign_in_after_change(&session, &passwords).await?);
    };
    let sign_in = user.authentication().sign_in().ok_or(ErrorKind::Internal)?;
    let current = CurrentSignIn { id: sign_in.id.to_string(), stays: false };
    let changed = match check_username(&user, &form.username) {
        Ok(()) => accounts.change_password(&user, &passwords, current).await,
        Err(error) => Err(error),
    };
    if let Err(error) = changed {
        if matches!(error.kind(), ErrorKind::BadCredentials | ErrorKind::TokenRevoked) {
            // An equal request may have been first since the guard.
            match accounts.sign_in_after_change(&session, &passwords).await {
                Ok(step) => return repeated(step),
                Err(error) if error.kind() == ErrorKind::CredentialsMissing => {}
                Err(error) => return Err(error),
            }
        }
        // The first copy may have been answered before; then this session is the new one, and the current
        // password the former.
        let is_wrong = error.kind() == ErrorKind::BadCredentials;
        if is_wrong && accounts.has_just_set(&user, &passwords).await? {
            return done();
        }
        let kinds =
            [ErrorKind::InvalidField, ErrorKind::BadCredentials, ErrorKind::TooManyAttempts];
        return FormReply::again(sign_in_if_revoked(error), &kinds, |error| {
            page(&renderer, &user, accounts, (true, None), Some(Rejected::Password(error)))
        });
    }
    let proven = user.authentication().amr().with(Amr::PASSWORD);
    let options = SessionOptions::new().remembered_if(sign_in.is_remembered()).proven(proven);
    session.start_with(user.account(), options).await?;
    done()
}

/// Renders the form that confirms a sign-in; with `has_passkeys` also by one of them.
pub(super) fn confirmation(
    renderer: &Renderer<'_>,
    (user, has_passkeys): (&User, bool),
    next: &str,
    error: Option<&str>,
    notice: Option<&str>,
) -> Page {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let values =
        context! { next, error, notice, has_passkeys, has_factor: user.has_second_factor() };
    renderer.page("reauthenticate", Title::Key("confirm-password"), Some(user), values)
}

/// Asks for the password again, and for the second factor of a user who has one; redirects to the page that was asked for if the session is fresh.
#[get("/reauthenticate?<next>")]
pub(super) async fn reauthenticate(
    user: BareSessionUser,
    fresh: Result<Fresh<BareSessionUser>, Error>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
    next: Option<&str>,
) -> FormResult {
    let next = next.unwrap_or_default();
    let is_proven = !user.has_second_factor() || user.authentication().amr().is_multi_factor();
    if is_proven && fresh.is_ok() && LocalPath::parse(next).is_some() {
        return Ok(FormReply::onward(next));
    }
    // Left for the page of the form.
    let is_unsent = flash.peek() == Some(Notice::Unsent);
    let notice = is_unsent.then(|| renderer.language(Some(&user)).text(UNSENT));
    let owner = (&*user, !accounts.passkeys(&user).await?.is_empty());
    let page = confirmation(&renderer, owner, next, None, notice.as_deref());
    Ok(FormReply::Page(Status::Ok, page))
}

/// Makes the session fresh and redirects to the page that was asked for; after the end of the session
/// by way of the form to sign in. `session` is a `Result`, as for a change of the password.
#[post("/reauthenticate", data = "<form>")]
pub(super) async fn confirm(
    user: Maybe<BareSessionUser>,
    session: Result<Session<'_>, Error>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Confirmation>>,
) -> FormResult {
    let session = session.map_err(|_| ErrorKind::CredentialsMissing)?;
    let Some(user) = user.0 else {
        return match LocalPath::parse(&form.next) {
            Some(next) => Ok(FormReply::redirect(uri!(super::session::form(
                next = Some(next.as_str()),
                cookie_sent = _
            )))),
            None => Err(ErrorKind::CredentialsMissing.into()),
        };
    };
    let sign_in = user.authentication().sign_in().map(|sign_in| sign_in.id.as_str());
    let checked = match check_username(&user, &form.username) {
        Ok(()) => {
            let proof = (&form.password, form.code.as_str());
            accounts.confirm(&user, proof, source, sign_in).await
        }
        Err(error) => Err(error),
    };
    match checked {
        Ok(amr) => {
            session.confirm_with(amr).await?;
            Ok(FormReply::onward(&form.next))
        }
        Err(error) => {
            let kinds =
                [ErrorKind::InvalidField, ErrorKind::BadCredentials, ErrorKind::TooManyAttempts];
            let owner = (&*user, !accounts.passkeys(&user).await?.is_empty());
            FormReply::again(error, &kinds, |error| {
                let language = renderer.language(Some(&user));
                let message = match error.kind() {
                    ErrorKind::BadCredentials => language.text("not-your-password"),
                    _ => words::first_field(language, error),
                };
                confirmation(&renderer, owner, &form.next, Some(&message), None)
            })
        }
    }
}
