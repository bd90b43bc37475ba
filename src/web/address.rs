//! The e-mail address of the user: entering, confirming and removing it.

use rocket::form::FromForm;
use rocket::http::{CookieJar, Status};
use rocket::{Either, State, get, post, uri};
use rocket_dyn_templates::context;

use super::checkbox;
use super::form::{FormReply, FormResult, sign_in_if_revoked};
use super::form_body::Form;
use super::link_cookie::{self, LinkRedirect};
use super::notice::{Flash, Notice, ShownNotice};
use super::renderer::{Page, Renderer, Title};
use super::shown_to::{ShownTo, check_username};
use super::unique_fields::UniqueFields;
use crate::accounts::{Accounts, AddressPolicy, BareSessionUser, SessionUser, User};
use crate::http::RequestSource;
use vestibule::guards::{Fresh, Maybe};
use vestibule::{Error, ErrorKind, Session};

/// The text about a link that cannot be used.
const INVALID: &str = "address-link-invalid";

/// The fields of the form.
#[derive(FromForm)]
pub(super) struct AddressForm {
    #[field(default = "")]
    username: String,
    email: String,
}

/// The fields of the form about notices: a box is absent unless it is ticked.
#[derive(FromForm)]
pub(super) struct NoticesForm {
    #[field(default = "")]
    username: String,
    new_devices: Option<String>,
}

/// The fields of the form that confirms an address.
#[derive(FromForm)]
pub(super) struct Confirmation {
    #[field(default = "")]
    token: String,
    #[field(default = "")]
    email: String,
}

async fn page(
    renderer: &Renderer<'_>,
    accounts: &Accounts,
    user: &User,
    notice: Option<ShownNotice>,
    rejected: Option<(&str, &Error)>,
) -> Result<Page, Error> {
    let language = renderer.language(Some(user));
    let values = context! {
        email: &user.email,
        required: accounts.addresses() == AddressPolicy::Required,
        device_notices: user.device_notices,
        pending: accounts.pending_address(user).await?,
        value: rejected.map(|(sent, _)| sent),
        error: rejected.map(|(_, error)| {
            let text = error.fields().next().map_or(error.message(), |(_, message)| message);
            language.sentence(text)
        }),
        notice,
    };
    Ok(renderer.page("address", Title::Key("email"), Some(user), values))
}

/// Shows the address, the one that waits for its confirmation, and the form.
#[get("/account/address")]
pub(super) async fn form(
    user: Fresh<SessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
) -> Result<Page, Error> {
    let notice = flash.shown(renderer.language(Some(&user)), "");
    page(&renderer, accounts, &user, notice, None).await
}

/// Shows the page with the error of a form that was shown to another user.
async fn refuse(
    error: Error,
    user: &User,
    renderer: &Renderer<'_>,
    accounts: &Accounts,
) -> FormResult {
    let notice = ShownNotice::error(renderer.language(Some(user)), &error);
    let page = page(renderer, accounts, user, Some(notice), None).await?;
    Ok(FormReply::Again(error.with_page(|_| page)))
}

/// Sends a link to an address, which is the user's once the link is used.
#[post("/account/address", data = "<form>")]
pub(super) async fn request(
    user: Fresh<SessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    form: Form<UniqueFields<AddressForm>>,
) -> FormResult {
    if let Err(error) = check_username(&user, &form.username) {
        return refuse(error, &user, &renderer, accounts).await;
    }
    let Err(error) = accounts.request_address(&user, &form.email, source).await else {
        return Ok(FormReply::notice(uri!(form), Notice::AddressMailed));
    };
    let error = sign_in_if_revoked(error);
    let page = page(&renderer, accounts, &user, None, Some((&form.email, &error))).await?;
    FormReply::again(error, &[ErrorKind::InvalidField, ErrorKind::TooManyAttempts], |_| page)
}

/// Removes the address.
#[post("/account/address/remove", data = "<form>")]
pub(super) async fn remove(
    user: Fresh<SessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    form: ShownTo,
) -> FormResult {
    if let Err(error) = form.check(&user) {
        return refuse(error, &user, &renderer, accounts).await;
    }
    let actor = accounts.actor(&user, source)?;
    accounts.remove_address(user.id, &actor).await.map_err(sign_in_if_revoked)?;
    Ok(FormReply::notice(uri!(self::form), Notice::AddressRemoved))
}

/// Changes whether a mail tells of a sign-in from a new device.
#[post("/account/address/notices", data = "<form>")]
pub(super) async fn set_notices(
    user: Fresh<SessionUser>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    form: Form<UniqueFields<NoticesForm>>,
) -> FormResult {
    if let Err(error) = check_username(&user, &form.username) {
        return refuse(error, &user, &renderer, accounts).await;
    }
    let ticked = form.new_devices.as_deref().map_or(Some(false), checkbox::parse);
    let device_notices = ticked.ok_or(ErrorKind::InvalidField)?;
    let actor = accounts.actor(&user, source)?;
    let changed = accounts.change_device_notices(user.id, device_notices, &actor);
    changed.await.map_err(sign_in_if_revoked)?;
    let notice = if device_notices { Notice::DeviceNoticesOn } else { Notice::DeviceNoticesOff };
    Ok(FormReply::notice(uri!(form), notice))
}

/// Takes the secret of a link out of the address bar, then asks whether to confirm the address; uses
/// nothing up.
#[get("/address/confirm?<token>")]
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
    let reply = match accounts.check_address_link(token).await {
        Ok((owner, email)) => {
            let values = context! { token, email, account: context! { username: &owner.username } };
            let page =
                renderer.page("address-confirm", Title::Key("confirm-address"), user, values);
            FormReply::Page(Status::Ok, page)
        }
        Err(error) => {
            let reason = link_cookie::reason(token, INVALID);
            link_cookie::invalid(&renderer, user, error, reason)?
        }
    };
    Ok(Either::Right(reply))
}

/// Gives the account the address of the link. Sent twice, it says the same to the owner who is signed
/// in; `_session` refuses a form of another site.
#[post("/address/confirm", data = "<form>")]
pub(super) async fn confirm(
    user: Maybe<BareSessionUser>,
    _session: Session<'_>,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    form: Form<UniqueFields<Confirmation>>,
) -> FormResult {
    let user = user.0.as_deref();
    let is_elsewhere = match accounts.confirm_address(&form.token, source).await {
        Err(error) => {
            let is_done = match user {
                Some(user) if error.kind() == ErrorKind::NotFound => {
                    accounts.has_address(user.id, &form.email).await?
                }
                _ => false,
            };
            if !is_done {
                return link_cookie::invalid(&renderer, user, error, INVALID);
            }
            false
        }
        Ok(owner) => user.is_some_and(|user| user.id != owner.id),
    };
    let page = match user {
        Some(_) => uri!(super::account::account),
        None => uri!(super::session::form(next = Option::<&str>::None, cookie_sent = _)),
    };
    let notice =
        if is_elsewhere { Notice::AddressConfirmedElsewhere } else { Notice::AddressConfirmed };
    Ok(FormReply::notice(page, notice))
}
