//! The hasher: runs password work on its own threads, a limited number at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rocket::tokio::sync::mpsc::{self, UnboundedSender};
use rocket::tokio::sync::{OwnedSemaphorePermit, Semaphore};
use rocket::tokio::{pin, select, time};

use super::thread::{Progress, lower_priority, spawn};
use super::{Password, hash};
use crate::config::PasswordConfig;
use crate::error::{Error, ErrorKind};

/// The longest wait for a thread of low priority.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Without a finished hash for this long, or for three times what a hash takes, the threads of low
/// priority are starved.
const STARVED_AFTER: Duration = Duration::from_millis(500);

/// Hashes and verifies passwords without blocking other requests: on threads of the lowest priority,
/// so that in a flood of sign-ins other requests go first.
///
/// With `password.hashers` hashes running and `password.queue` waiting, or after a wait of five
/// seconds, the async methods return 503 `busy`. If other requests use all cores for so long that no
/// hash is finished, work is run again on one thread of normal priority, so that sign-ins still
/// succeed.
#[derive(Clone, Debug)]
pub struct Hasher {
    /// Permits to enter, `hashers` and `queue` together: work that runs or waits holds one.
    admitted: Arc<Semaphore>,
    /// Permits to run, `hashers`: each thread of low priority holds one.
    running: Arc<Semaphore>,
    /// The one permit to run again, at normal priority.
    rescue: Arc<Semaphore>,
    progress: Progress,
    starved_after: Duration,
    config: PasswordConfig,
    /// A hash of the configured cost that no password matches, for equal timing.
    dummy: Arc<str>,
}

impl Hasher {
    /// Creates a hasher, before the launch. Handlers take the one that [`Auth`](crate::Auth) makes
    /// from `[default.auth.password]`, as `&State<Hasher>`.
    ///
    /// # Errors
    /// 503 `unavailable` if the system has no randomness.
    pub fn new(config: &PasswordConfig) -> Result<Self, Error> {
        let dummy = hash::unmatched(config.cost)?.into();
        Ok(Self {
            admitted: Arc::new(Semaphore::new(config.hashers + config.queue)),
            running: Arc::new(Semaphore::new(config.hashers)),
            rescue: Arc::new(Semaphore::new(1)),
            progress: Progress::new(),
            starved_after: STARVED_AFTER.max(hash::estimate(config.cost)? * 3),
            config: *config,
            dummy,
        })
    }

    /// Returns its settings.
    #[must_use]
    pub fn config(&self) -> &PasswordConfig {
        &self.config
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// 503 `busy`; 503 `unavailable` if the system has no randomness.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let (password, cost) = (password.clone(), self.config.cost);
        self.run(move || hash::hash(password.reveal(), cost)).await?
    }

    /// As [`hash`](Self::hash), on the calling thread and without the queue; for command lines and
    /// first launches, never for requests.
    ///
    /// # Errors
    /// 503 `unavailable` if the system has no randomness.
    pub fn hash_blocking(&self, password: &Password) -> Result<String, Error> {
        hash::hash(password.reveal(), self.config.cost)
    }

    /// Returns whether the password matches the stored hash. A missing or unreadable hash never
    /// matches; a refusal takes the same time then, and also with a hash of bcrypt of a lower cost.
    ///
    /// # Errors
    /// 503 `busy`.
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<bool, Error> {
        let text = password.reveal();
        let is_short = text.len() <= Password::MAX_BYTES;
        let stored = stored.filter(|stored| is_short && hash::can_match(text, stored));
        let (password, known): (Password, Arc<str>) = match stored {
            Some(stored) => (password.clone(), stored.into()),
            None => ("".into(), self.dummy.clone()),
        };
        let cost = self.config.cost;
        let verify = move || hash::verify_evenly(password.reveal(), &known, cost);
        Ok(self.run(verify).await? && stored.is_some())
    }

    /// As [`verify`](Self::verify), on the calling thread, without the queue and without equal
    /// times; for first launches, never for requests.
    #[must_use]
    pub fn verify_blocking(&self, password: &Password, stored: &str) -> bool {
        hash::verify(password.reveal(), stored)
    }

    /// Returns whether a stored hash should be replaced at the next sign-in: one from elsewhere, or
    /// of a cost below the configured one.
    #[must_use]
    pub fn is_outdated(&self, stored: &str) -> bool {
        hash::is_outdated(stored, self.config.cost)
    }

    /// Returns an imported hash in the form to store: bcrypt as passlib, Django, Devise and Laravel
    /// write it, up to the configured cost; with the cargo feature `imported-hashes` also PBKDF2,
    /// scrypt and Argon2 as Werkzeug, Django and Laravel write them.
    ///
    /// # Errors
    /// The reason, which never repeats the text.
    pub fn adopt(&self, hash: &str) -> Result<String, String> {
        hash::adopt(hash, self.config.cost)
    }

    /// Checks that the queue has room, without entering it; for use before work that `busy` would
    /// make useless.
    ///
    /// # Errors
    /// 503 `busy`.
    pub fn check_capacity(&self) -> Result<(), Error> {
        if self.admitted.available_permits() > 0 { Ok(()) } else { Err(ErrorKind::Busy.into()) }
    }

