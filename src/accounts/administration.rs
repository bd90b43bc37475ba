//! What administrators do, for pages and API; the command line asks the statements themselves.

use std::net::IpAddr;

use super::audit::{Actor, Audit, AuditEvent, Changed, Entry, Record};
use super::queries::{self, Change, EVENTS_PAGE};
use super::{Accounts, User};
use vestibule::{Authenticated, EndedBy, Error};

impl Accounts {
    /// Whoever is behind a guard, at this moment.
    ///
    /// # Errors
    /// 503 `unavailable` when the clock shows nothing sensible.
    pub fn by(
        &self,
        who: &impl Authenticated<Account = User>,
        address: Option<IpAddr>,
    ) -> Result<Actor, Error> {
        Ok(Actor::user(who, address, self.clock.now()?))
    }

    /// Changes a user; deactivating ends all sign-ins.
    ///
    /// # Errors
    /// 403 `forbidden` when whoever asks is no administrator any more, 404 `not_found`, 409
    /// `last_administrator`, 503 `unavailable`.
    pub async fn change_user(&self, by: &Actor, id: i64, change: Change) -> Result<Changed, Error> {
        let acting = by.clone();
        let changed = self
            .run_change(id, move |connection| queries::change(connection, id, &change, &acting));
        changed.await.inspect(tell)
    }

    /// Ends all sign-ins of a user.
    ///
    /// # Errors
    /// As [`change_user`](Self::change_user), but for 409.
    pub async fn sign_user_out(&self, by: &Actor, id: i64) -> Result<Changed, Error> {
        let acting = by.clone();
        let signed_out =
            self.run_change(id, move |connection| queries::sign_out(connection, id, &acting));
        signed_out.await.inspect(tell)
    }

    /// Deletes a user for good; its events stay.
    ///
    /// # Errors
    /// As [`change_user`](Self::change_user).
    pub async fn delete_user(&self, by: &Actor, id: i64) -> Result<Changed, Error> {
        let acting = by.clone();
        let deleted =
            self.run_change(id, move |connection| queries::delete(connection, id, &acting));
        deleted.await.inspect(tell)
    }

    /// One page of the audit log, newest first: of one account or of all, and of the rows
    /// before one or from the newest. Beside it the row that the next page is before, if
    /// there is one. What this process has just told is in it.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn events(
        &self,
        account: Option<i64>,
        before: Option<i64>,
    ) -> Result<(Vec<Entry>, Option<i64>), Error> {
        self.audit.settled().await;
        let found = self.run(move |connection| queries::events(connection, account, before));
        let mut entries = found.await?;
        let size = usize::try_from(EVENTS_PAGE).unwrap_or(usize::MAX);
        let more = entries.len() > size;
        entries.truncate(size);
        let next = entries.last().map(|entry| entry.id).filter(|_| more);
        Ok((entries, next))
    }

    /// The way into the audit log.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.audit
    }
}

/// One log line for each row of the audit log, once it is certain.
pub(super) fn tell(changed: &Changed) {
    for record in &changed.records {
        let Record { what, account, actor, sign_in, address, detail, .. } = record;
        let reason = (*what == AuditEvent::Ended).then_some(EndedBy::Administrator.as_str());
        let ends =
            matches!(what, AuditEvent::Ended | AuditEvent::Deactivated | AuditEvent::Deleted);
        log::info!(
            target: "vestibule::events",
            event = what.as_str(),
            account = account.map(|account| account.to_string()),
            actor,
            sign_in,
            address,
            reason,
            ended = ends.then_some(changed.ended),
            detail;
            "{}", what.as_str().replace('_', " ")
        );
    }
}
