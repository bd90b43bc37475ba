//! The audit log: a user's own events, and all events for administrators.

use rocket::{State, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::linked::Linked;
use crate::accounts::audit::{ActorView, Entry};
use crate::accounts::{Accounts, AdminApi, OwnAccount, TokenUser};
use crate::db::rfc3339;
use crate::http::{KnownQuery, number};
use vestibule::Error;
use vestibule::guards::Scoped;

/// An event of the user's own account: without the name, sign-in and address of an administrator.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnEvent {
    id: i64,
    #[schema(format = DateTime)]
    at: String,
    event: String,
    outcome: String,
    #[schema(required = true)]
    by: Option<&'static str>,
    #[schema(required = true)]
    sign_in: Option<String>,
    #[schema(required = true)]
    address: Option<String>,
    #[schema(required = true)]
    detail: Option<String>,
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub(super) struct EventPage<T> {
    events: Vec<T>,
    /// The value of `before` for the next page; `null` on the last.
    #[schema(required = true)]
    next: Option<i64>,
}

impl From<Entry> for OwnEvent {
    fn from(entry: Entry) -> Self {
        let actor = entry.actor_view();
        let by_administrator = actor == ActorView::Administrator;
        Self {
            id: entry.id,
            at: rfc3339(entry.time()),
            event: entry.event,
            outcome: entry.outcome,
            by: match actor {
                ActorView::Oneself => Some("self"),
                ActorView::Administrator => Some("administrator"),
                ActorView::CommandLine => Some("command line"),
                ActorView::Unknown => None,
            },
            sign_in: entry.sign_in.filter(|_| !by_administrator),
            address: entry.address.filter(|_| !by_administrator),
            detail: entry.detail,
        }
    }
}

/// Returns the events of the user's own account, newest first.
#[get("/events?<before>")]
pub(super) async fn own(
    user: Scoped<OwnAccount, TokenUser>,
    accounts: &State<Accounts>,
    _query: KnownQuery,
    before: Option<&str>,
) -> Result<Linked<EventPage<OwnEvent>>, Error> {
    let before = number("before", before, 0)?;
    let (entries, next) = accounts.events(Some(user.id), before).await?;
    let events = entries.into_iter().map(OwnEvent::from).collect();
    Ok(Linked::before(EventPage { events, next }, next))
}

/// Returns the events of all accounts or of one, newest first.
#[get("/admin/events?<account>&<before>")]
pub(super) async fn all(
    _admin: AdminApi,
    accounts: &State<Accounts>,
    _query: KnownQuery,
    account: Option<&str>,
    before: Option<&str>,
) -> Result<Linked<EventPage<Entry>>, Error> {
    // Without this error a mistyped id would return the events of all accounts.
    let account = number("account", account, 0)?;
    let before = number("before", before, 0)?;
    let (events, next) = accounts.events(account, before).await?;
    Ok(Linked::before(EventPage { events, next }, next))
}
