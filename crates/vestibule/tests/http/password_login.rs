//! `PasswordLogin`: a name and a password, and how often they may be guessed.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rocket::local::blocking::Client;
use rocket::serde::json::Json;
use rocket::{Orbit, Rocket, post, routes};
use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};
use vestibule::sign_ins::MemorySignInStore;
use vestibule::tokens::TokenPair;
use vestibule::{Auth, Clock, Error, ErrorKind, ErrorPage, PasswordAccount, PasswordLogin, Tokens};

use crate::support::app::{App, RecordedEvents, Reply, Setup, rocket};
use crate::support::counting_store::CountingStore;
use crate::support::users::{ALICE, BOB, User, Users};

const FAILURES: usize = 3;
const HOME: &str = "192.0.2.7";
const OFFICE: &str = "192.0.2.8";
const STRANGER: &str = "203.0.113.9";

/// Ids and hashes by name.
#[derive(Clone, Default)]
struct Hashes(Arc<Mutex<HashMap<String, (u32, String)>>>);

impl Hashes {
    fn get(&self, name: &str) -> Option<(u32, String)> {
        self.0.lock().expect("hashes").get(name).cloned()
    }

    fn set(&self, name: &str, id: u32, hash: &str) {
        self.0.lock().expect("hashes").insert(name.to_owned(), (id, hash.to_owned()));
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, io::Error> {
        let hashes = rocket.state::<Hashes>().expect("hashes");
        let (id, hash) = hashes.get(name.trim()).unwrap_or_default();
        let user = <Self as vestibule::Account>::find(rocket, &id).await?;
        Ok(user.map(|user| (user, hash)))
    }

    /// Its stamp depends on the hash.
    async fn replace_hash(
        self,
        rocket: &Rocket<Orbit>,
        old: &str,
        new: &str,
    ) -> Result<Self, io::Error> {
        let hashes = rocket.state::<Hashes>().expect("hashes");
        let users = rocket.state::<Users>().expect("users");
        let (id, stored) = hashes.get("alice").expect("alice");
        assert_eq!((self.id, stored.as_str()), (id, old));
        hashes.set("alice", id, new);
        users.change(id, |user| new.clone_into(&mut user.stamp));
        Ok(users.get(id).expect("alice"))
    }
}

#[post("/sign-in/<name>/<password>")]
async fn sign_in(
    name: &str,
    password: &str,
    login: PasswordLogin<'_, User>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let user = login.verify(name, &Password::from(password)).await?;
    Ok(Json(tokens.start(&user).await?))
}

/// As a form does, which is shown again with what is wrong.
#[post("/form/<name>/<password>")]
async fn form(
    name: &str,
    password: &str,
    login: PasswordLogin<'_, User>,
) -> Result<(), ErrorPage<String>> {
    let verified = login.verify(name, &Password::from(password)).await;
    verified.map(drop).map_err(|error| error.with_page(|message| format!("{name}: {message}")))
}

/// An application's own `busy`, which asks for more patience than the library's.
#[post("/maintenance")]
fn maintenance() -> Error {
    Error::new(ErrorKind::Busy).retry_after(60)
}

/// An application with Alice and Bob, whose passwords are `alice's` and `bob's`.
struct LoginApp {
    app: App,
    hashes: Hashes,
    hasher: Hasher,
}

fn config(cost: u32) -> PasswordConfig {
    let mut config = PasswordConfig::default();
    (config.cost, config.hashers, config.queue) = (cost, 1, 0);
    config
}

fn launch(cost: u32) -> LoginApp {
    let setup =
        Setup::new().set("auth.throttle.failures", FAILURES).set("auth.password", config(cost));
    let (clock, store, users) = (Clock::manual(), CountingStore::default(), Users::new());
    let (recorded, hashes) = (RecordedEvents::default(), Hashes::default());
    let cheap = Hasher::new(&config(4)).expect("randomness");
    for (name, id) in [("alice", ALICE), ("bob", BOB)] {
        let password = format!("{name}'s");
        hashes.set(name, id, &cheap.hash_blocking(&password.into()).expect("randomness"));
    }
    let hasher = Hasher::new(&config(cost)).expect("randomness");
    let auth = Auth::fairing().clock(clock.clone()).events(recorded.clone());
    let auth = auth.store(store.clone()).hasher(hasher.clone());
    let rocket = rocket(setup.figment, auth, users.clone());
    let rocket = rocket.manage(hashes.clone()).mount("/", routes![sign_in, form, maintenance]);
    let rocket = rocket.register("/", setup.catchers);
    let client = Client::untracked(rocket).expect("a launch");
    LoginApp { app: App { client, clock, store, users, recorded }, hashes, hasher }
}

impl LoginApp {
    fn try_from(&self, address: &str, name: &str, password: &str) -> Reply {
        let path = format!("/sign-in/{name}/{password}");
        self.app.post(&path).header("X-Real-IP", address).send()
    }

