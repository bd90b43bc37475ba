//! Deletion of the own account, confirmed on a page of its own.

use rocket::form::FromForm;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult, UserOrError, sign_in_if_revoked};
use super::form_body::Form;
use super::notice::{Flash, Notice, ShownNotice};
use super::renderer::{Page, Renderer, Title};
use super::unique_fields::UniqueFields;
use super::words;
use crate::accounts::{Accounts, Endings, SessionUser, User};
use crate::http::RequestSource;
use vestibule::guards::Fresh;
use vestibule::{Error, ErrorKind, Session};

/// The field of the form: the own user name, typed as a confirmation. It refuses the form of a page that
/// was shown to another user too.
#[derive(FromForm)]
pub(super) struct Deletion {
    #[field(default = "")]
    username: String,
}

fn page(
    renderer: &Renderer<'_>,
    user: &User,
    endings: &Endings,
    notice: Option<ShownNotice>,
    error: Option<&Error>,
) -> Page {
    let values = context! {
        sign_ins: endings.sign_ins,
        keys: &endings.keys,
        notice,
        error: error.map(|error| words::first_field(renderer.language(Some(user)), error)),
    };
    renderer.page("account-delete", Title::Key("delete-own"), Some(user), values)
}

/// Asks for confirmation.
#[get("/account/delete")]
pub(super) async fn ask(
    user: Fresh<SessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
) -> Result<Page, Error> {
    let notice = flash.shown(renderer.language(Some(&user)), "");
    Ok(page(&renderer, &user, &accounts.endings(&user).await?, notice, None))
}

/// Deletes the account if its name was typed, and signs out; also if an equal request has done so
/// already.
#[post("/account/delete", data = "<form>")]
pub(super) async fn delete(
    user: UserOrError<Fresh<SessionUser>>,
    session: Result<Session<'_>, Error>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Deletion>>,
) -> FormResult {
    let user = match (user.0, &session) {
        (Ok(user), _) => user,
        (Err(error), Ok(session)) => return deleted_before(session, accounts, &form, error).await,
        (Err(error), Err(_)) => return Err(error),
    };
    let session = session?;
    let actor = accounts.actor(&user, source)?;
    match accounts.delete_own(&user, &form.username, &actor).await {
        Ok(_) => leave(&session).await,
        // An equal request may have been first since the guard.
        Err(error) if error.kind() == ErrorKind::TokenRevoked => {
            deleted_before(&session, accounts, &form, sign_in_if_revoked(error)).await
        }
        Err(error) => {
            let endings = accounts.endings(&user).await?;
            let kinds = [ErrorKind::InvalidField, ErrorKind::LastAdministrator];
            FormReply::again(error, &kinds, |error| {
                page(&renderer, &user, &endings, None, Some(error))
            })
        }
    }
}

/// Signs out if an equal request has deleted the account.
///
/// # Errors
/// `error` if none has.
async fn deleted_before(
    session: &Session<'_>,
    accounts: &Accounts,
    form: &Deletion,
    error: Error,
) -> FormResult {
    if accounts.has_deleted_itself(session, &form.username).await? {
        leave(session).await
    } else {
        Err(error)
    }
}

/// Removes the cookies of the session whose account is deleted.
async fn leave(session: &Session<'_>) -> FormResult {
    session.end().await?;
    Ok(FormReply::notice(uri!(super::pages::home), Notice::OwnDeleted))
}
