//! The user's own second factor: an authenticator, recovery codes and trusted browsers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::http::uri::Origin;
use rocket::http::{CookieJar, Status};
use rocket::{State, get, post, uri};
use rocket_dyn_templates::context;
use serde::Serialize;
use time::OffsetDateTime;

use super::form::{FormReply, FormResult, sign_in_if_revoked};
use super::notice::{Flash, Notice, ShownNotice};
use super::renderer::{Page, Renderer, Title, format_time};
use super::shown_once::OneTimeCookie;
use super::shown_to::ShownTo;
use crate::accounts::queries::{OwnPasskey, TrustedBrowser};
use crate::accounts::{
    Accounts, BareSessionUser, ProvenPage, RelyingParty, SecondFactorRule, SessionUser, User,
};
use crate::http::RequestSource;
use crate::languages::Language;
use vestibule::second_factors::RecoveryCodes;
use vestibule::{Error, ErrorKind, LocalPath};

/// The sealed cookie with new recovery codes.
const CODES: OneTimeCookie =
    OneTimeCookie { name: "recovery_codes", path: "/account/second-factor" };

/// Returns the address of the page of the second factor, which leads on to `next` after a set-up.
pub(super) fn address(next: &str) -> Origin<'static> {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    uri!(show(next = next))
}

pub(super) fn store_codes(
    jar: &CookieJar<'_>,
    accounts: &Accounts,
    user: &User,
    codes: &RecoveryCodes,
    now: OffsetDateTime,
) {
    let value = format!("{} {}", user.id, codes.reveal().join(" "));
    CODES.store(jar, accounts.auth().session.is_secure(), &value, now);
}

/// Takes the codes if they are those of this user. A HEAD leaves them.
fn take_codes(flash: &Flash<'_>, user: &User, now: OffsetDateTime) -> Option<Vec<String>> {
    let value = CODES.take(flash, now)?;
    let (id, codes) = value.split_once(' ')?;
    (id == user.id.to_string()).then(|| codes.split(' ').map(str::to_owned).collect())
}

/// Returns the codes as a file to download, an address of the scheme `data`.
fn file_of(site_name: &str, user: &User, codes: &[String]) -> String {
    let text = format!("{site_name}\n{}\n\n{}\n", user.username, codes.join("\n"));
    format!("data:text/plain;charset=utf-8;base64,{}", STANDARD.encode(text))
}

fn browser(browser: &TrustedBrowser, language: &Language) -> impl Serialize {
    context! {
        id: &browser.id,
        program: browser.program.as_deref().map(|program| language.program(program)),
        address: &browser.address,
        created_at: format_time(browser.created_at),
        expires_at: format_time(browser.expires_at),
    }
}

fn passkey(passkey: &OwnPasskey) -> impl Serialize {
    context! {
        id: &passkey.id,
        name: &passkey.name,
        created_at: format_time(passkey.created_at),
        last_used_at: passkey.last_used_at.map(format_time),
    }
}

/// Shows what is set up, and new recovery codes once; leads on to `next` once there is a factor.
#[get("/account/second-factor?<next>")]
pub(super) async fn show(
    user: BareSessionUser,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
    flash: Flash<'_>,
    next: Option<&str>,
) -> Result<Page, Error> {
    let language = renderer.language(Some(&user));
    let mut notice = flash.shown(language, "");
    let mut codes = take_codes(&flash, &user, accounts.clock().now()?);
    if let Some(first) = codes.as_ref().and_then(|codes| codes.first())
        && !accounts.has_recovery_code(&user, first).await?
    {
        // Replaced or removed meanwhile, in another browser.
        codes = None;
        let has_factor = user.has_second_factor();
        let said = if has_factor { Notice::CodesThere } else { Notice::NoSecondFactor };
        notice = Some(said.shown(language, ""));
    }
    let next = next.unwrap_or_default();
    page(&renderer, accounts, (&user, next), codes, notice).await
}

