//! A buffer of log lines between the threads that log and the one thread that writes.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the writer collects lines after the first. Waking the writer and writing for every
/// single line of a busy service would cost more than the request that the line is about.
const BATCH_DELAY: Duration = Duration::from_millis(10);

/// The maximum number of buffered bytes, if the output is slow.
const CAPACITY: usize = 2_500_000;

/// The capacity that a buffer keeps after it was larger.
const KEPT_CAPACITY: usize = 256 * 1024;

/// How long a flush waits for the last lines.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Buffered lines. Logging threads add them without waiting for the output.
#[derive(Default)]
pub(super) struct LogBuffer {
    pending: Mutex<Pending>,
    /// Signals a first line or a requested flush to the writer.
    wake_writer: Condvar,
    /// Signals a written batch to flushing threads.
    batch_written: Condvar,
    /// The number of dropped lines that no line has reported yet.
    pub(super) dropped: AtomicU64,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// The number of batches that the writer has taken.
    taken: u64,
    /// The number of batches that it has written.
    written: u64,
    flush_requested: bool,
}

impl LogBuffer {
    /// Takes the number of dropped lines, to be reported in the next line.
    pub(super) fn take_dropped(&self) -> u64 {
        match self.dropped.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.dropped.swap(0, Ordering::Relaxed),
        }
    }

    /// Adds a line (with its newline) that reports so many dropped ones. Never waits for the output.
    pub(super) fn add(&self, line: &[u8], reported: u64) {
        let mut pending = self.lock();
        if pending.bytes.len() + line.len() > CAPACITY {
            self.dropped.fetch_add(reported + 1, Ordering::Relaxed);
            return;
        }
        let first = pending.bytes.is_empty();
        pending.bytes.extend_from_slice(line);
        drop(pending);
        if first {
            self.wake_writer.notify_one();
        }
    }

    /// Waits until all lines added before are written, at most one second.
    pub(super) fn flush(&self) {
        let mut pending = self.lock();
        let last = pending.taken + u64::from(!pending.bytes.is_empty());
        pending.flush_requested = true;
        self.wake_writer.notify_one();
        let unwritten = |pending: &mut Pending| pending.written < last;
        let _ = self.batch_written.wait_timeout_while(pending, FLUSH_TIMEOUT, unwritten);
    }

    /// Writes lines to `out` until the process ends.
    pub(super) fn write_to(&self, out: &mut impl Write) {
        let mut batch = Vec::new();
        loop {
            self.take_batch(&mut batch);
            self.write_batch(out, &batch);
            batch.clear();
            batch.shrink_to(KEPT_CAPACITY);
            self.lock().written += 1;
            self.batch_written.notify_all();
        }
    }

    /// Writes a batch; lines that cannot be written count as dropped.
    fn write_batch(&self, out: &mut impl Write, batch: &[u8]) {
        let mut rest = batch;
        while !rest.is_empty() {
            match out.write(rest) {
                Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A full non-blocking pipe: lines are buffered meanwhile.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(BATCH_DELAY),
                Ok(_) | Err(_) => break,
            }
        }
        let lost = rest.iter().filter(|byte| **byte == b'\n').count();
        if lost > 0 {
            self.dropped.fetch_add(u64::try_from(lost).unwrap_or(u64::MAX), Ordering::Relaxed);
            // The next line must not continue a partly written one.
            let _ = out.write(b"\n");
        }
    }

    /// Waits for a first line and for those that follow soon, and takes them all.
    pub(super) fn take_batch(&self, batch: &mut Vec<u8>) {
        let pending = self.lock();
        let pending = self.wake_writer.wait_while(pending, |pending| pending.bytes.is_empty());
        let pending = pending.unwrap_or_else(PoisonError::into_inner);
        let result = self
            .wake_writer
            .wait_timeout_while(pending, BATCH_DELAY, |pending| !pending.flush_requested);
        let (mut pending, _) = result.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut pending.bytes, batch);
        pending.taken += 1;
        pending.flush_requested = false;
    }

    /// Ignores poisoning: no code under the lock panics, and logging must go on.
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Out(Sender<String>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.0.send(text).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_lines_come_out_in_order_and_a_flush_waits_for_the_last() {
        let buffer = Arc::new(LogBuffer::default());
        let (sender, written) = channel();
        let writer = buffer.clone();
        thread::spawn(move || writer.write_to(&mut Out(sender)));
        let mut out = String::new();
        for round in 0..20 {
            let from = round * 100;
            for number in from..from + 100 {
                buffer.add(format!("{number}\n").as_bytes(), 0);
            }
            buffer.flush();
            out.extend(written.try_iter());
            let last = out.lines().last().map(str::to_owned);
            assert_eq!(
                last,
                Some((from + 99).to_string()),
                "all lines before the flush are written"
            );
        }
        let expected: String = (0..2000).map(|number| format!("{number}\n")).collect();
        assert_eq!(out, expected);
        buffer.flush();
        assert_eq!(written.try_iter().count(), 0, "an empty flush waits for nothing");
    }

    #[test]
    fn dropped_lines_are_counted_until_a_line_reports_them() {
        let buffer = LogBuffer::default();
        let line = [b'x'; CAPACITY / 2];
        for _ in 0..5 {
            buffer.add(&line, buffer.take_dropped());
        }
        let mut batch = Vec::new();
        buffer.take_batch(&mut batch);
        assert_eq!(batch.len(), CAPACITY);
        let reported = buffer.take_dropped();
        assert_eq!((reported, buffer.take_dropped()), (3, 0));
        buffer.add(b"line\n", reported);
        batch.clear();
        buffer.take_batch(&mut batch);
        assert_eq!((batch.as_slice(), buffer.take_dropped()), (b"line\n".as_slice(), 0));
    }
}
