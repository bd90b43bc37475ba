//! A client of one account, which records what was acknowledged.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::iter::Sum;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule::Clock;
use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};
use vestibule_service::accounts::queries::{self, NewUser};
use vestibule_service::accounts::{Role, Username};
use vestibule_service::db::{Address, connect};

use crate::server::{Answer, Server, get, send};

/// A small random generator; its seed is printed.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(RandomState::new().hash_one(()) | 1)
    }

    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next() | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// How much was acknowledged.
#[derive(Clone, Copy, Default)]
pub(crate) struct Done {
    sign_ins: usize,
    rotations: usize,
    log_outs: usize,
    pub(crate) password_changes: usize,
    unknown: usize,
}

impl Done {
    pub(crate) fn all(&self) -> usize {
        self.sign_ins + self.rotations + self.log_outs + self.password_changes
    }
}

impl Sum for Done {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            sign_ins: a.sign_ins + b.sign_ins,
            rotations: a.rotations + b.rotations,
            log_outs: a.log_outs + b.log_outs,
            password_changes: a.password_changes + b.password_changes,
            unknown: a.unknown + b.unknown,
        })
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} acknowledged ({} sign-ins, {} rotations, {} log-outs, {} password changes), \
             {} cut off",
            self.all(),
            self.sign_ins,
            self.rotations,
            self.log_outs,
            self.password_changes,
            self.unknown
        )
    }
}

#[derive(Clone, Debug)]
struct Pair {
    access: String,
    refresh: String,
}

/// What was asked for and not answered: it happened or it did not, but not by half.
#[derive(Debug)]
enum Open {
    SignIn,
    Rotation,
    LogOut(Pair),
    BrowserLogOut(String),
    PasswordChange { new: String, acting: Pair },
}

/// One account and the journal of what was acknowledged about it.
pub(crate) struct Account {
    name: String,
    password: String,
    /// The sign-in whose refresh token is taken again and again.
    chain: Pair,
    /// Refresh tokens of the chain before its newest, the newest of these last.
    used: Vec<String>,
    /// Both tokens of sign-ins that have ended.
    dead: Vec<Pair>,
    /// `Cookie` headers of sessions that have ended.
    dead_cookies: Vec<String>,
    /// How many of the ended ones, of either kind, have been checked already.
    buried: (usize, usize),
    open: Option<Open>,
    random: Random,
    done: Done,
    passwords: Vec<String>,
    tokens: Vec<String>,
}

type Lost = String;

fn lost<T>(what: impl Into<String>) -> Result<T, Lost> {
    Err(what.into())
}

impl Account {
    pub(crate) fn new(server: &Server, url: &str, number: usize, random: Random) -> Self {
        let (name, password) = (format!("busy-{number}"), "correct horse".to_owned());
        add_user(url, &name, &password);
        let chain = Pair { access: String::new(), refresh: String::new() };
        let mut account = Self {
            name,
            password: password.clone(),
            chain,
            used: Vec::new(),
            dead: Vec::new(),
            dead_cookies: Vec::new(),
            buried: (0, 0),
            open: None,
            random,
            done: Done::default(),
            passwords: vec![password],
            tokens: Vec::new(),
        };
        account.chain = account.log_in(server.at()).expect("an answer");
        account
    }

    pub(crate) fn done(&self) -> Done {
        self.done
    }

