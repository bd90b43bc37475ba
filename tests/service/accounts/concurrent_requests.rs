//! Concurrent requests: for one name, and for the hashing threads.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rocket::figment::Figment;
use rocket::futures::future::{join, join_all};
use rocket::http::{ContentType, Header};
use rocket::local::asynchronous::{Client, LocalResponse};
use rocket::tokio::runtime::Runtime;
use serde_json::json;

use crate::support::actor::encoded;
use crate::support::app::{TestApp, on_both_with};
use vestibule::password::Hasher;

const CLIENTS: usize = 100;
const ROUNDS: usize = 20;

/// A queue long enough for all, so that no request is refused for a full queue.
fn long_queue(figment: Figment) -> Figment {
    figment
        .merge(("auth.password.hashers", 4))
        .merge(("auth.password.queue", 10_000))
        .merge(("databases.main.timeout", "1m"))
}

/// One more process on the same database.
pub(crate) async fn process(app: &TestApp) -> Client {
    let rocket = vestibule_service::app::build(app.figment(), &app.clock).expect("good settings");
    Client::untracked(rocket).await.expect("a launch")
}

/// Registers this name with this password, by form or over the API; returns the status.
async fn register(client: &Client, name: &str, password: &str, by_form: bool) -> u16 {
    let request = if by_form {
        let body = format!("username={}&password={}", encoded(name), encoded(password));
        client.post("/register").header(ContentType::Form).body(body)
    } else {
        let body = json!({ "username": name, "password": password });
        client.post("/api/register").header(ContentType::JSON).body(body.to_string())
    };
    request.dispatch().await.status().code
}

#[test]
fn of_a_hundred_who_want_one_name_at_once_exactly_one_gets_it() {
    on_both_with(long_queue, |app| {
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let processes = [process(&app).await, process(&app).await, process(&app).await];
            for round in 0..ROUNDS {
                let clients = (0..CLIENTS).map(|at| {
                    let spelling = ["ann", "ANN", "Ann", "aNn", "ａｎｎ"][at % 5];
                    let client = &processes[at % processes.len()];
                    async move {
                        let (name, password) =
                            (format!("{spelling}{round}"), format!("correct horse {at}"));
                        register(client, &name, &password, at % 2 == 0).await
                    }
                });
                let statuses = join_all(clients).await;
                let count = |of: &[u16]| statuses.iter().filter(|one| of.contains(one)).count();
                // On a machine that is too slow some are told to come again.
                let refused = (count(&[201, 303]), count(&[409, 503]));
                assert_eq!(refused, (1, CLIENTS - 1), "round {round}");
                assert!(count(&[409]) > 0, "round {round}");
            }
        });
        assert_eq!(app.count("users WHERE username_key LIKE 'ann%'"), ROUNDS as i64);
    });
}

const GUESSES: usize = 12;

/// One hasher at slow work, and room for two more to wait.
fn short_queue(figment: Figment) -> Figment {
    figment
        .merge(("auth.password.cost", 12))
        .merge(("auth.password.hashers", 1))
        .merge(("auth.password.queue", 2))
}

#[test]
fn a_flood_of_sign_ins_is_refused_and_delays_no_other_request() {
    on_both_with(short_queue, |app| {
        app.sql("DELETE FROM throttle");
        let token = app.token("user_02").token.expect("a token");
        let bearer = Header::new("Authorization", format!("Bearer {token}"));
        // One thread for all: a hash computed on it would block every other request.
        let runtime = rocket::tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
        let hashed = runtime.expect("a runtime").block_on(async {
            let client = process(&app).await;
            let guess = json!({ "username": "user_01", "password": "wrong" }).to_string();
            let guesses = (0..GUESSES).map(|_| {
                client.post("/api/login").header(ContentType::JSON).body(&guess).dispatch()
            });
            let flood = async {
                let replies = join_all(guesses).await;
                over.store(true, Ordering::SeqCst);
                replies
            };
            let others = async {
                while !over.load(Ordering::SeqCst) {
                    let me = client.get("/api/me").header(bearer.clone()).dispatch().await;
                    assert_eq!(me.status().code, 200);
                    answered.fetch_add(1, Ordering::SeqCst);
                    // A cached sign-in needs no waiting, and this is one task.
                    rocket::tokio::task::yield_now().await;
                }
            };
            let (replies, ()) = join(flood, others).await;
            let mut hashed = 0;
            for reply in replies {
                match reply.status().code {
                    401 => hashed += 1,
                    503 => {
                        assert!(reply.headers().get_one("Retry-After").is_some());
                        let body = reply.into_string().await.unwrap_or_default();
                        assert!(body.contains("\"code\":\"busy\""), "{body}");
                    }
                    other => panic!("{other}"),
                }
            }
            hashed
        });
        // One is running and two wait, at most 5 s; on a slow machine another enters as each ends.
        assert!((1..GUESSES).contains(&hashed), "{hashed} of {GUESSES}");
        let answered = answered.load(Ordering::SeqCst);
        assert!(answered > hashed, "{answered} were answered while {hashed} were hashed");
        // A password that was never verified does not count as a guess.
        let counted = "SELECT failures AS n FROM throttle WHERE bucket LIKE 'account:%'";
        assert_eq!(app.number(counted), hashed as i64);
    });
}