/// Renders the page of the second factor.
pub(super) async fn page(
    renderer: &Renderer<'_>,
    accounts: &Accounts,
    (user, next): (&User, &str),
    codes: Option<Vec<String>>,
    notice: Option<ShownNotice>,
) -> Result<Page, Error> {
    let found = accounts.second_factors(user).await?;
    let rule = accounts.second_factor_rule();
    let language = renderer.language(Some(user));
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let browsers = found.trusted_browsers.iter().map(|one| browser(one, language));
    let values = context! {
        since: found.authenticator_since.map(format_time),
        passkeys: found.passkeys.iter().map(passkey).collect::<Vec<_>>(),
        passkey_origin: accounts.relying_party().map(RelyingParty::origin),
        has_factor: user.has_second_factor(),
        recovery_codes: found.recovery_codes,
        trusted_browsers: browsers.collect::<Vec<_>>(),
        file: codes.as_ref().map(|codes| file_of(renderer.site_name(), user, codes)),
        codes,
        notice,
        is_offered: rule != SecondFactorRule::Off,
        requires_set_up: rule.requires_set_up(user),
        set_up_path: uri!(super::authenticator::ask(next = next.as_deref(), set_up_token = _)).to_string(),
        next,
    };
    Ok(renderer.page("second-factor", Title::Key("second-factor"), Some(user), values))
}

/// Makes recovery codes in the place of the earlier ones, and redirects to the page that shows them, or
/// says that a later copy of the form has made them.
#[post("/account/second-factor/recovery-codes", data = "<form>")]
pub(super) async fn make_codes(
    user: ProvenPage,
    source: RequestSource,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
    form: ShownTo,
) -> FormResult {
    form.check(&user)?;
    let actor = accounts.actor(&user, source)?;
    match accounts.new_recovery_codes(&user, &actor).await {
        Ok(codes) => {
            store_codes(jar, accounts, &user, &codes, actor.at());
            Ok(FormReply::redirect(address("")))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyMade => {
            Ok(FormReply::notice(address(""), Notice::CodesThere))
        }
        // Removed meanwhile, in another tab.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(FormReply::notice(address(""), Notice::NoSecondFactor))
        }
        Err(error) => Err(sign_in_if_revoked(error)),
    }
}

/// Asks before the second factor is removed; without one, redirects to the page that says so.
#[get("/account/second-factor/remove")]
pub(super) fn ask_to_remove(
    user: ProvenPage,
    renderer: Renderer<'_>,
    accounts: &State<Accounts>,
) -> FormReply {
    if !user.has_second_factor() {
        return FormReply::redirect(address(""));
    }
    let values = context! { is_required: accounts.second_factor_rule().requires(&user) };
    let title = Title::Key("remove-second-factor");
    FormReply::Page(Status::Ok, renderer.page("second-factor-remove", title, Some(&user), values))
}

/// Removes the second factor; the other sign-ins end.
#[post("/account/second-factor/remove", data = "<form>")]
pub(super) async fn remove(
    user: ProvenPage,
    source: RequestSource,
    accounts: &State<Accounts>,
    form: ShownTo,
) -> FormResult {
    form.check(&user)?;
    let actor = accounts.actor(&user, source)?;
    let removed =
        accounts.remove_second_factors(&user, &actor).await.map_err(sign_in_if_revoked)?;
    let notice = if removed { Notice::SecondFactorRemoved } else { Notice::NoSecondFactor };
    Ok(FormReply::notice(address(""), notice))
}

/// Ends the trust in a browser.
#[post("/account/second-factor/trusted/<id>/end", data = "<form>")]
pub(super) async fn end_trust(
    user: SessionUser,
    source: RequestSource,
    accounts: &State<Accounts>,
    id: &str,
    form: ShownTo,
) -> FormResult {
    form.check(&user)?;
    accounts.end_trust(&user, id, &accounts.actor(&user, source)?).await?;
    Ok(FormReply::notice(address(""), Notice::TrustEnded))
}
