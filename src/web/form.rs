//! The responses to forms.

use std::convert::Infallible;

use rocket::http::uri::Origin;
use rocket::http::{Cookie, CookieJar, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::{self, Redirect, Responder};
use rocket::{Ignite, Rocket, Sentinel, uri};

use super::notice::{Notice, NoticeRedirect};
use super::renderer::Page;
use crate::accounts::Accounts;
use vestibule::sign_ins::SignInId;
use vestibule::{Error, ErrorKind, ErrorPage, LocalPath};

/// What the handler of a form returns; the catcher turns an `Err` into an error page.
pub(super) type FormResult = Result<FormReply, Error>;

/// The response to a form, except for the error page.
pub(super) enum FormReply {
    /// To another page.
    Redirect(Box<Redirect>),
    /// After a sign-in: to `target`, but from a browser that sent no cookie of ours to a page that checks
    /// whether it keeps one.
    SignedIn { target: Box<Redirect>, check: Box<Redirect> },
    /// To another page, which shows a notice once.
    Notice(Box<NoticeRedirect>),
    /// A page with this status: the empty form, or what the form has created.
    Page(Status, Page),
    /// The form again, with the error and its status.
    Again(ErrorPage<Page>),
    /// To sign in or to confirm the password, as the error says, and from there to the form, whose
    /// address fills it in again.
    PasswordFirst(Error, Origin<'static>),
}

impl FormReply {
    /// Redirects to this page.
    pub(super) fn redirect(to: Origin<'static>) -> Self {
        Self::Redirect(Box::new(Redirect::to(to)))
    }

    /// Redirects to this page, which shows the notice.
    pub(super) fn notice(to: Origin<'static>, notice: Notice) -> Self {
        Self::Notice(Box::new(NoticeRedirect::new(to, notice)))
    }

    /// Redirects to the page that the client asked for before the form, else to the dashboard.
    pub(super) fn onward(next: &str) -> Self {
        Self::Redirect(Box::new(onward(next)))
    }

    /// Shows the form again with an error of one of these kinds.
    ///
    /// # Errors
    /// Any other error.
    pub(super) fn again(
        error: Error,
        kinds: &[ErrorKind],
        form: impl FnOnce(&Error) -> Page,
    ) -> FormResult {
        if !kinds.contains(&error.kind()) {
            return Err(error);
        }
        let page = form(&error);
        Ok(Self::Again(error.with_page(|_| page)))
    }
}

/// Redirects to the page that the client asked for before the form, else to the dashboard.
pub(super) fn onward(next: &str) -> Redirect {
    match LocalPath::parse(next) {
        Some(path) => path.redirect(),
        None => Redirect::to(uri!(super::pages::dashboard)),
    }
}

/// The address of the form that was sent, if its handler has left one for the catcher.
pub(super) struct FormToRefill(pub(super) Option<LocalPath>);

impl FormToRefill {
    pub(super) fn of<'r>(request: &'r Request<'_>) -> Option<&'r LocalPath> {
        request.local_cache(|| Self(None)).0.as_ref()
    }
}

/// Guard: as `G`, but the handler gets the refusal, so that it can keep what the form holds, or respond to the
/// second copy of a form.
pub(super) struct UserOrError<G>(pub(super) Result<G, Error>);

#[rocket::async_trait]
impl<'r, G: FromRequest<'r, Error = Error>> FromRequest<'r> for UserOrError<G> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        match Result::from_request(request).await {
            Outcome::Success(user) => Outcome::Success(Self(user)),
            Outcome::Error((_, never)) => match never {},
            Outcome::Forward(status) => Outcome::Forward(status),
        }
    }
}

impl<G: Sentinel> Sentinel for UserOrError<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}

/// Whether a browser may have sent the form. Other programs seldom send one of these header fields, and
/// are spared the check.
fn is_browser(request: &Request<'_>) -> bool {
    ["Origin", "Referer", "Sec-Fetch-Site"].iter().any(|name| request.headers().contains(*name))
}

/// Whether a cookie of ours came along. One of another program on the host does not show that ours are
/// kept.
pub(super) fn has_own_cookie(jar: &CookieJar<'_>, accounts: &Accounts) -> bool {
    let session = &accounts.auth().session;
    jar.iter().map(Cookie::name).any(|name| {
        name == session.cookie || name == session.remember_cookie || name.starts_with("vestibule_")
    })
}

/// Turns `token_revoked`, for a session that ended during the request, into the
/// `credentials_missing` that redirects to the sign-in form.
pub(super) fn sign_in_if_revoked(error: Error) -> Error {
    if error.kind() == ErrorKind::TokenRevoked {
        return ErrorKind::CredentialsMissing.into();
    }
    error
}

/// Takes the end of a sign-in that is not among the user's, by an id in the form of one, for done:
/// it was ended before, by an equal request perhaps.
///
/// # Errors
/// Any other error, and `not_found` for an id in another form.
pub(super) fn ended<T>(result: Result<T, Error>, id: &str) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound && SignInId::parse(id).is_some() => {
            Ok(())
        }
        result => result.map(drop),
    }
}

impl<'r> Responder<'r, 'static> for FormReply {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Redirect(redirect) => redirect.respond_to(request),
            Self::SignedIn { target, check } => {
                let accounts = request.rocket().state::<Accounts>();
                let is_kept = accounts.is_some_and(|all| has_own_cookie(request.cookies(), all));
                if is_browser(request) && !is_kept {
                    check.respond_to(request)
                } else {
                    target.respond_to(request)
                }
            }
            Self::Notice(redirect) => redirect.respond_to(request),
            Self::Page(status, page) => (status, page).respond_to(request),
            Self::Again(page) => page.respond_to(request),
            Self::PasswordFirst(error, page) => {
                // `None` for a long one: the catcher takes the path alone.
                let path = LocalPath::parse(&page.to_string());
                request.local_cache(|| FormToRefill(path));
                Err(error.remember(request))
            }
        }
    }
}
