//! Several processes on one database are one service.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{
    LONG_TIMEOUT, Tokens, api_login, cookie, dashboard, form_login, post_json, send_with_token,
};
use crate::support::actor::Reply;
use crate::support::process::{Home, Service, at_home};

fn asked(ask: impl FnOnce() -> std::io::Result<Reply>) -> Reply {
    ask().expect("an answer")
}

fn three(home: &Home) -> [Service; 3] {
    [(), (), ()].map(|()| home.serve(LONG_TIMEOUT))
}

/// Three processes with this `revocation_delay`.
fn three_within(home: &Home, delay: &str) -> [Service; 3] {
    let auth = format!("{{revocation_delay=\"{delay}\"}}");
    [(), (), ()].map(|()| home.serve(&[LONG_TIMEOUT[0], ("ROCKET_AUTH", &auth)]))
}

/// Whether a token is let in, the same by every process.
#[track_caller]
fn token_lives(services: &[Service], token: &str) -> bool {
    same(services.iter().map(|service| {
        let reply = asked(|| send_with_token(&service.address, "GET", "/api/me", token));
        if reply.status != 200 {
            reply.assert_problem(401, "token_revoked");
        }
        reply.status == 200
    }))
}

/// Whether a session is let in, the same by every process.
#[track_caller]
fn session_lives(services: &[Service], cookie: &str) -> bool {
    same(services.iter().map(|service| {
        let status = asked(|| dashboard(&service.address, cookie)).status;
        assert!([200, 303].contains(&status), "{status}");
        status == 200
    }))
}

#[track_caller]
fn same(answers: impl Iterator<Item = bool>) -> bool {
    let answers: Vec<_> = answers.collect();
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    answers[0]
}

#[test]
fn who_signs_in_at_one_is_known_to_all_and_who_leaves_is_out_everywhere_at_once() {
    at_home(|home| {
        let all = three_within(&home, "0s");
        let [a, b, c] = [0, 1, 2].map(|number| all[number].address.as_str());
        let person = cookie(&form_login(a, "user_01").expect("an answer"));
        let program = Tokens::of(&api_login(b, "user_01").expect("an answer"));
        assert!(session_lives(&all, &person) && token_lives(&all, &program.access));

        let out = asked(|| send_with_token(c, "POST", "/api/logout", &program.access));
        assert_eq!(out.status, 204);
        assert!(!token_lives(&all, &program.access));
        assert!(session_lives(&all, &person), "that was another sign-in");

        let out = all[1].send("POST", "/logout", &[("Cookie", &person)], "");
        assert_eq!(out.status, 303);
        assert!(!session_lives(&all, &person));
    });
}

#[test]
fn a_new_password_at_one_ends_what_the_others_gave_out() {
    at_home(|home| {
        let all = three_within(&home, "0s");
        let [a, b, c] = [0, 1, 2].map(|number| all[number].address.as_str());
        let acting = Tokens::of(&api_login(a, "user_01").expect("an answer"));
        let other = Tokens::of(&api_login(b, "user_01").expect("an answer"));
        let person = cookie(&form_login(c, "user_01").expect("an answer"));
        let change = json!({ "current_password": "1234", "new_password": "correct horse" });
        let done = asked(|| post_json(b, "/api/password", Some(&acting.access), &change));
        assert_eq!(done.status, 204, "{}", done.body);
        assert!(token_lives(&all, &acting.access));
        assert!(!token_lives(&all, &other.access) && !session_lives(&all, &person));
    });
}

