//! Plays requests on one application and writes down what it answers.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use rocket::http::{Header, Method};
use rocket::time::OffsetDateTime;
use rocket::time::macros::datetime;
use rocket::tokio::runtime::{Builder, Runtime};
use serde_json::{Value, json};
use vestibule::accounts::audit::By;
use vestibule::accounts::{Accounts, Import, Refused, Username, new_setup_link, queries};
use vestibule::auth::{Hasher, Password, PasswordConfig};
use vestibule::db::AnyConnection;

use crate::contents;
use crate::pools::{AGENTS, NUMBERS, PAGES, PASSWORDS, PAUSES, TEXTS, query};
use crate::redaction::Names;
use crate::requests::{BROWSERS, CLIENTS, Change, List, Name, Op};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{On, TestApp};

/// Not a whole second, nor a whole millisecond.
const BEGIN: OffsetDateTime = datetime!(2031-05-06 07:08:09.123457 UTC);

/// More than one page of users, whom no database sorts like another.
const CROWD: [&str; 4] = ["Many", "Österreich", "ἄλφα", "żółw"];

/// How long ago a use may be without being noted again.
const TOUCH: i64 = 60_000_000;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) asked: String,
    pub(crate) said: String,
    pub(crate) status: u16,
}

/// Somebody with a browser or a program.
#[derive(Clone, Default)]
struct Somebody {
    jar: BTreeMap<String, String>,
    token: Option<String>,
    /// All that were given out, the newest last.
    refresh_tokens: Vec<String>,
    sign_in: Option<String>,
    /// The canonical name.
    name: String,
    /// Whether the last answer was that one has to sign in.
    is_out: bool,
}

pub(crate) struct Player {
    app: Option<TestApp>,
    connection: AnyConnection,
    runtime: Runtime,
    names: Names,
    answers: Vec<Answer>,
    clients: Vec<Somebody>,
    /// Who exists, or existed, with the password: the canonical name.
    people: Vec<(String, String)>,
    /// Wrong passwords that the audit log will hear of with the next right one.
    guessed: Vec<String>,
    /// What is being done.
    doing: String,
}

/// A hash of "correct horse".
fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hasher().hash_blocking(&Password::from(PASSWORDS[0])).expect("a hash"))
}

fn hasher() -> Hasher {
    Hasher::new(&PasswordConfig { cost: 4, ..PasswordConfig::default() }).expect("a hasher")
}

impl Player {
    pub(crate) fn new(on: On) -> Self {
        let app = TestApp::new(on, &|figment| {
            figment
                .merge(("accounts.throttle.failures", 4))
                .merge(("accounts.registrations.max", 5))
                .merge(("accounts.registrations.window", "20m"))
        });
        app.clock.set(BEGIN);
        app.sql("UPDATE users SET created_at = 1000000000000001");
        let people = ["admin", "user_01", "user_02"];
        let people =
            people.map(|name| (name.to_owned(), crate::support::app::password(name).to_owned()));
        Self {
            connection: app.connection(),
            app: Some(app),
            runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
            names: Names::default(),
            answers: Vec::new(),
            clients: vec![Somebody::default(); CLIENTS],
            people: people.into(),
            guessed: Vec::new(),
            doing: String::new(),
        }
    }

    /// Enough users for two pages, and four clients that are signed in.
    pub(crate) fn prologue(&mut self) {
        let crowd = (0..55).map(|n| format!("{}{n}", CROWD[n % CROWD.len()])).collect::<Vec<_>>();
        self.import(&crowd);
        for (who, number) in [(BROWSERS - 1, 0), (CLIENTS - 1, 0), (0, 1), (BROWSERS, 1)] {
            let name = Name { known: true, number, case: 0 };
            self.step(&Op::LogIn { who, name, right: true, remember: who == 0, agent: 0 });
        }
    }

    /// Everything that has been said, and then what is left in the tables.
    pub(crate) fn epilogue(mut self) -> Vec<Answer> {
        self.doing = "what is left".to_owned();
        self.settle();
        let said = contents::of(&mut self.connection, &mut self.names);
        self.note(0, said);
        self.answers
    }