    fn status(&self, address: &str, name: &str, password: &str) -> u16 {
        self.try_from(address, name, password).status
    }
}

#[test]
fn failures_are_counted_by_name_whether_or_not_it_exists() {
    for name in ["alice", "nobody"] {
        let login = launch(4);
        for written in [name, &name.to_uppercase(), &format!("%20{name}")] {
            let refused = login.try_from(STRANGER, written, "wrong");
            assert_eq!((refused.status, refused.code().as_str()), (401, "bad_credentials"));
        }
        let refused = login.try_from(HOME, name, "alice's");
        assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_attempts"));
        let wait: u64 = refused.one("Retry-After").expect("a time").parse().expect("seconds");
        assert!((1..=301).contains(&wait), "{wait}");
        assert!(login.app.recorded.take().contains(&"too_many_attempts"));
        assert_eq!(login.status(HOME, "bob", "bob's"), 200, "another name is not refused");

        login.app.advance(5 * 60);
        let open = if name == "alice" { 200 } else { 401 };
        assert_eq!(login.status(HOME, name, "alice's"), open);
    }
}

#[test]
fn failures_are_counted_by_network_over_all_names() {
    let login = launch(4);
    for guess in 0..FAILURES * 10 {
        let address = format!("2001:db8:1:2::{guess:x}");
        assert_eq!(login.status(&address, &format!("name{guess}"), "wrong"), 401);
    }
    assert_eq!(login.status("2001:db8:1:2::ffff", "bob", "bob's"), 429);
    assert_eq!(login.status("2001:db8:1:3::1", "bob", "bob's"), 200);
}

#[test]
fn an_unknown_name_and_a_wrong_password_get_the_same_response() {
    let login = launch(4);
    let reply = |name| {
        let reply = login.try_from(HOME, name, "wrong");
        (reply.status, reply.headers, reply.body)
    };
    assert_eq!(reply("alice"), reply("nobody"));
}

#[test]
fn the_owner_at_a_known_address_is_not_refused_for_the_failures_of_others() {
    let login = launch(4);
    assert_eq!(login.status(HOME, "alice", "alice's"), 200);
    let attack = || {
        for _ in 0..FAILURES {
            assert_eq!(login.status(STRANGER, "alice", "wrong"), 401);
        }
        assert_eq!(login.status(STRANGER, "alice", "alice's"), 429);
        assert_eq!(login.status(OFFICE, "alice", "alice's"), 429);
    };
    attack();
    assert_eq!(login.status(HOME, "alice", "alice's"), 200);
    assert_eq!(login.status(OFFICE, "alice", "alice's"), 429, "the failures of others are kept");
    // It has a limit of its own.
    for _ in 0..FAILURES {
        assert_eq!(login.status(HOME, "alice", "wrong"), 401);
    }
    assert_eq!(login.status(HOME, "alice", "alice's"), 429);

    login.app.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    attack();
    assert_eq!(login.status(HOME, "alice", "alice's"), 429, "it is known for 30 days");
}

#[test]
fn a_right_password_removes_the_failures_of_its_account() {
    let login = launch(4);
    for _ in 0..2 {
        for _ in 0..FAILURES - 1 {
            assert_eq!(login.status(HOME, "alice", "wrong"), 401);
            assert_eq!(login.status(HOME, "bob", "wrong"), 401);
        }
        assert_eq!(login.status(HOME, "alice", "alice's"), 200);
        assert_eq!(login.status(OFFICE, "bob", "bob's"), 200);
    }
}

impl LoginApp {
    /// Runs something while the one hasher is at work and none may wait.
    fn while_busy(&self, run: impl FnOnce()) {
        let (begin, begun) = channel();
        let (end, ended) = channel::<()>();
        let ended = Mutex::new(ended);
        std::thread::scope(|scope| {
            let hasher = self.hasher.clone();
            scope.spawn(move || {
                let work = hasher.run(move || {
                    let _ = begin.send(());
                    let _ = ended.lock().map(|ended| ended.recv());
                });
                rocket::async_test(work).expect("a result");
            });
            begun.recv().expect("work");
            run();
            drop(end);
        });
        self.app.wait_until("the hasher is free", || self.hasher.check_capacity().is_ok());
    }
}

#[test]
fn busy_is_sent_no_sooner_than_retry_after_says() {
    let login = launch(4);
    login.while_busy(|| {
        let sent = Instant::now();
        let refused = login.try_from(HOME, "alice", "alice's");
        assert_eq!((refused.status, refused.code().as_str()), (503, "busy"));
        let wait: u64 = refused.one("Retry-After").expect("a time").parse().expect("seconds");
        assert!(wait > 0 && sent.elapsed().as_secs() >= wait, "{:?}", sent.elapsed());
    });
}

#[test]
fn busy_is_not_held_back_for_as_long_as_an_application_asks_to_wait() {
    let login = launch(4);
    let sent = Instant::now();
    let refused = login.app.post("/maintenance").send();
    assert_eq!((refused.status, refused.code().as_str()), (503, "busy"));
    let wait: u64 = refused.one("Retry-After").expect("a time").parse().expect("seconds");
    assert!(wait == 60 && sent.elapsed().as_secs() < wait, "{wait}, {:?}", sent.elapsed());
}

#[test]
fn an_attempt_that_a_busy_hasher_or_a_broken_store_ended_is_not_counted() {
    let login = launch(4);
    login.while_busy(|| {
        for name in ["alice", "nobody"] {
            for _ in 0..=FAILURES {
                let refused = login.try_from(HOME, name, "wrong");
                assert_eq!((refused.status, refused.code().as_str()), (503, "busy"));
            }
        }
    });

    login.app.users.break_down(true);
    for _ in 0..=FAILURES {
        let refused = login.try_from(HOME, "alice", "wrong");
        assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"));
    }
    login.app.users.break_down(false);
    for _ in 0..FAILURES {
        assert_eq!(login.status(HOME, "alice", "wrong"), 401);
    }
    assert_eq!(login.status(HOME, "alice", "wrong"), 429);
}

#[test]
fn only_the_right_password_reveals_that_an_account_is_inactive() {
    let login = launch(4);
    login.app.users.change(ALICE, |user| user.active = false);
    let code = |password| login.try_from(HOME, "alice", password).code();
    assert_eq!(code("wrong"), "bad_credentials");
    assert_eq!(code("alice's"), "account_inactive");
}

#[test]
fn an_outdated_hash_is_replaced_and_the_sign_in_stays() {
    let login = launch(5);
    let before = login.app.tokens(ALICE).access;
    assert_eq!(login.app.get("/token").bearer(&before).send().status, 200);
    assert_eq!(login.status(HOME, "alice", "wrong"), 401);
    let cost = || login.hashes.get("alice").expect("alice").1.contains(",r=5$");
    assert!(!cost(), "a wrong password replaces nothing");

    let pair = login.try_from(HOME, "alice", "alice's").pair();
    assert!(cost());
    assert_eq!(login.app.get("/token").bearer(&pair.access).send().status, 200);
    let ended = login.app.get("/token").bearer(&before).send();
    assert_eq!(ended.status, 401, "the stamp depends on the hash, and the cache knows");
    assert_eq!(login.status(OFFICE, "alice", "alice's"), 200);
}

#[test]
fn a_form_that_is_shown_again_has_the_status_the_wait_and_the_event_of_its_error() {
    let login = launch(4);
    let send = || login.app.post("/form/alice/wrong").header("X-Real-IP", HOME).send();
    for _ in 0..FAILURES {
        let again = send();
        assert_eq!(
            (again.status, again.body.as_str()),
            (401, "alice: Wrong user name or password.")
        );
        assert_eq!(login.app.recorded.take(), ["bad_credentials"]);
    }
    let again = send();
    assert!(again.status == 429 && again.one("Retry-After").is_some(), "{again:?}");
    assert!(again.body.starts_with("alice: "), "{again:?}");
    assert_eq!(login.app.recorded.take(), ["too_many_attempts"]);
}

#[test]
fn a_route_with_it_still_demands_no_login() {
    let login_required = |open: &[&str]| {
        let auth = Auth::fairing().store(MemorySignInStore::new()).login_required_except(open);
        let rocket = rocket::custom(Setup::new().figment).attach(auth).mount("/", routes![sign_in]);
        Client::untracked(rocket).map_err(|error| error.kind().to_string()).is_ok()
    };
    assert!(login_required(&["POST /sign-in/<name>/<password>"]));
    assert!(!login_required(&[]));
}

#[test]
fn the_owner_s_success_gives_a_stranger_no_further_guess() {
    let login = launch(4);
    assert_eq!(login.status(HOME, "alice", "alice's"), 200);
    for _ in 1..FAILURES {
        assert_eq!(login.status(HOME, "alice", "wrong"), 401);
    }
    // From an unknown address, so all failures of the account are taken back.
    assert_eq!(login.status(OFFICE, "alice", "alice's"), 200);
    login.app.advance(1);
    for _ in 0..FAILURES {
        assert_eq!(login.status(STRANGER, "alice", "wrong"), 401);
    }
    assert_eq!(login.status(STRANGER, "alice", "wrong"), 429);
    // The earlier failures at this address are none of those that are counted now.
    assert_eq!(login.status(HOME, "alice", "alice's"), 200);
    assert_eq!(login.status(STRANGER, "alice", "wrong"), 429);
}
