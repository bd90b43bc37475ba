//! Concurrent requests in an order that the test decides: the store responds when released.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rocket::figment::Figment;
use rocket::futures::FutureExt;
use rocket::futures::future::join_all;
use rocket::http::{Header, Status};
use rocket::local::asynchronous::Client;
use rocket::tokio::join;
use rocket::tokio::sync::Semaphore;
use time::OffsetDateTime;
use vestibule::sign_ins::{
    Amr, AuthCache, MemorySignInStore, RefreshAttempt, Rotation, SignIn, SignInId, SignInStore,
    SignInUse,
};
use vestibule::{Auth, Clock, Error, ErrorKind};

use crate::support::app::{SECRET, log_out_routes, rocket};
use crate::support::users::{ALICE, Users};

/// A store that reads at once and returns when released, by when the row may be out of date.
#[derive(Clone, Default)]
struct SlowStore(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rows: MemorySignInStore,
    slow: AtomicBool,
    gets: AtomicUsize,
    answers: Gate,
    broken: AtomicBool,
    panics: AtomicBool,
}

struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl SlowStore {
    fn slow(&self, slow: bool) {
        self.0.slow.store(slow, Ordering::SeqCst);
    }

    fn answer(&self, gets: usize) {
        self.0.answers.0.add_permits(gets);
    }

    fn gets(&self) -> usize {
        self.0.gets.load(Ordering::SeqCst)
    }
}

#[rocket::async_trait]
impl SignInStore for SlowStore {
    async fn open(&self, sign_in: &SignIn) -> Result<(), Error> {
        self.0.rows.open(sign_in).await
    }

    async fn get(&self, id: &SignInId) -> Result<Option<SignIn>, Error> {
        self.0.gets.fetch_add(1, Ordering::SeqCst);
        let found = self.0.rows.get(id).await;
        if self.0.slow.load(Ordering::SeqCst) {
            self.0.answers.0.acquire().await.expect("a gate").forget();
        }
        assert!(!self.0.panics.swap(false, Ordering::SeqCst), "a store that panics once");
        if self.0.broken.load(Ordering::SeqCst) {
            Err(ErrorKind::Unavailable.into())
        } else {
            found
        }
    }

    async fn seen(&self, used: &SignInUse) -> Result<(), Error> {
        self.0.rows.seen(used).await
    }

    async fn rotate(&self, id: &SignInId, attempt: RefreshAttempt) -> Result<Rotation, Error> {
        self.0.rows.rotate(id, attempt).await
    }

    async fn confirm(
        &self,
        id: &SignInId,
        at: OffsetDateTime,
        amr: Amr,
    ) -> Result<Option<Amr>, Error> {
        self.0.rows.confirm(id, at, amr).await
    }

    async fn end(&self, id: &SignInId) -> Result<bool, Error> {
        self.0.rows.end(id).await
    }

    async fn end_all(&self, account: &str, except: Option<&SignInId>) -> Result<u64, Error> {
        self.0.rows.end_all(account, except).await
    }

    async fn list(&self, account: &str) -> Result<Vec<SignIn>, Error> {
        self.0.rows.list(account).await
    }
}

/// An application with a fixed clock and a cache of ten hours.
struct Fixture {
    client: Client,
    store: SlowStore,
    users: Users,
    token: String,
}

impl Fixture {
    async fn new() -> Self {
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("auth.token.secret", SECRET))
            .merge(("auth.revocation_delay", "10h"));
        let (store, users) = (SlowStore::default(), Users::new());
        let auth = Auth::fairing().clock(Clock::manual()).store(store.clone());
        let rocket = rocket(figment, auth, users.clone()).mount("/", log_out_routes());
        let client = Client::untracked(rocket).await.expect("a launch");
        let pair = client.post(format!("/api/login/{ALICE}")).dispatch().await;
        let pair: serde_json::Value = pair.into_json().await.expect("a pair");
        let token = pair["access_token"].as_str().expect("a token").to_owned();
        Self { client, store, users, token }
    }

    async fn ask(&self, method: rocket::http::Method, path: &str) -> Status {
        let bearer = Header::new("Authorization", format!("Bearer {}", self.token));
        self.client.req(method, path.to_owned()).header(bearer).dispatch().await.status()
    }

    async fn token(&self) -> Status {
        self.ask(rocket::http::Method::Get, "/token").await
    }

    fn cache(&self) -> &AuthCache {
        self.client.rocket().state().expect("managed")
    }
}

/// Polls a future until it makes no progress by itself.
fn started<F: Future + Unpin>(future: &mut F) -> bool {
    future.now_or_never().is_none()
}

#[test]
fn concurrent_requests_cost_one_look_up() {
    rocket::async_test(async {
        let fixture = Fixture::new().await;
        fixture.store.slow(true);
        let mut requests = join_all((0..100).map(|_| Box::pin(fixture.token())));
        assert!(started(&mut requests));
        assert_eq!(fixture.store.gets(), 1);
        fixture.store.answer(1);
        assert!(requests.await.into_iter().all(|status| status == Status::Ok));
        assert_eq!((fixture.store.gets(), fixture.users.calls()), (1, 1));
    });
}

