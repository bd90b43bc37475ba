//! Many requests at once, at two processes on one database: what was ended stays ended, and one
//! refresh token has one successor.

use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::futures::future::{join, join_all};
use rocket::http::{ContentType, Cookie, Header, Method};
use rocket::local::asynchronous::Client;
use rocket::tokio::runtime::Builder;
use rocket::tokio::task::yield_now;
use serde_json::{Value, json};
use vestibule_service::db::{Address, connect};

use super::helpers::{Environment, USER_01, USER_02, add_user, on_each, sid};

const ROUNDS: usize = 20;
const AT_ONCE: usize = 50;

/// Two processes on one database.
struct TwoProcesses {
    environment: Environment,
    clients: [Client; 2],
}

#[derive(Clone, Debug, Default)]
struct Answer {
    status: u16,
    body: String,
    location: String,
    jar: BTreeMap<String, String>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }
}

impl TwoProcesses {
    async fn new(environment: Environment) -> Self {
        // All at once is more than a browser's patience; the limit of time is not the question.
        let patient = |figment: Figment| figment.merge(("databases.main.timeout", 20));
        let launch = || Client::untracked(environment.rocket(patient));
        let clients = [launch().await.expect("a launch"), launch().await.expect("a launch")];
        Self { environment, clients }
    }

    async fn send(
        &self,
        process: usize,
        method: Method,
        path: &str,
        (token, jar): (Option<&str>, &BTreeMap<String, String>),
        body: Option<(ContentType, String)>,
    ) -> Answer {
        let mut request = self.clients[process % 2].req(method, path.to_owned());
        for (name, value) in jar {
            let cookie = Cookie::parse_encoded(format!("{name}={value}"));
            request = request.cookie(cookie.expect("a cookie"));
        }
        if let Some(token) = token {
            request.add_header(Header::new("Authorization", format!("Bearer {token}")));
        }
        if let Some((kind, body)) = body {
            request = request.header(kind).body(body);
        }
        let response = request.dispatch().await;
        let mut answer = Answer {
            status: response.status().code,
            location: response.headers().get_one("Location").unwrap_or_default().to_owned(),
            jar: jar.clone(),
            ..Answer::default()
        };
        for cookie in response.headers().get("Set-Cookie") {
            let (name, rest) = cookie.split_once('=').expect("a name");
            let value = rest.split(';').next().unwrap_or_default();
            if cookie.contains("Max-Age=0") {
                drop(answer.jar.remove(name))
            } else {
                drop(answer.jar.insert(name.to_owned(), value.to_owned()))
            }
        }
        answer.body = response.into_string().await.unwrap_or_default();
        assert!(answer.status < 500, "{method} {path}: {} {}", answer.status, answer.body);
        answer
    }

    async fn send_with_token(&self, process: usize, path: &str, token: &str) -> Answer {
        self.send(process, Method::Post, path, (Some(token), &BTreeMap::new()), None).await
    }

    async fn form(
        &self,
        process: usize,
        path: &str,
        jar: &BTreeMap<String, String>,
        body: String,
    ) -> Answer {
        self.send(process, Method::Post, path, (None, jar), Some((ContentType::Form, body))).await
    }

    async fn json(
        &self,
        process: usize,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Value,
    ) -> Answer {
        let body = Some((ContentType::JSON, body.to_string()));
        self.send(process, method, path, (token, &BTreeMap::new()), body).await
    }

