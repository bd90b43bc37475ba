//! Requests that are being answered, so that a stop can wait for them and for nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::tokio::time;
use rocket::{Data, Request, Shutdown};

/// How often it is looked whether anything is in flight.
const EVERY: Duration = Duration::from_millis(50);

/// How long there must have been nothing: a connection that was let in last has its request read
/// by then, and an answer that was written is sent.
const QUIET: Duration = Duration::from_millis(500);

/// Counts requests from their head to the last byte of their answer, also when the client is
/// gone meanwhile.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<AtomicUsize>);

/// Lives as long as its request.
struct Held(InFlight);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl InFlight {
    /// Waits for a shutdown, and then until nothing is in flight any more.
    ///
    /// Rocket itself waits its whole grace period when a single connection is open at the moment
    /// of the shutdown, and behind a proxy one always is.
    pub async fn drained(self, shutdown: Shutdown) {
        shutdown.await;
        let mut quiet = Duration::ZERO;
        while quiet < QUIET {
            time::sleep(EVERY).await;
            let nothing = self.0.load(Ordering::SeqCst) == 0;
            quiet = if nothing { quiet + EVERY } else { Duration::ZERO };
        }
    }
}

#[rocket::async_trait]
impl Fairing for InFlight {
    fn info(&self) -> Info {
        Info { name: "Requests in flight", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.local_cache(|| {
            self.0.fetch_add(1, Ordering::SeqCst);
            Held(self.clone())
        });
    }
}
