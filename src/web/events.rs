//! The audit log as people read it: everybody's own part, and all of it for administrators.

use rocket::{State, get, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::renderer::{Page, Renderer, shown};
use crate::accounts::audit::{ActorView, AuditEvent, Entry};
use crate::accounts::queries;
use crate::accounts::{Accounts, AdminPage, SessionUser};
use vestibule::Error;

/// One row.
#[derive(Serialize)]
struct Row {
    id: i64,
    at: String,
    what: String,
    failure: bool,
    detail: Option<String>,
    account: Option<i64>,
    username: Option<String>,
    by: Option<String>,
    address: Option<String>,
}

/// Whose events they are.
#[derive(Serialize)]
struct About {
    name: String,
    href: Option<String>,
}

impl Row {
    fn of(entry: Entry) -> Self {
        let what = AuditEvent::parse(&entry.event).map(|what| what.sentence().to_owned());
        Self {
            id: entry.id,
            at: shown(entry.time()),
            // A name that only a later version knows.
            what: what.unwrap_or_else(|| entry.event.replace('_', " ")),
            failure: entry.outcome == "failure",
            detail: entry.detail,
            account: entry.account,
            username: entry.username,
            by: entry.actor,
            address: entry.address,
        }
    }

    /// As its owner may see it: an administrator is not named, nor where the administrator was.
    fn own(entry: Entry) -> Self {
        let (by, is_theirs) = match entry.actor_view() {
            ActorView::Oneself => (Some("You"), false),
            ActorView::Administrator => (Some("An administrator"), true),
            ActorView::CommandLine => (Some("An administrator, on the command line"), true),
            ActorView::Unknown => (None, false),
        };
        let row = Self::of(entry);
        Self {
            by: by.map(str::to_owned),
            address: row.address.filter(|_| !is_theirs),
            account: None,
            username: None,
            ..row
        }
    }
}

/// What happened to the user itself, newest first.
#[get("/account/events?<before>")]
pub(super) async fn own(
    user: SessionUser,
    accounts: &State<Accounts>,
    view: Renderer<'_>,
    before: Option<i64>,
) -> Result<Page, Error> {
    let (entries, next) = accounts.events(Some(user.id), before).await?;
    let page = context! {
        events: entries.into_iter().map(Row::own).collect::<Vec<_>>(),
        newest: before.map(|_| uri!(own(before = Option::<i64>::None)).to_string()),
        older: next.map(|next| uri!(own(before = Some(next))).to_string()),
    };
    Ok(view.page("events", "What happened to your account", Some(&user), page))
}

/// What happened to all users, or to one, newest first.
#[get("/admin/events?<account>&<before>")]
pub(super) async fn all(
    admin: AdminPage,
    accounts: &State<Accounts>,
    view: Renderer<'_>,
    account: Option<&str>,
    before: Option<i64>,
) -> Result<Page, Error> {
    let wrong = |_| Error::invalid_field("account", "This parameter is a user's number.");
    // A slip must not show more than was asked for.
    let account: Option<i64> = account.map(|id| id.parse().map_err(wrong)).transpose()?;
    let (entries, next) = accounts.events(account, before).await?;
    let of = match account {
        Some(id) => Some(about(accounts, id, &entries).await?),
        None => None,
    };
    let to = |before: Option<i64>| {
        let account = account.map(|id| id.to_string());
        uri!(all(account = account.as_deref(), before = before)).to_string()
    };
    let page = context! {
        all: true,
        of,
        events: entries.into_iter().map(Row::of).collect::<Vec<_>>(),
        newest: before.map(|_| to(None)),
        older: next.map(|next| to(Some(next))),
    };
    Ok(view.page("events", "Events", Some(&admin), page))
}

/// Name and page of an account; of one that is gone only the name that its rows know.
async fn about(accounts: &Accounts, id: i64, entries: &[Entry]) -> Result<About, Error> {
    let user = accounts.run(move |connection| queries::find(connection, id)).await?;
    let page = uri!(super::admin::user::page(id = id.to_string())).to_string();
    let href = user.as_ref().map(|_| page);
    let kept = || entries.iter().find_map(|entry| entry.username.clone());
    let name = user.map(|user| user.username).or_else(kept);
    Ok(About { name: name.unwrap_or_else(|| format!("number {id}")), href })
}