    /// Runs other slow work on a password in the same way; it may run twice.
    ///
    /// # Errors
    /// 503 `busy`.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<T, Error> {
        let permit = self.admitted.clone().try_acquire_owned().map_err(|_| ErrorKind::Busy)?;
        let admission = Admission(Arc::new(Mutex::new(Some(permit))));
        let (work, (done, mut results)) = (Arc::new(work), mpsc::unbounded_channel());
        let low_priority = self.begin(work.clone(), done.clone(), admission.clone());
        pin!(low_priority);
        let (mut begun, mut rescued) = (false, false);
        loop {
            select! {
                result = &mut low_priority, if !begun => match result {
                    Err(error) if !rescued => return Err(error),
                    _ => begun = true,
                },
                permit = self.starved(), if !rescued => {
                    rescued = true;
                    let (work, done) = (work.clone(), done.clone());
                    spawn(done, move || work(), move || drop(permit))?;
                }
                Some(result) = results.recv() => {
                    // A thread that is still starved keeps its permit to run.
                    admission.release();
                    return result.ok_or(ErrorKind::Internal.into());
                }
            }
        }
    }

    /// Waits for a permit to run and begins work at low priority.
    async fn begin<T: Send + 'static>(
        &self,
        work: Arc<impl Fn() -> T + Send + Sync + 'static>,
        done: UnboundedSender<Option<T>>,
        admission: Admission,
    ) -> Result<(), Error> {
        let permit = time::timeout(MAX_WAIT, self.running.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| ErrorKind::Busy)?.map_err(Error::internal)?;
        self.progress.record();
        let progress = self.progress.clone();
        let work = move || {
            lower_priority();
            work()
        };
        // Held by the work, not by the request: a client that hangs up frees no core.
        spawn(done, work, move || {
            progress.record();
            admission.release();
            drop(permit);
        })
    }

    /// Waits until the threads of low priority are starved and that of normal priority is free.
    async fn starved(&self) -> OwnedSemaphorePermit {
        loop {
            time::sleep(self.starved_after / 2).await;
            if self.progress.age() > self.starved_after
                && let Ok(permit) = self.rescue.clone().try_acquire_owned()
            {
                return permit;
            }
        }
    }
}

/// The permit of one admitted work, released when it ends or when its result is known, whichever is
/// first.
#[derive(Clone)]
struct Admission(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Admission {
    fn release(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use rocket::tokio::task::yield_now;

    use super::*;

    fn hasher(hashers: usize) -> Hasher {
        let config = PasswordConfig { hashers, queue: 0, ..PasswordConfig::default() };
        Hasher::new(&config).expect("a hasher")
    }

    /// Work that runs until its receiver hears of it.
    fn until<T>(end: Receiver<()>, result: impl Fn() -> T) -> impl Fn() -> T {
        let end = Mutex::new(end);
        move || {
            let _ = end.lock().map(|end| end.recv());
            result()
        }
    }

    #[test]
    fn a_costly_hash_is_given_more_time_before_it_counts_as_starved() {
        let costly = PasswordConfig { cost: 20, ..PasswordConfig::default() };
        assert!(Hasher::new(&costly).expect("a hasher").starved_after > STARVED_AFTER);
    }

    #[cfg(target_os = "linux")]
    #[rocket::async_test]
    async fn work_runs_at_the_lowest_priority_and_again_at_normal_priority_when_it_is_starved() {
        let niceness = || rustix::process::getpriority_process(None).expect("a priority");
        let (mut hasher, before) = (hasher(1), niceness());
        let low = 19.max(before);
        hasher.starved_after = Duration::from_secs(3600);
        assert_eq!(hasher.run(niceness).await.expect("a result"), low);
        hasher.starved_after = Duration::from_millis(1);
        let (end, ended) = channel();
        let wait = until(ended, || ());
        let starved = hasher.run(move || {
            // The run at low priority waits, as a thread does that is given no time.
            if niceness() > before {
                wait();
            }
            niceness()
        });
        assert_eq!(starved.await.expect("a rescue"), before);
        // The next work waits behind the starved one, and is rescued too.
        assert_eq!(hasher.run(niceness).await.expect("a rescue"), before);
        drop(end);
        assert_eq!(niceness(), before);
    }

    #[rocket::async_test]
    async fn beyond_those_at_work_and_waiting_it_is_busy() {
        let hasher = hasher(1);
        let (end, ended) = channel();
        let first = hasher.run(until(ended, || 1));
        let second = async {
            let second = hasher.run(|| 2).await;
            drop(end);
            second
        };
        let (first, second) = rocket::tokio::join!(first, second);
        assert_eq!(first.expect("a result"), 1);
        assert_eq!(second.expect_err("no permit").kind(), ErrorKind::Busy);
        assert_eq!(hasher.run(|| 3).await.expect("a result"), 3);
    }

    #[rocket::async_test]
    async fn work_whose_client_has_gone_keeps_its_permit_until_it_is_done() {
        let hasher = hasher(1);
        let (end, ended) = channel();
        let (begin, mut begun) = mpsc::unbounded_channel();
        let wait = until(ended, || ());
        let work = hasher.run(move || {
            let _ = begin.send(());
            wait();
        });
        select! {
            biased;
            _ = begun.recv() => {}
            _ = work => panic!("it goes on"),
        }
        // The client is gone with the future.
        assert!(hasher.check_capacity().is_err());
        drop(end);
        while hasher.check_capacity().is_err() {
            yield_now().await;
        }
    }

    #[rocket::async_test]
    async fn work_that_panics_is_an_error_and_releases_its_permit() {
        let hasher = hasher(1);
        let failed = hasher.run(|| panic!("on purpose")).await;
        assert_eq!(failed.expect_err("an error").kind(), ErrorKind::Internal);
        assert!(hasher.run(|| ()).await.is_ok());
    }
}
