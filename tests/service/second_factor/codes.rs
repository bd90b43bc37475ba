//! What a code is worth, and how often.

use rocket::figment::Figment;
use rocket::futures::future::join_all;
use rocket::http::{ContentType, Cookie, Header};
use rocket::tokio::runtime::Runtime;

use vestibule::second_factors::Authenticator as Stored;
use vestibule::testing::check_second_factor_store;
use vestibule_service::accounts::Accounts;
use vestibule_service::accounts::audit::RequestSource;

use super::*;
use crate::accounts::concurrent_requests::process;
use crate::passkeys::authenticator::Authenticator as Passkey;
use crate::passkeys::{add, options};
use crate::support::actor::encoded;
use crate::support::app::{on_both, on_both_with};

#[test]
fn a_code_counts_once_for_its_own_step_and_the_one_before_and_after() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let tries = |code: &str| second(&app, &login_token(&app, "user_01"), code).status;
        for _ in 0..3 {
            app.clock.advance(STEP);
        }
        assert_eq!(tries(&code_of(&phone.secret, &app, -2)), 422, "the step before last");
        assert_eq!(tries(&code_of(&phone.secret, &app, 2)), 422);
        assert_eq!(tries(&code_of(&phone.secret, &app, -1)), 200);
        assert_eq!(tries(&code_of(&phone.secret, &app, -1)), 422, "used");
        assert_eq!(tries(&code_of(&phone.secret, &app, 1)), 200);
        assert_eq!(
            tries(&code_of(&phone.secret, &app, 0)),
            422,
            "an earlier step than the last one"
        );
        app.clock.advance(STEP);
        assert_eq!(tries(&phone.code(&app)), 422, "used in the step before");
        assert_eq!(tries(&phone.next_code(&app)), 200);
    });
}

#[test]
fn a_recovery_code_signs_in_once() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let [first, other, ..] = phone.recovery_codes.as_slice() else { panic!("ten codes") };
        let browser = after_password(&app, "user_01");
        assert_eq!(enter(&browser, &first.to_lowercase().replace('-', " ")).status, 303);
        assert!(is_in(&browser));
        enter(&after_password(&app, "user_01"), first).assert_page(422);
        let reply = second(&app, &login_token(&app, "user_01"), other);
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(app.count("recovery_codes"), 8);
        // Another user's does nothing.
        let theirs = set_up(&app, "user_02").recovery_codes;
        let reply = second(&app, &login_token(&app, "user_01"), theirs.first().expect("a code"));
        assert_eq!(reply.status, 422);
        assert_eq!(app.count("recovery_codes"), 18);
        let events = events(&app);
        assert_eq!(events.iter().filter(|event| *event == "recovery_code_used").count(), 2);
    });
}

/// The statuses of twenty second steps at once at two processes, each with a ticket of its own.
pub(super) fn at_once(app: &TestApp, code: &str) -> Vec<u16> {
    let tickets: Vec<String> = (0..20).map(|_| login_token(app, "user_01")).collect();
    Runtime::new().expect("a runtime").block_on(async {
        let processes = [process(app).await, process(app).await];
        let sent = tickets.iter().enumerate().map(|(at, ticket)| {
            let body = json!({ "login_token": ticket, "code": code }).to_string();
            let request = processes[at % 2].post("/api/login/second").header(ContentType::JSON);
            async move { request.body(body).dispatch().await.status().code }
        });
        join_all(sent).await
    })
}

#[test]
fn of_twenty_requests_at_once_with_one_code_one_signs_in() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        for code in [phone.code(&app), phone.recovery_codes[0].clone()] {
            let before = app.count("sign_ins");
            let statuses = at_once(&app, &code);
            let signed_in = statuses.iter().filter(|status| **status == 200).count();
            let refused = statuses.iter().filter(|status| **status == 422).count();
            assert_eq!((signed_in, refused), (1, 19), "{statuses:?}");
            assert_eq!(app.count("sign_ins"), before + 1);
        }
    });
}

pub(super) fn three_failures(figment: Figment) -> Figment {
    figment.merge(("auth.throttle.failures", 3))
}

#[test]
fn codes_are_guessed_no_more_often_than_passwords_and_right_passwords_forgive_none() {
    on_both_with(three_failures, |app| {
        let phone = set_up(&app, "user_01");
        // A stranger who knows the password.
        for _ in 0..3 {
            let ticket = login_token(&app, "user_01");
            assert_eq!(second(&app, &ticket, "000000").status, 422);
        }
        let body = json!({ "username": "user_01", "password": "1234" });
        let reply = app.anonymous().post_json("/api/login", &body);
        reply.assert_problem(429, "too_many_attempts");
        app.clock.advance(Duration::from_secs(60 * 60));
        let ticket = login_token(&app, "user_01");
        for _ in 0..3 {
            assert_eq!(second(&app, &ticket, "000000").status, 422);
        }
        second(&app, &ticket, &phone.next_code(&app)).assert_problem(429, "too_many_attempts");
        app.clock.advance(Duration::from_secs(60 * 60));
        let mut program = program(&app, "user_01", &phone);
        // The same on the way to a fresh token.
        assert_eq!(program.refresh().status, 200);
        let confirm = |code: &str| {
            program.post_json("/api/confirm", &json!({ "password": "1234", "code": code })).status
        };
        for _ in 0..3 {
            assert_eq!(confirm("000000"), 422);
        }
        assert_eq!(confirm(&phone.next_code(&app)), 429);
        assert!(events(&app).contains(&"bad_code".to_owned()));
    });
}

