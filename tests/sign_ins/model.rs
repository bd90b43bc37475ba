//! A simple model of sign-ins, and the application held against it: whatever is done in whatever
//! order, a credential lives exactly when the model says so.
//!
//! `VESTIBULE_MODEL_CASES` says how many sequences are tried on each database.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rocket::http::Method;
use rocket::time::OffsetDateTime;
use serde_json::json;
use vestibule::sign_ins::SignInKind;
use vestibule_service::db::AnyConnection;

use super::helpers::{DAY, HOUR, StoredCredentials, add_user, api_login, on_each, until};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{On, TestApp};

const IDLE: i64 = 2 * HOUR as i64;
const LIFETIME: i64 = DAY as i64;
const REMEMBER: i64 = 30 * DAY as i64;
const ACCESS: i64 = 15 * 60;
const GRACE: i64 = 10;
const RETRY: i64 = 5 * 60;
const BURST_SEGMENT: i64 = 30;
const FRESH: i64 = 10 * 60;
const TOUCH: i64 = 60;

const BROWSERS: usize = 2;

/// An operation. A number picks among what exists at that moment.
#[derive(Clone, Debug)]
enum Op {
    LogInByForm { browser: usize, remember: bool },
    LogInByApi,
    Refresh { pick: Pick, times: usize, lost: bool },
    Visit { browser: usize },
    LoseSession { browser: usize },
    LogOutBrowser { browser: usize },
    LogOutProgram { pick: usize, all: bool },
    EndByToken { pick: usize, target: usize },
    EndByPage { browser: usize, target: usize },
    EndOthers { browser: usize },
    Confirm { browser: usize },
    ChangeByForm { browser: usize },
    ChangeByToken { pick: usize },
    Deactivate,
    Activate,
    Wait { seconds: u64 },
    Restart,
}

/// Which refresh token.
#[derive(Clone, Debug)]
enum Pick {
    Newest,
    Oldest,
    Number(usize),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let browser = 0..BROWSERS;
    let pick = prop_oneof![
        3 => Just(Pick::Newest),
        1 => Just(Pick::Oldest),
        2 => (0_usize..32).prop_map(Pick::Number),
    ];
    let waits = prop_oneof![
        4 => prop::sample::select(vec![1, 5, 9, 10, 11, 30, 59, 60, 61]),
        3 => prop::sample::select(vec![299, 300, 301, 599, 600, 601, 899, 900, HOUR, 2 * HOUR - 1, 2 * HOUR]),
        1 => prop::sample::select(vec![DAY - 1, DAY, 12 * DAY, 30 * DAY - 1, 30 * DAY]),
    ];
    let op = prop_oneof![
        5 => (browser.clone(), any::<bool>())
            .prop_map(|(browser, remember)| Op::LogInByForm { browser, remember }),
        4 => Just(Op::LogInByApi),
        9 => (pick, 1_usize..3, prop::bool::weighted(0.3))
            .prop_map(|(pick, times, lost)| Op::Refresh { pick, times, lost }),
        4 => browser.clone().prop_map(|browser| Op::Visit { browser }),
        2 => browser.clone().prop_map(|browser| Op::LoseSession { browser }),
        2 => browser.clone().prop_map(|browser| Op::LogOutBrowser { browser }),
        2 => (0_usize..32, prop::bool::weighted(0.3))
            .prop_map(|(pick, all)| Op::LogOutProgram { pick, all }),
        2 => (0_usize..32, 0_usize..16).prop_map(|(pick, target)| Op::EndByToken { pick, target }),
        2 => (browser.clone(), 0_usize..16)
            .prop_map(|(browser, target)| Op::EndByPage { browser, target }),
        1 => browser.clone().prop_map(|browser| Op::EndOthers { browser }),
        2 => browser.clone().prop_map(|browser| Op::Confirm { browser }),
        3 => browser.prop_map(|browser| Op::ChangeByForm { browser }),
        2 => (0_usize..32).prop_map(|pick| Op::ChangeByToken { pick }),
        1 => Just(Op::Deactivate),
        1 => Just(Op::Activate),
        6 => waits.prop_map(|seconds| Op::Wait { seconds }),
        1 => Just(Op::Restart),
    ];
    vec(op, 3..16)
}

