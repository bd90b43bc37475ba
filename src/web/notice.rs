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
    /// The session ended after so many seconds without use.
    Unused(u64),
    SignedOut,
    NameChanged,
    PasswordChanged,
    ResetMailed,
    RegistrationMailed,
    Registered,
    AddressMailed,
    AddressConfirmed,
    AddressRemoved,
    AddressReturned,
    DeviceNoticesOn,
    DeviceNoticesOff,
    PasswordSet,
    SignInEnded,
    OthersEnded(u64),
    KeyEnded,
    AdministratorNow,
    UserNow,
    Activated,
    Deactivated(u64),
    SignInsEnded(u64),
    UserAdded,
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
    pub(super) fn text(self, name: &str) -> String {
        match self {
            Self::Unsent => "Nothing has been changed yet. You can send the form again.".into(),
            Self::Unused(seconds) => {
                let idle = words::duration(Duration::from_secs(seconds));
                format!("You were signed out after {idle} without use.")
            }
            Self::SignedOut => "You are signed out.".into(),
            Self::NameChanged => "Your name is saved.".into(),
            Self::PasswordChanged => {
                "Your password has changed, and you are signed out everywhere else.".into()
            }
            Self::PasswordSet => "The password is set. Sign in with it.".into(),
            Self::RegistrationMailed => {
                "A mail with a link is on its way. Use it, then sign in.".into()
            }
            Self::Registered => "Your account is ready. Sign in with your password.".into(),
            Self::ResetMailed => {
                "If an account has this address, a mail with a link is on its way. The link works \
                 for half an hour."
                    .into()
            }
            Self::AddressMailed => {
                "A mail with a link is on its way. The address is yours once you have used it."
                    .into()
            }
            Self::AddressConfirmed => "The address is confirmed.".into(),
            Self::AddressReturned => {
                "The address is yours again, and all sign-ins have ended. Set another password now, \
                 by “Forgotten your password?”, if someone else may know it."
                    .into()
            }
            Self::AddressRemoved => "The address is removed.".into(),
            Self::DeviceNoticesOn => "You get a mail when you sign in from a new device.".into(),
            Self::DeviceNoticesOff => "You get no mail when you sign in from a new device.".into(),
            Self::SignInEnded => "That sign-in has ended.".into(),
            Self::OthersEnded(count) => {
                format!("Signed out everywhere else: {} ended.", sign_ins(count))
            }
            Self::KeyEnded => "That key has ended.".into(),
            Self::AdministratorNow => format!("{name} is an administrator now."),
            Self::UserNow => format!("{name} is an ordinary user now."),
            Self::Activated => format!("{name} can sign in."),
            Self::Deactivated(count) => {
                format!("{name} is deactivated; {} ended.", sign_ins(count))
            }
            Self::SignInsEnded(count) => {
                format!("{name} is signed out everywhere: {} ended.", sign_ins(count))
            }
            Self::UserAdded => format!("{name} is added."),
            Self::UserDeleted(count) => {
                format!("The user is deleted; {} ended.", sign_ins(count))
            }
            Self::UserDeletedBefore => "That user is deleted.".into(),
            Self::OwnRoleLost => "You are no longer an administrator.".into(),
            Self::OwnDeactivated => {
                "Your account is deactivated, and you are signed out everywhere.".into()
            }
            Self::OwnSignInsEnded => "You are signed out everywhere.".into(),
            Self::OwnDeleted => "Your account is deleted.".into(),
        }
    }

    /// Returns the notice for a template; `name` is the user that the page is about.
    pub(super) fn shown(self, name: &str) -> ShownNotice {
        let is_done = !matches!(self, Self::Unsent | Self::Unused(_));
        ShownNotice { text: self.text(name), class: if is_done { "success" } else { "info" } }
    }
}

impl ShownNotice {
    /// What a page says above its content after a form that it has refused.
    pub(super) fn error(error: &Error) -> Self {
        let text = error.fields().next().map_or(words::message(error), |(_, text)| text.into());
        Self { text: text.into_owned(), class: "error" }
    }
}

/// Returns a number of sign-ins with its noun.
fn sign_ins(count: u64) -> String {
    if count == 1 { "1 sign-in".to_owned() } else { format!("{count} sign-ins") }
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
    pub(super) fn shown(&self, name: &str) -> Option<ShownNotice> {
        if self.read().is_some_and(|(_, page)| !page.is_empty() && page != self.path) {
            return None;
        }
        self.take().map(|notice| notice.shown(name))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Flash<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}
