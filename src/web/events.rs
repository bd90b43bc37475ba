//! The audit log for people: a user's own events, and all events for administrators.

use rocket::{State, get, uri};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::filters;
use super::renderer::{Page, Renderer, Title, format_time};
use crate::accounts::audit::{ActorView, AuditEvent, Entry};
use crate::accounts::queries;
use crate::accounts::{Accounts, AdminPage, SessionUser};
use crate::http::KnownQuery;
use crate::languages::Language;
use vestibule::Error;

/// A row of the table.
#[derive(Serialize)]
struct EventRow {
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

/// The account whose events are listed.
#[derive(Serialize)]
struct ShownAccount {
    name: String,
    href: Option<String>,
}

impl EventRow {
    fn of(entry: Entry, language: &Language) -> Self {
        let what = AuditEvent::parse(&entry.event).map(|event| {
            let key = format!("event-{}", event.as_str().replace('_', "-"));
            if language.has(&key) { language.text(&key) } else { event.sentence().to_owned() }
        });
        Self {
            id: entry.id,
            at: format_time(entry.time()),
            // An event of a later version has no sentence here.
            what: what.unwrap_or_else(|| entry.event.replace('_', " ")),
            failure: entry.outcome == "failure",
            detail: entry.detail.map(|detail| key_detail(&detail, language).unwrap_or(detail)),
            account: entry.account,
            username: entry.username,
            by: entry.actor.map(|name| actor(&name, language)),
            address: entry.address,
        }
    }

    /// The row of a user's own event: without the name and the address of an administrator.
    fn own(entry: Entry, language: &Language) -> Self {
        let (by, by_administrator) = match entry.actor_view() {
            ActorView::Oneself => (Some("by-you"), false),
            ActorView::Administrator => (Some("by-administrator"), true),
            ActorView::CommandLine => (Some("by-command-line"), true),
            ActorView::Unknown => (None, false),
        };
        let row = Self::of(entry, language);
        Self {
            by: by.map(|key| language.text(key)),
            address: row.address.filter(|_| !by_administrator),
            account: None,
            username: None,
            ..row
        }
    }
}

/// Returns the name of an actor; one that holds a space is no user.
fn actor(name: &str, language: &Language) -> String {
    match name {
        "command line" => language.text("actor-command-line"),
        "asked for by mail" => language.text("actor-mail"),
        "setting audit_retention" => language.text("actor-retention"),
        _ => name.to_owned(),
    }
}

/// Returns the detail of a new key for people: without the id of a sign-in, and with its expiry as
/// a date. `None` for any other detail.
fn key_detail(detail: &str, language: &Language) -> Option<String> {
    let (facts, label) = detail.split_once(": ")?;
    let (scopes, rest) = facts.split_once(", until ")?;
    let until = rest.split(", ").next().and_then(filters::parse)?;
    let scopes = if scopes == "none" { language.text("no-scopes") } else { scopes.to_owned() };
    let values = vec![
        ("scopes", scopes.into()),
        ("date", language.date(until).into()),
        ("label", label.into()),
    ];
    Some(language.format("key-detail", values))
}

/// Lists the events of the user's own account, newest first.
#[get("/account/events?<before>")]
pub(super) async fn own(
    user: SessionUser,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    before: Option<i64>,
) -> Result<Page, Error> {
    let before = before.filter(|before| *before > 0);
    let (entries, next) = accounts.events(Some(user.id), before).await?;
    let language = renderer.language(Some(&user));
    let row = |entry| EventRow::own(entry, language);
    let values = context! {
        events: entries.into_iter().map(row).collect::<Vec<_>>(),
        newest: before.map(|_| uri!(own(before = Option::<i64>::None)).to_string()),
        older: next.map(|next| uri!(own(before = Some(next))).to_string()),
    };
    Ok(renderer.page("events", Title::Key("activity"), Some(&user), values))
}

/// Lists the events of all accounts or of one, newest first.
#[get("/admin/events?<account>&<before>")]
pub(super) async fn all(
    admin: AdminPage,
    accounts: &State<Accounts>,
    renderer: Renderer<'_>,
    _query: KnownQuery,
    account: Option<&str>,
    before: Option<i64>,
) -> Result<Page, Error> {
    let invalid = |_| Error::invalid_field("account", "This parameter is a user's number.");
    // Otherwise a mistyped id would show the events of all accounts, as a mistyped or repeated name would.
    let account: Option<i64> = account.map(|id| id.parse().map_err(invalid)).transpose()?;
    let before = before.filter(|before| *before > 0);
    let (entries, next) = accounts.events(account, before).await?;
    let language = renderer.language(Some(&admin));
    let of = match account {
        Some(id) => Some(shown_account(accounts, id, &entries, language).await?),
        None => None,
    };
    let to = |before: Option<i64>| {
        let account = account.map(|id| id.to_string());
        uri!(all(account = account.as_deref(), before = before)).to_string()
    };
    let row = |entry| EventRow::of(entry, language);
    let values = context! {
        all: true,
        of,
        events: entries.into_iter().map(row).collect::<Vec<_>>(),
        newest: before.map(|_| to(None)),
        older: next.map(|next| to(Some(next))),
    };
    Ok(renderer.page("events", Title::Key("activity"), Some(&admin), values))
}

/// Returns name and page of an account; of a deleted one only the name, from its rows.
async fn shown_account(
    accounts: &Accounts,
    id: i64,
    entries: &[Entry],
    language: &Language,
) -> Result<ShownAccount, Error> {
    let user = accounts.run(move |connection| queries::find(connection, id)).await?;
    let page = uri!(super::admin::user::page(id = id.to_string())).to_string();
    let href = user.as_ref().map(|_| page);
    let recorded = || entries.iter().find_map(|entry| entry.username.clone());
    let name = user.map(|user| user.username).or_else(recorded);
    Ok(ShownAccount {
        name: name.unwrap_or_else(|| language.format("account-n", vec![("id", id.into())])),
        href,
    })
}
