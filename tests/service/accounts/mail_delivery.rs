//! Delivery of mails: to a server that takes them, refuses them, hangs up or is not there.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use serde_json::json;

use crate::support::app::{TestApp, on_both_with};

/// The token of the metrics.
const METRICS: &str = "a-token-of-the-tests-of-32-bytes";

const MINUTE: Duration = Duration::from_secs(60);

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Takes,
    /// Takes none for the moment.
    Refuses,
    /// Knows no such mailbox.
    RefusesForGood,
    /// Hangs up in the middle of the mail.
    Dies,
}

/// A mail server of the test, without TLS. Its behaviour can be changed while it runs.
struct MailServer {
    port: u16,
    manner: Arc<Mutex<Manner>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, manner: Arc::new(Mutex::new(manner)), taken: Arc::default() };
        let (manner, taken) = (server.manner.clone(), server.taken.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let manner = *manner.lock().expect("a manner");
                // A client that hangs up is no failure of the server.
                let _ = converse(&client, manner, &taken);
                let _ = client.shutdown(Shutdown::Both);
            }
        });
        server
    }

    fn behave(&self, manner: Manner) {
        *self.manner.lock().expect("a manner") = manner;
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().expect("the mails").clone()
    }

    fn settings(&self) -> impl Fn(Figment) -> Figment + use<> {
        let url = format!("smtp://127.0.0.1:{}", self.port);
        move |figment| {
            figment
                .merge(Serialized::default("mail.url", &url))
                .merge(Serialized::default("mail.from", "Accounts <accounts@example.org>"))
        }
    }
}

fn converse(client: &TcpStream, manner: Manner, taken: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(client).lines(), client);
    write!(out, "220 test\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        match line.split_whitespace().next().unwrap_or_default() {
            "EHLO" => write!(out, "250-test\r\n250 8BITMIME\r\n")?,
            "MAIL" => write!(out, "250 ok\r\n")?,
            "RCPT" if manner == Manner::Refuses => write!(out, "451 come again\r\n")?,
            "RCPT" if manner == Manner::RefusesForGood => write!(out, "550 no such mailbox\r\n")?,
            "RCPT" => write!(out, "250 ok\r\n")?,
            "DATA" => {
                write!(out, "354 go on\r\n")?;
                if manner == Manner::Dies {
                    return Ok(());
                }
                let mut mail = String::new();
                while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                taken.lock().expect("the mails").push(mail);
                write!(out, "250 taken\r\n")?;
            }
            "QUIT" => return write!(out, "221 bye\r\n"),
            _ => write!(out, "250 ok\r\n")?,
        }
    }
    Ok(())
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + MINUTE;
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn ask(app: &TestApp, address: &str) {
    let reply = app.token("user_01").post_json("/api/me/email", &json!({ "email": address }));
    assert_eq!(reply.status, 202, "{}", reply.body);
}

fn attempts(app: &TestApp) -> i64 {
    app.number("SELECT coalesce(max(attempts), 0) AS n FROM mails")
}

/// The attempts whose result is recorded: while one runs, the mail is claimed for five minutes, which
/// is no pause between attempts.
fn finished_attempts(app: &TestApp) -> i64 {
    let claimed = app.clock.now().expect("a time") + Duration::from_secs(5 * 60);
    let claimed = vestibule_service::db::to_micros(claimed);
    app.number(&format!(
        "SELECT coalesce(max(attempts), 0) AS n FROM mails \
         WHERE error IS NOT NULL AND coalesce(next_at, 0) <> {claimed}"
    ))
}

fn waiting(app: &TestApp) -> i64 {
    app.number("SELECT count(*) AS n FROM mails WHERE next_at IS NOT NULL")
}

/// Wakes the sender, which looks at the clock of the test.
fn wake(app: &TestApp) {
    app.client
        .rocket()
        .state::<vestibule_service::accounts::Accounts>()
        .expect("accounts")
        .outbox()
        .wake();
}

#[test]
fn a_server_gets_each_mail_once_with_its_sender_and_an_id() {
    let server = MailServer::start(Manner::Takes);
    on_both_with(server.settings(), |app| {
        let before = server.taken().len();
        ask(&app, "ann@example.org");
        until("the mail is taken", || server.taken().len() > before);
        until("it leaves the outbox", || attempts(&app) == 0 && waiting(&app) == 0);
        let mails = server.taken();
        assert_eq!(mails.len(), before + 1);
        let mail = &mails[before];
        assert!(mail.contains("From: Accounts <accounts@example.org>\n"), "{mail}");
        assert!(mail.contains("To: ann@example.org\n"), "{mail}");
        assert!(mail.contains("Message-ID: <") && mail.contains("@example.org>\n"), "{mail}");
        assert!(mail.contains("/address/confirm?token="), "{mail}");
    });
}