    fn app(&self) -> &TestApp {
        self.app.as_ref().expect("an application")
    }

    fn now(&self) -> OffsetDateTime {
        self.app().clock.now().expect("a sane clock")
    }

    fn note(&mut self, status: u16, said: String) {
        self.answers.push(Answer { asked: self.doing.clone(), said, status });
    }

    // ---- one request ----

    fn actor<'a>(app: &'a TestApp, who: usize, somebody: &Somebody) -> Actor<'a> {
        let address = match who {
            0 => "2001:db8::7".to_owned(),
            other => format!("192.0.2.{other}"),
        };
        let mut actor = app.anonymous().from(&address);
        actor.token.clone_from(&somebody.token);
        actor.jar.replace(somebody.jar.clone());
        actor
    }

    /// Somebody does something: what is due in the background is done before and after, so
    /// that both applications do it in the same order.
    fn act(&mut self, who: usize, act: impl FnOnce(&mut Actor<'_>) -> Reply) -> Reply {
        self.be_seen(who);
        self.act_now(who, act)
    }

    fn act_now(&mut self, who: usize, act: impl FnOnce(&mut Actor<'_>) -> Reply) -> Reply {
        let app = self.app.as_ref().expect("an application");
        let mut actor = Self::actor(app, who, &self.clients[who]);
        let reply = act(&mut actor);
        self.clients[who].jar = actor.jar.borrow().clone();
        self.settle();
        let opened: Vec<_> = contents::sign_ins(&mut self.connection)
            .into_iter()
            .map(|row| row.id)
            .filter(|id| self.names.sign_in(id))
            .collect();
        assert!(opened.len() <= 1, "one request opens one sign-in");
        if let Some(id) = opened.into_iter().next() {
            self.clients[who].sign_in = Some(id);
        }
        self.clients[who].is_out = reply.status == 401
            || ["/login", "/reauthenticate"]
                .iter()
                .any(|place| reply.location().starts_with(place));
        let reply = self.in_order(who, reply);
        let said = self.names.answer(&reply);
        self.note(reply.status, said);
        reply
    }

    /// Waits for the audit log's queue.
    fn settle(&self) {
        let accounts = self.app().client.rocket().state::<Accounts>().expect("accounts").clone();
        self.runtime.block_on(accounts.audit().settled());
    }

    /// A use is noted in the background once a minute. A request whose answer may show that
    /// comes after one that has had it noted.
    fn be_seen(&mut self, who: usize) {
        let Some(id) = self.clients[who].sign_in.clone() else { return };
        let micros = i64::try_from(self.now().unix_timestamp_nanos() / 1000).expect("a sane clock");
        let mut unseen = || {
            let rows = contents::sign_ins(&mut self.connection);
            rows.iter().any(|row| row.id == id && micros - row.last_seen_at >= TOUCH)
        };
        if !unseen() {
            return;
        }
        let doing = std::mem::replace(&mut self.doing, format!("a look of {who}"));
        if self.act_now(who, |actor| actor.get("/whoami")).status == 200 {
            let begun = Instant::now();
            let mut unseen = || {
                let rows = contents::sign_ins(&mut self.connection);
                rows.iter().any(|row| row.id == id && micros - row.last_seen_at >= TOUCH)
            };
            while unseen() {
                assert!(begun.elapsed() < Duration::from_secs(10), "a use is not noted");
                thread::yield_now();
            }
        }
        self.doing = doing;
    }

    /// The page of sign-ins, seen to be in order, with the rows in the order of their opening.
    fn in_order(&mut self, who: usize, mut reply: Reply) -> Reply {
        let Some((before, after)) = reply.body.split_once("<tbody role=\"rowgroup\">") else {
            return reply;
        };
        let Some((rows, after)) = after.split_once("</tbody>") else { return reply };
        if !before.contains("<caption class=\"visually-hidden\">Your sign-ins") {
            return reply;
        }
        let known = contents::sign_ins(&mut self.connection);
        let own = self.clients[who].sign_in.as_deref();
        let row_of = |text: &str| {
            let listed = |row: &&contents::SignInRow| {
                text.contains(&row.id)
                    || (text.contains("this one") && Some(row.id.as_str()) == own)
            };
            known.iter().find(listed).expect("a row of the table")
        };
        let mut rows: Vec<_> = rows.split("<tr role=\"row\">").skip(1).collect();
        let key = |text: &str| {
            let row = row_of(text);
            (row.last_seen_at, row.created_at, &row.id)
        };
        let ordered = rows.windows(2).all(|pair| key(pair[0]) > key(pair[1]));
        assert!(ordered, "sign-ins come in no order: {rows:#?}");
        rows.sort_by_key(|text| self.names.sign_ins().iter().position(|id| *id == row_of(text).id));
        reply.body = format!("{before}{}{after}", rows.join("<tr role=\"row\">"));
        reply
    }

    // ---- what there is ----

    fn name(&self, name: Name) -> String {
        let text = match name.known {
            true => self.people[name.number % self.people.len()].0.clone(),
            false => TEXTS[name.number % TEXTS.len()].to_owned(),
        };
        match name.case {
            1 => text.to_uppercase(),
            2 => text.to_lowercase(),
            _ => text,
        }
    }

    fn key(name: &str) -> Option<String> {
        Some(Username::parse(name).ok()?.key().to_owned())
    }

    fn password(&self, key: &str, right: bool) -> String {
        let known = self.people.iter().rev().find(|(name, _)| name == key);
        match known {
            Some((_, password)) if right => password.clone(),
            _ => "not the password".to_owned(),
        }
    }

    fn knows(&mut self, name: &str, password: &str) {
        if let Some(key) = Self::key(name) {
            self.people.retain(|(known, _)| *known != key);
            self.people.push((key, password.to_owned()));
        }
    }

    /// The id of somebody: of the pool, or of somebody who is there.
    fn id(&mut self, number: usize, known: bool) -> String {
        if !known {
            return NUMBERS[number % NUMBERS.len()].to_owned();
        }
        let (mut all, _) = queries::page(&mut self.connection, "", 1).expect("users");
        let (more, _) = queries::page(&mut self.connection, "", 2).expect("users");
        all.extend(more.into_iter());
        // The first and the last ones are those with whom something happens.
        let ends = all.len().min(8);
        let at = if number.is_multiple_of(2) {
            all.len() - 1 - number / 2 % ends
        } else {
            number / 2 % ends
        };
        all.get(at).map_or("1".to_owned(), |user| user.id.to_string())
    }

    /// Notes whose password was given, and whether it was right.
    fn judged(&mut self, name: &str, reply: &Reply) {
        let Some(key) = Self::key(name) else { return };
        let wrong = reply.status == 401 || reply.body.contains("not your");
        match reply.status {
            200 | 204 | 303 => self.guessed.retain(|known| *known != key),
            _ if wrong && !self.guessed.contains(&key) => self.guessed.push(key),
            _ => {}
        }
    }

    fn keep_tokens(&mut self, who: usize, reply: &Reply) {
        if reply.status == 200 {
            let json = reply.json();
            let text = |name: &str| json[name].as_str().expect("a token").to_owned();
            self.clients[who].token = Some(text("access_token"));
            self.clients[who].refresh_tokens.push(text("refresh_token"));
        }
    }

    // ---- the requests ----

    pub(crate) fn step(&mut self, op: &Op) {
        self.doing = format!("{op:?}");
        match *op {
            Op::Register { who, name, full_name, password } => {
                let (name, password) = (self.name(name), PASSWORDS[password]);
                let full_name = TEXTS[full_name];
                let reply = self.act(who, |actor| match who < BROWSERS {
                    true => actor.post_form(
                        "/register",
                        &[("username", &name), ("full_name", full_name), ("password", password)],
                    ),
                    false => actor.post_json(
                        "/api/register",
                        &json!({ "username": name, "full_name": full_name, "password": password }),
                    ),
                });
                if matches!(reply.status, 201 | 303) {
                    self.knows(&name, password);
                    if who < BROWSERS {
                        self.clients[who].name = Self::key(&name).unwrap_or_default();
                    }
                }
            }
            Op::LogIn { who, name, right, remember, agent } => {
                let name = self.name(name);
                self.log_in(who, &name, right, remember, AGENTS[agent]);
            }
            Op::Guess { who, name, times } => {
                let name = self.name(name);
                for _ in 0..times {
                    self.log_in(who, &name, false, false, AGENTS[0]);
                }
            }
            Op::LogOut { who, all } => {
                self.act(who, |actor| match (who < BROWSERS, all) {
                    (true, _) => actor.post("/logout"),
                    (false, true) => actor.post("/api/logout?all=true"),
                    (false, false) => actor.post("/api/logout"),
                });
            }
            Op::Refresh { who, age } => {
                let tokens = &self.clients[who].refresh_tokens;
                let Some(at) = tokens.len().checked_sub(1 + age % tokens.len().max(1)) else {
                    return;
                };
                let token = Some(tokens[at].clone());
                let reply = self.act(who, |actor| {
                    actor.token = token;
                    actor.post("/api/refresh")
                });
                self.keep_tokens(who, &reply);
            }
            Op::ChangePassword { who, right, new } => {
                self.change_password(who, right, PASSWORDS[new])
            }
            Op::Reauthenticate { who, right } => {
                self.reauthenticate(who, right);
            }
            Op::Look { who, page } => {
                self.act(who, |actor| actor.get(PAGES[page]));
            }
            Op::Read { who, list } => {
                self.come_back(who);
                self.read(who, list);
            }
            Op::Administer { who, id, known, change } => {
                self.come_back(who);
                let id = self.id(id, known);
                match who < BROWSERS {
                    true => self.administer_by_form(who, &id, change),
                    false => self.administer_by_token(who, &id, change),
                }
            }
            Op::EndSignIn { who, target } => {
                let ids = self.names.sign_ins();
                let id = match target % (ids.len() + 3) {
                    at if at < ids.len() => ids[at].clone(),
                    at => ["x", "%00", "AAAAAAAAAAAAAAAAAAAAAA"][at - ids.len()].to_owned(),
                };
                self.act(who, |actor| match who < BROWSERS {
                    true => actor.post(&format!("/account/sign-ins/{id}/end")),
                    false => actor.delete(&format!("/api/sign-ins/{id}")),
                });
            }
            Op::EndOthers { who } => {
                self.act(who, |actor| match who < BROWSERS {
                    true => actor.post("/account/sign-ins/end-others"),
                    false => actor.delete("/api/sign-ins"),
                });
            }
            Op::EndAll { who } => {
                self.act(who, |actor| match who < BROWSERS {
                    true => actor.post("/account/sign-ins/end-all"),
                    false => actor.post("/api/logout?all=true"),
                });
            }
            Op::SetUp { who, good, name, full_name, password } => {
                let name = self.name(name);
                self.set_up(who, good, &name, TEXTS[full_name], PASSWORDS[password]);
            }
            Op::Import { first, count } => {
                let names = (first..first + count).map(|at| TEXTS[at % TEXTS.len()].to_owned());
                self.import(&names.collect::<Vec<_>>());
            }
            Op::Export { ago } => {
                let since = self.now() - Duration::from_micros(PAUSES[ago]);
                let last = queries::last_before(&mut self.connection, since).expect("a row");
                let said = contents::log(&mut self.connection, &mut self.names, last);
                self.note(0, said);
            }
            Op::LoseSession { who } => {
                self.clients[who].jar.remove("session");
            }
            Op::Wait { pause } => self.app().clock.advance(Duration::from_micros(PAUSES[pause])),
            Op::Purge => {
                let (now, idle) = (self.now(), Duration::from_secs(2 * 60 * 60));
                let connection = &mut self.connection;
                let buckets = queries::purge_throttle(connection, now).expect("an answer");
                let links = queries::purge_links(connection, now).expect("an answer");
                let rows = queries::purge(connection, now, idle, 500).expect("an answer");
                self.note(0, format!("{buckets} buckets, {links} links, {rows} sign-ins"));
            }
            Op::Restart => {
                let app = self.app.take().expect("an application");
                self.app = Some(app.restart());
                // What was counted is forgotten.
                self.guessed.clear();
            }
        }
    }

    /// An administrator who was told to sign in does so.
    fn come_back(&mut self, who: usize) {
        if self.clients[who].is_out && (who == BROWSERS - 1 || who == CLIENTS - 1) {
            self.log_in(who, "admin", true, false, AGENTS[0]);
        }
    }

    fn log_in(&mut self, who: usize, name: &str, right: bool, remember: bool, agent: &str) {
        let key = Self::key(name).unwrap_or_default();
        let password = self.password(&key, right);
        let header = Header::new("User-Agent", agent.to_owned());
        let reply = self.act(who, |actor| {
            if who < BROWSERS {
                let remember = if remember { "on" } else { "" };
                let fields = [("username", name), ("password", &password), ("remember", remember)];
                let fields = &fields[..if remember.is_empty() { 2 } else { 3 }];
                return with_header(actor, header, "/login", &form(fields), false);
            }
            actor.token = None;
            let body = json!({ "username": name, "password": password }).to_string();
            with_header(actor, header, "/api/login", &body, true)
        });
        self.judged(name, &reply);
        if who >= BROWSERS {
            self.keep_tokens(who, &reply);
        }
        if matches!(reply.status, 200 | 303) {
            self.clients[who].name = key;
        }
    }

    fn reauthenticate(&mut self, who: usize, right: bool) -> Reply {
        let name = self.clients[who].name.clone();
        let password = self.password(&name, right);
        let reply = self.act(who, |actor| match who < BROWSERS {
            true => {
                actor.post_form("/reauthenticate", &[("password", &password), ("next", "/account")])
            }
            false => {
                actor.token = None;
                actor.post_json("/api/login", &json!({ "username": name, "password": password }))
            }
        });
        self.judged(&name, &reply);
        if who >= BROWSERS {
            self.keep_tokens(who, &reply);
        }
        reply
    }

    fn change_password(&mut self, who: usize, mut right: bool, new: &str) {
        let name = self.clients[who].name.clone();
        // Earlier wrong passwords are told by way of the queue, and the change is not: which row
        // came first would be left to chance.
        if right && self.guessed.contains(&name) {
            right = matches!(self.reauthenticate(who, true).status, 200 | 303)
                && !self.guessed.contains(&name);
        }
        let old = self.password(&name, right);
        let reply = self.act(who, |actor| match who < BROWSERS {
            true => actor.post_form(
                "/account/password",
                &[("current_password", &old), ("new_password", new)],
            ),
            false => actor.post_json(
                "/api/password",
                &json!({ "current_password": old, "new_password": new }),
            ),
        });
        let changed = reply.status == 204 || reply.location() == "/account";
        if changed {
            self.knows(&name, new);
        } else if reply.body.contains("bad_credentials")
            || reply.body.contains("This is not your current password")
        {
            self.guessed.push(name);
        }
    }

    fn read(&mut self, who: usize, list: List) {
        let (pages, api) = match list {
            List::Users { .. } => ("/admin/users", "/api/users"),
            List::Events { .. } => ("/admin/events", "/api/admin/events"),
            List::OwnEvents { .. } => ("/account/events", "/api/events"),
        };
        let number = |name, number: Option<usize>| {
            number.map(|number| format!("{name}={}", NUMBERS[number % NUMBERS.len()]))
        };
        let arguments = match list {
            List::Users { q, page } => [q.map(|q| format!("q={}", query(q))), number("page", page)],
            List::Events { account, before } => {
                [number("account", account), number("before", before)]
            }
            List::OwnEvents { before } => [number("before", before), None],
        };
        let arguments = arguments.into_iter().flatten().collect::<Vec<_>>().join("&");
        let path = if who < BROWSERS { pages } else { api };
        self.act(who, |actor| actor.get(&format!("{path}?{arguments}")));
    }

    fn administer_by_form(&mut self, who: usize, id: &str, change: Change) {
        let path = format!("/admin/users/{id}");
        self.act(who, |actor| match change {
            Change::Look | Change::FullName(_) => actor.get(&path),
            Change::Role(role) | Change::All { role, .. } => {
                actor.post_form(&format!("{path}/role"), &[("role", ROLES[role])])
            }
            Change::Active(active) => {
                actor.post_form(&format!("{path}/active"), &[("active", ACTIVE[active])])
            }
            Change::EndSignIns => actor.post(&format!("{path}/end-sign-ins")),
            Change::Delete { confirmed: true } => {
                actor.post_form(&format!("{path}/delete"), &[("confirm", "on")])
            }
            Change::Delete { confirmed: false } => actor.get(&format!("{path}/delete")),
        });
    }

    fn administer_by_token(&mut self, who: usize, id: &str, change: Change) {
        let path = format!("/api/users/{id}");
        let active = |word: usize| match ACTIVE[word] {
            "true" => json!(true),
            "false" => json!(false),
            other => json!(other),
        };
        self.act(who, |actor| match change {
            Change::Look => actor.get(&path),
            Change::Role(role) => actor.patch_json(&path, &json!({ "role": ROLES[role] })),
            Change::Active(word) => actor.patch_json(&path, &json!({ "active": active(word) })),
            Change::FullName(text) => {
                let text = text.map_or(Value::Null, |text| json!(TEXTS[text]));
                actor.patch_json(&path, &json!({ "full_name": text }))
            }
            Change::All { role, active: word, full_name } => actor.patch_json(
                &path,
                &json!({
                    "role": ROLES[role], "active": active(word), "full_name": TEXTS[full_name],
                }),
            ),
            Change::EndSignIns => actor.delete(&format!("{path}/sign-ins")),
            Change::Delete { confirmed } => {
                actor.delete(&if confirmed { path } else { format!("{path}?confirm") })
            }
        });
    }

    /// Nobody administers the service for a moment, so that there is a link.
    fn set_up(&mut self, who: usize, good: bool, name: &str, full_name: &str, password: &str) {
        self.app().sql("UPDATE users SET role = 'user' WHERE role = 'admin'");
        let now = self.now();
        let link = new_setup_link(&mut self.connection, now).expect("a database");
        let link = link.expect("nobody administers it").reveal().to_owned();
        self.names.link(&link);
        let token = if good { link } else { format!("{}A", &link[1..]) };
        if !good {
            self.names.link(&token);
        }
        self.act(who, |actor| actor.get(&format!("/setup?token={token}")));
        let reply = self.act(who, |actor| {
            actor.token = None;
            let fields = [
                ("token", token.as_str()),
                ("username", name),
                ("full_name", full_name),
                ("password", password),
            ];
            actor.post_form("/setup", &fields)
        });
        if reply.status == 303 {
            self.knows(name, password);
            self.clients[who].name = Self::key(name).unwrap_or_default();
        }
        self.app().sql("UPDATE users SET role = 'admin' WHERE username_key = 'admin'");
    }

    fn import(&mut self, names: &[String]) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let lines = names.iter().map(|name| {
            let full_name = name.chars().rev().collect::<String>();
            format!("{},\"{}\",user,{}\n", quoted(name), hash(), quoted(&full_name))
        });
        let file = format!("username,hash,role,full_name\n{}", lines.collect::<String>());
        let now = self.now();
        let said = match Import::read(file.as_bytes(), &hasher(), now, |_| {}) {
            Err(lines) => format!("{lines:?}"),
            Ok(import) => {
                let by = By::command_line(now);
                match import.write(&mut self.connection, &by, false, |_| {}) {
                    Ok(()) => {
                        names.iter().take(4).for_each(|name| self.knows(name, PASSWORDS[0]));
                        format!("{:?}", import.counts())
                    }
                    Err(Refused::Lines(lines)) => format!("{lines:?}"),
                    Err(Refused::Failed(error)) => panic!("{error:?}"),
                }
            }
        };
        self.note(0, said);
    }
}

const ROLES: [&str; 4] = ["user", "admin", "Admin", "a\0"];
const ACTIVE: [&str; 4] = ["true", "false", "TRUE", "1\0"];

fn form(fields: &[(&str, &str)]) -> String {
    let encoded = crate::support::actor::encoded;
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn with_header(
    actor: &Actor<'_>,
    header: Header<'static>,
    path: &str,
    body: &str,
    json: bool,
) -> Reply {
    use rocket::http::ContentType;
    let kind = if json { ContentType::JSON } else { ContentType::Form };
    actor.send(actor.request(Method::Post, path).header(kind).header(header).body(body))
}