/// Runs a future while the tables of users and of the throttle are missing.
async fn without_tables<T>(app: &TestApp, run: impl Future<Output = T>) -> T {
    app.sql("ALTER TABLE users RENAME TO users_away; ALTER TABLE throttle RENAME TO throttle_away");
    let result = run.await;
    app.sql("ALTER TABLE users_away RENAME TO users; ALTER TABLE throttle_away RENAME TO throttle");
    result
}

/// One hasher at work that takes long, and no room to wait.
fn no_queue(figment: Figment) -> Figment {
    figment
        .merge(("auth.password.cost", 14))
        .merge(("auth.password.hashers", 1))
        .merge(("auth.password.queue", 0))
}

#[test]
fn a_refused_sign_in_costs_no_query_and_reveals_nothing() {
    on_both_with(no_queue, |app| {
        let runtime = rocket::tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let client = process(&app).await;
            let guess = |name: &str| {
                let body = json!({ "username": name, "password": "wrong" }).to_string();
                client.post("/api/login").header(ContentType::JSON).body(body).dispatch()
            };
            app.sql("DELETE FROM throttle");
            assert_eq!(guess("probe").await.status().code, 401);
            app.sql("UPDATE throttle SET failures = 1000000000 WHERE bucket LIKE 'account:%'");
            let hasher = client.rocket().state::<Hasher>().expect("a hasher");
            let others = async {
                wait_until("a guess is being hashed", || hasher.busy() > 0).await;
                // A throttled request gets the response for a full queue too.
                let names = ["user_01", "probe", "nobody", "no name"];
                let answers = join_all(names.map(async |name| {
                    let reply = guess(name).await;
                    assert_eq!(reply.status().code, 503);
                    let id = reply.headers().get_one("X-Request-Id").expect("an id").to_owned();
                    reply.into_string().await.unwrap_or_default().replace(&id, "ID")
                }));
                without_tables(&app, answers).await
            };
            let (first, answers) = join(guess("user_01"), others).await;
            assert_eq!(first.status().code, 401);
            assert!(answers[0].contains("\"code\":\"busy\""), "{answers:?}");
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        });
    });
}

/// One hashing thread and no queue; a time limit long enough for a slow machine.
fn no_queue_short_timeout(figment: Figment) -> Figment {
    figment
        .merge(("auth.password.hashers", 1))
        .merge(("auth.password.queue", 0))
        .merge(("databases.main.timeout", "1m"))
}

#[test]
fn those_whom_the_throttle_holds_up_take_no_place_from_others() {
    on_both_with(no_queue_short_timeout, |app| {
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let client = process(&app).await;
            let sign_in = |name: &str, password: &str| {
                let body = json!({ "username": name, "password": password }).to_string();
                client.post("/api/login").header(ContentType::JSON).body(body).dispatch()
            };
            app.sql("DELETE FROM throttle");
            assert_eq!(sign_in("probe", "wrong").await.status().code, 401);
            app.sql("UPDATE throttle SET failures = 1000000000 WHERE bucket LIKE 'account:%'");
            let over = AtomicBool::new(false);
            let clients = join_all((0..30).map(|_| async {
                let mut held_up = 0;
                while !over.load(Ordering::SeqCst) {
                    match sign_in("probe", "wrong").await.status().code {
                        429 => held_up += 1,
                        // While another request is being hashed.
                        other => assert_eq!(other, 503),
                    }
                    rocket::tokio::task::yield_now().await;
                }
                held_up
            }));
            let person = async {
                let mut statuses = Vec::new();
                for _ in 0..10 {
                    statuses.push(sign_in("user_02", "5678").await.status().code);
                }
                over.store(true, Ordering::SeqCst);
                statuses
            };
            let (held_up, statuses) = join(clients, person).await;
            assert_eq!(statuses, [200; 10]);
            assert!(held_up.iter().sum::<usize>() > 10, "{held_up:?}");
        });
    });
}

#[test]
fn without_a_queue_a_client_with_an_address_still_signs_in() {
    on_both_with(no_queue_short_timeout, |app| {
        let body = json!({ "username": "user_01", "password": "1234" });
        let client = app.anonymous().from("192.0.2.7");
        assert_eq!(client.post_json("/api/login", &body).status, 200);
    });
}

/// Signs in over the API from an address.
async fn sign_in_from<'c>(
    client: &'c Client,
    address: &str,
    (username, password): (&str, &str),
) -> LocalResponse<'c> {
    let body = json!({ "username": username, "password": password }).to_string();
    let request = client.post("/api/login").header(ContentType::JSON).body(body);
    let address = address.parse().expect("an address");
    request.remote(SocketAddr::new(address, 4_000)).dispatch().await
}

