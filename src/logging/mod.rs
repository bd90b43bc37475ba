//! Logs JSON lines to standard error: one per request, and one per event.

use std::sync::Arc;
use std::time::SystemTime;

use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer as _};

use crate::http::VisibleJson;
use vestibule::Clock;

mod accept_errors;
mod buffer;

use accept_errors::AcceptErrors;
use buffer::LogBuffer;

/// Writes each record as one line of JSON. Control characters and invisible ones are escaped, so
/// input can forge no line and no terminal obeys it.
struct JsonLines {
    clock: Clock,
    buffer: Arc<LogBuffer>,
    accept_errors: AcceptErrors,
}

/// The usual length of a line of the access log, in bytes.
const LINE_LENGTH: usize = 320;

/// Returns whether a record is left out. Rocket logs each request in several lines, for which the
/// access log has one. Rocket's errors are kept, without their continuation lines.
fn is_noise(target: &str, level: Level) -> bool {
    let from_rocket = target.starts_with("rocket") || target.starts_with('_');
    target.ends_with("::_") || (from_rocket && level > Level::Error)
}

/// The number of fields in a line of the access log.
const FIELD_COUNT: usize = 10;

/// The fields of a line, not sorted yet.
struct Fields<'l>(Vec<(Key<'l>, Value<'l>)>);

impl<'kvs> VisitSource<'kvs> for Fields<'kvs> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push((key, value));
        Ok(())
    }
}

impl Fields<'_> {
    /// Writes one JSON object with sorted, unique names; of several fields with one name, the first
    /// is kept.
    fn into_line(mut self) -> Result<Vec<u8>, Error> {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.0.dedup_by(|(later, _), (earlier, _)| later == earlier);
        let mut line = Vec::with_capacity(LINE_LENGTH);
        let mut json = serde_json::Serializer::with_formatter(&mut line, VisibleJson);
        let mut object = json.serialize_map(None).map_err(Error::boxed)?;
        for (key, value) in &self.0 {
            // A field that cannot be formatted is left out.
            let _ = value.visit(&mut Field { object: &mut object, name: key.as_str() });
        }
        object.end().map_err(Error::boxed)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Writes one field: integers as numbers, everything else as text; null is left out.
struct Field<'l, M> {
    object: &'l mut M,
    name: &'l str,
}

impl<M: SerializeMap> Field<'_, M> {
    fn write(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let written = self.object.serialize_entry(self.name, value);
        written.map_err(|error| Error::boxed(error.to_string()))
    }
}

impl<'v, M: SerializeMap> VisitValue<'v> for Field<'_, M> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.write(&format_args!("{value}"))
    }

    fn visit_str(&mut self, text: &str) -> Result<(), Error> {
        self.write(text)
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn visit_u64(&mut self, number: u64) -> Result<(), Error> {
        self.write(&number)
    }

    fn visit_i64(&mut self, number: i64) -> Result<(), Error> {
        self.write(&number)
    }
}

impl Log for JsonLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level() && !is_noise(metadata.target(), metadata.level())
    }

    fn log(&self, record: &Record<'_>) {
        if let Some(line) = self.accept_errors.line_of(record) {
            log::error!(target: "vestibule::connections", "{line}");
        }
        if !self.enabled(record.metadata()) {
            return;
        }
        let time = self.clock.now().ok().map(SystemTime::from);
        let time = time.map(humantime::format_rfc3339_micros);
        let dropped = self.buffer.take_dropped();
        let mut fields = Fields(Vec::with_capacity(FIELD_COUNT));
        // After an error, the line has the fields that could be read.
        let _ = record.key_values().visit(&mut fields);
        if let Some(time) = &time {
            fields.0.push((Key::from_str("time"), Value::from_display(time)));
        }
        if dropped > 0 {
            fields.0.push((Key::from_str("dropped"), Value::from(dropped)));
        }
        fields.0.extend([
            (Key::from_str("level"), Value::from(lower_case(record.level()))),
            (Key::from_str("target"), Value::from(record.target())),
            (Key::from_str("message"), Value::from_display(record.args())),
        ]);
        if let Ok(line) = fields.into_line() {
            self.buffer.add(&line, dropped);
        }
    }

    fn flush(&self) {
        self.buffer.flush();
    }
}

fn lower_case(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}

/// Installs this logger for the process. Must be called before Rocket is built, which then keeps it.
/// Does nothing if a logger is already set.
pub(crate) fn install(level: LevelFilter) {
    let buffer = Arc::new(LogBuffer::default());
    let lines = JsonLines {
        clock: Clock::system(),
        buffer: buffer.clone(),
        accept_errors: AcceptErrors::default(),
    };
    if log::set_boxed_logger(Box::new(lines)).is_ok() {
        log::set_max_level(level);
        std::thread::spawn(move || buffer.write_to(&mut std::io::stderr()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_line_is_one_object_with_its_names_in_order_and_nothing_in_it_ends_it_early() {
        let buffer = LogBuffer::default();
        buffer.dropped.store(3, Ordering::Relaxed);
        let clock = Clock::manual();
        clock.set(datetime!(2030-01-02 03:04:05 UTC));
        let accept_errors = AcceptErrors::default();
        let lines = JsonLines { clock, buffer: Arc::new(buffer), accept_errors };
        let log = |target: &str, level, message: &str, fields: &[(&str, Value<'_>)]| {
            let mut record = Record::builder();
            record.target(target).level(level).key_values(&fields);
            lines.log(&record.args(format_args!("{message}")).build());
        };
        log::set_max_level(LevelFilter::Info);
        log("rocket::server", Level::Info, "GET /:", &[]);
        log("rocket::server::_", Level::Error, "and so on", &[]);
        let route = Value::from("a\"b");
        let named = [
            ("status", Value::from(200_u16)),
            ("route", route),
            ("address", Value::null()),
            ("change", Value::from(-1)),
            ("fresh", Value::from(true)),
        ];
        log("vestibule::access", Level::Info, "GET /\n\u{1b}é\u{9b}\u{202e} 200", &named);
        log("vestibule", Level::Warn, "next", &[]);
        let mut written = Vec::new();
        lines.buffer.take_batch(&mut written);
        assert_eq!(
            String::from_utf8(written).as_deref(),
            Ok("{\"change\":-1,\"dropped\":3,\"fresh\":\"true\",\"level\":\"info\",\
             \"message\":\"GET /\\n\\u001bé\\u009b\\u202e 200\",\"route\":\"a\\\"b\",\"status\":200,\
             \"target\":\"vestibule::access\",\"time\":\"2030-01-02T03:04:05.000000Z\"}\n\
             {\"level\":\"warn\",\"message\":\"next\",\"target\":\"vestibule\",\
             \"time\":\"2030-01-02T03:04:05.000000Z\"}\n"),
            "without Rocket's own lines"
        );
    }
}
