//! One row of the log, and the chain that the rows make.

use std::fmt::Write as _;

use diesel::prelude::*;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Actor, AuditEvent};
use crate::accounts::User;
use crate::db::schema::events;
use vestibule::{from_micros, to_micros};

/// A row of `events`, as it is kept; as JSON the time is RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = events)]
pub struct Entry {
    /// 1 and up, without gaps.
    pub id: i64,
    /// Microseconds since 1970.
    #[serde(serialize_with = "rfc3339")]
    pub at: i64,
    /// The name of a [`What`].
    pub event: String,
    /// `success` or `failure`.
    pub outcome: String,
    /// The account that it happened to.
    pub account: Option<i64>,
    /// Its name at that time.
    pub username: Option<String>,
    /// The account that did it.
    pub actor_account: Option<i64>,
    /// The name of whoever did it, where that is known.
    pub actor: Option<String>,
    /// The sign-in that it happened to or was done with.
    pub sign_in: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// A few words more; never a secret.
    pub detail: Option<String>,
    /// SHA-256 of the row before and of everything here, in hexadecimal digits.
    pub hash: String,
}

/// What will be a row: everything but its place in the chain.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Record {
    pub(in crate::accounts) at: OffsetDateTime,
    pub(in crate::accounts) what: AuditEvent,
    pub(in crate::accounts) account: Option<i64>,
    pub(in crate::accounts) username: Option<String>,
    pub(in crate::accounts) actor_account: Option<i64>,
    pub(in crate::accounts) actor: Option<String>,
    pub(in crate::accounts) sign_in: Option<String>,
    pub(in crate::accounts) address: Option<String>,
    pub(in crate::accounts) detail: Option<String>,
}

/// What a change came to.
#[derive(Debug)]
pub struct Changed {
    /// The user, as it is now or was to the last.
    pub user: User,
    /// How many sign-ins ended.
    pub ended: u64,
    /// What was written down.
    pub(in crate::accounts) records: Vec<Record>,
}

/// A place in the chain: the number of a row and its hash; 0 and nothing before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainHead {
    /// The row's number.
    pub id: i64,
    /// Its hash.
    pub hash: String,
}

impl Record {
    /// Something done to a user's account.
    pub(in crate::accounts) fn of(what: AuditEvent, user: &User, by: &Actor) -> Self {
        Self { account: Some(user.id), username: Some(user.username.clone()), ..Self::by(what, by) }
    }

    /// Something done to no account.
    pub(in crate::accounts) fn by(what: AuditEvent, by: &Actor) -> Self {
        Self {
            at: by.at,
            what,
            account: None,
            username: None,
            actor_account: by.account,
            actor: Some(by.name.clone()),
            sign_in: by.sign_in.clone(),
            address: by.address.clone(),
            detail: None,
        }
    }

    pub(in crate::accounts) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// How many sign-ins ended with it, where any did.
    pub(in crate::accounts) fn ended(self, count: u64) -> Self {
        match count {
            0 => self,
            1 => self.detail("1 sign-in ended"),
            _ => self.detail(format!("{count} sign-ins ended")),
        }
    }

    /// The row that follows on `head`.
    pub(in crate::accounts) fn chained(self, head: &ChainHead) -> Entry {
        let mut entry = Entry {
            id: head.id + 1,
            at: to_micros(self.at),
            event: self.what.as_str().to_owned(),
            outcome: self.what.outcome().to_owned(),
            account: self.account,
            username: self.username,
            actor_account: self.actor_account,
            actor: self.actor,
            sign_in: self.sign_in,
            address: self.address,
            detail: self.detail,
            hash: String::new(),
        };
        entry.hash = entry.digest(&head.hash);
        entry
    }
}

/// Who did something, as far as the user may know to whom it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorView {
    /// The user itself.
    Oneself,
    /// An administrator, who is not named.
    Administrator,
    /// Whoever works on the machine.
    CommandLine,
    /// Not known: whoever gave a wrong password, for example.
    Unknown,
}

impl Entry {
    /// The time.
    #[must_use]
    pub fn time(&self) -> OffsetDateTime {
        from_micros(self.at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Who did it.
    #[must_use]
    pub fn doer(&self) -> ActorView {
        match (self.actor_account, &self.actor) {
            (None, None) => ActorView::Unknown,
            (None, Some(_)) => ActorView::CommandLine,
            (actor, _) if actor == self.account => ActorView::Oneself,
            (Some(_), _) => ActorView::Administrator,
        }
    }

    /// The place of this row.
    #[must_use]
    pub fn head(&self) -> ChainHead {
        ChainHead { id: self.id, hash: self.hash.clone() }
    }

    /// What the hash must be after a row with the hash `previous`.
    ///
    /// Each field goes in as a netstring, `4:text,`, so that no two rows can be written
    /// alike; an absent one is `-,`.
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
        let mut whole = String::new();
        for field in &fields {
            match field {
                // Writing to a text cannot fail.
                Some(text) => drop(write!(whole, "{}:{text},", text.len())),
                None => whole.push_str("-,"),
            }
        }
        format!("{:x}", Sha256::digest(whole))
    }
}

fn rfc3339<S: Serializer>(micros: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    let time = from_micros(*micros).ok().and_then(|time| time.format(&Rfc3339).ok());
    serializer.serialize_str(&time.unwrap_or_default())
}

impl ChainHead {
    /// Reads `17:3f2a...`, as [`Display`](std::fmt::Display) writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, hash) = text.split_once(':')?;
        let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        let whole = hash.len() == 64 && hash.chars().all(hex);
        let id = id.parse().ok().filter(|id| *id > 0)?;
        whole.then(|| Self { id, hash: hash.to_owned() })
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
        let by = Actor::command_line(OffsetDateTime::UNIX_EPOCH);
        let record = Record::by(AuditEvent::Added, &by).detail("user");
        Record { account: Some(7), username: Some("ann".to_owned()), ..record }
            .chained(&ChainHead::default())
    }

    #[test]
    fn the_hash_is_the_documented_one() {
        let whole = "0:,1:1,1:0,5:added,7:success,1:7,3:ann,-,12:command line,-,-,4:user,";
        assert_eq!(entry().hash, format!("{:x}", Sha256::digest(whole)));
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
            // What moves from one field to the next is another row.
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
        assert_eq!(ChainHead::parse(&head.to_string()), Some(head));
        for bad in ["", "1", "1:", "0:00", "x:00", "1:XYZ", "-1:00"] {
            assert_eq!(ChainHead::parse(bad), None, "{bad}");
        }
    }
}
