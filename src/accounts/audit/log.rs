//! Log lines of events, under the target `vestibule::events`.

use super::entry::{ChangedUser, Record};
use super::event::AuditEvent;
use vestibule::events::{EndedBy, Event, EventKind, EventSink};

/// Writes a log line for each event of the library: `event`, `account`, `sign_in`, `address`,
/// `request_id` and, for a refusal, `reason` and `detail`.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogEvents;

impl EventSink for LogEvents {
    fn on_event(&self, event: &Event<'_>) {
        let reason = match event.kind {
            EventKind::Refused(kind) => Some(kind.code()),
            EventKind::Ended(by, _) => Some(by.as_str()),
            _ => None,
        };
        let ended = match event.kind {
            EventKind::Ended(_, count) => Some(count),
            _ => None,
        };
        let level = match event.kind {
            EventKind::Theft | EventKind::Protected => log::Level::Warn,
            _ => log::Level::Info,
        };
        log::log!(
            target: "vestibule::events",
            level,
            event = event.kind.as_str(),
            account = event.account,
            sign_in = event.sign_in,
            address = event.address.map(|address| address.to_string()),
            request_id = event.request_id.as_ref().map(|id| id.as_str()),
            reason,
            detail = event.detail,
            ended;
            "{}", event.kind.as_str().replace('_', " ")
        );
    }
}

/// Writes a log line for each record of a committed change to a user.
pub(in crate::accounts) fn log_change(changed: &ChangedUser) {
    for record in &changed.records {
        let Record { event, account, actor, sign_in, address, detail, request_id, .. } = record;
        let reason = (*event == AuditEvent::Ended).then_some(EndedBy::Administrator.as_str());
        let ends_sign_ins = matches!(
            event,
            AuditEvent::Ended
                | AuditEvent::Deactivated
                | AuditEvent::Deleted
                | AuditEvent::SecondFactorAdded
                | AuditEvent::SecondFactorRemoved
        );
        log::info!(
            target: "vestibule::events",
            event = event.as_str(),
            account = account.map(|account| account.to_string()),
            actor,
            sign_in,
            address,
            request_id,
            reason,
            ended = ends_sign_ins.then_some(changed.ended),
            detail;
            "{}", event.as_str().replace('_', " ")
        );
    }
}
