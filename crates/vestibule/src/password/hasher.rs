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
/// seconds, the async methods return 503 `busy`, whose response [`Auth`](crate::Auth) holds back for a
/// second: a client that comes again at once would slow the hashes down. If other requests use all cores
/// for so long that no hash is finished, work is run again on one thread of normal priority, so that
/// sign-ins still succeed.
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
    /// 503 `unavailable` if the system has no randomness, or the file of `breached` cannot be read.
    pub fn new(config: &PasswordConfig) -> Result<Self, Error> {
        // So that the launch fails, and not the first registration.
        #[cfg(feature = "breached")]
        config.is_breached(&"".into())?;
        let dummy = hash::unmatched(config.cost)?.into();
        Ok(Self {
            admitted: Arc::new(Semaphore::new(config.hashers + config.queue)),
            running: Arc::new(Semaphore::new(config.hashers)),
            rescue: Arc::new(Semaphore::new(1)),
            progress: Progress::new(),
            starved_after: STARVED_AFTER.max(hash::estimate(config.cost)? * 3),
            config: config.clone(),
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

    /// Returns how many passwords are being hashed or verified now, of `password.hashers`.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.config.hashers - self.running.available_permits()
    }

    /// Returns how many wait for that now, of `password.queue`.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let all = self.config.hashers + self.config.queue - self.admitted.available_permits();
        all.saturating_sub(self.busy())
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
mod tests;
