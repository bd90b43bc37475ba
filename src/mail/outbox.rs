//! The outbox: mails that are to be sent. A mail is queued in the transaction of what it tells, and
//! holds no text: it is written when it is sent, so that no link that gives access is stored.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::dsl::count_star;
use diesel::prelude::*;
use rocket::tokio::sync::Notify;
use time::OffsetDateTime;

use super::counts::{Counters, MailCounts};
use super::kind::MailKind;
use super::mailer::MailError;
use crate::db::schema::mails;
use crate::db::{AnyConnection, from_micros, to_micros};
use crate::languages::Tag;
use vestibule::Error;

/// For how long a process that sends a mail keeps others from sending it too. If the process ends
/// meanwhile, the next one sends it after that.
const CLAIM: Duration = Duration::from_secs(5 * 60);

/// The pause after the first failure; it doubles with each of them.
const FIRST_PAUSE: Duration = Duration::from_secs(60);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// After what time a mail that could not be sent is given up.
const GIVE_UP: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a mail that was given up is listed.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many due mails are looked at for one that no other process sends.
const CANDIDATES: i64 = 20;

/// A mail to be queued.
#[derive(Clone, Debug)]
pub(crate) struct NewMail<'a> {
    pub(crate) kind: MailKind,
    /// The account that it is about; `None` while that is unknown.
    pub(crate) account: Option<i64>,
    pub(crate) recipient: &'a str,
    /// The client that causes it.
    pub(crate) client: Option<IpAddr>,
    /// The program of that client: "Chrome on Linux".
    pub(crate) program: Option<String>,
    /// The language of the request that causes it.
    pub(crate) language: Option<Tag>,
    /// The digest of the secret in the browser that asked for a mail to sign in.
    pub(crate) browser_hash: Option<String>,
    pub(crate) at: OffsetDateTime,
}

/// Wakes the task that sends what was queued, and counts what it sends; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    woken: Arc<Notify>,
    counters: Arc<Counters>,
}

impl Outbox {
    /// Queues a mail; it is sent once the transaction is committed. A mail with a link replaces one of
    /// the same kind and recipient that was not sent yet: only the link that was sent last is valid.
    pub(crate) fn queue(connection: &mut AnyConnection, mail: &NewMail<'_>) -> Result<(), Error> {
        let kind = mail.kind.as_str();
        // Each browser that asked for a mail to sign in gets its own.
        if mail.kind.has_link() && mail.browser_hash.is_none() {
            let unsent =
                mails::table.filter(mails::recipient.eq(mail.recipient).and(mails::kind.eq(kind)));
            match mail.account {
                Some(id) => {
                    diesel::delete(unsent.filter(mails::account.eq(id))).execute(connection)?
                }
                None => {
                    diesel::delete(unsent.filter(mails::account.is_null())).execute(connection)?
                }
            };
        }
        Self::queue_as(connection, &Self::new_id()?, mail)
    }

    /// Generates the id of a mail.
    pub(crate) fn new_id() -> Result<String, Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(Error::unavailable)?;
        Ok(URL_SAFE_NO_PAD.encode(id))
    }

    /// Queues a mail with an id of [`new_id`](Self::new_id), beside all others.
    pub(crate) fn queue_as(
        connection: &mut AnyConnection,
        id: &str,
        mail: &NewMail<'_>,
    ) -> Result<(), Error> {
        let row = (
            mails::id.eq(id),
            mails::account.eq(mail.account),
            mails::recipient.eq(mail.recipient),
            mails::kind.eq(mail.kind.as_str()),
            mails::client.eq(mail.client.map(|client| client.to_string())),
            mails::program.eq(&mail.program),
            mails::language.eq(mail.language.map(|language| language.as_str().to_owned())),
            mails::browser_hash.eq(&mail.browser_hash),
            mails::created_at.eq(to_micros(mail.at)),
            mails::next_at.eq(to_micros(mail.at)),
        );
        diesel::insert_into(mails::table).values(row).execute(connection)?;
        Ok(())
    }

    /// Wakes the task of this process. Other processes look for due mails now and then.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Waits for [`wake`](Self::wake).
    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Counts a mail that was sent, or an attempt that failed.
    pub(crate) fn record(&self, is_sent: bool) {
        self.counters.record(is_sent);
    }

    /// Keeps how many mails [`count`] has found.
    pub(crate) fn set_queued(&self, queued: (usize, usize)) {
        self.counters.set_queued(queued);
    }

    /// Returns what became of mails.
    pub(crate) fn counts(&self) -> MailCounts {
        self.counters.read()
    }
}

