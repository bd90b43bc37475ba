//! The admission queue: limits how much work runs at once and how much waits for it.
//!
//! The server does not learn that a client has hung up, because Rocket runs a handler to its end
//! either way; the longer a request has waited, the likelier it is. So the oldest is next while the
//! queue is fast; once it is slow, the newest and the oldest are next in turn, and if it is full,
//! overdue waiters make room for new ones. The newest alone (adaptive LIFO) would serve those who
//! were just sent away and retry at once.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rocket::tokio::sync::oneshot;
use rocket::tokio::time;

/// The longest wait for a permit.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// A longer wait is overdue.
const OVERDUE_AFTER: Duration = Duration::from_secs(1);

/// The queue, shared by all requests.
#[derive(Debug)]
pub(super) struct AdmissionQueue(Mutex<Queue>);

/// A place in the queue and, once acquired, the permit to work; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Permit {
    queue: Arc<AdmissionQueue>,
    number: u64,
}

impl AdmissionQueue {
    pub(super) fn new(max_working: usize, max_waiting: usize) -> Self {
        Self(Mutex::new(Queue { max_working, max_waiting, ..Queue::default() }))
    }

    /// Whether there is room for another request.
    pub(super) fn has_room(&self) -> bool {
        self.lock().has_room(Instant::now())
    }

    /// Enters the queue; `None` if it is full.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Permit> {
        let number = self.lock().enter(Instant::now())?;
        Some(Permit { queue: self.clone(), number })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Waits until the work may begin. `None` after five seconds, or if a newer request takes the
    /// place of this overdue one.
    pub(super) async fn acquire(self) -> Option<Self> {
        let admitted = self.queue.lock().wait(self.number, Instant::now());
        match time::timeout(MAX_WAIT, admitted).await {
            Ok(Ok(())) => Some(self),
            _ => None,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.queue.lock().leave(self.number, Instant::now());
    }
}

/// The state of the queue. Each request has a number and is in one of three sets.
#[derive(Debug, Default)]
struct Queue {
    max_working: usize,
    max_waiting: usize,
    last_number: u64,
    /// Whether the last request admitted from a slow queue was the newest.
    newest_was_next: bool,
    /// Entered, but not waiting yet.
    entered: BTreeSet<u64>,
    /// The oldest first.
    waiting: VecDeque<Waiter>,
    working: BTreeSet<u64>,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    since: Instant,
    admit: oneshot::Sender<()>,
}

impl Waiter {
    fn is_overdue(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) > OVERDUE_AFTER
    }
}

impl Queue {
    fn has_room(&self, now: Instant) -> bool {
        let overdue = self.waiting.partition_point(|waiter| waiter.is_overdue(now));
        let inside = self.entered.len() + self.working.len() + self.waiting.len() - overdue;
        inside < self.max_working + self.max_waiting
    }

    fn enter(&mut self, now: Instant) -> Option<u64> {
        if !self.has_room(now) {
            return None;
        }
        self.last_number += 1;
        self.entered.insert(self.last_number);
        Some(self.last_number)
    }

    /// Begins to wait. The receiver gets a message on admission, and is closed on removal.
    fn wait(&mut self, number: u64, now: Instant) -> oneshot::Receiver<()> {
        let (admit, admitted) = oneshot::channel();
        self.entered.remove(&number);
        self.waiting.push_back(Waiter { number, since: now, admit });
        self.admit_next(now);
        if self.waiting.len() > self.max_waiting {
            // The oldest is overdue, or this request would not have entered.
            self.waiting.pop_front();
        }
        admitted
    }

    fn leave(&mut self, number: u64, now: Instant) {
        if self.working.remove(&number) {
            self.admit_next(now);
        } else if !self.entered.remove(&number)
            && let Some(at) = self.waiting.iter().position(|waiter| waiter.number == number)
        {
            self.waiting.remove(at);
        }
    }

