//! Every event becomes one structured log line.

use vestibule::{Event, EventKind, EventSink};

/// Writes events to the log: `event`, `account`, `sign_in`, `address` and, for a refusal, the
/// `reason`.
#[derive(Clone, Copy, Debug)]
pub struct LogEvents;

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
            reason,
            ended;
            "{}", event.kind.as_str().replace('_', " ")
        );
    }
}
