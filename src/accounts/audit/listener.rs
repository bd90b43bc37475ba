//! Receives the events of the library and of the account service.

use super::event::AuditEvent;
use super::log::LogEvents;
use super::queue::{Audit, EventOwner, QueuedEvent};
use super::source::RequestSource;
use vestibule::events::{EndedBy, Event, EventKind, EventSink};

/// Writes a log line for every event, as `LogEvents` does, and queues those that belong into
/// the audit log.
#[derive(Clone)]
pub struct AuditEvents(Audit);

impl AuditEvents {
    /// Creates a listener with this queue.
    #[must_use]
    pub fn new(audit: Audit) -> Self {
        Self(audit)
    }

    /// Returns the queue.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.0
    }
}

impl EventSink for AuditEvents {
    fn on_event(&self, event: &Event<'_>) {
        LogEvents.on_event(event);
        let Some((audited, ended)) = audited(event.kind) else { return };
        let account = event.account.and_then(|account| account.parse().ok());
        let queued = QueuedEvent {
            event: audited,
            owner: account.map_or(EventOwner::None, EventOwner::Account),
            // A stolen credential is not presented by the owner of the account, and it is not the
            // owner who ends a sign-in beyond the limit.
            is_own_action: !matches!(audited, AuditEvent::Theft | AuditEvent::Protected)
                && !matches!(event.kind, EventKind::Ended(EndedBy::Limit, _)),
            sign_in: event.sign_in.map(str::to_owned),
            source: RequestSource {
                address: event.address,
                request_id: event.request_id,
                ..RequestSource::default()
            },
            count: ended,
        };
        self.0.push(queued);
    }
}

/// Returns the event of the audit log, with a count of ended sign-ins. `None` for events that are
/// only log lines:
///
/// - a refusal and a rotation, because any client can cause a thousand a second;
/// - events that the transaction of the change writes itself.
fn audited(kind: EventKind) -> Option<(AuditEvent, Option<u64>)> {
    let event = match kind {
        EventKind::SignedIn => AuditEvent::SignedIn,
        EventKind::SignedOut => AuditEvent::SignedOut,
        EventKind::Restored => AuditEvent::Restored,
        EventKind::Confirmed => AuditEvent::Confirmed,
        EventKind::Theft => AuditEvent::Theft,
        EventKind::Protected => AuditEvent::Protected,
        EventKind::Registered => AuditEvent::Registered,
        EventKind::Ended(EndedBy::Owner | EndedBy::Limit, count) if count > 0 => {
            return Some((AuditEvent::Ended, Some(count)));
        }
        _ => return None,
    };
    Some((event, None))
}