/// A row of the outbox, for the operator.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = mails)]
pub struct QueuedMail {
    pub(crate) id: String,
    pub(crate) account: Option<i64>,
    pub(crate) recipient: String,
    pub(crate) kind: String,
    pub(crate) client: Option<String>,
    pub(crate) program: Option<String>,
    pub(crate) browser_hash: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) attempts: i64,
    /// When it is tried next; `None` once it is given up.
    pub(crate) next_at: Option<i64>,
    /// Why the last attempt failed.
    pub(crate) error: Option<String>,
    pub(crate) language: Option<String>,
}

/// A mail that this process is to send.
#[derive(Debug)]
pub(crate) struct ClaimedMail {
    pub(crate) id: String,
    pub(crate) account: Option<i64>,
    pub(crate) recipient: String,
    pub(crate) kind: MailKind,
    pub(crate) client: Option<IpAddr>,
    pub(crate) program: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) browser_hash: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    attempts: i64,
}

/// Claims the mail that is due for longest; `None` if there is none.
pub(crate) fn claim_next(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
) -> QueryResult<Option<ClaimedMail>> {
    let now = to_micros(now);
    // A newer program sends those of other kinds. Older ones were queued while nothing sent mails.
    let due: Vec<QueuedMail> = mails::table
        .filter(mails::next_at.le(now))
        .filter(mails::created_at.gt(now.saturating_sub(micros(GIVE_UP + LONGEST_PAUSE))))
        .filter(mails::kind.eq_any(MailKind::ALL.map(MailKind::as_str)))
        .order((mails::next_at, mails::id))
        .limit(CANDIDATES)
        .select(QueuedMail::as_select())
        .load(connection)?;
    for mail in due {
        let row = mails::table.find(&mail.id).filter(mails::next_at.le(now));
        let claim = (
            mails::next_at.eq(now.saturating_add(micros(CLAIM))),
            mails::attempts.eq(mails::attempts + 1),
        );
        // None if another process was first.
        if diesel::update(row).set(claim).execute(connection)? == 1 {
            return Ok(claimed(mail));
        }
    }
    Ok(None)
}

fn claimed(mail: QueuedMail) -> Option<ClaimedMail> {
    Some(ClaimedMail {
        id: mail.id,
        account: mail.account,
        recipient: mail.recipient,
        kind: MailKind::parse(&mail.kind)?,
        client: mail.client.and_then(|client| client.parse().ok()),
        program: mail.program,
        language: mail.language,
        browser_hash: mail.browser_hash,
        created_at: from_micros(mail.created_at).ok()?,
        attempts: mail.attempts,
    })
}

/// Removes a mail that was sent, or that is not to be sent any more.
pub(crate) fn remove(connection: &mut AnyConnection, id: &str) -> QueryResult<()> {
    diesel::delete(mails::table.find(id)).execute(connection).map(drop)
}

/// Records that a mail was not sent: tries it again after a pause, or gives it up if it was refused
/// for good, or a day after it was queued; returns whether it is given up.
pub(crate) fn record_failure(
    connection: &mut AnyConnection,
    mail: &ClaimedMail,
    now: OffsetDateTime,
    error: &MailError,
) -> QueryResult<bool> {
    let pause = FIRST_PAUSE.saturating_mul(1 << mail.attempts.clamp(0, 10)).min(LONGEST_PAUSE);
    let is_given_up = error.is_permanent() || now + pause >= mail.created_at + GIVE_UP;
    let next_at = (!is_given_up).then(|| to_micros(now + pause));
    diesel::update(mails::table.find(&mail.id))
        .set((mails::next_at.eq(next_at), mails::error.eq(error.to_string())))
        .execute(connection)?;
    Ok(is_given_up)
}

/// Counts the mails that wait to be sent, and those that were given up.
pub(crate) fn count(connection: &mut AnyConnection) -> QueryResult<(usize, usize)> {
    let waiting = mails::table.filter(mails::next_at.ge(0)).select(count_star());
    let given_up = mails::table.filter(mails::next_at.is_null()).select(count_star());
    let waiting: i64 = waiting.get_result(connection)?;
    let given_up: i64 = given_up.get_result(connection)?;
    Ok((usize::try_from(waiting).unwrap_or(0), usize::try_from(given_up).unwrap_or(0)))
}

/// Returns the oldest mails of the outbox, those that were given up first.
pub(crate) fn list(connection: &mut AnyConnection, limit: i64) -> QueryResult<Vec<QueuedMail>> {
    mails::table
        .order((mails::next_at.is_not_null(), mails::created_at))
        .limit(limit)
        .select(QueuedMail::as_select())
        .load(connection)
}

/// Deletes at most `limit` mails that were queued a month ago, and given up since or never tried;
/// returns how many.
pub(crate) fn purge(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let old = mails::table.filter(mails::created_at.le(to_micros(now - KEEP)));
    let ids: Vec<String> = old.select(mails::id).limit(limit).load(connection)?;
    diesel::delete(mails::table.filter(mails::id.eq_any(ids))).execute(connection)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