    /// What must not be found in a log: passwords, and the signatures of tokens.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let signatures = self.tokens.iter().filter_map(|token| token.rsplit('.').next());
        let cookies = self.dead_cookies.iter().filter_map(|cookie| cookie.split('=').nth(1));
        signatures.chain(cookies).chain(self.passwords.iter().map(String::as_str))
    }

    /// Does something. An error is a request without a response, left open in the journal.
    pub(crate) fn act(&mut self, at: SocketAddr) -> io::Result<()> {
        let done = match self.random.below(10) {
            0..6 => self.rotate(at),
            6..8 => self.log_in_and_out(at),
            8 => self.browse_in_and_out(at),
            _ => self.change_password(at),
        };
        self.done.unknown += usize::from(done.is_err());
        done
    }

    fn log_in(&mut self, at: SocketAddr) -> io::Result<Pair> {
        self.open = Some(Open::SignIn);
        let body = json!({ "username": self.name, "password": self.password });
        let answer = post_json(at, "/api/login", None, &body)?;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.open = None;
        self.done.sign_ins += 1;
        Ok(self.pair(&answer))
    }

    fn pair(&mut self, answer: &Answer) -> Pair {
        let json: Value = serde_json::from_str(&answer.body).expect("JSON");
        let text = |name: &str| json[name].as_str().expect("a token").to_owned();
        let pair = Pair { access: text("access_token"), refresh: text("refresh_token") };
        self.tokens.extend([pair.access.clone(), pair.refresh.clone()]);
        pair
    }

    fn rotate(&mut self, at: SocketAddr) -> io::Result<()> {
        self.open = Some(Open::Rotation);
        let answer = send_with_token(at, "POST", "/api/refresh", &self.chain.refresh)?;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.open = None;
        self.done.rotations += 1;
        let next = self.pair(&answer);
        self.used.push(std::mem::replace(&mut self.chain, next).refresh);
        Ok(())
    }

    fn log_in_and_out(&mut self, at: SocketAddr) -> io::Result<()> {
        let pair = self.log_in(at)?;
        self.open = Some(Open::LogOut(pair.clone()));
        let token = if self.random.below(2) == 0 { &pair.access } else { &pair.refresh };
        let answer = send_with_token(at, "POST", "/api/logout", token)?;
        assert_eq!(answer.status, 204, "{answer:?}");
        self.open = None;
        self.done.log_outs += 1;
        self.dead.push(pair);
        Ok(())
    }

    fn browse_in_and_out(&mut self, at: SocketAddr) -> io::Result<()> {
        self.open = Some(Open::SignIn);
        let form = format!(
            "username={}&password={}&remember=on",
            self.name,
            self.password.replace(' ', "+")
        );
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let answer = send(at, "POST", "/login", &[kind], &form)?;
        assert_eq!(answer.status, 303, "{answer:?}");
        self.done.sign_ins += 1;
        let cookies: Vec<&str> = answer
            .head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .filter_map(|(_, cookie)| cookie.split(';').next())
            .collect();
        assert_eq!(cookies.len(), 2, "{answer:?}");
        let header = cookies.join("; ");
        self.open = Some(Open::BrowserLogOut(header.clone()));
        let answer = send(at, "POST", "/logout", &[("Cookie", &header)], "")?;
        assert_eq!(answer.status, 303, "{answer:?}");
        self.open = None;
        self.done.log_outs += 1;
        self.dead_cookies.push(header);
        Ok(())
    }

    fn change_password(&mut self, at: SocketAddr) -> io::Result<()> {
        let acting = self.log_in(at)?;
        let new = format!("correct horse {}", self.passwords.len());
        self.passwords.push(new.clone());
        self.open = Some(Open::PasswordChange { new: new.clone(), acting: acting.clone() });
        let body = json!({ "current_password": self.password, "new_password": new });
        let answer = post_json(at, "/api/password", Some(&acting.access), &body)?;
        assert_eq!(answer.status, 204, "{answer:?}");
        self.open = None;
        self.done.password_changes += 1;
        self.changed_to(new, acting);
        Ok(())
    }

    /// The password has changed: only the sign-in that changed it is still active.
    fn changed_to(&mut self, new: String, acting: Pair) {
        self.password = new;
        self.dead.push(std::mem::replace(&mut self.chain, acting));
        self.used.clear();
    }

    /// Holds the program, started again, against the journal.
    pub(crate) fn check(&mut self, at: SocketAddr) -> Result<(), Lost> {
        let failed = |cause: io::Error| format!("no answer: {cause}");
        match self.open.take() {
            Some(Open::PasswordChange { new, acting }) => {
                // It happened or it did not: password and sign-ins must agree on that.
                let chain = is_in(at, &self.chain.access).map_err(failed)?;
                let body = json!({ "username": self.name, "password": new });
                let status = post_json(at, "/api/login", None, &body).map_err(failed)?.status;
                match (status, chain) {
                    (200, false) => self.changed_to(new, acting),
                    (401, true) => {}
                    other => {
                        return lost(format!("{}: half a password change: {other:?}", self.name));
                    }
                }
            }
            Some(Open::LogOut(pair)) => {
                let access = is_in(at, &pair.access).map_err(failed)?;
                let refreshed =
                    send_with_token(at, "POST", "/api/refresh", &pair.refresh).map_err(failed)?;
                if access != (refreshed.status == 200) {
                    return lost(format!("{}: half a log-out", self.name));
                }
                if !access {
                    self.dead.push(pair);
                }
            }
            Some(Open::BrowserLogOut(header)) => {
                let answer = get(at, "/whoami", &[("Cookie", &header)]).map_err(failed)?;
                if answer.status == 401 {
                    self.dead_cookies.push(header);
                }
            }
            Some(Open::SignIn | Open::Rotation) | None => {}
        }
        self.check_dead(at, self.buried).map_err(failed)??;
        self.buried = (self.dead.len(), self.dead_cookies.len());
        self.check_chain(at).map_err(failed)?
    }

    /// Every credential of an ended sign-in is refused.
    fn check_dead(&self, at: SocketAddr, from: (usize, usize)) -> io::Result<Result<(), Lost>> {
        for pair in &self.dead[from.0..] {
            let refreshed = send_with_token(at, "POST", "/api/refresh", &pair.refresh)?.status;
            if is_in(at, &pair.access)? || refreshed != 401 {
                return Ok(lost(format!("{}: an ended sign-in stands", self.name)));
            }
        }
        for header in &self.dead_cookies[from.1..] {
            if get(at, "/whoami", &[("Cookie", header)])?.status != 401 {
                return Ok(lost(format!("{}: an ended session stands", self.name)));
            }
        }
        Ok(Ok(()))
    }

    /// The newest token of the chain has one successor, whether or not it had one already.
    fn check_chain(&mut self, at: SocketAddr) -> io::Result<Result<(), Lost>> {
        let mut successors = Vec::new();
        for _ in 0..3 {
            let answer = send_with_token(at, "POST", "/api/refresh", &self.chain.refresh)?;
            if answer.status != 200 {
                return Ok(lost(format!("{}: the newest token is refused: {answer:?}", self.name)));
            }
            successors.push(self.pair(&answer));
        }
        if successors.iter().any(|pair| pair.refresh != successors[0].refresh) {
            return Ok(lost(format!("{}: two successors of one token", self.name)));
        }
        let next = successors.swap_remove(2);
        if !is_in(at, &next.access)? {
            return Ok(lost(format!("{}: the successor is not let in", self.name)));
        }
        self.used.push(std::mem::replace(&mut self.chain, next).refresh);
        // And the successor has one of its own.
        let answer = send_with_token(at, "POST", "/api/refresh", &self.chain.refresh)?;
        if answer.status != 200 {
            return Ok(lost(format!("{}: the successor is refused: {answer:?}", self.name)));
        }
        let next = self.pair(&answer);
        self.used.push(std::mem::replace(&mut self.chain, next).refresh);
        Ok(Ok(()))
    }

    /// At the end everything once more: all that ever ended, the passwords, and the used tokens,
    /// which end the chain.
    pub(crate) fn check_last(&mut self, at: SocketAddr) -> Result<(), Lost> {
        let failed = |cause: io::Error| format!("no answer: {cause}");
        self.check_dead(at, (0, 0)).map_err(failed)??;
        let active = self.log_in(at).map_err(failed)?;
        if let [.., old, _] = &self.passwords[..]
            && *old != self.password
        {
            let body = json!({ "username": self.name, "password": old });
            let status = post_json(at, "/api/login", None, &body).map_err(failed)?.status;
            if status != 401 {
                return lost(format!("{}: an old password is good", self.name));
            }
        }
        if self.used.len() > 2 {
            let oldest =
                send_with_token(at, "POST", "/api/refresh", &self.used[0]).map_err(failed)?;
            let newest =
                send_with_token(at, "POST", "/api/refresh", &self.chain.refresh).map_err(failed)?;
            if (oldest.status, newest.status) != (401, 401) {
                return lost(format!("{}: a used token is good", self.name));
            }
        }
        if is_in(at, &active.access).map_err(failed)? {
            Ok(())
        } else {
            lost(format!("{}: another sign-in was lost", self.name))
        }
    }
}

