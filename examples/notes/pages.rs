//! The pages, for people with a session.

use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::{Route, State, get, post, routes, uri};
use rocket_dyn_templates::{Template, context};
use vestibule::database::SqlitePool;
use vestibule::guards::{Fresh, Require};
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::{AuthCache, SignIns};
use vestibule::{Error, ErrorPage, LocalPath, PasswordLogin, Session, session_routes};

use crate::database::{Admin, User, add_note, notes_of, set_password, users_with_notes};

type SessionUser = vestibule::SessionUser<User>;
/// A page with the error of a form.
type Refused = ErrorPage<Template>;

pub(crate) fn routes() -> Vec<Route> {
    let own = routes![
        log_out_everywhere,
        confirm_page,
        confirm,
        notes,
        add,
        password_page,
        change_password,
        users
    ];
    [session_routes!(User, login_page), own].concat()
}

/// Draws the login form, empty or as it was sent.
fn login_page(name: &str, message: Option<&str>) -> Template {
    Template::render("login", context! { sent_name: name, message })
}

#[post("/logout/everywhere")]
async fn log_out_everywhere(
    user: SessionUser,
    session: Session<'_>,
    sign_ins: SignIns<'_>,
) -> Result<Redirect, Error> {
    sign_ins.end_all(user.id, None).await?;
    session.end().await?;
    Ok(Redirect::to("/login"))
}

#[get("/")]
async fn notes(user: SessionUser, pool: &State<SqlitePool>) -> Result<Template, Error> {
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
    pool: &State<SqlitePool>,
) -> Result<Redirect, Error> {
    add_note(pool, user.id, form.into_inner().text).await?;
    Ok(Redirect::to(uri!(notes)))
}

#[get("/users")]
async fn users(
    admin: Require<Admin, SessionUser>,
    pool: &State<SqlitePool>,
) -> Result<Template, Error> {
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
    pool: &State<SqlitePool>,
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
        Ok(()) => Ok(Redirect::to("/login")),
        Err(error) => Err(error.with_page(|message| {
            Template::render("password", context! { name: &user.name, message })
        })),
    }
}
