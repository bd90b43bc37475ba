//! Questions before a change to a user that is hard to take back; the change itself is in `user`.

use rocket::response::Redirect;
use rocket::{Either, get, uri};
use rocket_dyn_templates::context;

use super::super::renderer::{Page, Title};
use super::context::AdminContext;
use crate::accounts::{AdminPageChange, Role, User};
use vestibule::Error;
use vestibule::guards::Authenticated;

/// A change that the page asks about.
struct Question {
    /// The last part of the path of the change.
    change: &'static str,
    /// The key of the title; that of the text ends in `-text`.
    key: &'static str,
    /// The field that the form sends, with its value.
    field: Option<(&'static str, &'static str)>,
    is_danger: bool,
}

const MAKE_ADMINISTRATOR: Question = Question {
    change: "role",
    key: "make-administrator",
    field: Some(("role", "admin")),
    is_danger: false,
};

const MAKE_USER: Question =
    Question { change: "role", key: "make-user", field: Some(("role", "user")), is_danger: false };

const DEACTIVATE: Question = Question {
    change: "active",
    key: "deactivate",
    field: Some(("active", "false")),
    is_danger: true,
};

const ACTIVATE: Question = Question {
    change: "active",
    key: "activate",
    field: Some(("active", "true")),
    is_danger: false,
};

const SIGN_OUT: Question =
    Question { change: "end-sign-ins", key: "end-sign-ins", field: None, is_danger: true };

const RESET_LINK: Question =
    Question { change: "reset-link", key: "make-reset-link", field: None, is_danger: false };

const REMOVE_ADDRESS: Question = Question {
    change: "remove-address",
    key: "remove-address-of-user",
    field: None,
    is_danger: true,
};

const RESET_SECOND_FACTOR: Question = Question {
    change: "reset-second-factor",
    key: "reset-second-factor",
    field: None,
    is_danger: true,
};

fn page(
    context: &AdminContext<'_>,
    admin: &AdminPageChange,
    user: &User,
    question: &Question,
) -> Page {
    let (admin, href) =
        (admin.authentication().account(), uri!(super::user::page(user.id.to_string())));
    let language = context.renderer.language(Some(admin));
    let values = context! {
        account: context! { username: &user.username },
        is_oneself: user.id == admin.id,
        action: format!("{href}/{}", question.change),
        back: href.to_string(),
        question: language.text(question.key),
        text: language.text(&format!("{}-text", question.key)),
        field: question.field.map(|(name, value)| context! { name, value }),
        is_danger: question.is_danger,
        notice: context.flash.shown(language, ""),
    };
    context.renderer.page("user-change", Title::Key(question.key), Some(admin), values)
}

/// Asks before the role is changed.
#[get("/admin/users/<id>/role")]
pub(in crate::web) async fn role(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    let question = if user.role == Role::Admin { &MAKE_USER } else { &MAKE_ADMINISTRATOR };
    Ok(page(&context, &admin, &user, question))
}

/// Asks before an account is deactivated or activated.
#[get("/admin/users/<id>/active")]
pub(in crate::web) async fn active(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    let question = if user.active { &DEACTIVATE } else { &ACTIVATE };
    Ok(page(&context, &admin, &user, question))
}

/// Asks before all sign-ins of a user are ended.
#[get("/admin/users/<id>/end-sign-ins")]
pub(in crate::web) async fn end_sign_ins(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    Ok(page(&context, &admin, &user, &SIGN_OUT))
}

/// Asks before a link is made by which a user sets another password.
#[get("/admin/users/<id>/reset-link")]
pub(in crate::web) async fn reset_link(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    Ok(page(&context, &admin, &user, &RESET_LINK))
}

/// Asks before the e-mail address of a user is removed.
#[get("/admin/users/<id>/remove-address")]
pub(in crate::web) async fn remove_address(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Page, Error> {
    let user = context.user(id).await?;
    Ok(page(&context, &admin, &user, &REMOVE_ADDRESS))
}

/// Asks before the second factor of a user is removed.
#[get("/admin/users/<id>/reset-second-factor")]
pub(in crate::web) async fn reset_second_factor(
    admin: AdminPageChange,
    context: AdminContext<'_>,
    id: &str,
) -> Result<Either<Page, Redirect>, Error> {
    let user = context.user(id).await?;
    if user.id == admin.id {
        // The own one takes a proof of it.
        return Ok(Either::Right(Redirect::to(super::super::second_factor::address(""))));
    }
    Ok(Either::Left(page(&context, &admin, &user, &RESET_SECOND_FACTOR)))
}