/// The model of a sign-in.
#[derive(Clone, Debug)]
struct SignIn {
    id: String,
    browser: bool,
    remembered: bool,
    expires: i64,
    last_seen: i64,
    auth_time: i64,
    /// When each generation of its refresh token was replaced.
    rotations: Vec<i64>,
    /// After how many rotations, and when, a token was repeated whose response had been lost.
    repetitions: Vec<(usize, i64)>,
    /// The newest generation of which an access token was used.
    used: i64,
    over: bool,
}

impl SignIn {
    /// The generation of its refresh token.
    fn generation(&self) -> i64 {
        self.rotations.len() as i64
    }

    /// Whether an earlier refresh token gets the newest successor. Records a repetition after a lost response.
    fn reissues(&mut self, generation: i64, now: i64) -> bool {
        let (mut burst, mut segment) = (0, 0);
        let (mut segment_at, mut last) = (i64::MIN / 2, i64::MIN / 2);
        for (number, &at) in self.rotations.iter().enumerate() {
            if at - last > GRACE {
                (burst, segment, segment_at) = (number, number, at);
            } else if at - segment_at > BURST_SEGMENT {
                (burst, segment, segment_at) = (segment, number, at);
            }
            last = at;
            for &(_, at) in self.repetitions.iter().filter(|(after, _)| *after == number + 1) {
                (burst, segment, segment_at, last) = (number, number, at, at);
            }
        }
        if generation >= burst as i64 && now - last <= GRACE {
            return true;
        }
        let age = now - self.rotations.last().expect("a rotation");
        let is_lost = generation + 1 == self.generation() && self.used < self.generation();
        if is_lost && age <= RETRY {
            self.repetitions.push((self.rotations.len(), now));
            return true;
        }
        false
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Access { fresh: bool, auth_time: i64, generation: i64 },
    Refresh { generation: i64 },
    Session { fresh: bool, auth_time: i64 },
    Remember,
}

/// A credential that was issued.
#[derive(Clone, Debug)]
struct Credential {
    kind: Kind,
    sign_in: usize,
    exp: i64,
    text: String,
}

/// The sign-in that the cookies of a browser are accepted for.
#[derive(Clone, Copy, Debug)]
struct Admitted {
    sign_in: usize,
    fresh: bool,
    auth_time: i64,
    exp: i64,
}

/// One database with the application on it, for one sequence after the other.
struct Fixture {
    app: RefCell<Option<TestApp>>,
    connection: RefCell<AnyConnection>,
    base: OffsetDateTime,
    users: Cell<usize>,
}

struct Case<'w> {
    fixture: &'w Fixture,
    user: i64,
    name: String,
    password: String,
    passwords: usize,
    active: bool,
    sign_ins: Vec<SignIn>,
    credentials: Vec<Credential>,
    known: HashMap<String, usize>,
    browsers: Vec<StoredCredentials>,
    /// Whether a remember cookie was used after the session's time.
    woken: bool,
}

impl Fixture {
    fn new(on: On) -> Self {
        let app = TestApp::new(on, &|figment| figment);
        let base =
            app.clock.now().expect("a sane clock").replace_nanosecond(0).expect("a whole second");
        let connection = RefCell::new(app.connection());
        Self { app: RefCell::new(Some(app)), connection, base, users: Cell::new(0) }
    }

    fn with<T>(&self, act: impl FnOnce(&TestApp) -> T) -> T {
        act(self.app.borrow().as_ref().expect("an application"))
    }

    fn restart(&self) {
        let app = self.app.borrow_mut().take().expect("an application");
        let app = app.restart();
        self.app.replace(Some(app));
    }

    fn now(&self) -> i64 {
        self.with(|app| app.clock.now().expect("a sane clock").unix_timestamp())
    }
}

