//! The hasher: runs password work on its own threads, behind the admission queue.

use std::sync::Arc;
use std::thread;

use rocket::tokio::sync::{Semaphore, oneshot};

use super::{Password, hash};
use crate::config::PasswordConfig;
use crate::error::{Error, ErrorKind};
use crate::password::queue::AdmissionQueue;

/// Niceness of hashing threads (lowest priority).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;

/// Hashes and verifies passwords without blocking other requests.
///
/// With `hashers` at work and `queue` waiting, and after a wait of five seconds, the async methods
/// return 503 `busy`. If the queue is full, a new request takes the place of the oldest one that
/// has waited for more than a second; while there is such a one, the newest and the oldest are next
/// in turn.
#[derive(Clone, Debug)]
pub struct Hasher {
    queue: Arc<AdmissionQueue>,
    /// The one thread at normal priority, so that hashes are made even if requests use all cores.
    normal_priority: Arc<Semaphore>,
    cost: u32,
    /// A hash of the configured cost that no password matches, for equal timing.
    dummy: Arc<str>,
}

impl Hasher {
    /// Creates a hasher.
    ///
    /// # Errors
    /// 503 `unavailable` if the system has no randomness.
    pub fn new(config: &PasswordConfig) -> Result<Self, Error> {
        Ok(Self {
            queue: Arc::new(AdmissionQueue::new(config.hashers, config.queue)),
            normal_priority: Arc::new(Semaphore::new(1)),
            cost: config.cost,
            dummy: hash::unmatched(config.cost)?.into(),
        })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// 503 `busy`; 503 `unavailable` if the system has no randomness.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let (password, cost) = (password.clone(), self.cost);
        self.run(move || hash::hash(password.reveal(), cost)).await?
    }

    /// Hashes a new password on the calling thread, without the queue; for command lines and first
    /// launches, never for requests.
    ///
    /// # Errors
    /// 503 `unavailable` if the system has no randomness.
    pub fn hash_blocking(&self, password: &Password) -> Result<String, Error> {
        hash::hash(password.reveal(), self.cost)
    }

    /// Returns whether the password matches the stored hash. A missing or unreadable hash never
    /// matches; a refusal takes the same time then, and also with a hash of a lower cost.
    ///
    /// # Errors
    /// 503 `busy`.
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<bool, Error> {
        let readable = stored.filter(|stored| hash::can_match(password.reveal(), stored));
        let can_match = readable.is_some() && password.reveal().len() <= Password::MAX_BYTES;
        let stored: Arc<str> = match readable {
            Some(stored) if can_match => stored.into(),
            _ => self.dummy.clone(),
        };
        let mut password = password.clone();
        if !can_match {
            password.0.truncate(0);
        }
        let cost = self.cost;
        let verify = move || hash::verify_evenly(password.reveal(), &stored, cost);
        Ok(self.run(verify).await? && can_match)
    }

    /// Returns whether the password matches, on the calling thread and without the queue; for first
    /// launches, never for requests.
    #[must_use]
    pub fn verify_blocking(&self, password: &Password, stored: &str) -> bool {
        hash::verify(password.reveal(), stored)
    }

    /// Returns whether a stored hash should be replaced at the next sign-in: plain bcrypt, or a
    /// cost below the configured one.
    #[must_use]
    pub fn is_outdated(&self, stored: &str) -> bool {
        hash::is_outdated(stored, self.cost)
    }

    /// Returns an imported hash in the form to store: plain bcrypt or passlib's bcrypt-sha256, up
    /// to the configured cost.
    ///
    /// # Errors
    /// The reason, which never repeats the text.
    pub fn adopt(&self, hash: &str) -> Result<String, String> {
        hash::adopt(hash, self.cost)
    }

    /// Checks that the queue has room, without entering it; for use before work that `busy` would
    /// make useless.
    ///
    /// # Errors
    /// 503 `busy`.
    pub fn room(&self) -> Result<(), Error> {
        if self.queue.has_room() { Ok(()) } else { Err(ErrorKind::Busy.into()) }
    }

    /// Runs other slow work on a password behind the same queue.
    ///
    /// # Errors
    /// 503 `busy`.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.queue.enter().ok_or(ErrorKind::Busy)?;
        let permit = permit.acquire().await.ok_or(ErrorKind::Busy)?;
        let normal_priority = self.normal_priority.clone().try_acquire_owned().ok();
        let (done, result) = oneshot::channel();
        let work = move || {
            // Held by the work, not by the request: a client that hangs up frees no core. Released
            // before the receiver learns of a panic.
            let held = (normal_priority, permit);
            if held.0.is_none() {
                lower_priority();
            }
            let result = work();
            let _ = done.send((result, held));
        };
        // A new thread each time, because a thread may not raise its priority again.
        thread::Builder::new().name("hasher".to_owned()).spawn(work).map_err(Error::unavailable)?;
        let (result, _held) = result.await.map_err(Error::internal)?;
        Ok(result)
    }
}

/// Lowers the priority of this thread, if the system can and allows it.
fn lower_priority() {
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
    fn all_threads_but_one_run_at_low_priority() {
        let niceness = || rustix::process::getpriority_process(None).expect("a priority");
        Runtime::new().expect("a runtime").block_on(async {
            let (hasher, before) = (hasher(2), niceness());
            let (end, ended) = std::sync::mpsc::channel::<()>();
            let first = hasher.run(move || {
                let _ = ended.recv();
                niceness()
            });
            let second = async {
                let found = hasher.run(niceness).await.expect("a permit");
                drop(end);
                found
            };
            let (first, second) = rocket::tokio::join!(first, second);
            assert_eq!((first.expect("a permit"), second), (before, (before + NICENESS).min(19)));
            assert_eq!(hasher.run(niceness).await.expect("a permit"), before);
            assert_eq!(niceness(), before);
        });
    }

    #[test]
    fn work_of_a_cancelled_request_keeps_its_permit_until_it_is_done() {
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
            // The future of the request was dropped.
            assert!(hasher.room().is_err());
            drop(end);
            while hasher.room().is_err() {
                rocket::tokio::task::yield_now().await;
            }
        });
    }

    #[test]
    fn work_that_panics_is_an_error_and_frees_its_permit() {
        Runtime::new().expect("a runtime").block_on(async {
            let hasher = hasher(1);
            let failed = hasher.run(|| panic!("on purpose")).await;
            assert_eq!(failed.expect_err("an error").kind(), ErrorKind::Internal);
            assert!(hasher.run(|| ()).await.is_ok());
        });
    }
}