#[test]
fn no_sign_in_that_began_before_the_set_up_remains_without_the_factor() {
    // A hash takes long enough for the set-up to come between.
    let slow = |figment: Figment| {
        let figment = figment.merge(("auth.password.cost", 9));
        figment.merge(("databases.main.timeout", "1m"))
    };
    on_both_with(slow, |app| {
        for round in 0..3 {
            let username = format!("owner{round}");
            let body = json!({ "username": username, "password": password(&username) });
            assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
            let owner = app.token(&username);
            let begun = owner.post("/api/me/second-factor").json();
            let secret = text(&begun, "secret");
            let confirm = json!({
                "set_up_token": text(&begun, "set_up_token"), "code": code_of(&secret, &app, 0),
            });
            let login = format!("username={username}&password=correct+horse");
            Runtime::new().expect("a runtime").block_on(async {
                let client = process(&app).await;
                let forms = (0..4).map(|_| {
                    let request = client.post("/login").header(ContentType::Form);
                    async { drop(request.body(login.clone()).dispatch().await) }
                });
                let programs = (0..4).map(|_| {
                    let request = client.post("/api/login").header(ContentType::JSON);
                    async { drop(request.body(body.to_string()).dispatch().await) }
                });
                let token = owner.token.clone().expect("a token");
                let bearer = Header::new("Authorization", format!("Bearer {token}"));
                let set_up = client.post("/api/me/second-factor/confirm").header(ContentType::JSON);
                let set_up = set_up.header(bearer).body(confirm.to_string());
                let set_up = async { assert_eq!(set_up.dispatch().await.status().code, 201) };
                rocket::tokio::join!(join_all(forms), join_all(programs), set_up);
            });
            let own = format!("sign_ins WHERE account = '{}'", app.id(&username));
            assert_eq!(app.count(&format!("{own} AND amr = 'pwd'")), 0, "without the factor");
            assert_eq!(app.count(&own), 1, "that of the set-up");
        }
    });
}

#[test]
fn the_codes_in_the_database_keep_the_contract_of_the_library() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let secret = Secret::try_from_base32(&phone.secret).expect("base32");
        let authenticator = Stored::from_secret(secret.as_bytes().to_vec());
        let accounts = app.client.rocket().state::<Accounts>().expect("the accounts");
        let store = accounts.code_store(RequestSource::default());
        let ids = ["user_01", "user_02"].map(|name| {
            app.number(&format!("SELECT id AS n FROM users WHERE username = '{name}'")).to_string()
        });
        rocket::async_test(check_second_factor_store(
            &store,
            ids.each_ref().map(String::as_str),
            &authenticator,
            [phone.recovery_codes[0].as_str(), phone.recovery_codes[1].as_str()],
        ));
    });
}

#[test]
fn a_code_and_a_passkey_that_confirm_a_session_at_once_are_both_recorded() {
    on_both(|app| {
        let (phone, mut passkey) = (set_up(&app, "user_01"), Passkey::new(1));
        let browser = session(&app, "user_01", &phone);
        assert_eq!(add(&browser, &mut passkey, "Laptop").status, 303);
        for round in 0..5 {
            app.sql("UPDATE sign_ins SET amr = 'pwd'");
            let answer = passkey.get(&options(&browser, "/reauthenticate/passkey"));
            let forms = [
                ("/reauthenticate", format!("password=1234&code={}", phone.next_code(&app))),
                ("/reauthenticate/passkey", format!("passkey={}", encoded(&answer.to_string()))),
            ];
            let statuses = Runtime::new().expect("a runtime").block_on(async {
                let processes = [process(&app).await, process(&app).await];
                let sent = forms.iter().zip(&processes).map(|((path, body), client)| {
                    let mut request = client.post(*path).header(ContentType::Form).body(body);
                    for (name, value) in browser.jar.borrow().iter() {
                        let cookie = Cookie::parse_encoded(format!("{name}={value}"));
                        request = request.cookie(cookie.expect("a cookie"));
                    }
                    async move { request.dispatch().await.status().code }
                });
                join_all(sent).await
            });
            assert_eq!(statuses, [303, 303], "{round}");
            assert_eq!(app.count("sign_ins WHERE amr = 'pwd otp hwk user mfa'"), 1, "{round}");
        }
    });
}