impl<'w> Case<'w> {
    fn new(fixture: &'w Fixture) -> Self {
        fixture.with(|app| app.clock.set(fixture.base));
        let number = fixture.users.get() + 1;
        fixture.users.set(number);
        let name = format!("person-{number}");
        let user = add_user(&mut fixture.connection.borrow_mut(), &name);
        Self {
            fixture,
            user,
            name,
            password: "correct horse".to_owned(),
            passwords: 0,
            active: true,
            sign_ins: Vec::new(),
            credentials: Vec::new(),
            known: HashMap::new(),
            browsers: vec![StoredCredentials::default(); BROWSERS],
            woken: false,
        }
    }

    fn run(mut self, ops: &[Op]) {
        for op in ops {
            self.step(op);
            if std::mem::take(&mut self.woken) {
                self.wait_until_recorded();
            }
            self.check_all();
        }
        // What the model says is the newest does work.
        let newest: Vec<usize> = (0..self.credentials.len())
            .filter(|&number| {
                let credential = &self.credentials[number];
                let generation = self.sign_ins[credential.sign_in].generation();
                credential.kind == Kind::Refresh { generation } && self.lives(number)
            })
            .collect();
        for number in newest {
            self.refresh(number, false);
        }
        self.check_all();
    }

    // ---- the model ----

    fn lives(&self, number: usize) -> bool {
        let credential = &self.credentials[number];
        let (sign_in, now) = (&self.sign_ins[credential.sign_in], self.fixture.now());
        let idle =
            matches!(credential.kind, Kind::Session { .. }) && now - sign_in.last_seen >= IDLE;
        !sign_in.over && now < sign_in.expires && now < credential.exp && !idle
    }

    /// Returns whether a sign-in is no longer idle by this use.
    fn used(&mut self, sign_in: usize) -> bool {
        let now = self.fixture.now();
        let sign_in = &mut self.sign_ins[sign_in];
        let unused = now - sign_in.last_seen;
        if unused >= TOUCH {
            sign_in.last_seen = now;
        }
        unused >= IDLE
    }

    fn in_jar(&self, browser: usize, name: &str) -> Option<usize> {
        let text = self.browsers[browser].jar.get(name)?;
        Some(*self.known.get(text).expect("a cookie that the model knows"))
    }

    /// The sign-in that a request of a browser is accepted for.
    fn admit(&mut self, browser: usize) -> Option<Admitted> {
        let session = self.in_jar(browser, "session").filter(|&number| self.lives(number));
        let remember = self.in_jar(browser, "remember_token").filter(|&number| self.lives(number));
        let number = session.or(remember)?;
        let Credential { kind, sign_in, exp, .. } = self.credentials[number];
        self.woken |= self.used(sign_in);
        let (fresh, auth_time) = match kind {
            Kind::Session { fresh, auth_time } => (fresh, auth_time),
            _ => (false, self.sign_ins[sign_in].auth_time),
        };
        Some(Admitted { sign_in, fresh, auth_time, exp: exp.min(self.fixture.now() + LIFETIME) })
    }

    /// What the cookies of a browser name, as long as the cookies themselves are in their time.
    fn carried(&self, browser: usize) -> Vec<usize> {
        let now = self.fixture.now();
        let numbers = ["session", "remember_token"].map(|name| self.in_jar(browser, name));
        let good = numbers.into_iter().flatten().map(|number| &self.credentials[number]);
        good.filter(|credential| now < credential.exp).map(|found| found.sign_in).collect()
    }

    fn end(&mut self, sign_in: usize) {
        self.sign_ins[sign_in].over = true;
    }

    fn end_all_but(&mut self, except: Option<usize>) {
        for (number, sign_in) in self.sign_ins.iter_mut().enumerate() {
            sign_in.over |= Some(number) != except;
        }
    }

    fn give(&mut self, kind: Kind, sign_in: usize, exp: i64, text: &str) {
        let number = self.credentials.len();
        self.credentials.push(Credential { kind, sign_in, exp, text: text.to_owned() });
        assert!(self.known.insert(text.to_owned(), number).is_none(), "given out twice");
    }

