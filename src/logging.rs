//! Log lines as JSON on standard error, one per event.

use std::io::Write;

use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use crate::auth::Clock;

/// Writes each record as one line of JSON; control characters come out escaped, so no input
/// can forge a line.
struct JsonLines {
    clock: Clock,
}

/// Rocket explains each request in several lines; the access log says it in one. Its errors
/// are kept, without their continuation lines.
fn is_noise(target: &str, level: Level) -> bool {
    let of_rocket = target.starts_with("rocket") || target.starts_with("_");
    of_rocket && (level > Level::Error || target.ends_with("::_"))
}

impl Log for JsonLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level() && !is_noise(metadata.target(), metadata.level())
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let time = self.clock.now().ok().and_then(|now| now.format(&Rfc3339).ok());
        let line = json!({
            "time": time,
            "level": record.level().as_str().to_ascii_lowercase(),
            "target": record.target(),
            "message": record.args().to_string(),
        });
        // Nobody is left to tell when even standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    fn flush(&self) {}
}

/// Makes JSON lines the log of this process; must come before Rocket is built, which then
/// leaves logging alone. Does nothing when a log is set already.
pub(crate) fn install(level: LevelFilter) {
    if log::set_boxed_logger(Box::new(JsonLines { clock: Clock::system() })).is_ok() {
        log::set_max_level(level);
    }
}
