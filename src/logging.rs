//! Log lines as JSON on standard error, one per request and per event.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use log::kv::{Error, Key, ToValue, Value, VisitSource, VisitValue};
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer as _};
use time::format_description::well_known::Rfc3339;

use crate::auth::Clock;

/// Writes each record as one line of JSON; control characters come out escaped, so no input
/// can forge a line.
struct JsonLines {
    clock: Clock,
    writer: SyncSender<Order>,
    /// Lines that found the queue full.
    dropped: AtomicU64,
}

/// What the writer's thread is told.
enum Order {
    /// One line, with its end.
    Line(Vec<u8>),
    /// Everything before this has been written when the answer comes.
    Flush(SyncSender<()>),
}

/// How many lines may wait for a slow reader of standard error.
const QUEUE: usize = 10_000;

/// What a line of the access log takes, in bytes.
const LINE: usize = 256;

/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_secs(1);

/// Rocket explains each request in several lines; the access log says it in one. Its errors
/// are kept, without their continuation lines.
fn is_noise(target: &str, level: Level) -> bool {
    let of_rocket = target.starts_with("rocket") || target.starts_with('_');
    target.ends_with("::_") || (of_rocket && level > Level::Error)
}

/// The fields of a line, in no order yet.
#[derive(Default)]
struct Fields<'l>(Vec<(Key<'l>, Value<'l>)>);

impl<'kvs> VisitSource<'kvs> for Fields<'kvs> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push((key, value));
        Ok(())
    }
}

impl Fields<'_> {
    /// One object with its names in order, each once: the first of a name counts.
    fn into_line(mut self) -> Result<Vec<u8>, Error> {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.0.dedup_by(|(later, _), (earlier, _)| later == earlier);
        let mut line = Vec::with_capacity(LINE);
        let mut json = serde_json::Serializer::new(&mut line);
        let mut object = json.serialize_map(None).map_err(Error::boxed)?;
        for (key, value) in &self.0 {
            // A field that cannot be shown is left out; the line is worth more than it.
            let _ = value.visit(&mut Field { object: &mut object, name: key.as_str() });
        }
        object.end().map_err(Error::boxed)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Writes one field: a number stays one, everything else becomes text, and one without a
/// value is left out.
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
        if !self.enabled(record.metadata()) {
            return;
        }
        let time = self.clock.now().ok().and_then(|now| now.format(&Rfc3339).ok());
        let level = record.level().as_str().to_ascii_lowercase();
        let dropped = Some(self.dropped.swap(0, Ordering::Relaxed)).filter(|count| *count > 0);
        let mut fields = Fields::default();
        // As many fields as can be read; the line is worth more than the others.
        let _ = record.key_values().visit(&mut fields);
        fields.0.extend([
            (Key::from_str("time"), time.to_value()),
            (Key::from_str("level"), Value::from(level.as_str())),
            (Key::from_str("target"), Value::from(record.target())),
            (Key::from_str("message"), Value::from_display(record.args())),
            (Key::from_str("dropped"), dropped.to_value()),
        ]);
        let Ok(line) = fields.into_line() else { return };
        // A request never waits for whoever reads the log.
        if self.writer.try_send(Order::Line(line)).is_err() {
            self.dropped.fetch_add(dropped.unwrap_or(0) + 1, Ordering::Relaxed);
        }
    }

    fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.writer.try_send(Order::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH);
        }
    }
}

/// Writes lines until the process ends. Nobody is left to tell when standard error is closed.
fn write_lines(orders: &Receiver<Order>) {
    for order in orders {
        match order {
            Order::Line(line) => {
                let _ = std::io::stderr().lock().write_all(&line);
            }
            Order::Flush(done) => {
                let _ = done.try_send(());
            }
        }
    }
}

/// Makes JSON lines the log of this process; must come before Rocket is built, which then
/// leaves logging alone. Does nothing when a log is set already.
pub(crate) fn install(level: LevelFilter) {
    let (writer, orders) = sync_channel(QUEUE);
    let lines = JsonLines { clock: Clock::system(), writer, dropped: AtomicU64::new(0) };
    if log::set_boxed_logger(Box::new(lines)).is_ok() {
        log::set_max_level(level);
        std::thread::spawn(move || write_lines(&orders));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_line_is_one_object_with_its_names_in_order_and_nothing_in_it_ends_it_early() {
        let (writer, orders) = sync_channel(2);
        let clock = Clock::manual();
        clock.set(datetime!(2030-01-02 03:04:05 UTC));
        let lines = JsonLines { clock, writer, dropped: AtomicU64::new(3) };
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
        log("vestibule::access", Level::Info, "GET /\n\u{1b}é 200", &named);
        log("vestibule", Level::Warn, "next", &[]);
        let line = || match orders.try_recv() {
            Ok(Order::Line(line)) => String::from_utf8(line).expect("text"),
            _ => panic!("no line"),
        };
        assert_eq!(
            line(),
            "{\"change\":-1,\"dropped\":3,\"fresh\":\"true\",\"level\":\"info\",\
             \"message\":\"GET /\\n\\u001bé 200\",\"route\":\"a\\\"b\",\"status\":200,\
             \"target\":\"vestibule::access\",\"time\":\"2030-01-02T03:04:05Z\"}\n"
        );
        assert_eq!(
            line(),
            "{\"level\":\"warn\",\"message\":\"next\",\"target\":\"vestibule\",\
             \"time\":\"2030-01-02T03:04:05Z\"}\n"
        );
        assert!(orders.try_recv().is_err(), "Rocket's own lines are left out");
    }
}
