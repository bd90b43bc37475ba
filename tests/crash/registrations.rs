//! Eight clients register one name after the other while the program is killed, and on PostgreSQL
//! the database too: every account that got "201 Created" exists, once, and can sign in.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use vestibule::Clock;
use vestibule_service::accounts::audit::Actor;
use vestibule_service::accounts::queries;
use vestibule_service::db::schema::users;
use vestibule_service::db::{Address, AnyConnection, connect};

use crate::journal::{Random, post_json};
use crate::server::{Answer, Server};
use crate::support::postgres;
use crate::{check_audit_log, kills};

const CLIENTS: usize = 8;

const PASSWORD: &str = "correct horse battery";

/// How long one round may take before the test gives up.
const TIMEOUT: Duration = Duration::from_secs(120);

/// In a release build; another one on a busy machine is no measure of anything.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

fn registrations() -> usize {
    let registrations = std::env::var("VESTIBULE_REGISTRATIONS").ok();
    registrations.map_or(150, |number| number.parse().expect("a number of registrations"))
}

#[test]
fn no_acknowledged_registration_is_lost_when_the_program_is_killed_on_sqlite() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}/test.sqlite3", directory.path().display());
    run("SQLite", &url, None);
}

#[test]
fn no_acknowledged_registration_is_lost_when_program_or_database_is_killed_on_postgresql() {
    if let Some(server) = postgres::private() {
        let url = server.create_database(None);
        server.stop();
        // As an operator runs it: what the tests switch off for speed is what is tested here.
        server.start_with(DURABLE);
        run("PostgreSQL", &url, Some(&server));
    }
}

const DURABLE: &str = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on";

/// What is killed.
#[derive(Clone, Copy)]
enum Target {
    Program,
    /// Immediate shutdown, or SIGKILL for all of its processes.
    Database {
        at_once: bool,
    },
}

/// One client and its journal.
#[derive(Default)]
struct Client {
    number: usize,
    next: usize,
    /// Canonical name and id of each acknowledged registration, in order.
    acknowledged: Vec<(String, i64)>,
    /// Names whose request had no response, or a 503: they are there or not.
    open: Vec<String>,
    /// Of these, the ones that were taken when they were tried again.
    made_without_answer: Vec<String>,
    cut_off: usize,
    refused: usize,
}

impl Client {
    /// Registers names until `stop` is set or the program is gone.
    fn work(&mut self, at: SocketAddr, stop: &AtomicBool, count: &AtomicUsize) {
        while !stop.load(Ordering::Relaxed) {
            let before = self.acknowledged.len();
            let answered = self.register(at);
            count.fetch_add(self.acknowledged.len() - before, Ordering::Relaxed);
            if answered.is_err() {
                return;
            }
        }
    }

    /// Tries what is open once more, so that nothing is left unknown.
    fn close(&mut self, at: SocketAddr) {
        for _ in 0..1000 {
            if self.open.is_empty() {
                return;
            }
            self.register(at).expect("an answer");
        }
        panic!("still open: {:?}", self.open);
    }

    fn register(&mut self, at: SocketAddr) -> io::Result<()> {
        let again = self.open.pop();
        // What comes again is written otherwise, and is the same name.
        let name = match &again {
            Some(name) => name.to_uppercase(),
            None => format!("Client{}-Name{}", self.number, self.next),
        };
        self.next += usize::from(again.is_none());
        let key = name.to_lowercase();
        let body = json!({ "username": name, "password": PASSWORD });
        let answer = match post_json(at, "/api/register", None, &body) {
            Ok(answer) => answer,
            Err(cause) => {
                self.cut_off += 1;
                self.open.push(key);
                return Err(cause);
            }
        };
        match answer.status {
            201 => {
                let user: Value = serde_json::from_str(&answer.body).expect("JSON");
                self.acknowledged.push((key, user["id"].as_i64().expect("an id")));
            }
            409 if again.is_some() => self.made_without_answer.push(key),
            503 => {
                self.refused += 1;
                self.open.push(key);
                thread::sleep(Duration::from_millis(20));
            }
            _ => panic!("{name}: {answer:?}"),
        }
        Ok(())
    }
}