/// Adds a user to the database.
pub(crate) fn add_user(url: &str, name: &str, password: &str) {
    let mut config = PasswordConfig::default();
    config.cost = 4;
    let hasher = Hasher::new(&config).expect("a hasher");
    let new = NewUser {
        username: Username::parse(name).expect("a good name"),
        full_name: None,
        role: Role::User,
        password_hash: hasher.hash_blocking(&Password::from(password)).expect("a hash"),
        created_at: Clock::system().now().expect("a sane clock"),
    };
    let address = Address::parse(url).expect("a good URL");
    let connection = connect(&address, Duration::from_secs(5), false);
    queries::insert(&mut connection.expect("a connection"), &new).expect("a new user");
}

pub(crate) fn post_json(
    at: SocketAddr,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> io::Result<Answer> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    send(at, "POST", path, &headers, &body.to_string())
}

fn send_with_token(at: SocketAddr, method: &str, path: &str, token: &str) -> io::Result<Answer> {
    send(at, method, path, &[("Authorization", &format!("Bearer {token}"))], "")
}

/// Whether an access token is let in.
fn is_in(at: SocketAddr, token: &str) -> io::Result<bool> {
    let answer = send_with_token(at, "GET", "/whoami", token)?;
    assert!(matches!(answer.status, 200 | 401), "{answer:?}");
    Ok(answer.status == 200)
}