    fn admit_next(&mut self, now: Instant) {
        while self.working.len() < self.max_working {
            let is_slow = self.waiting.front().is_some_and(|oldest| oldest.is_overdue(now));
            self.newest_was_next = is_slow && !self.newest_was_next;
            let next = if self.newest_was_next {
                self.waiting.pop_back()
            } else {
                self.waiting.pop_front()
            };
            let Some(Waiter { number, admit, .. }) = next else { return };
            // If the request was cancelled, its permit is about to be dropped and leaves.
            let _ = admit.send(());
            self.working.insert(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    fn queue(max_working: usize, max_waiting: usize) -> Queue {
        Queue { max_working, max_waiting, ..Queue::default() }
    }

    /// Enters and waits; returns the number and the receiver.
    fn join(queue: &mut Queue, now: Instant) -> (u64, oneshot::Receiver<()>) {
        let number = queue.enter(now).expect("room");
        (number, queue.wait(number, now))
    }

    fn is_admitted(request: &mut (u64, oneshot::Receiver<()>)) -> bool {
        request.1.try_recv().is_ok()
    }

    fn is_removed(request: &mut (u64, oneshot::Receiver<()>)) -> bool {
        request.1.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn a_fast_queue_is_served_in_order() {
        let (mut queue, now) = (queue(1, 2), Instant::now());
        let mut all = [(); 3].map(|()| join(&mut queue, now));
        for at in 0..all.len() {
            assert!(is_admitted(&mut all[at]), "{at}");
            assert!(all[at + 1..].iter_mut().all(|one| !is_admitted(one)), "{at}");
            queue.leave(all[at].0, now + SOON);
        }
        assert!(queue.working.is_empty());
    }

    #[test]
    fn entered_waiting_and_working_requests_count_towards_the_limit() {
        let (mut queue, now) = (queue(1, 2), Instant::now());
        let (first, second) = (queue.enter(now).expect("room"), join(&mut queue, now));
        let third = join(&mut queue, now);
        assert_eq!(queue.enter(now), None);
        queue.leave(third.0, now);
        assert!(queue.enter(now).is_some());
        assert_eq!(queue.enter(now), None);
        queue.leave(first, now);
        assert!(queue.enter(now).is_some());
        assert_eq!(queue.enter(now), None);
        assert!(queue.working.contains(&second.0));
    }

    #[test]
    fn in_a_slow_queue_the_newest_and_the_oldest_are_next_in_turn() {
        let (mut queue, now) = (queue(1, 9), Instant::now());
        let working = join(&mut queue, now);
        let mut old = join(&mut queue, now);
        let later = now + OVERDUE_AFTER + SOON;
        let (mut new, mut newest) = (join(&mut queue, later), join(&mut queue, later));
        queue.leave(working.0, later);
        assert!(is_admitted(&mut newest) && !is_admitted(&mut old));
        queue.leave(newest.0, later);
        assert!(is_admitted(&mut old) && !is_admitted(&mut new));
        queue.leave(old.0, later);
        assert!(is_admitted(&mut new));
    }

    #[test]
    fn only_overdue_waiters_make_room_in_a_full_queue() {
        let (mut queue, now) = (queue(1, 2), Instant::now());
        let _working = join(&mut queue, now);
        let mut old = [(); 2].map(|()| join(&mut queue, now));
        assert_eq!(queue.enter(now + SOON), None);
        let later = now + OVERDUE_AFTER + SOON;
        let mut new = [(); 2].map(|()| join(&mut queue, later));
        assert!(old.iter_mut().all(is_removed));
        assert_eq!(queue.enter(later), None);
        assert!(new.iter_mut().all(|one| !is_admitted(one) && !is_removed(one)));
        assert_eq!(queue.waiting.len(), 2);
    }

    #[test]
    fn a_request_that_enters_and_leaves_removes_no_waiter() {
        let (mut queue, now) = (queue(1, 1), Instant::now());
        let _working = join(&mut queue, now);
        let mut old = join(&mut queue, now);
        let later = now + OVERDUE_AFTER + SOON;
        let passing = queue.enter(later).expect("room");
        queue.leave(passing, later);
        assert!(!is_removed(&mut old));
    }

    #[test]
    fn cancelled_requests_are_skipped() {
        let (mut queue, now) = (queue(1, 3), Instant::now());
        let working = join(&mut queue, now);
        let (gone, closed) = (join(&mut queue, now), join(&mut queue, now));
        let mut last = join(&mut queue, now);
        queue.leave(gone.0, now);
        // This one is cancelled, but has not left when it is admitted.
        drop(closed.1);
        queue.leave(working.0, now);
        queue.leave(closed.0, now);
        assert!(is_admitted(&mut last));
        assert_eq!((queue.working.len(), queue.waiting.len()), (1, 0));
    }
}