/// The moments of the kills, as numbers of acknowledged registrations.
fn moments(random: &mut Random, kills: usize, among: usize) -> Vec<usize> {
    let mut moments: Vec<usize> = (0..kills).map(|_| random.below(among as u64) as usize).collect();
    moments.sort_unstable();
    moments
}

fn run(name: &str, url: &str, database: Option<&postgres::Server>) {
    let (kills, all) = (kills(), registrations());
    let mut random = Random::new();
    println!("{name}: seed {random:?}");
    let mut rounds: Vec<(usize, Target)> =
        moments(&mut random, kills, all).iter().map(|at| (*at, Target::Program)).collect();
    if database.is_some() {
        let moments = moments(&mut random, kills.div_ceil(10), all).into_iter().enumerate();
        let victim = |number| Target::Database { at_once: number % 2 == 0 };
        rounds.extend(moments.map(|(number, at)| (at, victim(number))));
        rounds.sort_by_key(|(at, _)| *at);
    }
    let mut server = Server::start(url);
    let mut clients: Vec<Client> =
        (0..CLIENTS).map(|number| Client { number, ..Client::default() }).collect();
    let acknowledged = AtomicUsize::new(0);
    let (mut starts, mut recoveries) = (Vec::new(), Vec::new());
    let mut book = Findings::default();
    let begun = Instant::now();
    for (at, victim) in &rounds {
        let jitter = Duration::from_micros(random.below(20_000));
        work(&mut clients, server.at(), &acknowledged, *at, || {
            thread::sleep(jitter);
            match (victim, database) {
                (Target::Database { at_once }, Some(database)) => {
                    if *at_once {
                        database.kill()
                    } else {
                        database.stop_immediately()
                    }
                    thread::sleep(jitter);
                    database.start_with(DURABLE);
                    recoveries.push(server.well_again());
                }
                _ => server.kill(),
            }
        });
        if matches!(victim, Target::Program) {
            server = server.again();
            starts.push(server.first_answer());
            book.killed(&clients);
        }
        book.check(url, &clients, &server, &mut random);
        book.delete_newest(url, &clients);
    }
    work(&mut clients, server.at(), &acknowledged, all, || {});
    let took = begun.elapsed();
    for client in &mut clients {
        client.close(server.at());
    }
    book.check(url, &clients, &server, &mut random);
    book.check_last(url, &clients);
    if let Some(database) = database {
        check_indexes(database, url);
    }
    println!("{name}: {}", server.verify_audit_log());
    let log = server.stop();
    let unlogged = book.unlogged(&log);
    let waits = log.matches("the audit log cannot be written").count();
    let sum = |figure: fn(&Client) -> usize| clients.iter().map(figure).sum::<usize>();
    println!("| {name} | |\n|---|---|");
    println!("| acknowledged registrations | {} |", sum(|client| client.acknowledged.len()));
    println!("| kills of the program | {} |", starts.len());
    println!("| kills of PostgreSQL | {} |", recoveries.len());
    println!("| cut off without an answer | {} |", sum(|client| client.cut_off));
    println!("| refused with 503 | {} |", sum(|client| client.refused));
    let made = sum(|client| client.made_without_answer.len());
    println!("| of both, made all the same | {made} |");
    println!("| **acknowledged and lost, or there twice** | **0** |");
    println!("| acknowledged, deleted, and its id given out again | 0 |");
    println!("| row in the audit log lost with the queue | {} |", book.unaudited.len());
    println!("| of these not in the log lines either | {unlogged} |");
    println!("| times the audit log waited for the database | {waits} |");
    println!("| first answer after a kill | {} |", median_and_slowest(&mut starts));
    if database.is_some() {
        println!("| well again after PostgreSQL was | {} |", median_and_slowest(&mut recoveries));
    }
    println!("| checks, starts and all | {:.0} s |", took.as_secs_f64());
    let slowest = starts.iter().chain(&recoveries).max().copied().unwrap_or_default();
    assert!(cfg!(debug_assertions) || slowest < FIRST_ANSWER, "{slowest:?}");
}