/// Waits for a condition, with a limit for a busy machine.
async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        rocket::tokio::task::yield_now().await;
    }
}

/// Runs something while the one hasher is at work.
async fn while_at_work<T>(hasher: &Hasher, run: impl Future<Output = T>) -> T {
    let (end, ended) = channel::<()>();
    let ended = Mutex::new(ended);
    let work = hasher.run(move || drop(ended.lock().map(|ended| ended.recv())));
    let run = async {
        wait_until("work has begun", || hasher.busy() > 0).await;
        let result = run.await;
        drop(end);
        result
    };
    let (done, result) = join(work, run).await;
    done.expect("a result");
    result
}

#[test]
fn a_registration_that_finds_the_queue_full_is_refused_as_busy_and_not_as_invalid() {
    on_both_with(no_queue, |app| {
        Runtime::new().expect("a runtime").block_on(async {
            let client = process(&app).await;
            let hasher = client.rocket().state::<Hasher>().expect("a hasher");
            let register = |by_form| register(&client, "carol", "correct horse", by_form);
            let registrations = join(register(true), register(false));
            assert_eq!(while_at_work(hasher, registrations).await, (503, 503));
        });
    });
}

#[test]
fn a_page_of_the_busy_service_comes_no_sooner_than_retry_after_says() {
    on_both_with(no_queue, |app| {
        Runtime::new().expect("a runtime").block_on(async {
            let client = process(&app).await;
            let hasher = client.rocket().state::<Hasher>().expect("a hasher");
            let (page, took) = while_at_work(hasher, async {
                let form = client.post("/login").header(ContentType::Form);
                let sent = Instant::now();
                let page = form.body("username=user_01&password=1234").dispatch().await;
                (page, sent.elapsed())
            })
            .await;
            assert_eq!((page.status().code, page.content_type()), (503, Some(ContentType::HTML)));
            let wait = page.headers().get_one("Retry-After").expect("a time").parse();
            let wait: u64 = wait.expect("seconds");
            assert!(wait > 0 && took.as_secs() >= wait, "{took:?}");
        });
    });
}

/// One hasher and room for four to wait: five places, three for a network.
fn five_places(figment: Figment) -> Figment {
    figment
        .merge(("auth.password.cost", 10))
        .merge(("auth.password.hashers", 1))
        .merge(("auth.password.queue", 4))
        .merge(("databases.main.timeout", "1m"))
}

#[test]
fn a_network_that_has_all_its_places_is_refused_without_a_query() {
    // So slow that no hash counts as starved meanwhile.
    on_both_with(
        |figment| five_places(figment).merge(("auth.password.cost", 14)),
        |app| {
            Runtime::new().expect("a runtime").block_on(async {
                let client = process(&app).await;
                let guess = async |address: &str| {
                    let reply = sign_in_from(&client, address, ("user_01", "wrong")).await;
                    reply.into_string().await.expect("a body")
                };
                let hasher = client.rocket().state::<Hasher>().expect("a hasher");
                let refused = while_at_work(hasher, async {
                    wait_until("three wait", || hasher.waiting() == 3).await;
                    let refused = join(guess("192.0.2.7"), guess("198.51.100.7"));
                    without_tables(&app, refused).await
                });
                let crowd = join_all((0..3).map(|_| guess("192.0.2.7")));
                let ((own, other), _) = join(refused, crowd).await;
                assert!(own.contains("\"code\":\"busy\""), "{own}");
                assert!(other.contains("\"code\":\"unavailable\""), "{other}");
            });
        },
    );
}

#[test]
fn one_network_takes_no_more_than_three_of_five_places_also_with_right_passwords() {
    on_both_with(five_places, |app| {
        Runtime::new().expect("a runtime").block_on(async {
            let client = process(&app).await;
            let sign_in = async |address: &str, user: (&str, &str)| {
                sign_in_from(&client, address, user).await.status().code
            };
            let hasher = client.rocket().state::<Hasher>().expect("a hasher");
            let mut was_full = false;
            for round in 0..3 {
                let crowd_is_done = AtomicBool::new(false);
                let crowd = async {
                    let statuses =
                        join_all((0..10).map(|_| sign_in("192.0.2.7", ("user_01", "1234")))).await;
                    crowd_is_done.store(true, Ordering::SeqCst);
                    statuses
                };
                let other = async {
                    let is_full = || hasher.busy() + hasher.waiting() == 3;
                    let is_done = || crowd_is_done.load(Ordering::SeqCst);
                    wait_until("the network has its places", || is_full() || is_done()).await;
                    was_full |= is_full();
                    sign_in("198.51.100.7", ("user_02", "5678")).await
                };
                let (crowd, other) = join(crowd, other).await;
                assert_eq!(other, 200, "round {round}: {crowd:?}");
                assert!(crowd.iter().all(|status| [200, 503].contains(status)), "{crowd:?}");
                assert!(crowd.contains(&200) && crowd.contains(&503), "{crowd:?}");
            }
            assert!(was_full, "three of one network were never at work or waiting at once");
        });
    });
}
