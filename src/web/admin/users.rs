//! The list of users.

use rocket::{get, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::super::renderer::{Page, Title, format_time};
use super::context::AdminContext;
use crate::accounts::queries::{UserFilter, pages};
use crate::accounts::{AdminPage, User};
use crate::http::UniqueQuery;
use vestibule::Error;

/// Shows a page of all users, or of those that fit; beyond the last page the last one. A parameter
/// that appears twice is refused: which of the two is meant is unknown.
#[get("/admin/users?<q>&<role>&<active>&<page>")]
pub(in crate::web) async fn list(
    admin: AdminPage,
    context: AdminContext<'_>,
    _query: UniqueQuery,
    q: Option<&str>,
    role: Option<&str>,
    active: Option<&str>,
    page: Option<i64>,
) -> Result<Page, Error> {
    let (page, filter) = (page.unwrap_or(1).max(1), UserFilter::parse(q, role, active)?);
    let (mut page, mut found) = (page, context.users(&filter, page).await?);
    if page > pages(found.1) {
        page = pages(found.1);
        found = context.users(&filter, page).await?;
    }
    let (users, total) = found;
    let page_url = |page: i64| {
        let [q, role, active] = [q, role, active].map(|text| text.filter(|text| !text.is_empty()));
        uri!(list(q = q, role = role, active = active, page = Some(page))).to_string()
    };
    let values = context! {
        users: users.iter().map(row).collect::<Vec<_>>(),
        q: &filter.search,
        role: filter.role,
        active: filter.active.map(|active| active.to_string()),
        page,
        pages: pages(total),
        total,
        previous: (page > 1).then(|| page_url(page - 1)),
        next: (page < pages(total)).then(|| page_url(page + 1)),
        notice: context.flash.shown(context.renderer.language(Some(&admin)), ""),
    };
    Ok(context.renderer.page("users", Title::Key("users"), Some(&admin), values))
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
