//! Deletion of the own account, confirmed on a page of its own.

use rocket::form::FromForm;
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult, sign_in_if_revoked};
use super::form_body::Form;
use super::notice::Notice;
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

fn page(renderer: &Renderer<'_>, user: &User, endings: &Endings, error: Option<&Error>) -> Page {
    let values = context! {
        sign_ins: endings.sign_ins,
        keys: &endings.keys,
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
) -> Result<Page, Error> {
    Ok(page(&renderer, &user, &accounts.endings(&user).await?, None))
}

/// Deletes the account if its name was typed, and signs out.
#[post("/account/delete", data = "<form>")]
pub(super) async fn delete(
    user: Fresh<SessionUser>,
    session: Session<'_>,
    source: RequestSource,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    form: Form<UniqueFields<Deletion>>,
) -> FormResult {
    let actor = accounts.actor(&user, source)?;
    match accounts.delete_own(&user, &form.username, &actor).await {
        Ok(_) => {
            session.end().await?;
            Ok(FormReply::notice(uri!(super::pages::home), Notice::OwnDeleted))
        }
        Err(error) => {
            let endings = accounts.endings(&user).await?;
            let kinds = [ErrorKind::InvalidField, ErrorKind::LastAdministrator];
            FormReply::again(sign_in_if_revoked(error), &kinds, |error| {
                page(&renderer, &user, &endings, Some(error))
            })
        }
    }
}
