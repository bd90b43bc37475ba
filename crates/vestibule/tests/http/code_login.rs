//! `CodeLogin`: codes of a second factor, and how often they may be guessed.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rocket::local::blocking::Client;
use rocket::{State, get, post, routes};
use time::OffsetDateTime;
use totp_rs::{Builder, Secret};
use vestibule::guards::{Authenticated, MultiFactor};
use vestibule::second_factors::{Authenticator, CodeLogin, RecoveryCodes, SecondFactorStore};
use vestibule::sign_ins::Amr;
use vestibule::testing::check_second_factor_store;
use vestibule::{Auth, Clock, Error, ErrorKind, Session};

use crate::support::app::{App, RecordedEvents, Reply, SessionUser, Setup, rocket};
use crate::support::counting_store::CountingStore;
use crate::support::users::{ALICE, BOB, Users};

const FAILURES: usize = 3;

/// Alice's authenticator with its last used step, and her recovery codes.
struct Factors {
    authenticator: Authenticator,
    last_step: Mutex<i64>,
    recovery_codes: Mutex<HashSet<String>>,
    fails: AtomicBool,
}

impl Factors {
    fn new(codes: &RecoveryCodes) -> Self {
        Self {
            authenticator: Authenticator::generate().expect("randomness"),
            // A column of zeros would hide that a wrong code must not count as step 0.
            last_step: Mutex::new(-1),
            recovery_codes: Mutex::new(codes.digests().into_iter().collect()),
            fails: AtomicBool::new(false),
        }
    }

    fn check(&self, account: &str) -> Result<bool, Error> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(ErrorKind::Unavailable.into());
        }
        Ok(account == ALICE.to_string())
    }
}

#[rocket::async_trait]
impl SecondFactorStore for Factors {
    async fn authenticator(&self, account: &str) -> Result<Option<Authenticator>, Error> {
        Ok(self.check(account)?.then(|| self.authenticator.clone()))
    }

    async fn use_step(&self, account: &str, step: i64) -> Result<bool, Error> {
        let mut last = self.last_step.lock().expect("a step");
        let counts = self.check(account)? && *last < step;
        if counts {
            *last = step;
        }
        Ok(counts)
    }

    async fn use_recovery_code(&self, account: &str, digest: &str) -> Result<bool, Error> {
        Ok(self.check(account)? && self.recovery_codes.lock().expect("codes").remove(digest))
    }
}

#[post("/code/<code>")]
async fn code(
    code: &str,
    user: SessionUser,
    code_login: CodeLogin<'_>,
    session: Session<'_>,
    factors: &State<Factors>,
) -> Result<(), Error> {
    code_login.verify(factors.inner(), user.account(), code).await?;
    session.confirm_with(Amr::OTP).await
}

#[get("/two")]
fn two(user: MultiFactor<SessionUser>) -> String {
    user.authentication().amr().to_string()
}

struct CodeApp {
    app: App,
    codes: RecoveryCodes,
}

fn launch() -> CodeApp {
    let codes = RecoveryCodes::generate().expect("randomness");
    let setup = Setup::new().set("auth.throttle.failures", FAILURES);
    let (clock, store, users) = (Clock::manual(), CountingStore::default(), Users::new());
    let recorded = RecordedEvents::default();
    let auth = Auth::fairing().clock(clock.clone()).store(store.clone());
    let rocket = rocket(setup.figment, auth, users.clone()).manage(Factors::new(&codes));
    let rocket = rocket.mount("/", routes![code, two]).register("/", setup.catchers);
    let client = Client::untracked(rocket).expect("a launch");
    CodeApp { app: App { client, clock, store, users, recorded }, codes }
}

impl CodeApp {
    fn factors(&self) -> &Factors {
        self.app.client.rocket().state().expect("factors")
    }

    /// What the app shows in so many steps of 30 seconds.
    fn shown(&self, steps: i64) -> String {
        let secret = Secret::from(self.factors().authenticator.secret().to_vec());
        let now: OffsetDateTime = self.app.clock.now().expect("a time");
        let then = u64::try_from(now.unix_timestamp() + 30 * steps).expect("after 1970");
        Builder::new().with_secret(secret).build_noncompliant().generate(then).to_string()
    }

    fn send(&self, session: &str, code: &str) -> Reply {
        self.app.post(&format!("/code/{code}")).cookie(session).send()
    }

    fn status(&self, session: &str, code: &str) -> u16 {
        self.send(session, code).status
    }
}

#[rocket::async_test]
async fn the_store_of_these_tests_keeps_the_contract() {
    let codes = RecoveryCodes::generate().expect("randomness");
    let (factors, typed) = (Factors::new(&codes), codes.reveal());
    let accounts = [ALICE, BOB].map(|id| id.to_string());
    let accounts = accounts.each_ref().map(String::as_str);
    let authenticator = factors.authenticator.clone();
    let recovery_codes = [typed[0].as_str(), typed[1].as_str()];
    check_second_factor_store(&factors, accounts, &authenticator, recovery_codes).await;
}

#[test]
fn a_code_counts_once_and_a_recovery_code_too() {
    let app = launch();
    let session = app.app.browser(ALICE);
    let (code, recovery) = (app.shown(0), app.codes.reveal()[0].replace('-', "").to_lowercase());
    let two = || app.app.get("/two").cookie(&session).send();
    assert_eq!(app.status(&session, "000000"), 422);
    assert_eq!(two().code(), "second_factor_required");
    assert_eq!(app.status(&session, &code), 200);
    assert_eq!(two().body, "pwd otp mfa");
    assert_eq!(app.status(&session, &code), 422);
    assert_eq!(app.status(&session, &recovery), 200);
    assert_eq!(app.status(&session, &recovery), 422);
    let session = app.app.browser(BOB);
    assert_eq!(
        app.status(&session, &app.shown(1)),
        422,
        "without an authenticator no code is right"
    );
}

#[test]
fn wrong_codes_are_limited_for_the_account_in_every_session_and_for_no_other() {
    let app = launch();
    let session = app.app.browser(ALICE);
    for _ in 0..FAILURES {
        assert_eq!(app.status(&session, "000000"), 422);
    }
    let refused = app.send(&session, &app.shown(0));
    assert_eq!(refused.status, 429);
    assert!(refused.one("Retry-After").is_some());
    let session = app.app.browser(ALICE);
    assert_eq!(app.status(&session, &app.shown(0)), 429);
    let bob = app.app.browser(BOB);
    assert_eq!(app.status(&bob, "000000"), 422, "the counter is of one account");
    app.app.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(app.status(&session, &app.shown(0)), 200);
}

#[get("/alone")]
fn alone(_code_login: CodeLogin<'_>) {}

#[test]
fn without_the_fairing_it_does_not_launch() {
    let rocket = rocket::custom(Setup::new().figment).mount("/", routes![alone]);
    let refused = |error: rocket::Error| format!("{:?}", error.kind());
    let refused = Client::untracked(rocket).map(drop).map_err(refused);
    assert!(refused.expect_err("no fairing").contains("SentinelAborts"));
}

#[test]
fn a_store_that_fails_is_503_and_counts_no_failure() {
    let app = launch();
    let session = app.app.browser(ALICE);
    app.factors().fails.store(true, Ordering::Relaxed);
    for _ in 0..=FAILURES {
        assert_eq!(app.status(&session, &app.shown(0)), 503);
    }
    app.factors().fails.store(false, Ordering::Relaxed);
    assert_eq!(app.status(&session, &app.shown(0)), 200);
}
