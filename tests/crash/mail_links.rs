//! Six people set forgotten passwords and change their addresses by links in mails while the program
//! is killed: what was acknowledged stays so, nothing is half done, no link works twice, and no mail
//! is lost.
//!
//! `VESTIBULE_KILLS` says how often it is killed on each database, `VESTIBULE_RESETS` how many changes
//! are acknowledged meanwhile.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};
use vestibule_service::db::{Address, AnyConnection, connect};

use crate::journal::{Random, add_user, post_json};
use crate::mailbox::Mailbox;
use crate::server::{Answer, Server, get, send};
use crate::support::postgres;
use crate::{check_audit_log, kills};

const PEOPLE: usize = 6;
/// A mail whose delivery was cut off is tried again after five minutes.
const PATIENCE: Duration = Duration::from_secs(7 * 60);
/// Up to how many microseconds after a use of a link was sent the program is killed.
const JITTER: u64 = 8_000;
const RESET: &str = "Set another password - Vestibule";
const CONFIRM: &str = "Confirm your address - Vestibule";

fn changes() -> usize {
    let changes = std::env::var("VESTIBULE_RESETS").ok();
    changes.map_or(60, |number| number.parse().expect("a number of changes"))
}

#[test]
fn no_reset_and_no_address_is_lost_or_half_done_when_the_program_is_killed_on_sqlite() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}/test.sqlite3", directory.path().display());
    run("SQLite", &url);
}

#[test]
fn no_reset_and_no_address_is_lost_or_half_done_when_the_program_is_killed_on_postgresql() {
    if let Some(server) = postgres::server() {
        run("PostgreSQL", &server.create_database(None));
    }
}

fn open(url: &str) -> AnyConnection {
    let address = Address::parse(url).expect("the test's own URL");
    connect(&address, Duration::from_secs(30), false).expect("a connection")
}

fn number(url: &str, statement: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    sql_query(statement).get_result::<Row>(&mut open(url)).expect("a number").n
}

/// What the people have done so far, for the thread that kills.
#[derive(Default)]
struct Progress {
    stop: AtomicBool,
    /// Links whose use was sent.
    sent: AtomicUsize,
    /// Changes that were acknowledged.
    made: AtomicUsize,
}

/// What a person has asked for; the request was acknowledged.
#[derive(Clone)]
enum Wish {
    Password(String),
    Address(String),
}

struct Person<'a> {
    number: usize,
    url: &'a str,
    mailbox: &'a Mailbox,
    name: String,
    password: String,
    email: String,
    /// The access token of the last sign-in.
    access: String,
    serial: usize,
    wish: Option<Wish>,
    /// The link whose use was sent, and had no response yet.
    open: Option<String>,
    /// Links that do not work any more.
    used: Vec<String>,
    resets: usize,
    addresses: usize,
    /// Uses of a link that had no response.
    cut_off: usize,
    /// Changes among them that were made all the same.
    unanswered: usize,
}

impl<'a> Person<'a> {
    fn new(server: &Server, url: &'a str, mailbox: &'a Mailbox, number: usize) -> Self {
        let (name, password) = (format!("forgetful-{number}"), "correct horse".to_owned());
        add_user(url, &name, &password);
        let email = format!("p{number}x0@example.org");
        let set = format!(
            "UPDATE users SET email = '{email}', email_key = '{email}' WHERE username = '{name}'"
        );
        open(url).batch_execute(&set).expect("an address");
        let (access, used) = (String::new(), Vec::new());
        let (wish, open, serial) = (None, None, 0);
        let (resets, addresses, cut_off, unanswered) = (0, 0, 0, 0);
        let mut person = Self {
            number,
            url,
            mailbox,
            name,
            password,
            email,
            access,
            serial,
            wish,
            open,
            used,
            resets,
            addresses,
            cut_off,
            unanswered,
        };
        person.access =
            person.sign_in(server.at(), &person.password).expect("an answer").expect("in");
        person
    }

    fn sign_in(&self, at: SocketAddr, password: &str) -> io::Result<Option<String>> {
        let body = json!({ "username": self.name, "password": password });
        let answer = post_json(at, "/api/login", None, &body)?;
        assert!(matches!(answer.status, 200 | 401), "{answer:?}");
        let read: Value = serde_json::from_str(&answer.body).expect("JSON");
        Ok(read["access_token"].as_str().map(str::to_owned))
    }

    fn me(&self, at: SocketAddr) -> io::Result<Answer> {
        get(at, "/api/me", &[("Authorization", &format!("Bearer {}", self.access))])
    }

