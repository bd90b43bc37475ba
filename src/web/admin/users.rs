//! All users, page by page.

use rocket::request::FlashMessage;
use rocket::{State, get, uri};
use rocket_dyn_templates::context;

use super::super::renderer::{Page, Renderer, shown};
use crate::accounts::queries::{self, PAGE};
use crate::accounts::{Accounts, AdminPage};
use vestibule::Error;

/// One page of all users, or of those whose name holds `q`.
#[get("/admin/users?<q>&<page>")]
pub(in crate::web) async fn list(
    admin: AdminPage,
    accounts: &State<Accounts>,
    view: Renderer<'_>,
    flash: Option<FlashMessage<'_>>,
    q: Option<&str>,
    page: Option<i64>,
) -> Result<Page, Error> {
    let (search, page) = (q.unwrap_or_default().trim(), page.unwrap_or(1).max(1));
    let wanted = search.to_owned();
    let found = accounts.run(move |connection| queries::page(connection, &wanted, page));
    let (users, total) = found.await?;
    let pages = ((total + PAGE - 1) / PAGE).max(1);
    let to = |page: i64| {
        let search = Some(search).filter(|search| !search.is_empty());
        uri!(list(q = search, page = Some(page))).to_string()
    };
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            context! {
                href: uri!(super::user::page(id = user.id.to_string())).to_string(),
                username: &user.username,
                full_name: &user.full_name,
                role: user.role,
                active: user.active,
                created_at: shown(user.created_at),
            }
        })
        .collect();
    let own = context! {
        users: rows,
        q: search,
        page,
        pages,
        total,
        previous: (page > 1).then(|| to((page - 1).min(pages))),
        next: (page < pages).then(|| to(page + 1)),
        notice: flash.as_ref().map(FlashMessage::message),
    };
    Ok(view.page("users", "Users", Some(&admin), own))
}
