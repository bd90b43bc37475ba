//! The audit log: everybody's own part, and all of it for administrators.

use rocket::{State, get};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use crate::accounts::audit::{ActorView, Entry};
use crate::accounts::{Accounts, AdminApi, OwnAccount, TokenUser};
use crate::http::Json;
use vestibule::Error;
use vestibule::guards::Scoped;

/// An event as the user sees it that it happened to: an administrator is not named, nor where
/// the administrator was.
#[derive(Serialize)]
pub(super) struct Own {
    id: i64,
    at: String,
    event: String,
    outcome: String,
    by: Option<&'static str>,
    sign_in: Option<String>,
    address: Option<String>,
    detail: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Page<T> {
    events: Vec<T>,
    /// What to ask for with `before` to go on; `null` at the end.
    next: Option<i64>,
}

impl From<Entry> for Own {
    fn from(entry: Entry) -> Self {
        let doer = entry.actor_view();
        let is_theirs = doer == ActorView::Administrator;
        Self {
            id: entry.id,
            at: entry.time().format(&Rfc3339).unwrap_or_default(),
            event: entry.event,
            outcome: entry.outcome,
            by: match doer {
                ActorView::Oneself => Some("self"),
                ActorView::Administrator => Some("administrator"),
                ActorView::CommandLine => Some("command line"),
                ActorView::Unknown => None,
            },
            sign_in: entry.sign_in.filter(|_| !is_theirs),
            address: entry.address.filter(|_| !is_theirs),
            detail: entry.detail,
        }
    }
}

/// What happened to the user itself, newest first.
#[get("/events?<before>")]
pub(super) async fn own(
    user: Scoped<OwnAccount, TokenUser>,
    accounts: &State<Accounts>,
    before: Option<i64>,
) -> Result<Json<Page<Own>>, Error> {
    let (entries, next) = accounts.events(Some(user.id), before).await?;
    Ok(Json(Page { events: entries.into_iter().map(Own::from).collect(), next }))
}

/// What happened to all users, or to one, newest first.
#[get("/admin/events?<account>&<before>")]
pub(super) async fn all(
    _admin: AdminApi,
    accounts: &State<Accounts>,
    account: Option<&str>,
    before: Option<i64>,
) -> Result<Json<Page<Entry>>, Error> {
    let wrong = |_| Error::invalid_field("account", "This parameter is a user's number.");
    // A slip must not show more than was asked for.
    let account = account.map(|id| id.parse().map_err(wrong)).transpose()?;
    let (events, next) = accounts.events(account, before).await?;
    Ok(Json(Page { events, next }))
}
