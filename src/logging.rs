//! Log lines as JSON on standard error, one per request and per event.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::Map;
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
    Line(String),
    /// Everything before this has been written when the answer comes.
    Flush(SyncSender<()>),
}

/// How many lines may wait for a slow reader of standard error.
const QUEUE: usize = 10_000;

/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_secs(1);

/// Rocket explains each request in several lines; the access log says it in one. Its errors
/// are kept, without their continuation lines.
fn is_noise(target: &str, level: Level) -> bool {
    let of_rocket = target.starts_with("rocket") || target.starts_with('_');
    target.ends_with("::_") || (of_rocket && level > Level::Error)
}

/// The fields of a record beside its message; those without a value are left out.
struct Fields<'l>(&'l mut Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let mut field = Field(serde_json::Value::Null);
        value.visit(&mut field)?;
        if !field.0.is_null() {
            self.0.insert(key.to_string(), field.0);
        }
        Ok(())
    }
}

/// One value: a number stays one, everything else becomes text.
struct Field(serde_json::Value);

impl<'v> VisitValue<'v> for Field {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.0 = value.to_string().into();
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn visit_u64(&mut self, number: u64) -> Result<(), Error> {
        self.0 = number.into();
        Ok(())
    }

    fn visit_i64(&mut self, number: i64) -> Result<(), Error> {
        self.0 = number.into();
        Ok(())
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
        let mut line = Map::new();
        line.insert("time".to_owned(), time.into());
        line.insert("level".to_owned(), record.level().as_str().to_ascii_lowercase().into());
        line.insert("target".to_owned(), record.target().into());
        line.insert("message".to_owned(), record.args().to_string().into());
        // A field that cannot be shown is left out; the line is worth more than it.
        let _ = record.key_values().visit(&mut Fields(&mut line));
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            line.insert("dropped".to_owned(), dropped.into());
        }
        let line = serde_json::Value::Object(line).to_string();
        // A request never waits for whoever reads the log.
        if self.writer.try_send(Order::Line(line)).is_err() {
            self.dropped.fetch_add(dropped + 1, Ordering::Relaxed);
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
                let _ = writeln!(std::io::stderr().lock(), "{line}");
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
