//! Rows of the log and their hash chain.

use std::fmt::Write as _;

use diesel::prelude::*;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::actor::Actor;
use super::event::AuditEvent;
use crate::accounts::user::User;
use crate::db::schema::events;
use crate::db::{from_micros, rfc3339, to_micros};

/// A stored row of `events`; in JSON its time is RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = events)]
#[schema(as = Event)]
pub struct Entry {
    /// The number of the row: from 1, without gaps.
    pub id: i64,
    /// The time, in microseconds since 1970.
    #[serde(serialize_with = "serialize_time")]
    #[schema(value_type = String, format = DateTime)]
    pub at: i64,
    /// The name of an [`AuditEvent`].
    pub event: String,
    /// `success` or `failure`.
    pub outcome: String,
    /// The account that the event is about.
    #[schema(required = true)]
    pub account: Option<i64>,
    /// The user name of the account at that time.
    #[schema(required = true)]
    pub username: Option<String>,
    /// The account of the actor.
    #[schema(required = true)]
    pub actor_account: Option<i64>,
    /// The name of the actor, where it is known.
    #[schema(required = true)]
    pub actor: Option<String>,
    /// The sign-in that the event is about or that the actor used.
    #[schema(required = true)]
    pub sign_in: Option<String>,
    /// The address of the client.
    #[schema(required = true)]
    pub address: Option<String>,
    /// Details; never a secret.
    #[schema(required = true)]
    pub detail: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// SHA-256 of the previous hash and of all fields, in hexadecimal digits.
    pub hash: String,
}

/// An event to be appended: a row without its number and hash.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Record {
    pub(in crate::accounts) at: OffsetDateTime,
    pub(in crate::accounts) event: AuditEvent,
    pub(in crate::accounts) account: Option<i64>,
    pub(in crate::accounts) username: Option<String>,
    pub(in crate::accounts) actor_account: Option<i64>,
    pub(in crate::accounts) actor: Option<String>,
    pub(in crate::accounts) sign_in: Option<String>,
    pub(in crate::accounts) address: Option<String>,
    pub(in crate::accounts) detail: Option<String>,
    pub(in crate::accounts) request_id: Option<String>,
}

/// The result of a change to a user.
#[derive(Debug)]
pub struct ChangedUser {
    /// The user after the change; the deleted one after a deletion.
    pub user: User,
    /// How many sign-ins ended.
    pub ended: u64,
    /// The records that were appended to the log.
    pub(in crate::accounts) records: Vec<Record>,
}

/// The number and hash of a row, which the next one follows; 0 and empty before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainHead {
    /// The row's number.
    pub id: i64,
    /// The row's hash.
    pub hash: String,
}

impl Record {
    /// A record about the account of a user.
    pub(in crate::accounts) fn about(event: AuditEvent, user: &User, actor: &Actor) -> Self {
        Self {
            account: Some(user.id),
            username: Some(user.username.clone()),
            ..Self::new(event, actor)
        }
    }

    /// A record without an account.
    pub(in crate::accounts) fn new(event: AuditEvent, actor: &Actor) -> Self {
        Self {
            at: actor.at,
            event,
            account: None,
            username: None,
            actor_account: actor.account,
            actor: Some(actor.name.clone()),
            sign_in: actor.sign_in.clone(),
            address: actor.source.address.map(|address| address.to_string()),
            detail: None,
            request_id: actor.source.request_id.map(|id| id.to_string()),
        }
    }

    pub(in crate::accounts) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds how many sign-ins ended, if any did.
    pub(in crate::accounts) fn ended(self, count: u64) -> Self {
        match count {
            0 => self,
            1 => self.detail("1 sign-in ended"),
            _ => self.detail(format!("{count} sign-ins ended")),
        }
    }

    /// Returns the row that follows `head`.
    pub(in crate::accounts) fn chained(self, head: &ChainHead) -> Entry {
        let mut entry = Entry {
            id: head.id + 1,
            at: to_micros(self.at),
            event: self.event.as_str().to_owned(),
            outcome: self.event.outcome().to_owned(),
            account: self.account,
            username: self.username,
            actor_account: self.actor_account,
            actor: self.actor,
            sign_in: self.sign_in,
            address: self.address,
            detail: self.detail,
            request_id: self.request_id,
            hash: String::new(),
        };
        entry.hash = entry.digest(&head.hash);
        entry
    }
}

/// The actor of an event as the owner of the account may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorView {
    /// The owner of the account.
    Oneself,
    /// An administrator, without a name.
    Administrator,
    /// The command line.
    CommandLine,
    /// Not known, for example after a wrong password.
    Unknown,
}