/// How long another process accepts a sign-in after its end: how
/// long after that the last request was sent which it answered, and the first which it refused.
fn spread(ended: Instant, ask: impl Fn() -> Reply) -> (Option<Duration>, Duration) {
    let mut last = None;
    loop {
        let sent = ended.elapsed();
        assert!(sent < Duration::from_secs(30), "it is never over");
        let reply = ask();
        if [401, 303].contains(&reply.status) {
            return (last, sent);
        }
        assert_eq!(reply.status, 200, "{}", reply.body);
        last = Some(sent);
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn who_is_signed_out_at_one_is_refused_by_all_within_the_revocation_delay() {
    at_home(|home| {
        for (delay, limit) in [("0s", Duration::ZERO), ("1s", Duration::from_secs(1))] {
            let all = three_within(&home, delay);
            let here = all[0].address.as_str();
            for cause in ["a log-out", "the command line"] {
                let person = cookie(&form_login(here, "user_01").expect("an answer"));
                let program = Tokens::of(&api_login(here, "user_01").expect("an answer"));
                assert!(session_lives(&all, &person) && token_lives(&all, &program.access));
                if cause == "a log-out" {
                    let path = "/api/logout?all=true";
                    let out = asked(|| send_with_token(here, "POST", path, &program.access));
                    assert_eq!(out.status, 204);
                    // The process that ended it refuses at once, whatever the delay.
                    assert!(!token_lives(&all[..1], &program.access));
                    assert!(!session_lives(&all[..1], &person));
                } else {
                    let done = home.run(&["sign-in", "end", "--all-of", "user_01"], "");
                    assert_eq!(done.out, "ended 2\n", "{}", done.err);
                }
                let ended = Instant::now();
                thread::scope(|scope| {
                    for (number, service) in all.iter().enumerate() {
                        let at = service.address.as_str();
                        let (token, cookie) = (&program.access, &person);
                        let watch = move |what, ask: &dyn Fn() -> Reply| {
                            let (last, first) = spread(ended, ask);
                            println!(
                                "revocation_delay {delay}, {cause}: process {number} let the \
                                 {what} in until {last:?} and refused it at {first:?}"
                            );
                            assert!(last.is_none_or(|last| last < limit), "{last:?} with {delay}");
                        };
                        scope.spawn(move || {
                            watch("token", &|| {
                                asked(|| send_with_token(at, "GET", "/api/me", token))
                            });
                        });
                        scope.spawn(move || {
                            watch("session", &|| asked(|| dashboard(at, cookie)));
                        });
                    }
                });
            }
        }
    });
}

#[test]
fn rotation_is_one_chain_whichever_process_is_asked() {
    at_home(|home| {
        home.configure("[default.auth.token]\nrefresh_grace = \"0s\"\n");
        let all = three(&home);
        let refresh = |process: usize, token: &str| {
            asked(|| send_with_token(&all[process % 3].address, "POST", "/api/refresh", token))
        };
        let mut used = Tokens::of(&api_login(&all[0].address, "user_01").expect("an answer"));
        for step in 1..=9 {
            let next = Tokens::of(&refresh(step, &used.refresh));
            // A second tab, at another process.
            let twin = Tokens::of(&refresh(step + 1, &used.refresh));
            assert_eq!(twin.refresh, next.refresh, "step {step}");
            let before = std::mem::replace(&mut used, next);
            if step == 9 {
                let newest = Tokens::of(&refresh(0, &used.refresh));
                refresh(1, &before.refresh).assert_problem(401, "token_revoked");
                refresh(2, &newest.refresh).assert_problem(401, "token_revoked");
            }
        }
    });
}

#[test]
fn guesses_count_together_whichever_process_is_asked() {
    at_home(|home| {
        home.configure("[default.auth.throttle]\nfailures = 5\n");
        let all = three(&home);
        let guess = json!({ "username": "user_01", "password": "a guess" });
        for number in 0..5 {
            let reply = post_json(&all[number % 3].address, "/api/login", None, &guess);
            reply.expect("an answer").assert_problem(401, "bad_credentials");
        }
        for service in &all {
            let reply = api_login(&service.address, "user_01").expect("an answer");
            reply.assert_problem(429, "too_many_attempts");
        }
    });
}

/// Two and five first starts at once, on nothing.
#[test]
fn first_starts_at_once_make_one_database_and_one_set_of_secrets() {
    let rounds = [2, 5, 5];
    for starts in rounds {
        at_home(|home| {
            let barrier = Barrier::new(starts);
            let services: Vec<_> = thread::scope(|scope| {
                let start = || {
                    barrier.wait();
                    home.serve(LONG_TIMEOUT)
                };
                let all: Vec<_> = (0..starts).map(|_| scope.spawn(start)).collect();
                all.into_iter().map(|one| one.join().expect("it starts")).collect()
            });
            let person = cookie(&form_login(&services[0].address, "admin").expect("an answer"));
            let program = Tokens::of(&api_login(&services[1].address, "user_01").expect("one"));
            assert!(session_lives(&services, &person), "one key seals all sessions");
            assert!(token_lives(&services, &program.access), "one key signs all tokens");
            let listed = home.run(&["user", "list"], "").out;
            assert_eq!(listed.lines().count(), 1 + 3, "a header, three users: {listed}");
        });
    }
}
