//! Admission: at most so many passwords are hashed at once, at most so many wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::tokio::sync::Semaphore;
use rocket::tokio::{task, time};

use super::{MAX_PASSWORD, Password, hash};
use crate::auth::config::PasswordConfig;
use crate::auth::error::Error;
use crate::auth::error_kind::ErrorKind;

/// How long anybody waits for a turn: a queue of those who have long gone must not hold up the
/// next for as long as it takes to serve them all.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Hashes and verifies passwords without ever holding up other requests.
///
/// Past `hashers` at work and `queue` waiting, or after five seconds of waiting, every method
/// answers 503 `busy`.
#[derive(Clone, Debug)]
pub struct Hasher {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    capacity: usize,
    cost: u32,
    /// A hash of the configured cost that no password matches.
    dummy: Arc<str>,
}

/// Keeps the count of those inside right, also when a request goes away while it waits.
struct Place<'h>(&'h AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hasher {
    /// A hasher of this configuration.
    ///
    /// # Errors
    /// `unavailable` when the system has no randomness.
    pub fn new(config: &PasswordConfig) -> Result<Self, Error> {
        Ok(Self {
            permits: Arc::new(Semaphore::new(config.hashers)),
            waiting: Arc::new(AtomicUsize::new(0)),
            capacity: config.hashers + config.queue,
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
    #[cfg(feature = "app")]
    pub(crate) fn adopt(&self, hash: &str) -> Result<String, String> {
        hash::adopt(hash, self.cost)
    }

    /// Any work on a password that takes long, in its turn among the hashes.
    ///
    /// # Errors
    /// `busy`.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let inside = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _place = Place(&self.waiting);
        if inside >= self.capacity {
            return Err(ErrorKind::Busy.into());
        }
        let turn = time::timeout(LONGEST_WAIT, self.permits.clone().acquire_owned());
        let permit = turn.await.map_err(|_| ErrorKind::Busy)?.map_err(Error::internal)?;
        let work = move || {
            // Held by the work, not by the request: a client that hangs up frees no core.
            let _permit = permit;
            work()
        };
        task::spawn_blocking(work).await.map_err(Error::internal)
    }
}
