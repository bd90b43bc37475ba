//! What the library half tells, for the audit log.

use super::{Audit, AuditEvent, EventOwner, QueuedEvent};
use crate::accounts::LogEvents;
use vestibule::{EndedBy, Event, EventKind, EventSink};

/// Writes every event to the log, as [`LogEvents`], and queues those that belong into the
/// audit log.
#[derive(Clone)]
pub struct AuditEvents(Audit);

impl AuditEvents {
    /// A listener that queues here.
    #[must_use]
    pub fn new(audit: Audit) -> Self {
        Self(audit)
    }
}

impl EventSink for AuditEvents {
    fn on_event(&self, event: &Event<'_>) {
        LogEvents.on_event(event);
        let Some((what, ended)) = audited(event.kind) else { return };
        let account = event.account.and_then(|account| account.parse().ok());
        let noted = QueuedEvent {
            what,
            whose: account.map_or(EventOwner::Nobody, EventOwner::Account),
            // Who presents a stolen credential is not the account.
            by_itself: !matches!(what, AuditEvent::Theft | AuditEvent::Protected),
            sign_in: event.sign_in.map(str::to_owned),
            address: event.address,
            count: ended,
        };
        self.0.note(noted);
    }
}

/// What a told event is in the audit log; `None` for one that stays in the log of lines:
///
/// - a refusal and a rotation, of which anybody, or any program, can make a thousand a second;
/// - what is written in the transaction of the change.
fn audited(kind: EventKind) -> Option<(AuditEvent, Option<u64>)> {
    let what = match kind {
        EventKind::SignedIn => AuditEvent::SignedIn,
        EventKind::SignedOut => AuditEvent::SignedOut,
        EventKind::Restored => AuditEvent::Restored,
        EventKind::Confirmed => AuditEvent::Confirmed,
        EventKind::Theft => AuditEvent::Theft,
        EventKind::Protected => AuditEvent::Protected,
        EventKind::Registered => AuditEvent::Registered,
        EventKind::Ended(EndedBy::Owner, count) if count > 0 => {
            return Some((AuditEvent::Ended, Some(count)));
        }
        _ => return None,
    };
    Some((what, None))
}
