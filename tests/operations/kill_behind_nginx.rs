//! Three processes behind nginx, one of them killed and started again under load:
//! no user is signed out and nothing that was acknowledged is lost.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{
    LONG_TIMEOUT, Tokens, api_login, cookie, dashboard, form_login, post_json, send_with_token,
};
use super::nginx::Nginx;
use crate::support::actor::Reply;
use crate::support::process::{Home, Service, ask, at_home};

/// How long the load runs before, between and after.
const A_WHILE: Duration = Duration::from_millis(500);

/// One account: a program that takes one refresh token after the other, a browser, and names that
/// it registers.
struct Load {
    number: usize,
    tokens: Tokens,
    person: String,
    rotations: usize,
    tried: usize,
    registered: Vec<String>,
    /// Requests without a response, or with 502 or 504.
    away: usize,
}

impl Load {
    fn new(at: &str, number: usize) -> Self {
        let name = format!("busy-{number}");
        let body = json!({ "username": name, "password": "correct horse" });
        let made = post_json(at, "/api/register", None, &body).expect("an answer");
        assert_eq!(made.status, 201, "{}", made.body);
        let tokens = Tokens::of(&api_login(at, &name).expect("an answer"));
        let person = cookie(&form_login(at, &name).expect("an answer"));
        Self { number, tokens, person, rotations: 0, tried: 0, registered: Vec::new(), away: 0 }
    }

    /// The response, unless there was none.
    fn answered(&mut self, reply: io::Result<Reply>) -> Option<Reply> {
        let reply = reply.ok().filter(|reply| reply.status != 503);
        self.away += usize::from(reply.is_none());
        reply
    }

    fn act(&mut self, at: &str) {
        let reply = send_with_token(at, "POST", "/api/refresh", &self.tokens.refresh);
        if let Some(reply) = self.answered(reply) {
            self.tokens = Tokens::of(&reply);
            self.rotations += 1;
        }
        let reply = send_with_token(at, "GET", "/api/me", &self.tokens.access);
        if let Some(reply) = self.answered(reply) {
            assert_eq!(reply.status, 200, "{}", reply.body);
        }
        let reply = dashboard(at, &self.person);
        if let Some(reply) = self.answered(reply) {
            assert_eq!(reply.status, 200, "a person was signed out");
        }
        self.tried += 1;
        let name = format!("{}-of-{}", self.tried, self.number);
        let body = json!({ "username": name, "password": "correct horse" });
        let reply = post_json(at, "/api/register", None, &body);
        if let Some(reply) = self.answered(reply) {
            assert_eq!(reply.status, 201, "{}", reply.body);
            self.registered.push(name);
        }
    }
}

#[test]
fn killing_one_of_three_signs_no_user_out_and_loses_nothing() {
    at_home(|home| {
        let mut all = [(), (), ()].map(|()| Some(serve(&home, "0")));
        let addresses = all.each_ref().map(|one| one.as_ref().expect("it runs").address.clone());
        let Some(nginx) = Nginx::before(&addresses.each_ref().map(String::as_str)) else { return };
        let at = nginx.address.as_str();
        let mut busy: Vec<_> = (0..3).map(|number| Load::new(at, number)).collect();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for one in &mut busy {
                let stop = &stop;
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        one.act(at);
                    }
                });
            }
            for killed in [true, false] {
                thread::sleep(A_WHILE);
                let gone = all[1].take().expect("it runs");
                if killed {
                    drop(gone)
                } else {
                    gone.stop()
                }
                thread::sleep(A_WHILE);
                let port = addresses[1].rsplit(':').next().expect("a port");
                all[1] = Some(serve(&home, port));
            }
            thread::sleep(A_WHILE);
            stop.store(true, Ordering::Relaxed);
        });
        for one in &mut busy {
            let away = std::mem::take(&mut one.away);
            // Only what was in flight at that moment may go unanswered.
            assert!(away <= 4, "{away} requests had no answer: {}", nginx.log());
            one.act(at);
            assert_eq!(one.away, 0);
            assert!(one.rotations > 2, "{} rotations", one.rotations);
            for name in &one.registered {
                let reply = api_login(at, name).expect("an answer");
                assert_eq!(reply.status, 200, "{name} was lost: {}", reply.body);
            }
        }
        let asked = all.iter().flatten().count();
        assert_eq!(asked, 3);
    });
}

fn serve(home: &Home, port: &str) -> Service {
    let many = ("ROCKET_ACCOUNTS", "{registrations={max=1000000}}");
    home.serve(&[LONG_TIMEOUT[0], ("ROCKET_PORT", port), many])
}

#[test]
fn with_no_process_at_all_nginx_says_so_in_our_words() {
    let Some(nginx) = Nginx::before(&["127.0.0.1:1"]) else { return };
    let begun = Instant::now();
    let reply = send_with_token(&nginx.address, "GET", "/api/me", "a-token").expect("an answer");
    reply.assert_problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    let page = ask(&nginx.address, "GET", "/login?token=secret", &[], "").expect("an answer");
    page.assert_page(503);
    let forged = ask(&nginx.address, "GET", "/a%20200%200.001%22%0ab", &[], "").expect("an answer");
    forged.assert_page(503);
    assert!(begun.elapsed() < Duration::from_secs(3));
    let log = nginx.access_log();
    assert!(log.contains("\"GET /login\" 503") && !log.contains("secret"), "{log}");
    assert!(log.contains(r#""GET /a 200 0.001\x22\x0Ab" 503"#), "{log}");
}
