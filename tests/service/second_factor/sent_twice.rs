//! A request with a code that is sent twice, as by an impatient second click, does what it did once. With
//! another ticket the code is used up.

use rocket::futures::future::join_all;
use rocket::http::ContentType;
use rocket::tokio::runtime::Runtime;

use super::pages::between;
use super::*;
use crate::accounts::concurrent_requests::process;
use crate::support::app::on_both;

#[test]
fn a_second_step_that_is_sent_again_signs_in_for_ten_seconds_and_only_with_its_own_ticket() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        for code in [phone.code(&app), phone.recovery_codes[0].clone()] {
            let browser = after_password(&app, "user_01");
            let other = after_password(&app, "user_01");
            let (again, late) = (browser.at(&app.client), browser.at(&app.client));
            for copy in [&browser, &again] {
                let reply = enter(copy, &code);
                assert_eq!((reply.status, reply.location()), (303, "/dashboard"), "{code}");
                assert!(is_in(copy));
            }
            enter(&other, &code).assert_page(422);
            app.clock.advance(COPY_WINDOW);
            enter(&late, &code).assert_page(422);
        }
        assert_eq!(app.count("recovery_codes"), 9);
        let events = events(&app);
        assert_eq!(events.iter().filter(|event| *event == "recovery_code_used").count(), 1);
    });
}

#[test]
fn a_password_change_that_is_sent_again_asks_for_a_code_and_says_that_it_was_done() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = session(&app, "user_01", &phone);
        let again = browser.at(&app.client);
        let change = [("current_password", "1234"), ("new_password", "battery staple")];
        assert_eq!(browser.post_form("/account/password", &change).location(), "/account");
        let reply = again.post_form("/account/password", &change);
        let second = "/login/second?next=%2Faccount";
        assert_eq!((reply.status, reply.location()), (303, second), "{}", reply.body);
        assert_eq!(again.get("/dashboard").status, 303, "not without the second factor");
        let fields = [("code", phone.next_code(&app)), ("next", "/account".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(again.post_form("/login/second", &fields).location(), "/account");
        assert!(again.get("/account").body.contains("Your password has changed"));
        assert_eq!(events(&app).iter().filter(|event| *event == "password_changed").count(), 1);
    });
}

#[test]
fn of_second_steps_at_once_with_one_ticket_each_signs_in() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        for code in [phone.code(&app), phone.recovery_codes[0].clone()] {
            let body = json!({ "login_token": login_token(&app, "user_01"), "code": code });
            let statuses = Runtime::new().expect("a runtime").block_on(async {
                let processes = [process(&app).await, process(&app).await];
                let sent = (0..6).map(|at| {
                    let request = processes[at % 2].post("/api/login/second");
                    let request = request.header(ContentType::JSON).body(body.to_string());
                    async { request.dispatch().await.status().code }
                });
                join_all(sent).await
            });
            assert_eq!(statuses, [200; 6]);
        }
    });
}

#[test]
fn a_confirmation_that_is_sent_again_confirms_in_the_same_session_alone() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let (browser, other) = (session(&app, "user_01", &phone), session(&app, "user_01", &phone));
        let code = phone.next_code(&app);
        let fields = [("password", "1234"), ("code", code.as_str())];
        let again = browser.at(&app.client);
        for copy in [&browser, &again] {
            let reply = copy.post_form("/reauthenticate", &fields);
            assert_eq!(reply.status, 303, "{}", reply.body);
        }
        other.post_form("/reauthenticate", &fields).assert_page(422);
    });
}

#[test]
fn a_set_up_that_is_sent_again_says_how_to_get_recovery_codes() {
    on_both(|app| {
        let browser = app.session("user_01");
        let page = browser.get("/account/second-factor/set-up").body;
        let hidden = |name: &str| {
            let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a field");
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        let (_, rest) = page.split_once("secret=").expect("an address of the scheme otpauth");
        let secret: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        let code = code_of(&secret, &app, 0);
        let token = hidden("set_up_token");
        let fields = [("set_up_token", token.as_str()), ("code", code.as_str())];
        let again = browser.at(&app.client);
        for copy in [&browser, &again] {
            let reply = copy.post_form("/account/second-factor/set-up", &fields);
            assert_eq!((reply.status, reply.location()), (303, "/account/second-factor"));
        }
        assert!(again.get("/account/second-factor").body.contains("make new ones"));
    });
}

#[test]
fn new_recovery_codes_stay_valid_when_the_request_before_them_is_late() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let browser = session(&app, "user_01", &phone);
        let post = || browser.post("/account/second-factor/recovery-codes");
        assert_eq!(post().location(), "/account/second-factor");
        let shown = browser.get("/account/second-factor").body;
        assert_eq!(app.earlier(post).location(), "/account/second-factor");
        let told = browser.get("/account/second-factor").body;
        assert!(told.contains("Another request has just made recovery codes."), "{told}");
        let code = between(&shown, "<code>", "</code>");
        assert_eq!(enter(&after_password(&app, "user_01"), code).location(), "/dashboard");
    });
}

#[test]
fn recovery_codes_that_another_browser_has_replaced_are_not_shown() {
    on_both(|app| {
        let phone = set_up(&app, "user_01");
        let (first, second) = (session(&app, "user_01", &phone), session(&app, "user_01", &phone));
        let make = |browser: &Actor<'_>| {
            let reply = browser.post("/account/second-factor/recovery-codes");
            assert_eq!(reply.location(), "/account/second-factor");
            app.clock.advance(Duration::from_secs(1));
        };
        make(&first);
        make(&second);
        let [told, shown] = [first, second].map(|one| one.get("/account/second-factor").body);
        assert!(told.contains("Another request has just made recovery codes."), "{told}");
        assert!(!told.contains("<ul class=\"codes\">"), "{told}");
        assert!(shown.contains("<ul class=\"codes\">"), "{shown}");
    });
}

#[test]
fn a_code_for_another_user_than_that_of_the_first_step_is_not_counted() {
    on_both(|app| {
        let (first, second) = (set_up(&app, "user_01"), set_up(&app, "user_02"));
        let browser = after_password(&app, "user_01");
        let page = browser.get("/login/second").body;
        assert!(page.contains("name=\"username\" value=\"user_01\""), "{page}");
        let fields = [("username", "user_02"), ("password", password("user_02"))];
        assert_eq!(browser.post_form("/login", &fields).location(), "/login/second");
        let of_first = [("username", "user_01"), ("code", first.recovery_codes[0].as_str())];
        let by_passkey = [("username", "user_01"), ("passkey", "{}")];
        for (path, fields) in [("/login/second", of_first), ("/login/second/passkey", by_passkey)] {
            let refused = browser.post_form(path, &fields);
            refused.assert_page(422);
            let said = "You are signing in as user_02 now. What you sent was not used.";
            assert!(refused.body.contains(said), "{path}: {}", refused.body);
        }
        assert!(!events(&app).contains(&"bad_code".to_owned()), "{:?}", events(&app));
        let of_second = [("username", "user_02"), ("code", second.recovery_codes[0].as_str())];
        assert_eq!(browser.post_form("/login/second", &of_second).location(), "/dashboard");
    });
}
