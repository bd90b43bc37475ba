//! What Flask-Login's `LoginManager` does with a refused request: a message, and a redirect to
//! the login view with `next`.
//!
//! A guard leaves its `Error` on the request; a catcher draws it. One for each part of the site
//! is what Flask-Login's `blueprint_login_views` are, and a part with a catcher of its own has an
//! `unauthorized_handler`.

use rocket::catcher::{self, Catcher, Handler};
use rocket::http::uri::Origin;
use rocket::http::{Method, Status};
use rocket::request::Request;
use rocket::response::{Flash, Redirect, Responder};
use vestibule::{Auth, Error, ErrorKind, LocalPath};

/// The cookie that holds `next` where the address does not.
pub(crate) const NEXT: &str = "next";

/// The address of a login page with the page to return to: `login_url`, but
/// made by `uri!`, so that a view that does not exist does not compile.
pub(crate) type View = fn(Option<&str>) -> Origin<'static>;

/// The settings, with Flask-Login's names and defaults. Without a view it is a 401.
#[derive(Clone)]
pub(crate) struct LoginManager {
    pub(crate) login_view: Option<View>,
    pub(crate) login_message: &'static str,
    pub(crate) login_message_category: &'static str,
    pub(crate) refresh_view: Option<View>,
    pub(crate) needs_refresh_message: &'static str,
    pub(crate) needs_refresh_message_category: &'static str,
    /// Translates a message to the language of the request.
    pub(crate) localize_callback: fn(&Request<'_>, &'static str) -> &'static str,
    /// `USE_SESSION_FOR_NEXT`
    pub(crate) use_session_for_next: bool,
    /// `FORCE_HOST_FOR_REDIRECTS`
    pub(crate) force_host_for_redirects: Option<&'static str>,
}

impl Default for LoginManager {
    fn default() -> Self {
        Self {
            login_view: None,
            login_message: "Please log in to access this page.",
            login_message_category: "message",
            refresh_view: None,
            needs_refresh_message: "Please reauthenticate to access this page.",
            needs_refresh_message_category: "message",
            localize_callback: |_, text| text,
            use_session_for_next: false,
            force_host_for_redirects: None,
        }
    }
}

impl LoginManager {
    fn sent_on(&self, view: View, request: &Request<'_>) -> Redirect {
        // The data of a form is lost by the redirect: only a page can be returned to.
        let is_page = matches!(request.method(), Method::Get | Method::Head);
        let next = LocalPath::parse(&request.uri().to_string()).filter(|_| is_page);
        let next = next.as_ref().map(LocalPath::as_str);
        let view = if self.use_session_for_next {
            next.into_iter()
                .for_each(|next| request.cookies().add_private((NEXT, next.to_owned())));
            view(None)
        } else {
            view(next)
        };
        match self.force_host_for_redirects {
            Some(host) => Redirect::to(format!("//{host}{view}")),
            None => Redirect::to(view),
        }
    }
}

#[rocket::async_trait]
impl Handler for LoginManager {
    async fn handle<'r>(&self, status: Status, request: &'r Request<'_>) -> catcher::Result<'r> {
        // A client that sent a token is a program: it gets the error, no redirect to a form.
        let kind = Error::of(status, request).map(|error| error.kind());
        let (view, category, message) = match kind.filter(|_| !Auth::is_token_request(request)) {
            Some(ErrorKind::CredentialsMissing) => {
                (self.login_view, self.login_message_category, self.login_message)
            }
            Some(ErrorKind::FreshLoginRequired) => {
                let category = self.needs_refresh_message_category;
                (self.refresh_view, category, self.needs_refresh_message)
            }
            _ => (None, "", ""),
        };
        let Some(view) = view else {
            return (status, status.reason_lossy().to_owned()).respond_to(request);
        };
        let message = (self.localize_callback)(request, message);
        Flash::new(self.sent_on(view, request), category, message).respond_to(request)
    }
}

impl From<LoginManager> for Vec<Catcher> {
    fn from(manager: LoginManager) -> Self {
        vec![Catcher::new(Status::Unauthorized.code, manager)]
    }
}
