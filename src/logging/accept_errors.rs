//! Errors of accepting a connection, such as that no file descriptor is left.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use log::{Level, Record};

/// Rocket logs such an error with this target, tries again after 250 ms, and so on.
const TARGET: &str = "rocket_http::listener";

/// How often the errors are logged.
const INTERVAL: Duration = Duration::from_secs(60);

/// When the last error was logged.
#[derive(Default)]
pub(super) struct AcceptErrors(Mutex<Option<Instant>>);

impl AcceptErrors {
    /// Returns the line for a record of Rocket about a failed accept, once a minute.
    pub(super) fn line_of(&self, record: &Record<'_>) -> Option<String> {
        if record.level() != Level::Warn || record.target() != TARGET {
            return None;
        }
        let message = record.args().to_string();
        let (cause, _) = message.strip_prefix("accept error ")?.split_once("; ")?;
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < INTERVAL) {
            return None;
        }
        *last = Some(Instant::now());
        // EMFILE of this process, ENFILE of the machine.
        let advice = match cause.rsplit_once("(os error ") {
            Some((_, "24)" | "23)")) => {
                ": no file descriptors are left; raise the limit (ulimit -n, or LimitNOFILE of \
                 systemd), or find the clients that keep connections open"
            }
            _ => "",
        };
        Some(format!("no connection can be accepted, new clients wait: {cause}{advice}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_reported_once_a_minute_and_say_what_has_run_out() {
        let errors = AcceptErrors::default();
        let line = |level, target, text: &str| {
            let mut record = Record::builder();
            errors.line_of(&record.level(level).target(target).args(format_args!("{text}")).build())
        };
        let full = "accept error Too many open files (os error 24); recovery attempt in 250ms";
        assert_eq!(line(Level::Info, TARGET, full), None);
        assert_eq!(line(Level::Warn, "rocket::server", full), None);
        assert_eq!(line(Level::Warn, TARGET, "failed to enable NODELAY: x"), None);
        let said = line(Level::Warn, TARGET, full).expect("a line");
        assert!(said.contains("no file descriptors are left; raise the limit (ulimit"), "{said}");
        assert_eq!(line(Level::Warn, TARGET, full), None);
        let other = AcceptErrors::default();
        let text = "accept error Out of memory (os error 12); recovery attempt in 250ms";
        let record = format_args!("{text}").to_string();
        let said = other.line_of(
            &Record::builder()
                .level(Level::Warn)
                .target(TARGET)
                .args(format_args!("{record}"))
                .build(),
        );
        assert!(said.is_some_and(|said| said.ends_with("Out of memory (os error 12)")));
    }
}
