//! Signing people in and out.

use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::response::Redirect;
use rocket::{Responder, State, get, post, uri};
use rocket_dyn_templates::{Template, context};

use super::once::Once;
use super::view::View;
use crate::accounts::{self, SessionUser};
use crate::auth::{Error, ErrorKind, Hasher, LocalPath, Maybe, Password, Session};
use crate::db::Db;

/// Why somebody without a session is looking at the form.
const NOTICE: &str = "Please sign in to see this page.";

/// The fields of the form.
#[derive(FromForm)]
pub(super) struct Login {
    #[field(default = "")]
    username: String,
    password: Password,
    #[field(default = "")]
    next: String,
}

/// The form again, or the way on.
#[derive(Responder)]
pub(super) enum Entered {
    /// To where they were going.
    On(Box<Redirect>),
    /// The form, with what was wrong.
    Again((Status, Template)),
}

/// Where to after signing in.
fn target(next: &str) -> Redirect {
    match LocalPath::parse(next) {
        Some(path) => path.redirect(),
        None => Redirect::to(uri!(super::pages::dashboard)),
    }
}

fn page(
    view: &View,
    username: &str,
    next: &str,
    error: Option<&str>,
    notice: Option<&str>,
) -> Template {
    let next = LocalPath::parse(next).map(|path| path.to_string());
    let remember = false;
    view.page("login", "Sign in", None, context! { username, next, error, notice, remember })
}

/// The form; somebody who is signed in already goes on.
#[get("/login?<next>")]
pub(super) fn form(user: Maybe<SessionUser>, view: View, next: Option<&str>) -> Entered {
    let next = next.unwrap_or_default();
    if user.0.is_some() {
        return Entered::On(Box::new(target(next)));
    }
    let notice = LocalPath::parse(next).map(|_| NOTICE);
    Entered::Again((Status::Ok, page(&view, "", next, None, notice)))
}

/// Signs in; wrong credentials get the form again, with one message whatever was wrong.
#[post("/login", data = "<form>")]
pub(super) async fn login(
    session: Session<'_>,
    view: View,
    db: &State<Db>,
    hasher: &State<Hasher>,
    form: Form<Once<Login>>,
) -> Result<Entered, Error> {
    match accounts::authenticate(db, hasher, &form.username, &form.password).await {
        Ok(user) => {
            session.start(&user).await?;
            Ok(Entered::On(Box::new(target(&form.next))))
        }
        Err(error)
            if matches!(error.kind(), ErrorKind::BadCredentials | ErrorKind::AccountInactive) =>
        {
            let page = page(&view, &form.username, &form.next, Some(error.message()), None);
            Ok(Entered::Again((error.kind().status(), page)))
        }
        Err(error) => Err(error),
    }
}

/// Signs out; POST only, so that no link and no image can.
#[post("/logout")]
pub(super) async fn logout(
    _user: Maybe<SessionUser>,
    session: Session<'_>,
) -> Result<Redirect, Error> {
    session.end().await?;
    Ok(Redirect::to(uri!(super::pages::home)))
}
