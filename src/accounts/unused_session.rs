//! Whether a session ended because it was unused, for the form to sign in again.

use std::time::Duration;

use super::audit::AuditEvent;
use super::service::Accounts;
use vestibule::Error;
use vestibule::database::sign_ins;
use vestibule::sign_ins::PresentedSession;

impl Accounts {
    /// Returns whether a session that is no longer active ended because it was unused for `idle`.
    /// Its row may have been purged since; then nothing else in the audit log may have ended it.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn ended_unused(
        &self,
        session: &PresentedSession,
        idle: Duration,
    ) -> Result<bool, Error> {
        let (id, now) = (session.sign_in.clone(), self.clock.now()?);
        let row = self.run(move |connection| sign_ins::find(connection, id.as_str())).await?;
        if let Some(row) = row {
            return Ok(now < row.expires_at && !row.is_active(now, idle));
        }
        let Ok(account) = session.account.parse() else { return Ok(false) };
        if session.is_remembered || now < session.created_at + idle {
            return Ok(false);
        }
        let (entries, older) = self.events(Some(account), None).await?;
        let is_older = |at| at < session.created_at;
        let all_known = older.is_none() || entries.last().is_some_and(|last| is_older(last.time()));
        let mut since = entries.iter().take_while(|entry| !is_older(entry.time()));
        Ok(all_known
            && !since.any(|entry| AuditEvent::parse(&entry.event).is_none_or(ends_sessions)))
    }
}

fn ends_sessions(event: AuditEvent) -> bool {
    matches!(
        event,
        AuditEvent::SignedOut
            | AuditEvent::Protected
            | AuditEvent::Ended
            | AuditEvent::PasswordChanged
            | AuditEvent::Deactivated
            | AuditEvent::SecondFactorAdded
            | AuditEvent::SecondFactorRemoved
            | AuditEvent::Deleted
            | AuditEvent::EventsLost
    )
}
