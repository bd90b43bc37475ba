//! The language that the user has chosen for pages and mails.

use rocket::form::FromForm;
use rocket::{State, post, uri};

use super::account;
use super::form::{FormReply, FormResult, sign_in_if_revoked};
use super::form_body::Form;
use super::notice::{Notice, ShownNotice};
use super::renderer::Renderer;
use super::shown_to::check_username;
use super::unique_fields::UniqueFields;
use crate::accounts::{Accounts, SessionUser};
use crate::languages::Languages;
use vestibule::Error;
use vestibule::guards::Fresh;

/// The fields of the form. An empty language is that of the browser.
#[derive(FromForm)]
pub(super) struct LanguageForm {
    #[field(default = "")]
    username: String,
    language: String,
}

/// Changes the language.
#[post("/account/language", data = "<form>")]
pub(super) async fn change(
    user: SessionUser,
    fresh: Result<Fresh<SessionUser>, Error>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    languages: &State<Languages>,
    form: Form<UniqueFields<LanguageForm>>,
) -> FormResult {
    let chosen = Some(form.language.as_str()).filter(|language| !language.is_empty());
    let checked = check_username(&user, &form.username).and_then(|()| languages.parse(chosen));
    match checked {
        Ok(language) => {
            let changed = accounts.change_language(user.id, language).await;
            changed.map_err(sign_in_if_revoked)?;
            Ok(FormReply::notice(uri!(account::account), Notice::LanguageChanged))
        }
        Err(error) => {
            let notice = ShownNotice::error(renderer.language(Some(&user)), &error);
            let page =
                account::page(&renderer, &user, accounts, (fresh.is_ok(), Some(notice)), None);
            Ok(FormReply::Again(error.with_page(|_| page)))
        }
    }
}