    /// Asks for a mail until it is acknowledged.
    fn ask(&mut self, at: SocketAddr) -> io::Result<()> {
        self.serial += 1;
        let wish = if self.serial.is_multiple_of(2) {
            Wish::Password(format!("battery staple {}", self.serial))
        } else {
            Wish::Address(format!("p{}x{}@example.org", self.number, self.serial))
        };
        loop {
            let (path, token, email) = match &wish {
                Wish::Password(_) => ("/api/password/forgot", None, &self.email),
                Wish::Address(email) => ("/api/me/email", Some(self.access.as_str()), email),
            };
            let answer = post_json(at, path, token, &json!({ "email": email }))?;
            match answer.status {
                202 => break,
                // Five an hour; the test does not wait for the hour.
                429 => open(self.url).batch_execute("DELETE FROM throttle").expect("no counters"),
                _ => panic!("{}: {answer:?}", self.name),
            }
        }
        self.wish = Some(wish);
        Ok(())
    }

    /// Makes one change, by the link that a mail brings.
    fn act(&mut self, at: SocketAddr, progress: &Progress) -> io::Result<()> {
        if self.wish.is_none() {
            self.ask(at)?;
        }
        let wish = self.wish.clone().expect("a wish");
        let begun = Instant::now();
        loop {
            for token in self.links(&wish) {
                self.open = Some(token.clone());
                progress.sent.fetch_add(1, Ordering::Relaxed);
                let answer = use_link(at, &wish, &token)?;
                self.open = None;
                self.used.push(token.clone());
                match answer.status {
                    303 => {
                        self.adopt(&wish);
                        return self.check_used(at, &wish, &token);
                    }
                    // A mail that was sent again brings another link.
                    404 => {}
                    _ => panic!("{}: {answer:?}", self.name),
                }
            }
            if progress.stop.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            assert!(begun.elapsed() < PATIENCE, "{}: a mail was lost", self.name);
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The links that were not tried yet, the newest first.
    fn links(&self, wish: &Wish) -> Vec<String> {
        let mut tokens = match wish {
            Wish::Password(_) => self.mailbox.tokens(&self.email, RESET),
            Wish::Address(email) => self.mailbox.tokens(email, CONFIRM),
        };
        tokens.retain(|token| !self.used.contains(token));
        tokens
    }

    fn adopt(&mut self, wish: &Wish) {
        match wish {
            Wish::Password(password) => {
                self.password.clone_from(password);
                self.resets += 1;
            }
            Wish::Address(email) => {
                self.email.clone_from(email);
                self.addresses += 1;
            }
        }
        self.wish = None;
    }

    /// Holds the program against a change: it is whole, and its link works no second time.
    fn check_used(&mut self, at: SocketAddr, wish: &Wish, token: &str) -> io::Result<()> {
        if let Wish::Password(_) = wish {
            assert_eq!(self.me(at)?.status, 401, "{}: a sign-in is left", self.name);
        }
        let other = match wish {
            Wish::Password(_) => Wish::Password("another staple".to_owned()),
            Wish::Address(email) => Wish::Address(email.clone()),
        };
        let again = use_link(at, &other, token)?;
        assert_eq!(again.status, 404, "{}: a link works twice", self.name);
        self.check_state(at)
    }

    fn check_state(&mut self, at: SocketAddr) -> io::Result<()> {
        let access = self.sign_in(at, &self.password)?;
        self.access = access.unwrap_or_else(|| panic!("{}: the password was lost", self.name));
        let me: Value = serde_json::from_str(&self.me(at)?.body).expect("JSON");
        assert_eq!(me["email"], self.email.as_str(), "{}: the address was lost", self.name);
        Ok(())
    }

    /// After a kill: what was acknowledged is there, what was under way is there whole or not at all.
    fn check(&mut self, at: SocketAddr) {
        let Some(token) = self.open.take() else {
            return self.check_state(at).expect("an answer");
        };
        let wish = self.wish.clone().expect("a wish");
        self.cut_off += 1;
        if self.is_made(at, &wish) {
            self.adopt(&wish);
            self.unanswered += 1;
            self.used.push(token.clone());
            self.check_used(at, &wish, &token).expect("an answer");
        } else {
            if let Wish::Password(_) = wish {
                assert_eq!(self.me(at).expect("an answer").status, 200, "{}: half done", self.name);
            }
            // The link is tried again.
            self.check_state(at).expect("an answer");
        }
    }

    fn is_made(&self, at: SocketAddr, wish: &Wish) -> bool {
        match wish {
            Wish::Password(password) => {
                let access = self.sign_in(at, password).expect("an answer");
                let old = self.sign_in(at, &self.password).expect("an answer");
                assert_ne!(access.is_some(), old.is_some(), "{}: one password", self.name);
                access.is_some()
            }
            Wish::Address(email) => {
                let me: Value =
                    serde_json::from_str(&self.me(at).expect("an answer").body).expect("JSON");
                me["email"] == email.as_str()
            }
        }
    }

    /// Every change was told once.
    fn check_notices(&self) {
        let mails = self.mailbox.each();
        let prefix = format!("p{}x", self.number);
        for (event, subject) in [
            ("password_changed", "Your password was changed - Vestibule"),
            ("address_changed", "Your address was changed - Vestibule"),
        ] {
            let told = mails
                .iter()
                .filter(|mail| mail.to.starts_with(&prefix) && mail.subject == subject)
                .count();
            let happened = number(
                self.url,
                &format!(
                    "SELECT CAST(count(*) AS BIGINT) AS n FROM events \
                     WHERE event = '{event}' AND username = '{}'",
                    self.name
                ),
            );
            assert_eq!(i64::try_from(told), Ok(happened), "{}: {event}", self.name);
        }
    }
}

fn use_link(at: SocketAddr, wish: &Wish, token: &str) -> io::Result<Answer> {
    let (path, body) = match wish {
        Wish::Password(password) => {
            ("/password/new", format!("token={token}&password={}", password.replace(' ', "+")))
        }
        Wish::Address(_) => ("/address/confirm", format!("token={token}")),
    };
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    send(at, "POST", path, &form, &body)
}

fn run(name: &str, url: &str) {
    let (kills, all) = (kills(), changes());
    let mut random = Random::new();
    println!("{name}: seed {random:?}");
    let mailbox = Mailbox::start();
    let mut server = Server::start_with(url, &[("ROCKET_MAIL", &mailbox.setting())]);
    let mut people: Vec<_> =
        (0..PEOPLE).map(|number| Person::new(&server, url, &mailbox, number)).collect();
    let progress = Progress::default();
    let begun = Instant::now();
    for kill in 1..=kills {
        let jitter = Duration::from_micros(random.below(JITTER));
        work(&mut people, server.at(), &progress, all * kill / (kills + 1), || {
            // In the middle of the next use of a link.
            let sent = progress.sent.load(Ordering::Relaxed);
            while progress.sent.load(Ordering::Relaxed) == sent {
                thread::yield_now();
            }
            thread::sleep(jitter);
            server.kill();
        });
        // A mail that the killed process was sending waits five minutes, and five mails an hour may
        // be asked for; the test does not wait.
        let due = "UPDATE mails SET next_at = 0 WHERE next_at IS NOT NULL; DELETE FROM throttle";
        open(url).batch_execute(due).expect("mails that are due");
        server = server.again();
        for person in &mut people {
            person.check(server.at());
        }
        check_audit_log(url);
    }
    work(&mut people, server.at(), &progress, all, || {});
    let waiting = "SELECT CAST(count(*) AS BIGINT) AS n FROM mails";
    let end = Instant::now() + PATIENCE;
    while number(url, waiting) > 0 {
        assert!(Instant::now() < end, "mails stay");
        thread::sleep(Duration::from_millis(20));
    }
    for person in &mut people {
        person.wish = None;
        person.check(server.at());
        person.check_notices();
    }
    let sum = |figure: fn(&Person<'_>) -> usize| people.iter().map(figure).sum::<usize>();
    let (sent, each) = (mailbox.all().len(), mailbox.each().len());
    println!(
        "{name}: {} resets, {} addresses, {kills} kills, {} uses cut off, {} of them made, {each} mails, {} \
         of them sent twice, 0 lost, {:.0} s",
        sum(|person| person.resets),
        sum(|person| person.addresses),
        sum(|person| person.cut_off),
        sum(|person| person.unanswered),
        sent - each,
        begun.elapsed().as_secs_f64(),
    );
    assert!(sent - each <= kills, "more mails were sent twice than the program was killed");
}

/// Lets all people make changes until so many are acknowledged, and then runs `blow`.
fn work(
    people: &mut [Person<'_>],
    at: SocketAddr,
    progress: &Progress,
    until: usize,
    blow: impl FnOnce(),
) {
    progress.stop.store(false, Ordering::Relaxed);
    thread::scope(|scope| {
        for person in people {
            scope.spawn(move || {
                while !progress.stop.load(Ordering::Relaxed) && person.act(at, progress).is_ok() {
                    progress.made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let begun = Instant::now();
        let mut last = (0, begun);
        while progress.made.load(Ordering::Relaxed) < until {
            let now = progress.made.load(Ordering::Relaxed);
            if now > last.0 {
                last = (now, Instant::now());
            }
            if last.1.elapsed() > 2 * PATIENCE {
                progress.stop.store(true, Ordering::Relaxed);
                panic!("the people are stuck");
            }
            thread::sleep(Duration::from_millis(1));
        }
        blow();
        progress.stop.store(true, Ordering::Relaxed);
    });
}
