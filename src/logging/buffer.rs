//! Lines that wait for the thread that writes them.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long lines are gathered after the first. A thread that is woken, and a write, for each
/// line of a busy service cost more than the request that the line is about.
const GATHERING: Duration = Duration::from_millis(10);

/// How many bytes may wait for a slow reader.
const MOST: usize = 2_500_000;

/// What the buffers keep of their size when they have been larger.
const KEPT: usize = 256 * 1024;

/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_secs(1);

/// Lines on their way from the threads that write about something to the one that writes them.
#[derive(Default)]
pub(super) struct LogBuffer {
    waiting: Mutex<Waiting>,
    /// There is a first line, or somebody waits for the last.
    wanted: Condvar,
    /// Everything that waited has been written.
    done: Condvar,
    /// Lines that found no room since the last one that said so.
    pub(super) dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// How many batches were begun, and how many are written.
    begun: u64,
    written: u64,
    flush_requested: bool,
}

impl LogBuffer {
    /// How many lines found no room, for the next line to tell.
    pub(super) fn dropped(&self) -> u64 {
        match self.dropped.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.dropped.swap(0, Ordering::Relaxed),
        }
    }

    /// Takes a line with its end, which tells of so many dropped ones; never waits for whoever
    /// reads the log.
    pub(super) fn add(&self, line: &[u8], told: u64) {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > MOST {
            self.dropped.fetch_add(told + 1, Ordering::Relaxed);
            return;
        }
        let first = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line);
        drop(waiting);
        if first {
            self.wanted.notify_one();
        }
    }

    /// Waits until all lines before this are written, but not long.
    pub(super) fn flush(&self) {
        let mut waiting = self.lock();
        let last = waiting.begun + u64::from(!waiting.bytes.is_empty());
        waiting.flush_requested = true;
        self.wanted.notify_one();
        let unwritten = |waiting: &mut Waiting| waiting.written < last;
        let _ = self.done.wait_timeout_while(waiting, FLUSH, unwritten);
    }

    /// Writes lines until the process ends.
    pub(super) fn write_to(&self, out: &mut impl Write) {
        let mut batch = Vec::new();
        loop {
            self.take(&mut batch);
            self.write(out, &batch);
            batch.clear();
            batch.shrink_to(KEPT);
            self.lock().written += 1;
            self.done.notify_all();
        }
    }

    /// Writes a batch; what cannot be written is counted.
    fn write(&self, out: &mut impl Write, batch: &[u8]) {
        let mut rest = batch;
        while !rest.is_empty() {
            match out.write(rest) {
                Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A slow reader of a pipe that does not wait: meanwhile lines gather.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(GATHERING),
                Ok(_) | Err(_) => break,
            }
        }
        let lost = rest.iter().filter(|byte| **byte == b'\n').count();
        if lost > 0 {
            self.dropped.fetch_add(u64::try_from(lost).unwrap_or(u64::MAX), Ordering::Relaxed);
            // The next line shall not be the end of a torn one.
            let _ = out.write(b"\n");
        }
    }

    /// Waits for a first line, gathers those that follow soon, and takes them all.
    pub(super) fn take(&self, batch: &mut Vec<u8>) {
        let waiting = self.lock();
        let waiting = self.wanted.wait_while(waiting, |waiting| waiting.bytes.is_empty());
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let gathered =
            self.wanted.wait_timeout_while(waiting, GATHERING, |waiting| !waiting.flush_requested);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut waiting.bytes, batch);
        waiting.begun += 1;
        waiting.flush_requested = false;
    }

    /// Nothing that panics is done under the lock, and a line is worth more than knowing.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
        let gathered = Arc::new(LogBuffer::default());
        let (sender, written) = channel();
        let writer = gathered.clone();
        thread::spawn(move || writer.write_to(&mut Out(sender)));
        let mut out = String::new();
        for round in 0..20 {
            let from = round * 100;
            for number in from..from + 100 {
                gathered.add(format!("{number}\n").as_bytes(), 0);
            }
            gathered.flush();
            out.extend(written.try_iter());
            let last = out.lines().last().map(str::to_owned);
            assert_eq!(last, Some((from + 99).to_string()), "all before the flush are there");
        }
        let expected: String = (0..2000).map(|number| format!("{number}\n")).collect();
        assert_eq!(out, expected);
        gathered.flush();
        assert_eq!(written.try_iter().count(), 0, "an empty flush waits for nothing");
    }

    #[test]
    fn lines_without_room_are_counted_until_one_has_told_of_them() {
        let gathered = LogBuffer::default();
        let line = [b'x'; MOST / 2];
        for _ in 0..5 {
            gathered.add(&line, gathered.dropped());
        }
        let mut batch = Vec::new();
        gathered.take(&mut batch);
        assert_eq!(batch.len(), MOST);
        let told = gathered.dropped();
        assert_eq!((told, gathered.dropped()), (3, 0));
        gathered.add(b"told\n", told);
        batch.clear();
        gathered.take(&mut batch);
        assert_eq!((batch.as_slice(), gathered.dropped()), (b"told\n".as_slice(), 0));
    }
}