    /// Records the cookies that a response left in a browser.
    fn absorb(&mut self, browser: usize, sign_in: usize, fresh: bool, session_exp: i64) {
        let jar = self.browsers[browser].jar.clone();
        let auth_time = self.sign_ins[sign_in].auth_time;
        for (name, text) in
            jar.iter().filter(|(_, text)| !self.known.contains_key(*text)).collect::<Vec<_>>()
        {
            let (kind, exp) = match name.as_str() {
                "session" => (Kind::Session { fresh, auth_time }, session_exp),
                "remember_token" => (Kind::Remember, self.sign_ins[sign_in].expires),
                // Rocket's flash message.
                _ => continue,
            };
            self.give(kind, sign_in, exp, text);
        }
    }

    // ---- the application ----

    fn request<T>(
        &self,
        held: &StoredCredentials,
        act: impl FnOnce(&mut Actor<'_>) -> T,
    ) -> (T, StoredCredentials) {
        self.fixture.with(|app| {
            let mut actor = held.on(&app.client);
            let done = act(&mut actor);
            let mut held = StoredCredentials::of(&actor);
            held.jar.retain(|name, _| name == "session" || name == "remember_token");
            (done, held)
        })
    }

    fn browse(&mut self, browser: usize, act: impl FnOnce(&mut Actor<'_>) -> Reply) -> Reply {
        let (reply, held) = self.request(&self.browsers[browser], act);
        self.browsers[browser] = held;
        reply
    }

    fn credentials_of(&self, number: usize) -> StoredCredentials {
        StoredCredentials {
            token: Some(self.credentials[number].text.clone()),
            ..StoredCredentials::default()
        }
    }

    fn as_admin(&self, act: impl FnOnce(&mut Actor<'_>) -> Reply) -> Reply {
        let (reply, _) = self.request(&StoredCredentials::default(), |actor| {
            assert_eq!(api_login(actor, "admin", "admin123").status, 200);
            act(actor)
        });
        reply
    }

    /// The id of the row that the model does not know yet.
    fn new_id(&self) -> String {
        let rows = vestibule::database::sign_ins::list(
            &mut *self.fixture.connection.borrow_mut(),
            &self.user.to_string(),
        );
        let mut ids = rows.expect("rows").into_iter().map(|row| row.id.to_string());
        let known = |id: &String| self.sign_ins.iter().any(|sign_in| &sign_in.id == id);
        ids.find(|id| !known(id)).expect("a new row")
    }

    fn open(&mut self, browser: bool, remembered: bool) -> usize {
        let now = self.fixture.now();
        let expires = now + if remembered || !browser { REMEMBER } else { LIFETIME };
        self.sign_ins.push(SignIn {
            id: self.new_id(),
            browser,
            remembered,
            expires,
            last_seen: now,
            auth_time: now,
            rotations: Vec::new(),
            repetitions: Vec::new(),
            used: 0,
            over: false,
        });
        self.sign_ins.len() - 1
    }

    fn tokens(&mut self, reply: &Reply, sign_in: usize, fresh: bool) {
        let json = reply.json();
        let text = |name: &str| json[name].as_str().expect("a token").to_owned();
        let row = self.sign_ins[sign_in].clone();
        let exp = (self.fixture.now() + ACCESS).min(row.expires);
        let generation = row.generation();
        let access = Kind::Access { fresh, auth_time: row.auth_time, generation };
        self.give(access, sign_in, exp, &text("access_token"));
        let refresh = Kind::Refresh { generation };
        match self.known.get(&text("refresh_token")) {
            Some(&number) => {
                let known = &self.credentials[number];
                assert_eq!((known.kind, known.sign_in), (refresh, sign_in), "another's token");
            }
            None => self.give(refresh, sign_in, row.expires, &text("refresh_token")),
        }
    }

    /// Refreshes; the client does not get a response that is lost.
    fn refresh(&mut self, number: usize, lost: bool) {
        // Decides between a lost response and theft.
        self.wait_until_recorded();
        let Credential { kind, sign_in, .. } = self.credentials[number];
        let Kind::Refresh { generation } = kind else { panic!("no refresh token") };
        let lived = self.lives(number);
        let held = StoredCredentials {
            refresh_token: Some(self.credentials[number].text.clone()),
            ..StoredCredentials::default()
        };
        let (reply, _) = self.request(&held, |actor| actor.refresh());
        let now = self.fixture.now();
        let row = &mut self.sign_ins[sign_in];
        let answered = if !lived {
            false
        } else if row.generation() == generation {
            row.rotations.push(now);
            row.last_seen = now;
            true
        } else if row.reissues(generation, now) {
            true
        } else {
            row.over = true;
            false
        };
        assert_eq!(reply.status, if answered { 200 } else { 401 }, "refresh: {}", reply.body);
        if answered && !lost {
            self.tokens(&reply, sign_in, false);
        }
    }

    fn picked(&self, pick: usize, fits: impl Fn(Kind) -> bool) -> Option<usize> {
        let all: Vec<usize> =
            (0..self.credentials.len()).filter(|&n| fits(self.credentials[n].kind)).collect();
        (!all.is_empty()).then(|| all[pick % all.len()])
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::LogInByForm { browser, remember } => self.log_in(browser, remember),
            Op::LogInByApi => {
                let (name, password) = (self.name.clone(), self.password.clone());
                let (reply, _) = self.request(&StoredCredentials::default(), |actor| {
                    api_login(actor, &name, &password)
                });
                assert_eq!(reply.status, if self.active { 200 } else { 403 }, "{}", reply.body);
                if self.active {
                    let sign_in = self.open(false, false);
                    self.tokens(&reply, sign_in, true);
                }
            }
            Op::Refresh { ref pick, times, lost } => {
                let all: Vec<usize> = (0..self.credentials.len())
                    .filter(|&n| matches!(self.credentials[n].kind, Kind::Refresh { .. }))
                    .collect();
                let number = match *pick {
                    Pick::Newest => all.last().copied(),
                    Pick::Oldest => all.first().copied(),
                    Pick::Number(number) => {
                        self.picked(number, |kind| matches!(kind, Kind::Refresh { .. }))
                    }
                };
                for _ in 0..times {
                    number.into_iter().for_each(|number| self.refresh(number, lost));
                }
            }
            Op::Visit { browser } => {
                let admitted = self.admit(browser);
                let reply = self.browse(browser, |actor| actor.get("/whoami"));
                assert_eq!(reply.status, if admitted.is_some() { 200 } else { 401 });
                match admitted {
                    Some(found) => self.absorb(browser, found.sign_in, false, found.exp),
                    None => assert!(self.browsers[browser].jar.is_empty(), "taken back"),
                }
            }
            Op::LoseSession { browser } => {
                self.browsers[browser].jar.remove("session");
            }
            Op::LogOutBrowser { browser } => {
                for sign_in in self.carried(browser) {
                    self.end(sign_in);
                }
                let reply = self.browse(browser, |actor| actor.post("/logout"));
                assert_eq!((reply.status, reply.location()), (303, "/"));
                assert!(self.browsers[browser].jar.is_empty(), "taken back");
            }
            Op::LogOutProgram { pick, all } => {
                let fits = |kind| matches!(kind, Kind::Access { .. } | Kind::Refresh { .. });
                let Some(number) = self.picked(pick, fits) else { return };
                let lived = self.lives(number);
                let path = format!("/api/logout?all={all}");
                let (reply, _) =
                    self.request(&self.credentials_of(number), |actor| actor.post(&path));
                assert_eq!(reply.status, if lived { 204 } else { 401 });
                match (lived, all) {
                    (true, true) => self.end_all_but(None),
                    (true, false) => self.end(self.credentials[number].sign_in),
                    (false, _) => {}
                }
            }
            Op::EndByToken { pick, target } => {
                let Some(number) = self.picked(pick, |kind| matches!(kind, Kind::Access { .. }))
                else {
                    return;
                };
                let target = target % self.sign_ins.len();
                let lived = self.lives(number);
                let path = format!("/api/sign-ins/{}", self.sign_ins[target].id);
                let (reply, _) =
                    self.request(&self.credentials_of(number), |actor| actor.delete(&path));
                let expected = match (lived, self.sign_ins[target].over) {
                    (false, _) => 401,
                    (true, false) => 204,
                    (true, true) => 404,
                };
                assert_eq!(reply.status, expected, "{}", reply.body);
                if lived {
                    self.end(target);
                }
            }
            Op::EndByPage { browser, target } => {
                if self.sign_ins.is_empty() {
                    return;
                }
                let target = target % self.sign_ins.len();
                let admitted = self.admit(browser);
                let path = format!("/account/sign-ins/{}/end", self.sign_ins[target].id);
                let reply = self.browse(browser, |actor| actor.post(&path));
                match admitted {
                    None => assert!(reply.location().starts_with("/login")),
                    Some(_) => assert_eq!(reply.location(), "/account/sign-ins"),
                }
                if let Some(found) = admitted {
                    self.end(target);
                    self.absorb(browser, found.sign_in, false, found.exp);
                }
            }
            Op::EndOthers { browser } => {
                let admitted = self.admit(browser);
                let reply =
                    self.browse(browser, |actor| actor.post("/account/sign-ins/end-others"));
                match admitted {
                    None => assert!(reply.location().starts_with("/login")),
                    Some(found) => {
                        assert_eq!(reply.location(), "/account/sign-ins");
                        self.end_all_but(Some(found.sign_in));
                        self.absorb(browser, found.sign_in, false, found.exp);
                    }
                }
            }
            Op::Confirm { browser } => {
                let admitted = self.admit(browser);
                let password = self.password.clone();
                let reply = self.browse(browser, |actor| {
                    actor.post_form("/reauthenticate", &[("password", &password)])
                });
                match admitted {
                    None => assert!(reply.location().starts_with("/login")),
                    Some(found) => {
                        assert_eq!(reply.location(), "/dashboard", "{}", reply.body);
                        self.sign_ins[found.sign_in].auth_time = self.fixture.now();
                        self.absorb(browser, found.sign_in, true, found.exp);
                    }
                }
            }
            Op::ChangeByForm { browser } => self.change_by_form(browser),
            Op::ChangeByToken { pick } => {
                let Some(number) = self.picked(pick, |kind| matches!(kind, Kind::Access { .. }))
                else {
                    return;
                };
                let Credential { kind, sign_in, .. } = self.credentials[number];
                let Kind::Access { fresh, auth_time, .. } = kind else { return };
                let may = self.lives(number) && fresh && self.fixture.now() - auth_time <= FRESH;
                let (old, new) = self.next_password();
                let body = json!({ "current_password": old, "new_password": new });
                let (reply, _) = self.request(&self.credentials_of(number), |actor| {
                    actor.post_json("/api/password", &body)
                });
                assert_eq!(reply.status, if may { 204 } else { 401 }, "{}", reply.body);
                if may {
                    self.password = new;
                    self.end_all_but(Some(sign_in));
                }
            }
            Op::Deactivate | Op::Activate => {
                let active = matches!(op, Op::Activate);
                let path = format!("/api/users/{}", self.user);
                let reply = self.as_admin(|admin| {
                    admin.json(Method::Patch, &path, &json!({ "active": active }))
                });
                assert_eq!(reply.status, 200, "{}", reply.body);
                self.active = active;
                if !active {
                    self.end_all_but(None);
                }
            }
            Op::Wait { seconds } => {
                self.wait_until_recorded();
                let by = std::time::Duration::from_secs(seconds);
                self.fixture.with(|app| app.clock.advance(by));
            }
            Op::Restart => {
                self.wait_until_recorded();
                self.fixture.restart();
            }
        }
    }

    fn log_in(&mut self, browser: usize, remember: bool) {
        let (name, password) = (self.name.clone(), self.password.clone());
        let carried = self.carried(browser);
        let reply = self.browse(browser, |actor| {
            let mut fields = vec![("username", name.as_str()), ("password", &password)];
            fields.extend(remember.then_some(("remember", "on")));
            actor.post_form("/login", &fields)
        });
        assert_eq!(reply.status, if self.active { 303 } else { 403 }, "{}", reply.body);
        if self.active {
            let sign_in = self.open(true, remember);
            carried.into_iter().for_each(|sign_in| self.end(sign_in));
            let exp = self.fixture.now() + LIFETIME;
            self.absorb(browser, sign_in, true, exp);
            let remembers = self.browsers[browser].jar.contains_key("remember_token");
            assert_eq!(remembers, remember);
        }
    }

    fn change_by_form(&mut self, browser: usize) {
        let admitted = self.admit(browser);
        let (old, new) = self.next_password();
        let reply = self.browse(browser, |actor| {
            let fields = [("current_password", old.as_str()), ("new_password", &new)];
            actor.post_form("/account/password", &fields)
        });
        let Some(found) = admitted else {
            assert!(reply.location().starts_with("/login"));
            return;
        };
        let now = self.fixture.now();
        if !found.fresh || now - found.auth_time > FRESH {
            assert!(reply.location().starts_with("/reauthenticate"), "{}", reply.location());
            return;
        }
        assert_eq!(reply.location(), "/account", "{}", reply.body);
        self.password = new;
        self.end_all_but(None);
        let sign_in = self.open(true, self.sign_ins[found.sign_in].remembered);
        self.absorb(browser, sign_in, true, now + LIFETIME);
    }

    fn next_password(&mut self) -> (String, String) {
        self.passwords += 1;
        (self.password.clone(), format!("correct horse {}", self.passwords))
    }

    /// Use is recorded in the background, and must be before the clock moves.
    fn wait_until_recorded(&self) {
        until("every use is noted", || {
            let rows = vestibule::database::sign_ins::list(
                &mut *self.fixture.connection.borrow_mut(),
                &self.user.to_string(),
            );
            rows.expect("rows").iter().all(|row| {
                let known = self.sign_ins.iter().find(|known| known.id == row.id.as_str());
                let known = known.expect("a row that the model knows");
                let used = match &row.kind {
                    SignInKind::Token(rotations) => rotations.used_generation,
                    _ => 0,
                };
                let last_seen = row.last_seen_at.unix_timestamp();
                known.over || (last_seen >= known.last_seen && used == known.used)
            })
        });
    }

    /// Every credential ever given out, against the model.
    fn check_all(&mut self) {
        for number in 0..self.credentials.len() {
            let credential = self.credentials[number].clone();
            let expected = self.lives(number);
            let status = match credential.kind {
                // Presenting one uses it up; only ended ones can be presented at any time.
                Kind::Refresh { .. } if expected => continue,
                Kind::Refresh { .. } => {
                    let held = StoredCredentials {
                        refresh_token: Some(credential.text),
                        ..StoredCredentials::default()
                    };
                    self.request(&held, |actor| actor.refresh()).0.status
                }
                Kind::Access { .. } => {
                    let held = self.credentials_of(number);
                    self.request(&held, |actor| actor.get("/whoami")).0.status
                }
                Kind::Session { .. } | Kind::Remember => {
                    let name = match credential.kind {
                        Kind::Remember => "remember_token",
                        _ => "session",
                    };
                    let mut held = StoredCredentials::default();
                    held.jar.insert(name.to_owned(), credential.text);
                    self.request(&held, |actor| actor.get("/whoami")).0.status
                }
            };
            let row = &self.sign_ins[credential.sign_in];
            assert_eq!(
                status,
                if expected { 200 } else { 401 },
                "{:?} of {row:?} at {}",
                credential.kind,
                self.fixture.now()
            );
            assert_eq!(
                row.browser,
                matches!(credential.kind, Kind::Session { .. } | Kind::Remember)
            );
            assert!(row.remembered || credential.kind != Kind::Remember);
            if let Kind::Access { generation, .. } = credential.kind
                && expected
                && generation == self.sign_ins[credential.sign_in].generation()
            {
                self.sign_ins[credential.sign_in].used = generation;
            }
            // Its session is active again as soon as the use is recorded.
            if expected && self.used(credential.sign_in) {
                self.wait_until_recorded();
            }
        }
    }
}

#[test]
fn whatever_is_done_in_whatever_order_a_credential_lives_exactly_when_the_model_says_so() {
    let cases = std::env::var("VESTIBULE_MODEL_CASES").ok();
    let cases = cases.map_or(40, |cases| cases.parse().expect("a number of cases"));
    on_each(|on| {
        let fixture = Fixture::new(on);
        let config =
            Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
        let done = TestRunner::new(config).run(&ops(), |ops| {
            Case::new(&fixture).run(&ops);
            Ok(())
        });
        if let Err(broken) = done {
            panic!("on {on:?}: {broken}");
        }
    });
}
