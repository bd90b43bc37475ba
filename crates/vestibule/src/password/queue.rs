//! Whose turn it is: at most so many at work, at most so many waiting for it.
//!
//! Nobody can be told from somebody who has hung up, because Rocket runs a handler to its end
//! either way; but who has waited for long is more likely to have gone. So the oldest is next as
//! long as the line is quick, the newest and the oldest by turns once it is not, and where the
//! line is full those who are late make room. The newest alone, which is known as adaptive LIFO,
//! would be those who have just been in and come again at once.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rocket::tokio::sync::oneshot;
use rocket::tokio::time;

/// How long anybody waits for a turn.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Who has waited longer is late.
const LATE: Duration = Duration::from_secs(1);

/// The line before some work.
#[derive(Debug)]
pub(super) struct AdmissionQueue(Mutex<Queue>);

/// A place among those inside; whoever drops it leaves, wherever in the line it is.
#[derive(Debug)]
pub(super) struct Permit {
    turns: Arc<AdmissionQueue>,
    number: u64,
}

impl AdmissionQueue {
    pub(super) fn new(at_once: usize, queue: usize) -> Self {
        Self(Mutex::new(Queue { at_once, queue, ..Queue::default() }))
    }

    /// Whether there is a place. It costs nothing: ask before anything else is done.
    pub(super) fn has_room(&self) -> bool {
        self.line().has_room(Instant::now())
    }

    /// A place, unless all are taken.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Permit> {
        let number = self.line().enter(Instant::now())?;
        Some(Permit { turns: self.clone(), number })
    }

    fn line(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Waits for its turn, which lasts until the place is dropped. `None` when it does not come:
    /// after five seconds, or when somebody newer takes the place of one who is late.
    pub(super) async fn turn(self) -> Option<Self> {
        let called = self.turns.line().wait(self.number, Instant::now());
        match time::timeout(LONGEST_WAIT, called).await {
            Ok(Ok(())) => Some(self),
            _ => None,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.turns.line().leave(self.number, Instant::now());
    }
}

/// Everybody inside, each by a number of its own and in one of three places.
#[derive(Debug, Default)]
struct Queue {
    at_once: usize,
    queue: usize,
    last: u64,
    /// Whether the newest was next, when the line was slow last.
    was_newest: bool,
    /// Who does not wait yet.
    entered: BTreeSet<u64>,
    /// The oldest first.
    waiting: VecDeque<Waiting>,
    working: BTreeSet<u64>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    since: Instant,
    call: oneshot::Sender<()>,
}

impl Waiting {
    fn is_late(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) > LATE
    }
}

impl Queue {
    fn has_room(&self, now: Instant) -> bool {
        let late = self.waiting.partition_point(|one| one.is_late(now));
        let inside = self.entered.len() + self.working.len() + self.waiting.len() - late;
        inside < self.at_once + self.queue
    }

    fn enter(&mut self, now: Instant) -> Option<u64> {
        if !self.has_room(now) {
            return None;
        }
        self.last += 1;
        self.entered.insert(self.last);
        Some(self.last)
    }

    /// What tells of the turn, and that there will be none when it is closed.
    fn wait(&mut self, number: u64, now: Instant) -> oneshot::Receiver<()> {
        let (call, called) = oneshot::channel();
        self.entered.remove(&number);
        self.waiting.push_back(Waiting { number, since: now, call });
        self.call_next(now);
        if self.waiting.len() > self.queue {
            // A place was free or late, or this one would not be in.
            self.waiting.pop_front();
        }
        called
    }

    fn leave(&mut self, number: u64, now: Instant) {
        if self.working.remove(&number) {
            self.call_next(now);
        } else if !self.entered.remove(&number)
            && let Some(at) = self.waiting.iter().position(|one| one.number == number)
        {
            self.waiting.remove(at);
        }
    }

