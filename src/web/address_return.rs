//! Putting a former e-mail address back, by the link that was sent to it.

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
const INVALID: &str = "return-link-invalid";

/// The field of the form.
#[derive(FromForm)]
pub(super) struct Return {
    #[field(default = "")]
    token: String,
}

/// Takes the secret of a link out of the address bar, then asks whether to put the address back; uses
/// nothing up.
#[get("/address/return?<token>")]
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
    let reply = match accounts.check_return_link(token).await {
        Ok((owner, email)) => {
            let endings = accounts.endings(&owner).await?;
            let values = context! {
                token,
                email,
                current: &owner.email,
                account: context! { username: &owner.username },
                sign_ins: endings.sign_ins,
                keys: endings.keys,
            };
            let page = renderer.page("address-return", Title::Key("return-address"), user, values);
            FormReply::Page(Status::Ok, page)
        }
        Err(error) => {
            let reason = link_cookie::reason(token, INVALID);
            link_cookie::invalid(&renderer, user, error, reason)?
        }
    };
    Ok(Either::Right(reply))
}

/// Puts the address back, ends all sign-ins and shows the form to sign in. `_session` refuses a form of
/// another site.
#[post("/address/return", data = "<form>")]
pub(super) async fn put_back(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    form: Form<UniqueFields<Return>>,
) -> FormResult {
    match accounts.return_address(&form.token, source).await {
        Ok(owner) => {
            let form = uri!(super::session::form(next = Option::<&str>::None, cookie_sent = _));
            let is_elsewhere = user.0.is_some_and(|user| user.id != owner.id);
            let notice = if is_elsewhere {
                Notice::AddressReturnedElsewhere
            } else {
                Notice::AddressReturned
            };
            Ok(FormReply::notice(form, notice))
        }
        Err(error) => link_cookie::invalid(&renderer, user.0.as_deref(), error, INVALID),
    }
}
