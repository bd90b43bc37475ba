//! Notices that the next page shows once. The flash cookie names the notice and perhaps a number,
//! so that a planted cookie puts no other words on a page.

use std::convert::Infallible;
use std::time::Duration;

use rocket::http::uri::Origin;
use rocket::http::{Cookie, CookieJar};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::{self, Redirect, Responder};
use serde::{Deserialize, Serialize};

use super::words;
use crate::http::is_head;
use crate::languages::{Language, Value};
use crate::settings::Settings;
use vestibule::Error;

const COOKIE: &str = "vestibule_notice";

/// How long the cookie waits for the next page.
const MAX_AGE: time::Duration = time::Duration::minutes(5);

/// What a page can say once; with a number of ended sign-ins where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Notice {
    /// The form that led to signing in or to confirming the password has changed nothing.
    Unsent,
    /// For want of a second factor.
    UnsentSetUp,
    /// The session ended after so many seconds without use.
    Unused(u64),
    SignedOut,
    NameChanged,
    PasswordChanged,
    LanguageChanged,
    ResetMailed,
    RegistrationMailed,
    Registered,
    /// Another account than the one that is signed in.
    RegisteredElsewhere,
    AddressMailed,
    AddressConfirmed,
    /// For another account than the one that is signed in.
    AddressConfirmedElsewhere,
    AddressRemoved,
    AddressReturned,
    /// To another account than the one that is signed in.
    AddressReturnedElsewhere,
    DeviceNoticesOn,
    DeviceNoticesOff,
    PasswordSet,
    /// Of another account than the one that is signed in.
    PasswordSetElsewhere,
    SignInEnded,
    OthersEnded(u64),
    KeyThere,
    CodesThere,
    LinkThere,
    KeyEnded,
    AdministratorNow,
    UserNow,
    Activated,
    Deactivated(u64),
    SignInsEnded(u64),
    AddressOfUserRemoved,
    UserAdded,
    /// The login ticket is not valid any more.
    TicketExpired,
    SecondFactorRemoved,
    NoSecondFactor,
    AuthenticatorThere,
    PasskeyAdded,
    PasskeyThere,
    PasskeyRemoved,
    SecondFactorOfUserRemoved(u64),
    TrustEnded,
    UserDeleted(u64),
    UserDeletedBefore,
    OwnRoleLost,
    OwnDeactivated,
    OwnSignInsEnded,
    OwnDeleted,
}

/// A notice as a template shows it.
#[derive(Debug, Serialize)]
pub(super) struct ShownNotice {
    text: String,
    /// The class beside `notice`.
    class: &'static str,
}