    fn call_next(&mut self, now: Instant) {
        while self.working.len() < self.at_once {
            let is_slow = self.waiting.front().is_some_and(|oldest| oldest.is_late(now));
            self.was_newest = is_slow && !self.was_newest;
            let next = match self.was_newest {
                true => self.waiting.pop_back(),
                false => self.waiting.pop_front(),
            };
            let Some(Waiting { number, call, .. }) = next else { return };
            // Who has gone meanwhile hears nothing and leaves.
            let _ = call.send(());
            self.working.insert(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    fn line(at_once: usize, queue: usize) -> Queue {
        Queue { at_once, queue, ..Queue::default() }
    }

    /// Enters and waits; its number, and what it hears.
    fn come(line: &mut Queue, now: Instant) -> (u64, oneshot::Receiver<()>) {
        let number = line.enter(now).expect("a place");
        (number, line.wait(number, now))
    }

    fn is_called(one: &mut (u64, oneshot::Receiver<()>)) -> bool {
        one.1.try_recv().is_ok()
    }

    fn is_sent_away(one: &mut (u64, oneshot::Receiver<()>)) -> bool {
        one.1.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn a_quick_line_is_served_in_order() {
        let (mut line, now) = (line(1, 2), Instant::now());
        let mut all = [(); 3].map(|()| come(&mut line, now));
        for at in 0..all.len() {
            assert!(is_called(&mut all[at]), "{at}");
            assert!(all[at + 1..].iter_mut().all(|one| !is_called(one)), "{at}");
            line.leave(all[at].0, now + SOON);
        }
        assert!(line.working.is_empty());
    }

    #[test]
    fn at_most_so_many_are_inside_whether_they_wait_yet_or_not() {
        let (mut line, now) = (line(1, 2), Instant::now());
        let (first, second) = (line.enter(now).expect("a place"), come(&mut line, now));
        let third = come(&mut line, now);
        assert_eq!(line.enter(now), None);
        line.leave(third.0, now);
        assert!(line.enter(now).is_some());
        assert_eq!(line.enter(now), None);
        line.leave(first, now);
        assert!(line.enter(now).is_some());
        assert_eq!(line.enter(now), None);
        assert!(line.working.contains(&second.0));
    }

    #[test]
    fn in_a_slow_line_the_newest_and_the_oldest_are_next_by_turns() {
        let (mut line, now) = (line(1, 9), Instant::now());
        let working = come(&mut line, now);
        let mut old = come(&mut line, now);
        let later = now + LATE + SOON;
        let (mut new, mut newest) = (come(&mut line, later), come(&mut line, later));
        line.leave(working.0, later);
        assert!(is_called(&mut newest) && !is_called(&mut old));
        line.leave(newest.0, later);
        assert!(is_called(&mut old) && !is_called(&mut new));
        line.leave(old.0, later);
        assert!(is_called(&mut new));
    }

    #[test]
    fn who_is_late_makes_room_when_the_line_is_full_and_nobody_else_does() {
        let (mut line, now) = (line(1, 2), Instant::now());
        let _working = come(&mut line, now);
        let mut old = [(); 2].map(|()| come(&mut line, now));
        assert_eq!(line.enter(now + SOON), None);
        let later = now + LATE + SOON;
        let mut new = [(); 2].map(|()| come(&mut line, later));
        assert!(old.iter_mut().all(is_sent_away));
        assert_eq!(line.enter(later), None);
        assert!(new.iter_mut().all(|one| !is_called(one) && !is_sent_away(one)));
        assert_eq!(line.waiting.len(), 2);
    }

    #[test]
    fn who_enters_and_leaves_again_costs_nobody_the_place() {
        let (mut line, now) = (line(1, 1), Instant::now());
        let _working = come(&mut line, now);
        let mut old = come(&mut line, now);
        let later = now + LATE + SOON;
        let passing = line.enter(later).expect("a place");
        line.leave(passing, later);
        assert!(!is_sent_away(&mut old));
    }

    #[test]
    fn who_has_gone_is_passed_over() {
        let (mut line, now) = (line(1, 3), Instant::now());
        let working = come(&mut line, now);
        let (gone, closed) = (come(&mut line, now), come(&mut line, now));
        let mut last = come(&mut line, now);
        line.leave(gone.0, now);
        // The other one is on its way out when it is called.
        drop(closed.1);
        line.leave(working.0, now);
        line.leave(closed.0, now);
        assert!(is_called(&mut last));
        assert_eq!((line.working.len(), line.waiting.len()), (1, 0));
    }
}