impl Entry {
    /// Returns the time of the event.
    #[must_use]
    pub fn time(&self) -> OffsetDateTime {
        from_micros(self.at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Returns the actor as the owner of the account may see it.
    #[must_use]
    pub fn actor_view(&self) -> ActorView {
        match (self.actor_account, &self.actor) {
            (None, None) => ActorView::Unknown,
            (None, Some(_)) => ActorView::CommandLine,
            (actor, _) if actor == self.account => ActorView::Oneself,
            (Some(_), _) => ActorView::Administrator,
        }
    }

    /// Returns the number and hash of this row.
    #[must_use]
    pub fn head(&self) -> ChainHead {
        ChainHead { id: self.id, hash: self.hash.clone() }
    }

    /// Computes the hash of this row after a row with the hash `previous`.
    ///
    /// Each field is written as a netstring, `4:text,`, so that no two different rows have the
    /// same input; an absent field is `-,`. Rows without the id of a request end before it, as all
    /// rows did when there was none.
    #[must_use]
    pub fn digest(&self, previous: &str) -> String {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let text = |text: &Option<String>| text.clone();
        let fields = [
            Some(previous.to_owned()),
            number(Some(self.id)),
            number(Some(self.at)),
            Some(self.event.clone()),
            Some(self.outcome.clone()),
            number(self.account),
            text(&self.username),
            number(self.actor_account),
            text(&self.actor),
            text(&self.sign_in),
            text(&self.address),
            text(&self.detail),
        ];
        let request_id = self.request_id.clone().map(Some);
        let mut input = String::new();
        for field in fields.iter().chain(&request_id) {
            match field {
                // Writing to a `String` cannot fail.
                Some(text) => drop(write!(input, "{}:{text},", text.len())),
                None => input.push_str("-,"),
            }
        }
        format!("{:x}", Sha256::digest(input))
    }
}

fn serialize_time<S: Serializer>(micros: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&from_micros(*micros).map(rfc3339).unwrap_or_default())
}

impl ChainHead {
    /// Parses `17:3f2a...`, the form that [`Display`](std::fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The head of an empty log.
        if text == "0:" {
            return Some(Self::default());
        }
        let (id, hash) = text.split_once(':')?;
        let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        let is_sha256 = hash.len() == 64 && hash.chars().all(hex);
        let id = id.parse().ok().filter(|id| *id > 0)?;
        is_sha256.then(|| Self { id, hash: hash.to_owned() })
    }
}

impl std::fmt::Display for ChainHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.id, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let actor = Actor::command_line(OffsetDateTime::UNIX_EPOCH);
        let record = Record::new(AuditEvent::Added, &actor).detail("user");
        Record { account: Some(7), username: Some("ann".to_owned()), ..record }
            .chained(&ChainHead::default())
    }

    #[test]
    fn the_hash_is_the_documented_one() {
        let whole = "0:,1:1,1:0,5:added,7:success,1:7,3:ann,-,12:command line,-,-,4:user,";
        assert_eq!(entry().hash, format!("{:x}", Sha256::digest(whole)));
    }

    #[test]
    fn the_id_of_the_request_is_the_last_field_of_a_row_that_has_one() {
        let entry = Entry { request_id: Some("7f3c".to_owned()), ..entry() };
        let whole = "0:,1:1,1:0,5:added,7:success,1:7,3:ann,-,12:command line,-,-,4:user,4:7f3c,";
        assert_eq!(entry.digest(""), format!("{:x}", Sha256::digest(whole)));
    }

    #[test]
    fn every_field_and_the_row_before_are_part_of_it() {
        let whole = entry();
        let some = || Some("x".to_owned());
        let changed = [
            Entry { id: 2, ..whole.clone() },
            Entry { at: 1, ..whole.clone() },
            Entry { event: "deleted".to_owned(), ..whole.clone() },
            Entry { outcome: "failure".to_owned(), ..whole.clone() },
            Entry { account: None, ..whole.clone() },
            Entry { username: some(), ..whole.clone() },
            Entry { actor_account: Some(1), ..whole.clone() },
            Entry { actor: None, ..whole.clone() },
            Entry { sign_in: some(), ..whole.clone() },
            Entry { address: some(), ..whole.clone() },
            Entry { detail: None, ..whole.clone() },
            Entry { request_id: some(), ..whole.clone() },
            // Text that moves from one field to the next makes another row.
            Entry { username: None, actor: Some("anncommand line".to_owned()), ..whole.clone() },
        ];
        for entry in &changed {
            assert_ne!(entry.digest(""), whole.hash, "{entry:?}");
        }
        assert_ne!(whole.digest("0"), whole.hash);
        assert_eq!(whole.digest(""), whole.hash);
    }

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let head = entry().head();
        for head in [head, ChainHead::default()] {
            assert_eq!(ChainHead::parse(&head.to_string()), Some(head));
        }
        let no_row = format!("0:{}", "0".repeat(64));
        for bad in ["", "1", "1:", "0:00", "x:00", "1:XYZ", "-1:00", &no_row] {
            assert_eq!(ChainHead::parse(bad), None, "{bad}");
        }
    }
}
