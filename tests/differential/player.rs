//! Plays requests on one application and records the responses.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use rocket::time::OffsetDateTime;
use rocket::time::macros::datetime;
use rocket::tokio::runtime::{Builder, Runtime};
use vestibule_service::accounts::{Accounts, Username, queries};
use vestibule_service::db::AnyConnection;

use crate::contents;
use crate::pools::{NUMBERS, TEXTS};
use crate::redaction::{Names, sign_in_of};
use crate::requests::{BROWSERS, CLIENTS, Name, Op};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{On, TestApp, password};

/// Not a whole second, nor a whole millisecond.
const BEGIN: OffsetDateTime = datetime!(2031-05-06 07:08:09.123457 UTC);

/// More than one page of users, whom no database sorts like another.
const MANY: [&str; 4] = ["Many", "Österreich", "ἄλφα", "żółw"];

/// How long ago a use may be without being recorded again.
const TOUCH: i64 = 60_000_000;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) asked: String,
    pub(crate) said: String,
    pub(crate) status: u16,
}

/// A browser or a program.
#[derive(Clone, Default)]
pub(crate) struct ClientState {
    pub(crate) jar: BTreeMap<String, String>,
    pub(crate) token: Option<String>,
    /// All that were given out, the newest last.
    pub(crate) refresh_tokens: Vec<String>,
    pub(crate) sign_in: Option<String>,
    /// The canonical name.
    pub(crate) name: String,
    /// Whether the last response was that one has to sign in.
    pub(crate) is_out: bool,
}

pub(crate) struct Player {
    pub(crate) app: Option<TestApp>,
    pub(crate) connection: AnyConnection,
    runtime: Runtime,
    pub(crate) names: Names,
    answers: Vec<Answer>,
    pub(crate) clients: Vec<ClientState>,
    /// Who exists, or existed, with the password: the canonical name.
    people: Vec<(String, String)>,
    /// Wrong passwords that the audit log records with the next right one.
    pub(crate) guessed: Vec<String>,
    /// What is being done.
    pub(crate) doing: String,
}

impl Player {
    pub(crate) fn new(on: On) -> Self {
        let app = TestApp::new(on, &|figment| {
            figment
                .merge(("auth.throttle.failures", 4))
                .merge(("accounts.registrations.max", 5))
                .merge(("accounts.registrations.window", "20m"))
                // A machine with much else to do is no difference.
                .merge(("databases.main.timeout", "1m"))
        });
        app.clock.set(BEGIN);
        app.sql("UPDATE users SET created_at = 1000000000000001");
        let people = ["admin", "user_01", "user_02"];
        let people = people.map(|name| (name.to_owned(), password(name).to_owned()));
        Self {
            connection: app.connection(),
            app: Some(app),
            runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
            names: Names::default(),
            answers: Vec::new(),
            clients: vec![ClientState::default(); CLIENTS],
            people: people.into(),
            guessed: Vec::new(),
            doing: String::new(),
        }
    }

