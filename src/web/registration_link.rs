//! The link that confirms the address of a registration and makes the account.

use rocket::form::FromForm;
use rocket::http::{CookieJar, Status};
use rocket::{Either, State, get, post, uri};
use rocket_dyn_templates::context;

use super::form::{FormReply, FormResult};
use super::form_body::Form;
use super::link_cookie::{self, LinkRedirect};
use super::notice::Notice;
use super::renderer::{Renderer, Title};
use super::unique_fields::UniqueFields;
use crate::accounts::{Accounts, BareSessionUser};
use crate::http::RequestSource;
use vestibule::guards::Maybe;
use vestibule::{Error, Session};

/// The text about a link that cannot be used.
const INVALID: &str = "registration-link-invalid";

/// The field of the form.
#[derive(FromForm)]
pub(super) struct Confirmation {
    #[field(default = "")]
    token: String,
}

/// Takes the secret of a link out of the address bar, then asks whether to make the account; uses
/// nothing up.
#[get("/register/confirm?<token>")]
pub(super) async fn ask(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    jar: &CookieJar<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    token: Option<&str>,
) -> Result<Either<LinkRedirect, FormReply>, Error> {
    if let Some(token) = token {
        return Ok(Either::Left(LinkRedirect::new(jar, accounts, uri!(ask(_)), token)));
    }
    let token = link_cookie::token(jar);
    let user = user.0.as_deref();
    let reply = match accounts.check_registration(token).await {
        Ok((username, email)) => {
            let values = context! { token, email, account: context! { username } };
            let page =
                renderer.page("register-confirm", Title::Key("confirm-registration"), user, values);
            FormReply::Page(Status::Ok, page)
        }
        Err(error) => {
            let reason = link_cookie::reason(token, INVALID);
            link_cookie::invalid(&renderer, user, error, reason)?
        }
    };
    Ok(Either::Right(reply))
}

/// Makes the account and shows the form to sign in. `_session` refuses a form of another site.
#[post("/register/confirm", data = "<form>")]
pub(super) async fn confirm(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    form: Form<UniqueFields<Confirmation>>,
) -> FormResult {
    match accounts.confirm_registration(&form.token, source).await {
        Ok(()) => {
            let form = uri!(super::session::form(next = Option::<&str>::None, cookie_sent = _));
            let is_elsewhere = user.0.is_some();
            let notice =
                if is_elsewhere { Notice::RegisteredElsewhere } else { Notice::Registered };
            Ok(FormReply::notice(form, notice))
        }
        Err(error) => link_cookie::invalid(&renderer, user.0.as_deref(), error, INVALID),
    }
}