fn median_and_slowest(times: &mut [Duration]) -> String {
    times.sort_unstable();
    match times {
        [.., slowest] => {
            let slowest = slowest.as_millis();
            format!("{} ms, at most {slowest} ms", times[times.len() / 2].as_millis())
        }
        [] => "-".to_owned(),
    }
}

/// Lets all clients register until so many are acknowledged, and then runs `blow`.
fn work(
    clients: &mut [Client],
    at: SocketAddr,
    acknowledged: &AtomicUsize,
    until: usize,
    blow: impl FnOnce(),
) {
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    thread::scope(|scope| {
        let busy: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let stop = &stop;
                scope.spawn(move || client.work(at, stop, acknowledged))
            })
            .collect();
        let all_gone = || busy.iter().all(thread::ScopedJoinHandle::is_finished);
        while acknowledged.load(Ordering::Relaxed) < until && !all_gone() {
            if begun.elapsed() > TIMEOUT {
                stop.store(true, Ordering::Relaxed);
                panic!("the clients are stuck");
            }
            thread::sleep(Duration::from_millis(1));
        }
        blow();
        stop.store(true, Ordering::Relaxed);
    });
}

/// Sends a request again while the answer is 503: right after a start, on a busy machine, a connection
/// may take longer than `databases.main.timeout`.
fn available(send: impl Fn() -> io::Result<Answer>) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = send().expect("an answer");
        if answer.status != 503 || begun.elapsed() > TIMEOUT {
            return answer;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// What was found at the checks so far.
#[derive(Default)]
struct Findings {
    /// The highest id that was ever there.
    highest: i64,
    /// How much of each journal was there at the last check.
    checked: [usize; CLIENTS],
    /// How much of each journal was there at each kill of the program.
    killed: Vec<[usize; CLIENTS]>,
    deleted: HashSet<String>,
    /// The ids of those without a row in the audit log.
    unaudited: Vec<i64>,
}

impl Findings {
    fn killed(&mut self, clients: &[Client]) {
        self.killed.push(lengths(clients));
    }

    /// Holds the database and the program, started again, against the journals.
    fn check(&mut self, url: &str, clients: &[Client], server: &Server, random: &mut Random) {
        let mut connection = open(url);
        check_file(&mut connection);
        let rows: Vec<(i64, String)> = users::table
            .select((users::id, users::username_key))
            .filter(users::username_key.like("client%"))
            .load(&mut connection)
            .expect("rows");
        let found: HashMap<&str, i64> = rows.iter().map(|(id, key)| (key.as_str(), *id)).collect();
        let ids: HashSet<i64> = rows.iter().map(|(id, _)| *id).collect();
        assert_eq!((found.len(), ids.len()), (rows.len(), rows.len()), "a name or an id twice");

        let mut known = 0;
        for (client, checked) in clients.iter().zip(self.checked) {
            for (number, (key, id)) in client.acknowledged.iter().enumerate() {
                let wanted = (!self.deleted.contains(key)).then_some(*id);
                assert_eq!(found.get(key.as_str()).copied(), wanted, "{key}");
                known += usize::from(wanted.is_some());
                assert!(number < checked || *id > self.highest, "{key}: the id {id} again");
            }
            let unknown = client.open.iter().chain(&client.made_without_answer);
            known += unknown.filter(|key| found.contains_key(key.as_str())).count();
        }
        assert_eq!(known, rows.len(), "somebody is there who never asked for it");
        self.checked = lengths(clients);
        self.highest = ids.into_iter().max().unwrap_or_default().max(self.highest);

        for client in clients {
            // The last one was the most in danger.
            let some = random.below(client.acknowledged.len().max(1) as u64) as usize;
            for (key, _) in
                client.acknowledged.last().into_iter().chain(client.acknowledged.get(some))
            {
                let body = json!({ "username": key, "password": PASSWORD });
                let answer = available(|| post_json(server.at(), "/api/login", None, &body));
                let wanted = if self.deleted.contains(key) { 401 } else { 200 };
                assert_eq!(answer.status, wanted, "{key}: {answer:?}");
            }
        }
        check_audit_log(url);
    }

    /// Deletes the account with the highest id: a careless database would give it out again.
    fn delete_newest(&mut self, url: &str, clients: &[Client]) {
        let active = clients
            .iter()
            .flat_map(|client| &client.acknowledged)
            .filter(|(key, _)| !self.deleted.contains(key));
        let Some((key, id)) = active.max_by_key(|(_, id)| *id) else { return };
        let by = Actor::command_line(Clock::system().now().expect("a sane clock"));
        queries::delete(&mut open(url), *id, &by).expect("deleted");
        self.deleted.insert(key.clone());
    }

    /// At the end: each registration has its row in the audit log, but those that were queued
    /// when the program was killed, which for each client are the last before a kill.
    fn check_last(&mut self, url: &str, clients: &[Client]) {
        let mut audited = HashSet::new();
        // The program lives: what is queued will be written.
        for _ in 0..100 {
            let rows = check_audit_log(url);
            let registered = rows.into_iter().filter(|row| row.event == "registered");
            audited = registered.filter_map(|row| row.account).collect();
            let last = |client: &Client| client.acknowledged.last().map(|(_, id)| *id);
            if clients.iter().filter_map(last).all(|id| audited.contains(&id)) {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        for client in clients {
            let kills = self.killed.iter().map(|lengths| lengths[client.number]);
            let mut begun = 0;
            for (end, killed) in
                kills.map(|end| (end, true)).chain([(client.acknowledged.len(), false)])
            {
                let round = &client.acknowledged[begun..end];
                let missing = round.iter().skip_while(|(_, id)| audited.contains(id));
                for (key, id) in missing {
                    assert!(killed, "{key} is not in the audit log");
                    assert!(!audited.contains(id), "{key} is in the log, one before it is not");
                    self.unaudited.push(*id);
                }
                begun = end;
            }
        }
    }

    /// How many of those without a row in the audit log have no line in the log either.
    fn unlogged(&self, log: &str) -> usize {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let logged: HashSet<i64> = lines
            .filter(|line| line["event"] == "registered")
            .filter_map(|line| line["account"].as_str()?.parse().ok())
            .collect();
        self.unaudited.iter().filter(|id| !logged.contains(id)).count()
    }
}

fn lengths(clients: &[Client]) -> [usize; CLIENTS] {
    std::array::from_fn(|number| clients[number].acknowledged.len())
}

fn open(url: &str) -> AnyConnection {
    let address = Address::parse(url).expect("the test's own URL");
    connect(&address, Duration::from_secs(5), false).expect("a connection")
}

#[derive(QueryableByName)]
struct LogLine {
    #[diesel(sql_type = Text)]
    said: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// SQLite: the file is sound, and no row points to one that is gone.
fn check_file(connection: &mut AnyConnection) {
    let AnyConnection::Sqlite(sqlite) = connection else { return };
    let said: Vec<LogLine> =
        sql_query("SELECT integrity_check AS said FROM pragma_integrity_check")
            .load(sqlite)
            .expect("an answer");
    let said: Vec<_> = said.iter().map(|row| row.said.as_str()).collect();
    assert_eq!(said, ["ok"]);
    let dangling: Count = sql_query("SELECT count(*) AS count FROM pragma_foreign_key_check")
        .get_result(sqlite)
        .expect("an answer");
    assert_eq!(dangling.count, 0, "foreign keys");
}

/// PostgreSQL: each index holds every row of its table, where the server has the means to tell.
fn check_indexes(server: &postgres::Server, url: &str) {
    let database = url.rsplit('/').next().unwrap_or_default();
    let known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'";
    if server.execute(database, known) == "0" {
        println!("PostgreSQL: no amcheck");
        return;
    }
    let check = "CREATE EXTENSION amcheck; SELECT count(bt_index_check(c.oid, true)::text) \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE c.relnamespace = 'public'::regnamespace";
    println!("PostgreSQL: amcheck looked at {} indexes", server.execute(database, check));
}