    /// Enough users for two pages, and four clients that are signed in.
    pub(crate) fn prologue(&mut self) {
        let names = (0..55).map(|n| format!("{}{n}", MANY[n % MANY.len()])).collect::<Vec<_>>();
        self.import(&names);
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

    pub(crate) fn app(&self) -> &TestApp {
        self.app.as_ref().expect("an application")
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.app().clock.now().expect("a sane clock")
    }

    pub(crate) fn note(&mut self, status: u16, said: String) {
        self.answers.push(Answer { asked: self.doing.clone(), said, status });
    }

    fn actor<'a>(app: &'a TestApp, who: usize, state: &ClientState) -> Actor<'a> {
        let address = match who {
            0 => "2001:db8::7".to_owned(),
            other => format!("192.0.2.{other}"),
        };
        let mut actor = app.anonymous().from(&address);
        actor.token.clone_from(&state.token);
        actor.jar.replace(state.jar.clone());
        actor
    }

    /// Runs one operation: background work is finished before and after, so
    /// that both applications do it in the same order.
    pub(crate) fn act(&mut self, who: usize, act: impl FnOnce(&mut Actor<'_>) -> Reply) -> Reply {
        self.be_seen(who);
        self.act_now(who, act)
    }

    fn act_now(&mut self, who: usize, act: impl FnOnce(&mut Actor<'_>) -> Reply) -> Reply {
        let app = self.app.as_ref().expect("an application");
        let mut actor = Self::actor(app, who, &self.clients[who]);
        let reply = act(&mut actor);
        self.clients[who].jar = actor.jar.borrow().clone();
        self.settle();
        let started: Vec<_> = contents::sign_ins(&mut self.connection)
            .into_iter()
            .map(|row| row.id)
            .filter(|id| self.names.sign_in(id))
            .collect();
        assert!(started.len() <= 1, "one request opens one sign-in");
        if let Some(id) = started.into_iter().next() {
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

    /// Waits for the audit log's queue, for longer than a request does.
    fn settle(&self) {
        let accounts = self.app().client.rocket().state::<Accounts>().expect("accounts").clone();
        for _ in 0..60 {
            let begun = Instant::now();
            self.runtime.block_on(accounts.audit().flush());
            if begun.elapsed() < Duration::from_millis(400) {
                return;
            }
        }
        panic!("the audit log is not written");
    }

    /// A use is recorded in the background once a minute. A request whose response may show that
    /// comes after one that has recorded it.
    fn be_seen(&mut self, who: usize) {
        // A token that an older refresh token brought is of an older sign-in than the newest.
        let client = &self.clients[who];
        let by_token = client.token.as_deref().and_then(sign_in_of);
        let Some(id) = by_token.or_else(|| client.sign_in.clone()) else { return };
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

    /// The page of sign-ins, checked to be in order, with the rows in the order of their start.
    fn in_order(&mut self, who: usize, mut reply: Reply) -> Reply {
        let Some((before, after)) = reply.body.split_once("<tbody>") else {
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
        // The last one ends in other white space.
        let mut rows: Vec<_> = rows.split("<tr>").skip(1).map(str::trim).collect();
        let key = |text: &str| {
            let row = row_of(text);
            (row.last_seen_at, row.created_at, &row.id)
        };
        let ordered = rows.windows(2).all(|pair| key(pair[0]) > key(pair[1]));
        assert!(ordered, "sign-ins come in no order: {rows:#?}");
        rows.sort_by_key(|text| self.names.sign_ins().iter().position(|id| *id == row_of(text).id));
        reply.body = format!("{before}{}{after}", rows.join("<tr>"));
        reply
    }

    pub(crate) fn name(&self, name: Name) -> String {
        let text = if name.known {
            self.people[name.number % self.people.len()].0.clone()
        } else {
            TEXTS[name.number % TEXTS.len()].to_owned()
        };
        match name.case {
            1 => text.to_uppercase(),
            2 => text.to_lowercase(),
            _ => text,
        }
    }

    pub(crate) fn key(name: &str) -> Option<String> {
        Some(Username::parse(name).ok()?.key().to_owned())
    }

    pub(crate) fn password(&self, key: &str, right: bool) -> String {
        let known = self.people.iter().rev().find(|(name, _)| name == key);
        match known {
            Some((_, password)) if right => password.clone(),
            _ => "not the password".to_owned(),
        }
    }

    pub(crate) fn knows(&mut self, name: &str, password: &str) {
        if let Some(key) = Self::key(name) {
            self.people.retain(|(known, _)| *known != key);
            self.people.push((key, password.to_owned()));
        }
    }

    /// An id: of the pool, or of an existing user.
    pub(crate) fn id(&mut self, number: usize, known: bool) -> String {
        if !known {
            return NUMBERS[number % NUMBERS.len()].to_owned();
        }
        let (mut all, _) =
            queries::page(&mut self.connection, &queries::UserFilter::default(), 1).expect("users");
        let (more, _) =
            queries::page(&mut self.connection, &queries::UserFilter::default(), 2).expect("users");
        all.extend(more);
        // The first and the last ones are those with whom something happens.
        let ends = all.len().min(8);
        let at = if number.is_multiple_of(2) {
            all.len() - 1 - number / 2 % ends
        } else {
            number / 2 % ends
        };
        all.get(at).map_or("1".to_owned(), |user| user.id.to_string())
    }

    /// Records whose password was given, and whether it was right.
    pub(crate) fn compared(&mut self, name: &str, reply: &Reply) {
        let Some(key) = Self::key(name) else { return };
        let wrong = reply.status == 401 || reply.body.contains("not your");
        match reply.status {
            200 | 204 | 303 => self.guessed.retain(|known| *known != key),
            _ if wrong && !self.guessed.contains(&key) => self.guessed.push(key),
            _ => {}
        }
    }

    pub(crate) fn keep_tokens(&mut self, who: usize, reply: &Reply) {
        if reply.status == 200 {
            let json = reply.json();
            let text = |name: &str| json[name].as_str().expect("a token").to_owned();
            self.clients[who].token = Some(text("access_token"));
            self.clients[who].refresh_tokens.push(text("refresh_token"));
        }
    }
}
