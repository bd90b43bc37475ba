//! The pages, for people with a session.

use rocket::form::{Form, FromForm};
use rocket::request::FlashMessage;
use rocket::response::Redirect;
use rocket::{Route, State, get, post, routes, uri};
use rocket_dyn_templates::{Template, context};
use vestibule::guards::{Fresh, Require};
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::{AuthCache, SessionOptions, SignIns};
use vestibule::{Error, ErrorPage, LocalPath, PasswordLogin, Session};

use crate::database::{Admin, User, add_note, notes_of, set_password, users_with_notes};
use crate::sqlite::Pool;

type SessionUser = vestibule::SessionUser<User>;
/// A page with the error of a form.
type Refused = ErrorPage<Template>;

pub(crate) fn routes() -> Vec<Route> {
    routes![
        login_page,
        log_in,
        log_out,
        log_out_everywhere,
        confirm_page,
        confirm,
        notes,
        add,
        password_page,
        change_password,
        users
    ]
}

#[derive(FromForm)]
struct LoginForm {
    name: String,
    password: Password,
    remember: bool,
    next: Option<LocalPath>,
}

/// Shows the login form, empty or as it was sent.
fn login_form(name: &str, next: Option<&str>, message: Option<&str>) -> Template {
    Template::render("login", context! { sent_name: name, next, message })
}

#[get("/login?<next>")]
fn login_page(next: Option<&str>, flash: Option<FlashMessage<'_>>) -> Template {
    login_form("", next, flash.as_ref().map(FlashMessage::message))
}

#[post("/login", data = "<form>")]
async fn log_in(
    form: Form<LoginForm>,
    login: PasswordLogin<'_, User>,
    session: Session<'_>,
) -> Result<Redirect, Refused> {
    let form = form.into_inner();
    let opened = async {
        let user = login.verify(&form.name, &form.password).await?;
        session.start_with(&user, SessionOptions::new().remembered_if(form.remember)).await
    };
    match opened.await {
        Ok(_) => Ok(form.next.unwrap_or_default().redirect()),
        Err(error) => {
            let next = form.next.as_ref().map(LocalPath::as_str);
            Err(error.with_page(|message| login_form(&form.name, next, Some(message))))
        }
    }
}

#[post("/logout")]
async fn log_out(session: Session<'_>) -> Result<Redirect, Error> {
    session.end().await?;
    Ok(Redirect::to(uri!(login_page(None::<&str>))))
}

#[post("/logout/everywhere")]
async fn log_out_everywhere(
    user: SessionUser,
    session: Session<'_>,
    sign_ins: SignIns<'_>,
) -> Result<Redirect, Error> {
    sign_ins.end_all(user.id, None).await?;
    session.end().await?;
    Ok(Redirect::to(uri!(login_page(None::<&str>))))
}

#[get("/")]
async fn notes(user: SessionUser, pool: &State<Pool>) -> Result<Template, Error> {
    let notes = notes_of(pool, user.id).await?;
    Ok(Template::render("notes", context! { name: &user.name, is_admin: user.is_admin, notes }))
}

#[derive(FromForm)]
struct NoteForm {
    text: String,
}

#[post("/", data = "<form>")]
async fn add(
    user: SessionUser,
    form: Form<NoteForm>,
    pool: &State<Pool>,
) -> Result<Redirect, Error> {
    add_note(pool, user.id, form.into_inner().text).await?;
    Ok(Redirect::to(uri!(notes)))
}

#[get("/users")]
async fn users(admin: Require<Admin, SessionUser>, pool: &State<Pool>) -> Result<Template, Error> {
    let users = users_with_notes(pool).await?;
    Ok(Template::render("users", context! { name: &admin.name, users }))
}

#[get("/confirm?<next>")]
fn confirm_page(user: SessionUser, next: Option<&str>) -> Template {
    Template::render("confirm", context! { name: &user.name, next })
}

#[derive(FromForm)]
struct ConfirmForm {
    password: Password,
    next: Option<LocalPath>,
}

#[post("/confirm", data = "<form>")]
async fn confirm(
    user: SessionUser,
    form: Form<ConfirmForm>,
    login: PasswordLogin<'_, User>,
    session: Session<'_>,
) -> Result<Redirect, Refused> {
    let form = form.into_inner();
    let confirmed = async {
        login.verify(&user.name, &form.password).await?;
        session.confirm().await
    };
    match confirmed.await {
        Ok(()) => Ok(form.next.unwrap_or_default().redirect()),
        Err(error) => Err(error.with_page(|message| {
            let next = form.next.as_ref().map(LocalPath::as_str);
            Template::render("confirm", context! { name: &user.name, next, message })
        })),
    }
}

#[get("/password")]
fn password_page(user: Fresh<SessionUser>) -> Template {
    Template::render("password", context! { name: &user.name })
}

#[derive(FromForm)]
struct PasswordForm {
    password: Password,
}

#[post("/password", data = "<form>")]
async fn change_password(
    user: Fresh<SessionUser>,
    form: Form<PasswordForm>,
    hasher: &State<Hasher>,
    pool: &State<Pool>,
    cache: &State<AuthCache>,
) -> Result<Redirect, Refused> {
    let changed = async {
        hasher.check(&form.password, &[&user.name]).await?;
        let hash = hasher.hash(&form.password).await?;
        set_password(pool, user.id, hash).await?;
        cache.invalidate_account(&user.id);
        Ok::<_, Error>(())
    };
    match changed.await {
        Ok(()) => Ok(Redirect::to(uri!(login_page(None::<&str>)))),
        Err(error) => Err(error.with_page(|message| {
            Template::render("password", context! { name: &user.name, message })
        })),
    }
}
