//! Counts the requests in flight, so that a stop waits for them and for nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::tokio::time;
use rocket::{Data, Request};

/// How often the count is read during a stop.
const INTERVAL: Duration = Duration::from_millis(50);

/// How long the count must stay zero: by then the request of the last accepted connection is read,
/// and a response that was written is sent.
const QUIET: Duration = Duration::from_millis(500);

/// Counts requests from their head to the last byte of their response, also if the client
/// disconnects meanwhile.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<AtomicUsize>);

/// Lives as long as its request; counts it.
struct Counted(InFlight);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl InFlight {
    /// Waits after a shutdown until no request is in flight, but not longer than `grace`. One whose body has
    /// not begun to arrive is not counted.
    ///
    /// Rocket itself waits its whole grace period if a single connection is open at the shutdown,
    /// and behind a proxy one always is.
    pub async fn drained(self, grace: Duration) {
        // The requests that exceed the grace period are cut off.
        drop(time::timeout(grace, self.quiet()).await);
    }

    async fn quiet(&self) {
        let mut quiet = Duration::ZERO;
        while quiet < QUIET {
            time::sleep(INTERVAL).await;
            let idle = self.0.load(Ordering::SeqCst) == 0;
            quiet = if idle { quiet + INTERVAL } else { Duration::ZERO };
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
            Counted(self.clone())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::State;
    use rocket::figment::Figment;
    use rocket::local::blocking::Client;

    #[rocket::get("/")]
    fn count(in_flight: &State<InFlight>) -> String {
        in_flight.0.load(Ordering::SeqCst).to_string()
    }

    #[test]
    fn a_request_is_counted_until_its_response_was_read() {
        let in_flight = InFlight::default();
        let figment = Figment::from(rocket::Config::debug_default()).merge(("log_level", "off"));
        let rocket = rocket::custom(figment)
            .attach(in_flight.clone())
            .manage(in_flight.clone())
            .mount("/", rocket::routes![count]);
        let client = Client::untracked(rocket).expect("a launch");
        assert_eq!(client.get("/").dispatch().into_string().as_deref(), Some("1"));
        assert_eq!(in_flight.0.load(Ordering::SeqCst), 0);
    }
}