#[test]
fn concurrent_requests_share_an_error_and_the_next_one_looks_up_again() {
    rocket::async_test(async {
        let fixture = Fixture::new().await;
        fixture.store.slow(true);
        fixture.store.0.broken.store(true, Ordering::SeqCst);
        let mut requests = join_all((0..100).map(|_| Box::pin(fixture.token())));
        assert!(started(&mut requests));
        fixture.store.answer(1);
        assert!(requests.await.into_iter().all(|status| status == Status::ServiceUnavailable));
        assert_eq!(fixture.store.gets(), 1);
        fixture.store.0.broken.store(false, Ordering::SeqCst);
        fixture.store.slow(false);
        assert_eq!((fixture.token().await, fixture.store.gets()), (Status::Ok, 2));
    });
}

#[test]
fn concurrent_requests_of_an_ended_sign_in_are_refused_together() {
    rocket::async_test(async {
        let fixture = Fixture::new().await;
        fixture.store.0.rows.clear();
        fixture.store.slow(true);
        let mut requests = join_all((0..100).map(|_| Box::pin(fixture.token())));
        assert!(started(&mut requests));
        fixture.store.answer(1);
        assert!(requests.await.into_iter().all(|status| status == Status::Unauthorized));
        assert_eq!(fixture.store.gets(), 1);
    });
}

#[test]
fn a_cancelled_look_up_blocks_no_other() {
    rocket::async_test(async {
        let fixture = Fixture::new().await;
        fixture.store.slow(true);
        let mut first = Box::pin(fixture.token());
        let mut others = join_all((0..9).map(|_| Box::pin(fixture.token())));
        assert!(started(&mut first) && started(&mut others));
        assert_eq!(fixture.store.gets(), 1);
        drop(first);
        assert!(started(&mut others));
        assert_eq!(fixture.store.gets(), 2, "the next one looks it up");
        fixture.store.answer(1);
        assert!(others.await.into_iter().all(|status| status == Status::Ok));
        assert_eq!(fixture.store.gets(), 2);
    });
}

#[test]
fn a_look_up_that_panics_is_one_error_and_the_next_one_goes_on() {
    rocket::async_test(async {
        let fixture = Fixture::new().await;
        fixture.store.slow(true);
        fixture.store.0.panics.store(true, Ordering::SeqCst);
        let mut requests = join_all((0..10).map(|_| Box::pin(fixture.token())));
        assert!(started(&mut requests));
        fixture.store.answer(2);
        let answers = requests.await;
        assert_eq!(answers[0], Status::InternalServerError);
        assert!(answers[1..].iter().all(|status| *status == Status::Ok), "{answers:?}");
        assert_eq!(fixture.store.gets(), 2);
    });
}

/// A look-up reads, `change` runs, and only then the look-up returns.
async fn overtaken(change: impl AsyncFnOnce(&Fixture), expected: Status) {
    let fixture = Fixture::new().await;
    fixture.store.slow(true);
    let mut before = pin!(fixture.token());
    assert!(started(&mut before));
    assert_eq!(fixture.store.gets(), 1);
    fixture.store.slow(false);
    change(&fixture).await;

    // A request that starts now never sees the state before the change, although a look-up
    // is under way; one that started earlier may see either state.
    let answer = async { fixture.store.answer(1) };
    let (after, ..) = join!(fixture.token(), answer, before);
    assert_eq!(after, expected);
    assert_eq!(fixture.token().await, expected, "what it found does not stay");
    assert_eq!(fixture.token().await, expected);
}

#[test]
fn what_was_read_before_a_sign_out_is_not_remembered_after_it() {
    rocket::async_test(overtaken(
        async |fixture| {
            let id = fixture.store.0.rows.all().remove(0).id;
            fixture.store.0.rows.end(&id).await.expect("ended");
            fixture.cache().invalidate_sign_in(&id);
        },
        Status::Unauthorized,
    ));
}

#[test]
fn what_was_read_before_everything_of_an_account_ended_is_not_remembered_after_it() {
    rocket::async_test(overtaken(
        async |fixture| {
            fixture.store.0.rows.end_all(&ALICE.to_string(), None).await.expect("ended");
            fixture.cache().invalidate_account(&ALICE);
        },
        Status::Unauthorized,
    ));
}

/// The same over HTTP, while the look-up of another request is under way.
#[test]
fn a_sign_out_overtakes_a_look_up() {
    rocket::async_test(async {
        let fixture = Fixture::new().await;
        fixture.store.slow(true);
        let mut before = pin!(fixture.token());
        assert!(started(&mut before));
        let mut leaving = pin!(fixture.ask(rocket::http::Method::Post, "/api/logout"));
        assert!(started(&mut leaving), "it waits for the same look-up");
        fixture.store.answer(1);
        assert_eq!(join!(leaving, before), (Status::NoContent, Status::Ok));
        fixture.store.slow(false);
        assert_eq!(fixture.token().await, Status::Unauthorized);
        assert_eq!(fixture.store.gets(), 2);
    });
}

#[test]
fn what_was_read_before_an_account_was_activated_refuses_no_request_after_it() {
    rocket::async_test(async {
        let fixture = Fixture::new().await;
        let rows = fixture.store.0.rows.all();
        fixture.store.0.rows.clear();
        fixture.store.slow(true);
        let mut before = pin!(fixture.token());
        assert!(started(&mut before));
        fixture.store.slow(false);
        fixture.store.0.rows.open(&rows[0]).await.expect("kept");
        fixture.cache().invalidate_account(&ALICE);
        let mut after = pin!(fixture.token());
        assert!(started(&mut after), "it waits, because the account of its look-up is unknown");
        fixture.store.answer(1);
        assert_eq!(before.await, Status::Unauthorized);
        assert_eq!(after.await, Status::Ok);
    });
}