impl Notice {
    /// Returns the sentence; `name` is the user that the page is about.
    pub(super) fn text(self, language: &Language, name: &str) -> String {
        let (key, mut values): (&str, Vec<(&str, Value<'_>)>) = match self {
            Self::Unsent => ("notice-unsent", Vec::new()),
            Self::UnsentSetUp => ("notice-unsent-set-up", Vec::new()),
            Self::Unused(seconds) => {
                ("notice-unused", words::duration(Duration::from_secs(seconds)))
            }
            Self::SignedOut => ("notice-signed-out", Vec::new()),
            Self::NameChanged => ("notice-name-changed", Vec::new()),
            Self::PasswordChanged => ("notice-password-changed", Vec::new()),
            Self::LanguageChanged => ("notice-language-changed", Vec::new()),
            Self::PasswordSet => ("notice-password-set", Vec::new()),
            Self::PasswordSetElsewhere => ("notice-password-set-elsewhere", Vec::new()),
            Self::RegistrationMailed => ("notice-registration-mailed", Vec::new()),
            Self::Registered => ("notice-registered", Vec::new()),
            Self::RegisteredElsewhere => ("notice-registered-elsewhere", Vec::new()),
            Self::ResetMailed => ("notice-reset-mailed", Vec::new()),
            Self::AddressMailed => ("notice-address-mailed", Vec::new()),
            Self::AddressConfirmed => ("notice-address-confirmed", Vec::new()),
            Self::AddressConfirmedElsewhere => ("notice-address-confirmed-elsewhere", Vec::new()),
            Self::AddressReturned => ("notice-address-returned", Vec::new()),
            Self::AddressReturnedElsewhere => ("notice-address-returned-elsewhere", Vec::new()),
            Self::AddressRemoved => ("notice-address-removed", Vec::new()),
            Self::DeviceNoticesOn => ("notice-device-notices-on", Vec::new()),
            Self::DeviceNoticesOff => ("notice-device-notices-off", Vec::new()),
            Self::SignInEnded => ("notice-sign-in-ended", Vec::new()),
            Self::OthersEnded(0) => ("notice-others-none", Vec::new()),
            Self::OthersEnded(count) => ("notice-others-ended", sign_ins(count)),
            Self::KeyThere => ("notice-key-there", Vec::new()),
            Self::CodesThere => ("notice-codes-there", Vec::new()),
            Self::LinkThere => ("notice-link-there", Vec::new()),
            Self::KeyEnded => ("notice-key-ended", Vec::new()),
            Self::AdministratorNow => ("notice-administrator-now", Vec::new()),
            Self::UserNow => ("notice-user-now", Vec::new()),
            Self::Activated => ("notice-activated", Vec::new()),
            Self::Deactivated(count) => ("notice-deactivated", sign_ins(count)),
            Self::SignInsEnded(count) => ("notice-sign-ins-ended", sign_ins(count)),
            Self::AddressOfUserRemoved => ("notice-address-of-user-removed", Vec::new()),
            Self::TicketExpired => ("notice-ticket-expired", Vec::new()),
            Self::SecondFactorRemoved => ("notice-second-factor-removed", Vec::new()),
            Self::NoSecondFactor => ("notice-no-second-factor", Vec::new()),
            Self::AuthenticatorThere => ("notice-authenticator-there", Vec::new()),
            Self::PasskeyAdded => ("notice-passkey-added", Vec::new()),
            Self::PasskeyThere => ("notice-passkey-there", Vec::new()),
            Self::PasskeyRemoved => ("notice-passkey-removed", Vec::new()),
            Self::SecondFactorOfUserRemoved(count) => {
                ("notice-second-factor-of-user-removed", sign_ins(count))
            }
            Self::TrustEnded => ("notice-trust-ended", Vec::new()),
            Self::UserAdded => ("notice-user-added", Vec::new()),
            Self::UserDeleted(count) => ("notice-user-deleted", sign_ins(count)),
            Self::UserDeletedBefore => ("notice-user-deleted-before", Vec::new()),
            Self::OwnRoleLost => ("notice-own-role-lost", Vec::new()),
            Self::OwnDeactivated => ("notice-own-deactivated", Vec::new()),
            Self::OwnSignInsEnded => ("notice-own-sign-ins-ended", Vec::new()),
            Self::OwnDeleted => ("notice-own-deleted", Vec::new()),
        };
        values.push(("name", name.into()));
        language.format(key, values)
    }

    /// Returns the notice for a template; `name` is the user that the page is about.
    pub(super) fn shown(self, language: &Language, name: &str) -> ShownNotice {
        let is_done = !matches!(
            self,
            Self::Unsent
                | Self::UnsentSetUp
                | Self::Unused(_)
                | Self::TicketExpired
                | Self::CodesThere
                | Self::LinkThere
        );
        ShownNotice {
            text: self.text(language, name),
            class: if is_done { "success" } else { "info" },
        }
    }
}

impl ShownNotice {
    /// What a page says above its content after a form that it has refused.
    pub(super) fn error(language: &Language, error: &Error) -> Self {
        Self { text: words::first_field(language, error), class: "error" }
    }
}

fn sign_ins(count: u64) -> Vec<(&'static str, Value<'static>)> {
    vec![("count", count.into())]
}

/// A redirect to a page that shows a notice. The cookie holds the notice and, if only one page is
/// to show it, that page's path.
pub(super) struct NoticeRedirect(Redirect, Notice, String);

impl NoticeRedirect {
    pub(super) fn new(to: Origin<'static>, notice: Notice) -> Self {
        Self(Redirect::to(to), notice, String::new())
    }

    /// Leaves the notice for the page with this path.
    pub(super) fn for_page(self, path: String) -> Self {
        Self(self.0, self.1, path)
    }
}

impl<'r> Responder<'r, 'static> for NoticeRedirect {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let settings = request.rocket().state::<Settings>();
        let secure = settings.is_none_or(|settings| settings.auth.session.is_secure());
        if let Ok(notice) = serde_json::to_string(&self.1) {
            let value = format!("{notice} {}", self.2).trim_end().to_owned();
            let cookie = Cookie::build((COOKIE, value)).max_age(MAX_AGE);
            request.cookies().add(cookie.http_only(true).secure(secure));
        }
        self.0.respond_to(request)
    }
}

/// Guard: the notice that the page before left, if any.
pub(super) struct Flash<'r> {
    pub(super) jar: &'r CookieJar<'r>,
    /// The path of this page.
    path: &'r str,
    /// Whether the client gets no body, and so does not see what the page shows once.
    pub(super) is_head: bool,
}

impl<'r> Flash<'r> {
    pub(super) fn of(request: &'r Request<'_>) -> Self {
        let path = request.uri().path().as_str();
        Self { jar: request.cookies(), path, is_head: is_head(request) }
    }

    /// Returns the notice, which the next page shows again, and the path of the page that it is for.
    fn read(&self) -> Option<(Notice, &str)> {
        let value = self.jar.get(COOKIE)?.value();
        let (notice, page) = value.split_once(' ').unwrap_or((value, ""));
        Some((serde_json::from_str(notice).ok()?, page))
    }

    /// Returns the notice, which the next page shows again.
    pub(super) fn peek(&self) -> Option<Notice> {
        self.read().map(|(notice, _)| notice)
    }

    /// Returns the notice and removes it, but for a HEAD.
    pub(super) fn take(&self) -> Option<Notice> {
        let notice = self.peek();
        if self.jar.get(COOKIE).is_some() && !self.is_head {
            self.jar.remove(Cookie::build(COOKIE).http_only(true));
        }
        notice
    }

    /// Returns the notice for a template, and removes it; `name` is the user that the page is about.
    /// A notice for another page waits for that one.
    pub(super) fn shown(&self, language: &Language, name: &str) -> Option<ShownNotice> {
        if self.read().is_some_and(|(_, page)| !page.is_empty() && page != self.path) {
            return None;
        }
        self.take().map(|notice| notice.shown(language, name))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Flash<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}