    async fn log_in(&self, username: &str, password: &str) -> Answer {
        let body = json!({ "username": username, "password": password });
        let answer = self.json(0, Method::Post, "/api/login", None, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    async fn enter(&self, username: &str, password: &str) -> BTreeMap<String, String> {
        let body = format!("username={username}&password={password}&remember=on");
        let answer = self.form(0, "/login", &BTreeMap::new(), body).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.jar
    }

    /// The user of the cookies, at either process.
    async fn lives(&self, jar: &BTreeMap<String, String>) -> bool {
        let mut lives = false;
        for process in 0..2 {
            let answer = self.send(process, Method::Get, "/whoami", (None, jar), None).await;
            lives |= answer.status == 200;
        }
        lives
    }

    async fn token_lives(&self, token: &str) -> bool {
        let mut lives = false;
        for process in 0..2 {
            let with = (Some(token), &BTreeMap::new());
            lives |= self.send(process, Method::Get, "/whoami", with, None).await.status == 200;
        }
        lives
    }

    fn rows(&self, account: i64) -> Vec<vestibule::sign_ins::SignIn> {
        vestibule::database::sign_ins::list(&mut self.connection(), &account.to_string())
            .expect("rows")
    }

    fn connection(&self) -> vestibule_service::db::AnyConnection {
        let url: String =
            self.environment.figment.extract_inner("databases.main.url").expect("a URL");
        let address = Address::parse(&url).expect("a good URL");
        connect(&address, std::time::Duration::from_secs(20), false).expect("a connection")
    }

    /// Waits until each process sees what the other did.
    fn settle(&self) {
        self.environment.clock.advance(std::time::Duration::from_secs(2));
    }
}

/// Runs a test for each database, with two processes on it.
fn at_two<F: Future<Output = ()>>(test: impl Fn(TwoProcesses) -> F) {
    on_each(|on| {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build();
        runtime
            .expect("a runtime")
            .block_on(async { test(TwoProcesses::new(Environment::new(on)).await).await });
    });
}

/// Starts the work after a delay that differs from round to round.
async fn later<T>(turns: usize, work: impl Future<Output = T>) -> T {
    for _ in 0..turns {
        yield_now().await;
    }
    work.await
}

#[test]
fn fifty_who_refresh_with_one_token_at_once_get_one_successor() {
    at_two(|two| async move {
        let mut token = two.log_in("user_01", "1234").await.text("refresh_token");
        for round in 0..ROUNDS {
            let asked =
                (0..AT_ONCE).map(|number| two.send_with_token(number, "/api/refresh", &token));
            let answers = join_all(asked).await;
            let mut successors: Vec<String> = answers
                .iter()
                .map(|answer| {
                    assert_eq!(answer.status, 200, "round {round}: {}", answer.body);
                    answer.text("refresh_token")
                })
                .collect();
            successors.sort_unstable();
            successors.dedup();
            assert_eq!(successors.len(), 1, "round {round}: the identical one");
            let rows = two.rows(USER_01);
            assert_eq!((rows.len(), rows[0].generation()), (1, round as i64 + 1), "one step");
            for answer in [&answers[0], &answers[AT_ONCE - 1]] {
                assert!(two.token_lives(&answer.text("access_token")).await);
            }
            token = successors.remove(0);
        }
        assert_eq!(two.send_with_token(1, "/api/refresh", &token).await.status, 200, "it works");
    });
}

#[test]
fn fifty_who_replay_a_used_token_at_once_end_the_sign_in_and_nothing_else() {
    at_two(|two| async move {
        let bystander = two.log_in("user_01", "1234").await;
        for _ in 0..2 {
            let used = two.log_in("user_01", "1234").await.text("refresh_token");
            let successor = two.send_with_token(0, "/api/refresh", &used).await;
            // Too long ago for a lost response.
            two.environment.clock.advance(std::time::Duration::from_secs(301));
            let asked =
                (0..AT_ONCE).map(|number| two.send_with_token(number, "/api/refresh", &used));
            assert!(join_all(asked).await.iter().all(|answer| answer.status == 401));
            two.settle();
            assert!(!two.token_lives(&successor.text("access_token")).await);
            let dead =
                two.send_with_token(1, "/api/refresh", &successor.text("refresh_token")).await;
            assert_eq!(dead.status, 401);
        }
        assert_eq!(two.rows(USER_01).len(), 1);
        assert!(two.token_lives(&bystander.text("access_token")).await);
    });
}

#[test]
fn the_token_and_its_successor_at_once_are_one_chain() {
    at_two(|two| async move {
        let mut token = two.log_in("user_01", "1234").await.text("refresh_token");
        for round in 0..ROUNDS {
            let next = two.send_with_token(0, "/api/refresh", &token).await.text("refresh_token");
            // A slow tab still asks with the old one while a quick one has gone on.
            let slow = later(round, two.send_with_token(0, "/api/refresh", &token));
            let (slow, quick) = join(slow, two.send_with_token(1, "/api/refresh", &next)).await;
            assert_eq!((slow.status, quick.status), (200, 200), "{}{}", slow.body, quick.body);
            token = quick.text("refresh_token");
            assert!([&next, &token].contains(&&slow.text("refresh_token")));
            assert_eq!(two.rows(USER_01).len(), 1);
        }
    });
}

#[test]
fn no_refresh_outlives_the_log_out_beside_it() {
    at_two(|two| async move {
        for round in 0..ROUNDS {
            let pair = two.log_in("user_01", "1234").await;
            let refresh = pair.text("refresh_token");
            let many = join_all((0..8).map(|n| two.send_with_token(n, "/api/refresh", &refresh)));
            let access = pair.text("access_token");
            let out = later(round * 3, two.send_with_token(1, "/api/logout", &access));
            let (refreshed, out) = join(many, out).await;
            assert_eq!(out.status, 204);
            two.settle();
            for answer in refreshed.iter().chain([&pair]).filter(|answer| answer.status == 200) {
                assert!(!two.token_lives(&answer.text("access_token")).await, "round {round}");
                let token = answer.text("refresh_token");
                assert_eq!(two.send_with_token(0, "/api/refresh", &token).await.status, 401);
            }
            assert_eq!(two.rows(USER_01).len(), 0);
        }
    });
}

#[test]
fn no_restored_or_confirmed_session_outlives_the_log_out_beside_it() {
    at_two(|two| async move {
        for round in 0..ROUNDS {
            let jar = two.enter("user_01", "1234").await;
            let mut reopened = jar.clone();
            reopened.remove("session");
            let restoring = two.send(0, Method::Get, "/dashboard", (None, &reopened), None);
            let confirming = two.form(1, "/reauthenticate", &jar, "password=1234".to_owned());
            let out = later(round * 2, two.form(1, "/logout", &jar, String::new()));
            let ((restored, confirmed), out) = join(join(restoring, confirming), out).await;
            assert_eq!(out.status, 303);
            two.settle();
            for left in [&restored.jar, &confirmed.jar, &out.jar, &jar] {
                assert!(!two.lives(left).await, "round {round}");
            }
            assert_eq!(two.rows(USER_01).len(), 0);
        }
    });
}

#[test]
fn no_password_change_outlives_the_log_out_beside_it() {
    at_two(|two| async move {
        let mut password = "1234".to_owned();
        let (mut first, mut second) = (0, 0);
        for round in 0..ROUNDS * 2 {
            let jar = two.enter("user_01", &password).await;
            let next = format!("another+one+{round}");
            let body = format!("current_password={password}&new_password={next}");
            let changing = two.form(0, "/account/password", &jar, body);
            let out = later(round * 4, two.form(1, "/logout", &jar, String::new()));
            let (changed, out) = join(changing, out).await;
            assert_eq!(out.status, 303);
            two.settle();
            // A log-out that comes after the change carries a cookie that names nothing any more;
            // one that comes before it decides.
            let stands = two.lives(&changed.jar).await;
            assert!(!stands || changed.location == "/account", "round {round}");
            assert!(!two.lives(&jar).await && !two.lives(&out.jar).await);
            assert_eq!(two.rows(USER_01).len(), usize::from(stands));
            *(if stands { &mut first } else { &mut second }) += 1;
            if stands {
                two.form(0, "/logout", &changed.jar, String::new()).await;
            }
            let old = format!("username=user_01&password={password}");
            if two.form(0, "/login", &BTreeMap::new(), old).await.status == 401 {
                password = next;
            }
            let rows = two.rows(USER_01);
            for row in rows {
                vestibule::database::sign_ins::end(&mut two.connection(), row.id.as_str())
                    .expect("an end");
            }
        }
        assert_eq!(first + second, ROUNDS * 2);
    });
}

#[test]
fn no_user_signs_in_with_the_old_password_during_its_change() {
    at_two(|two| async move {
        let mut password = "5678".to_owned();
        for round in 0..ROUNDS {
            let acting = two.log_in("user_02", &password).await.text("access_token");
            let next = format!("another one {round}");
            let body = json!({ "current_password": password, "new_password": next });
            let old = json!({ "username": "user_02", "password": password });
            let entering = join_all((0..6).map(|n| {
                later(n * round, two.json(n, Method::Post, "/api/login", None, old.clone()))
            }));
            let changing = two.json(0, Method::Post, "/api/password", Some(&acting), body);
            let (entered, changed) = join(entering, changing).await;
            assert_eq!(changed.status, 204, "{}", changed.body);
            two.settle();
            for answer in entered.iter().filter(|answer| answer.status == 200) {
                assert!(!two.token_lives(&answer.text("access_token")).await, "round {round}");
            }
            let rows = two.rows(USER_02);
            assert_eq!((rows.len(), rows[0].id.to_string()), (1, sid(&acting)));
            assert_eq!(two.send_with_token(0, "/api/logout", &acting).await.status, 204);
            password = next;
        }
    });
}

#[test]
fn no_user_signs_in_during_a_deactivation() {
    at_two(|two| async move {
        let user = add_user(&mut two.connection(), "third");
        let path = format!("/api/users/{user}");
        let admin = two.log_in("admin", "admin123").await.text("access_token");
        for round in 0..ROUNDS {
            let pair = two.log_in("third", "correct horse").await;
            let refresh = pair.text("refresh_token");
            let login = json!({ "username": "third", "password": "correct horse" });
            let entering = join_all((0..4).map(|n| {
                later(n * round, two.json(n, Method::Post, "/api/login", None, login.clone()))
            }));
            let refreshing = two.send_with_token(1, "/api/refresh", &refresh);
            let off = two.json(0, Method::Patch, &path, Some(&admin), json!({ "active": false }));
            let ((mut entered, refreshed), off) =
                join(join(entering, refreshing), later(round, off)).await;
            assert_eq!(off.status, 200, "{}", off.body);
            two.settle();
            entered.extend([pair, refreshed]);
            assert_eq!(two.rows(user).len(), 0, "round {round}");
            let on = two.json(0, Method::Patch, &path, Some(&admin), json!({ "active": true }));
            assert_eq!(on.await.status, 200);
            for answer in entered.iter().filter(|answer| answer.status == 200) {
                assert!(!two.token_lives(&answer.text("access_token")).await, "round {round}");
            }
        }
    });
}
