//! The list of users.

use rocket::request::FlashMessage;
use rocket::{State, get, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::super::renderer::{Page, Renderer, format_time};
use crate::accounts::queries::{self, PAGE};
use crate::accounts::{Accounts, AdminPage, User};
use vestibule::Error;

/// Shows a page of all users, or of those whose name contains `q`.
#[get("/admin/users?<q>&<page>")]
pub(in crate::web) async fn list(
    admin: AdminPage,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    flash: Option<FlashMessage<'_>>,
    q: Option<&str>,
    page: Option<i64>,
) -> Result<Page, Error> {
    let (search, page) = (q.unwrap_or_default().trim(), page.unwrap_or(1).max(1));
    let query = search.to_owned();
    let found = accounts.run(move |connection| queries::page(connection, &query, page));
    let (users, total) = found.await?;
    let pages = ((total + PAGE - 1) / PAGE).max(1);
    let page_url = |page: i64| {
        let search = Some(search).filter(|search| !search.is_empty());
        uri!(list(q = search, page = Some(page))).to_string()
    };
    let values = context! {
        users: users.iter().map(row).collect::<Vec<_>>(),
        q: search,
        page,
        pages,
        total,
        previous: (page > 1).then(|| page_url((page - 1).min(pages))),
        next: (page < pages).then(|| page_url(page + 1)),
        notice: flash.as_ref().map(FlashMessage::message),
    };
    Ok(renderer.page("users", "Users", Some(&admin), values))
}

fn row(user: &User) -> impl Serialize {
    context! {
        href: uri!(super::user::page(id = user.id.to_string())).to_string(),
        username: &user.username,
        full_name: &user.full_name,
        role: user.role,
        active: user.active,
        created_at: format_time(user.created_at),
    }
}