#[test]
fn a_mail_that_a_server_does_not_take_is_sent_again_later() {
    for manner in [Manner::Refuses, Manner::Dies] {
        let server = MailServer::start(manner);
        on_both_with(server.settings(), |app| {
            server.behave(manner);
            let before = server.taken().len();
            ask(&app, "ann@example.org");
            let failures = || app.number("SELECT count(*) AS n FROM mails WHERE error IS NOT NULL");
            until("the failure is recorded", || failures() == 1);
            assert_eq!(attempts(&app), 1, "{manner:?}");
            wake(&app);
            server.behave(Manner::Takes);
            app.clock.advance(2 * MINUTE);
            wake(&app);
            until("it is sent", || waiting(&app) == 0);
            assert_eq!(server.taken().len(), before + 1, "{manner:?}");
        });
    }
}

#[test]
fn a_mail_is_given_up_after_a_day() {
    let server = MailServer::start(Manner::Refuses);
    on_both_with(server.settings(), |app| {
        ask(&app, "ann@example.org");
        let mut tried = 0;
        while waiting(&app) > 0 {
            until("it is tried", || finished_attempts(&app) > tried);
            tried = finished_attempts(&app);
            assert!(tried < 100, "it is tried for ever");
            app.clock.advance(Duration::from_secs(60 * 60));
            wake(&app);
        }
        // With pauses from a minute to an hour.
        assert!((20..40).contains(&tried), "{tried} attempts");
        assert_eq!(app.number("SELECT count(*) AS n FROM mails WHERE error LIKE '%451%'"), 1);
    });
}

#[test]
fn a_mail_that_a_server_refuses_for_good_is_given_up_at_once() {
    let server = MailServer::start(Manner::RefusesForGood);
    on_both_with(server.settings(), |app| {
        ask(&app, "ann@example.org");
        until("it is given up", || waiting(&app) == 0);
        assert_eq!(attempts(&app), 1);
        assert_eq!(app.number("SELECT count(*) AS n FROM mails WHERE error LIKE '%550%'"), 1);
    });
}

/// The value of a metric.
fn metric(app: &TestApp, name: &str) -> f64 {
    let page = app.anonymous().with_token(METRICS).get("/metrics").body;
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}: {page}")).parse().expect("a number")
}

#[test]
fn mails_are_counted_by_what_became_of_them() {
    let server = MailServer::start(Manner::Takes);
    let settings = server.settings();
    let with_metrics = move |figment| settings(figment).merge(("metrics.token", METRICS));
    on_both_with(with_metrics, |app| {
        let counts = || {
            ["sent_total", "failed_total", "waiting", "given_up"]
                .map(|name| metric(&app, &format!("vestibule_mails_{name}")))
        };
        assert_eq!(counts(), [0.0; 4]);
        for (manner, expected) in [
            (Manner::Takes, [1.0, 0.0, 0.0, 0.0]),
            (Manner::Refuses, [1.0, 1.0, 1.0, 0.0]),
            (Manner::RefusesForGood, [1.0, 2.0, 1.0, 1.0]),
        ] {
            server.behave(manner);
            ask(&app, &format!("{}@example.org", format!("{manner:?}").to_lowercase()));
            until("it is counted", || counts() == expected);
        }
        server.behave(Manner::Takes);
    });
}

#[test]
fn a_mail_of_another_day_is_not_sent() {
    let server = MailServer::start(Manner::Takes);
    on_both_with(server.settings(), |app| {
        let before = server.taken().len();
        // As if it had been queued while no server was set.
        let queued = vestibule_service::db::to_micros(app.clock.now().expect("a time"));
        app.sql(&format!(
            "INSERT INTO mails (id, recipient, kind, created_at, next_at) \
             VALUES ('x', 'old@example.org', 'reset_password', {old}, {old})",
            old = queued - 25 * 60 * 60 * 1_000_000,
        ));
        ask(&app, "ann@example.org");
        until("the new one is sent", || server.taken().len() > before);
        until("it leaves the outbox", || waiting(&app) == 1);
        assert!(server.taken()[before..].iter().all(|mail| mail.contains("ann@example.org")));
    });
}

#[test]
fn a_server_that_is_not_there_delays_no_request() {
    let unused = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = unused.local_addr().expect("an address").port();
    drop(unused);
    let change = move |figment: Figment| {
        figment
            .merge(Serialized::default("mail.url", format!("smtp://127.0.0.1:{port}")))
            .merge(Serialized::default("mail.from", "accounts@example.org"))
    };
    on_both_with(change, |app| {
        ask(&app, "ann@example.org");
        until("the failure is recorded", || {
            app.number("SELECT count(*) AS n FROM mails WHERE error IS NOT NULL") == 1
        });
        assert_eq!(waiting(&app), 1);
    });
}

#[test]
fn of_two_processes_one_sends_a_mail() {
    let server = MailServer::start(Manner::Takes);
    on_both_with(server.settings(), |app| {
        let (neighbour, before) = (app.neighbour(), server.taken().len());
        for number in 0..5 {
            ask(&app, &format!("ann{number}@example.org"));
            wake(&app);
            let accounts = neighbour.rocket().state::<vestibule_service::accounts::Accounts>();
            accounts.expect("accounts").outbox().wake();
            until("it is sent", || waiting(&app) == 0);
        }
        assert_eq!(server.taken().len(), before + 5);
    });
}
