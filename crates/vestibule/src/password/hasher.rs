//! Admission: at most so many passwords are hashed at once, at most so many wait.

use std::sync::Arc;
use std::thread;

use rocket::tokio::sync::{Semaphore, oneshot};

use super::{MAX_PASSWORD, Password, hash};
use crate::config::PasswordConfig;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::password::queue::AdmissionQueue;

/// How far work steps back behind the threads that answer requests: as far as it goes.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;

/// Hashes and verifies passwords without ever holding up other requests.
///
/// Past `hashers` at work and `queue` waiting, or after five seconds of waiting, every method
/// answers 503 `busy`. So does one that has waited for more than a second, when the queue is
/// full and somebody new comes; and as long as anybody has, the newest and the oldest are next by
/// turns.
#[derive(Clone, Debug)]
pub struct Hasher {
    turns: Arc<AdmissionQueue>,
    /// For the one at work that does not step back: where requests keep all cores busy, hashes
    /// must still be made.
    front: Arc<Semaphore>,
    cost: u32,
    /// A hash of the configured cost that no password matches.
    dummy: Arc<str>,
}

impl Hasher {
    /// A hasher of this configuration.
    ///
    /// # Errors
    /// `unavailable` when the system has no randomness.
    pub fn new(config: &PasswordConfig) -> Result<Self, Error> {
        Ok(Self {
            turns: Arc::new(AdmissionQueue::new(config.hashers, config.queue)),
            front: Arc::new(Semaphore::new(1)),
            cost: config.cost,
            dummy: hash::of_nobody(config.cost)?.into(),
        })
    }

    /// The hash to keep for a new password.
    ///
    /// # Errors
    /// `busy`.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let (password, cost) = (password.clone(), self.cost);
        self.run(move || hash::hash(password.reveal(), cost)).await?
    }

    /// As [`hash`](Self::hash), on the calling thread and without a queue; for command lines
    /// and first starts, never for requests.
    ///
    /// # Errors
    /// `unavailable` when the system has no randomness.
    pub fn hash_blocking(&self, password: &Password) -> Result<String, Error> {
        hash::hash(password.reveal(), self.cost)
    }

    /// Whether the password is the one behind the stored hash. Without a stored hash, or
    /// with one that cannot be read, the same work is done and the answer is no, so that the
    /// time tells nothing; nor does a hash of a lower cost.
    ///
    /// # Errors
    /// `busy`.
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<bool, Error> {
        let readable = stored.filter(|stored| hash::can_match(password.reveal(), stored));
        let known = readable.is_some() && password.reveal().len() <= MAX_PASSWORD;
        let stored: Arc<str> = match readable {
            Some(stored) if known => stored.into(),
            _ => self.dummy.clone(),
        };
        let mut password = password.clone();
        if !known {
            password.0.truncate(0);
        }
        let cost = self.cost;
        let verify = move || hash::verify_evenly(password.reveal(), &stored, cost);
        Ok(self.run(verify).await? && known)
    }

    /// As [`verify`](Self::verify), on the calling thread and without a queue; for first
    /// starts, never for requests.
    #[must_use]
    pub fn verify_blocking(&self, password: &Password, stored: &str) -> bool {
        hash::verify(password.reveal(), stored)
    }

    /// Whether a stored hash should be replaced now that the password is known.
    #[must_use]
    pub fn is_outdated(&self, stored: &str) -> bool {
        hash::is_outdated(stored, self.cost)
    }

    /// A hash made elsewhere, as it is kept: plain bcrypt or passlib's bcrypt-sha256 up to the
    /// configured cost. Otherwise the reason, which does not repeat the text.
    pub fn adopt(&self, hash: &str) -> Result<String, String> {
        hash::adopt(hash, self.cost)
    }

    /// Whether somebody who came now would have a place; ask before work that a busy answer would
    /// make useless, a look at the throttle for one. The place is not taken by it.
    ///
    /// # Errors
    /// 503 `busy`.
    pub fn room(&self) -> Result<(), Error> {
        Ok(self.turns.has_room().then_some(()).ok_or(ErrorKind::Busy)?)
    }

    /// Any work on a password that takes long, in its turn among the hashes.
    ///
    /// # Errors
    /// `busy`.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let place = self.turns.enter().ok_or(ErrorKind::Busy)?;
        let place = place.turn().await.ok_or(ErrorKind::Busy)?;
        let front = self.front.clone().try_acquire_owned().ok();
        let (done, result) = oneshot::channel();
        let work = move || {
            // Held by the work and not by the request: a client that hangs up frees no core.
            // Given back before anybody hears that the work has failed.
            let held = (front, place);
            if held.0.is_none() {
                step_back();
            }
            let result = work();
            let _ = done.send((result, held));
        };
        // A thread for each, because one that has stepped back may not step forward again.
        thread::Builder::new().name("hasher".to_owned()).spawn(work).map_err(Error::unavailable)?;
        let (result, _held) = result.await.map_err(Error::internal)?;
        Ok(result)
    }
}

/// Lets the threads that answer requests go first. Where the system knows no such thing for one
/// thread, or forbids it, this one stays as they are.
fn step_back() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}

#[cfg(test)]
mod tests {
    use rocket::tokio::runtime::Runtime;

    use super::*;

    fn hasher(hashers: usize) -> Hasher {
        let config = PasswordConfig { hashers, queue: 0, ..PasswordConfig::default() };
        Hasher::new(&config).expect("a hasher")
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn all_work_but_one_steps_back_behind_requests() {
        let niceness = || rustix::process::getpriority_process(None).expect("a priority");
        Runtime::new().expect("a runtime").block_on(async {
            let (hasher, before) = (hasher(2), niceness());
            let (end, ended) = std::sync::mpsc::channel::<()>();
            let first = hasher.run(move || {
                let _ = ended.recv();
                niceness()
            });
            let second = async {
                let found = hasher.run(niceness).await.expect("a turn");
                drop(end);
                found
            };
            let (first, second) = rocket::tokio::join!(first, second);
            assert_eq!((first.expect("a turn"), second), (before, (before + NICENESS).min(19)));
            assert_eq!(hasher.run(niceness).await.expect("a turn"), before);
            assert_eq!(niceness(), before);
        });
    }

    #[test]
    fn work_whose_client_has_gone_keeps_its_place_until_it_is_done() {
        Runtime::new().expect("a runtime").block_on(async {
            let hasher = hasher(1);
            let (end, ended) = std::sync::mpsc::channel::<()>();
            let (begin, begun) = oneshot::channel();
            let work = hasher.run(move || {
                let _ = begin.send(());
                let _ = ended.recv();
            });
            rocket::tokio::select! {
                biased;
                _ = begun => {}
                _ = work => panic!("it goes on"),
            }
            // The client is gone with the future.
            assert!(hasher.room().is_err());
            drop(end);
            while hasher.room().is_err() {
                rocket::tokio::task::yield_now().await;
            }
        });
    }

    #[test]
    fn work_that_panics_is_an_error_and_gives_its_place_back() {
        Runtime::new().expect("a runtime").block_on(async {
            let hasher = hasher(1);
            let failed = hasher.run(|| panic!("on purpose")).await;
            assert_eq!(failed.expect_err("an error").kind(), ErrorKind::Internal);
            assert!(hasher.run(|| ()).await.is_ok());
        });
    }
}
