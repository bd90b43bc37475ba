//! A form that is sent twice, as by an impatient second click: the second response tells the truth
//! about what the first has done.

use std::collections::BTreeMap;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::futures::future::join_all;
use rocket::http::{ContentType, Cookie, Header};
use rocket::local::asynchronous::Client;
use rocket::tokio::runtime::Runtime;
use serde_json::json;
use vestibule_service::accounts::new_setup_link;

use crate::accounts::addresses::{Mailbox, link_in, token};
use crate::accounts::concurrent_requests::process;
use crate::accounts::password_links::{path_in, use_link};
use crate::support::actor::encoded;
use crate::support::app::{TestApp, on_both, on_both_with};

const NEW: &str = "battery staple";
const CHANGE: [(&str, &str); 2] = [("current_password", "1234"), ("new_password", NEW)];

type Jar = BTreeMap<String, String>;

/// Sends a form with these cookies; the status, the location and the value of the session cookie.
async fn send(
    client: &Client,
    path: &str,
    jar: &Jar,
    fields: &[(&str, &str)],
) -> (u16, String, Option<String>) {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let body = pairs.collect::<Vec<_>>().join("&");
    let mut request = client.post(path.to_owned()).header(ContentType::Form).body(body);
    request.add_header(Header::new("Host", "localhost:8000"));
    for (name, value) in jar {
        let cookie = Cookie::parse_encoded(format!("{name}={value}")).expect("a cookie");
        request = request.cookie(cookie.into_owned());
    }
    let response = request.dispatch().await;
    let location = response.headers().get_one("Location").unwrap_or_default().to_owned();
    let cookies = response.headers().get("Set-Cookie");
    let session = cookies.filter_map(|cookie| cookie.strip_prefix("session=")).next();
    let session = session.map(|rest| rest.split(';').next().unwrap_or_default().to_owned());
    (response.status().code, location, session)
}

/// Two processes, and the runtime on which they respond.
struct Processes(Runtime, [Client; 2]);

impl Processes {
    fn launch(app: &TestApp) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let processes = runtime.block_on(async { [process(app).await, process(app).await] });
        Self(runtime, processes)
    }

    /// Sends one form several times at once, and expects a redirect to this page; the values of the
    /// session cookies of the responses.
    fn redirects_at_once(
        &self,
        (path, to): (&str, &str),
        jar: &Jar,
        fields: &[(&str, &str)],
    ) -> Vec<Option<String>> {
        let Self(runtime, processes) = self;
        let requests = (0..4).map(|at| send(&processes[at % 2], path, jar, fields));
        let replies = runtime.block_on(join_all(requests));
        let sessions = replies.into_iter().map(|(status, location, session)| {
            assert_eq!((status, location.as_str()), (303, to), "{path}");
            session
        });
        sessions.collect()
    }

    /// Sends one form several times at once; the session cookies of the responses.
    fn send_at_once(&self, path: &str, jar: &Jar, fields: &[(&str, &str)]) -> Vec<String> {
        let to = if path == "/account/password" { "/account" } else { "/dashboard" };
        let sessions = self.redirects_at_once((path, to), jar, fields).into_iter();
        let begun = sessions.map(|session| session.filter(|value| !value.is_empty()));
        begun.map(|session| session.expect("a session")).collect()
    }
}

/// Whether a session cookie opens the page of this user.
fn opens(app: &TestApp, session: &str, username: &str) -> bool {
    let browser = app.anonymous();
    browser.jar.borrow_mut().insert("session".to_owned(), session.to_owned());
    let page = browser.get("/dashboard");
    page.status == 200 && page.body.contains(username)
}

fn failures_count(figment: Figment) -> Figment {
    figment.merge(("auth.throttle.failures", 3))
}

#[test]
fn a_password_change_that_is_sent_again_with_the_old_cookies_ends_signed_in() {
    on_both(|app| {
        for (username, old, remember) in [("user_01", "1234", "off"), ("user_02", "5678", "on")] {
            let person = app.anonymous();
            let fields = [("username", username), ("password", old), ("remember", remember)];
            assert_eq!(person.post_form("/login", &fields).status, 303);
            let again = person.at(&app.client);
            let change = [("current_password", old), ("new_password", NEW)];
            for person in [&person, &again] {
                let reply = person.post_form("/account/password", &change);
                assert_eq!((reply.status, reply.location()), (303, "/account"), "{}", reply.body);
                assert!(person.get("/account").body.contains("Your password has changed"));
            }
            for person in [&person, &again] {
                assert!(person.get("/dashboard").body.contains(username));
                assert_eq!(person.jar.borrow().contains_key("remember_token"), remember == "on");
            }
        }
    });
}

#[test]
fn a_password_change_that_is_sent_again_with_the_new_cookies_says_that_it_was_done() {
    on_both(|app| {
        let person = app.session("user_01");
        for _ in 0..2 {
            let reply = person.post_form("/account/password", &CHANGE);
            assert_eq!((reply.status, reply.location()), (303, "/account"), "{}", reply.body);
            assert!(person.get("/account").body.contains("Your password has changed"));
        }
        assert_eq!(app.count("events WHERE event = 'password_changed'"), 1);
        app.clock.advance(Duration::from_secs(60));
        person.post_form("/account/password", &CHANGE).assert_page(401);
    });
}

#[test]
fn of_password_changes_at_once_each_ends_signed_in() {
    on_both(|app| {
        let person = app.session("user_01");
        let jar = person.jar.borrow().clone();
        for session in Processes::launch(&app).send_at_once("/account/password", &jar, &CHANGE) {
            assert!(opens(&app, &session, "user_01"));
        }
        assert_eq!(person.get("/dashboard").status, 303, "the old session has ended");
        assert_eq!(app.count("events WHERE event = 'password_changed'"), 1);
    });
}

#[test]
fn of_confirmations_of_an_address_at_once_each_leads_to_the_account() {
    on_both(|app| {
        let person = app.session("user_01");
        let mut mailbox = Mailbox::of(&app);
        person.post_form("/account/address", &[("email", "ann@example.org")]);
        let link = link_in(&mailbox.next());
        let fields = [("token", token(&link)), ("email", "ann@example.org")];
        let jar = person.jar.borrow().clone();
        Processes::launch(&app).redirects_at_once(("/address/confirm", "/account"), &jar, &fields);
        // A used link of an address that is not the account's has confirmed nothing.
        let fields = [fields[0], ("email", "ben@example.org")];
        person.post_form("/address/confirm", &fields).assert_page(404);
    });
}

#[test]
fn a_password_change_of_a_program_that_is_sent_again_is_done() {
    on_both(|app| {
        let program = app.token("user_01");
        let change = json!({ "current_password": "1234", "new_password": NEW });
        for _ in 0..2 {
            assert_eq!(program.post_json("/api/password", &change).status, 204);
        }
        let other = json!({ "current_password": "1234", "new_password": "another staple" });
        program.post_json("/api/password", &other).assert_problem(422, "invalid_field");
        assert_eq!(app.count("events WHERE event = 'password_changed'"), 1);
        app.clock.advance(Duration::from_secs(60));
        program.post_json("/api/password", &change).assert_problem(422, "invalid_field");
    });
}

#[test]
fn of_deletions_of_the_own_account_at_once_each_leads_to_the_front_page() {
    on_both(|app| {
        let jar = app.session("user_01").jar.borrow().clone();
        let fields = [("username", "user_01")];
        let processes = Processes::launch(&app);
        let sessions = processes.redirects_at_once(("/account/delete", "/"), &jar, &fields);
        assert_eq!(sessions, vec![Some(String::new()); 4], "removed");
        assert_eq!(app.count("users WHERE username = 'user_01'"), 0);
        assert_eq!(app.count("events WHERE event = 'deleted'"), 1);
    });
}

#[test]
fn after_signing_out_a_form_with_the_unchanged_password_changes_nothing_and_says_so() {
    on_both(|app| {
        let person = app.session("user_01");
        let old = person.credentials();
        person.post("/logout");
        let fields = [("current_password", "a wrong one"), ("new_password", "1234")];
        let reply = old.at(&app.client).post_form("/account/password", &fields);
        assert_eq!((reply.status, reply.location()), (303, "/login?next=%2Faccount"));
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn a_repeated_change_needs_the_password_in_force_and_a_cookie_that_was_fresh() {
    on_both(|app| {
        let person = app.session("user_01");
        let old = person.credentials();
        assert_eq!(person.post_form("/account/password", &CHANGE).status, 303);
        let login = "/login?next=%2Faccount";
        let wrong = [("current_password", "1234"), ("new_password", "another horse")];
        for (who, fields) in [
            (old.at(&app.client), &wrong),
            (app.anonymous(), &CHANGE),
            // Their own cookie names their own account, whatever the form says.
            (app.session("user_02"), &CHANGE),
        ] {
            let is_signed_in = who.get("/dashboard").status == 200;
            let reply = who.post_form("/account/password", fields);
            if is_signed_in {
                assert_eq!(reply.status, 401, "{}", reply.body);
            } else {
                assert_eq!((reply.status, reply.location()), (303, login));
            }
            assert!(!who.get("/dashboard").body.contains("user_01"));
        }
        let ended = app.session("user_02");
        let ended_jar = ended.credentials();
        ended.post("/logout");
        let reply = ended_jar.at(&app.client).post_form("/account/password", &CHANGE);
        assert_eq!((reply.status, reply.location()), (303, login), "another account's password");

        app.clock.advance(std::time::Duration::from_secs(20 * 60));
        let late = old.at(&app.client).post_form("/account/password", &CHANGE);
        assert_eq!((late.status, late.location()), (303, login));
    });
}

#[test]
fn a_repeated_change_is_throttled_as_a_sign_in() {
    on_both_with(failures_count, |app| {
        let person = app.session("user_01");
        let old = person.credentials();
        assert_eq!(person.post_form("/account/password", &CHANGE).status, 303);
        for guess in 0..3 {
            let guessed = format!("guess number {guess}");
            let fields = [("current_password", "1234"), ("new_password", guessed.as_str())];
            let reply = old.at(&app.client).post_form("/account/password", &fields);
            assert_eq!((reply.status, reply.location()), (303, "/login?next=%2Faccount"));
        }
        let reply = old.at(&app.client).post_form("/account/password", &CHANGE);
        assert_eq!(reply.status, 429);
        let fields = [("username", "user_01"), ("password", NEW)];
        assert_eq!(app.anonymous().post_form("/login", &fields).status, 429);
    });
}

#[test]
fn a_link_stays_valid_when_the_request_before_it_is_late() {
    on_both(|app| {
        let (admin, program) = (app.session("admin"), app.token("admin"));
        let id = app.id("user_01");
        let (page, api) = (format!("/admin/users/{id}"), format!("/api/users/{id}/reset-link"));
        app.clock.advance(Duration::from_secs(1));
        let link = path_in(&admin.post(&format!("{page}/reset-link")).body);
        let late = app.earlier(|| admin.post(&format!("{page}/reset-link")));
        assert_eq!((late.status, late.location()), (303, page.as_str()), "{}", late.body);
        let told = admin.get(&page).body;
        assert!(told.contains("Another request has just made a link."), "{told}");
        let late = app.earlier(|| program.post(&api));
        late.assert_problem(409, "already_made");
        let used = use_link(&app.anonymous(), &link, NEW);
        assert_eq!(used.location(), "/login", "the link of the later request: {}", used.body);

        // A clock that was set back by more than a copy takes.
        let back = app.clock.now().expect("a time") - Duration::from_secs(120);
        app.clock.set(back);
        assert_eq!(app.token("admin").post(&api).status, 201);
    });
}

#[test]
fn an_invitation_stays_valid_when_the_request_before_it_is_late() {
    on_both(|app| {
        let admin = app.session("admin");
        app.clock.advance(Duration::from_secs(1));
        let form = [("username", "new_user"), ("role", "user"), ("password", "")];
        let link = path_in(&admin.post_form("/admin/users/new", &form).body);
        let late = app.earlier(|| admin.post_form("/admin/users/new", &form));
        let page = format!("/admin/users/{}", app.id("new_user"));
        assert_eq!((late.status, late.location()), (303, page.as_str()), "{}", late.body);
        assert!(admin.get(&page).body.contains("Another request has just made a link."));
        assert_eq!(use_link(&app.anonymous(), &link, NEW).location(), "/login");
    });
}

#[test]
fn what_has_ended_already_has_ended() {
    on_both(|app| {
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        let sid = program.get("/api/claims").json()["sid"].as_str().expect("an id").to_owned();
        let key = json!({ "label": "a label", "scopes": [] });
        let key = program.post_json("/api/keys", &key).json();
        let key = key["id"].as_str().expect("an id").to_owned();
        for (path, list, event) in [
            (format!("/account/sign-ins/{sid}/end"), "/account/sign-ins", "Sign-ins ended"),
            (format!("/account/keys/{key}/end"), "/account/keys", "Access key ended"),
        ] {
            for _ in 0..2 {
                let reply = person.post(&path);
                assert_eq!((reply.status, reply.location()), (303, list));
                assert!(person.get(list).body.contains("has ended."));
            }
            assert_eq!(person.get("/account/events").body.matches(event).count(), 1);
        }
        app.token("user_01");
        for said in ["Signed out everywhere else", "You are signed in nowhere else."] {
            assert_eq!(person.post("/account/sign-ins/end-others").status, 303);
            let list = person.get("/account/sign-ins").body;
            assert!(list.contains(said), "{list}");
        }
        let admin = app.session("admin");
        for id in [app.id("user_02"), app.id("user_02"), 999_999] {
            let path = format!("/admin/users/{id}/delete");
            let reply = admin.post_form(&path, &[("confirm", "on")]);
            assert_eq!((reply.status, reply.location()), (303, "/admin/users"));
        }
    });
}

const ANN: [(&str, &str); 2] = [("username", "Ann"), ("password", "correct horse")];

#[test]
fn a_registration_that_is_sent_again_ends_signed_in() {
    on_both(|app| {
        for _ in 0..2 {
            let visitor = app.anonymous();
            let reply = visitor.post_form("/register", &ANN);
            assert_eq!((reply.status, reply.location()), (303, "/dashboard"), "{}", reply.body);
            assert!(visitor.get("/dashboard").body.contains("Ann"));
        }
        let ben = [("username", "ben"), ("password", "correct horse")];
        for session in Processes::launch(&app).send_at_once("/register", &Jar::new(), &ben) {
            assert!(opens(&app, &session, "ben"));
        }
        assert_eq!(app.count("users WHERE username IN ('Ann', 'ben')"), 2);
        assert_eq!(app.count("events WHERE event = 'registered'"), 2);
    });
}

#[test]
fn a_taken_name_with_another_password_is_taken_whatever_else_is_wrong() {
    on_both_with(failures_count, |app| {
        assert_eq!(app.anonymous().post_form("/register", &ANN).status, 303);
        assert_eq!(app.anonymous().post_form("/register", &ANN).status, 303);
        let taken = |password: &str| {
            let fields = [("username", "ann"), ("password", password)];
            let reply = app.anonymous().post_form("/register", &fields);
            reply.assert_page(409);
            reply.assert_no_cookies();
            assert!(reply.body.contains("This user name is taken."), "{}", reply.body);
            reply.body
        };
        let wrong = taken("battery staple");
        app.sql("UPDATE users SET active = FALSE WHERE username = 'Ann'");
        assert_eq!(taken("correct horse"), wrong, "deactivated");
        app.sql("UPDATE users SET active = TRUE WHERE username = 'Ann'");
        for _ in 0..3 {
            taken("battery staple");
        }
        // Counted as sign-ins: now even the right password is not looked at.
        assert_eq!(taken("correct horse"), wrong);
        assert_eq!(app.anonymous().post_form("/login", &ANN).status, 429);
    });
}

#[test]
fn a_set_up_that_is_sent_again_ends_signed_in() {
    on_both(|app| {
        let processes = Processes::launch(&app);
        app.sql("DELETE FROM users");
        let now = app.clock.now().expect("a sane clock");
        let link = new_setup_link(&mut app.connection(), now).expect("a database");
        let link = link.expect("there is no administrator");
        let fields =
            |password| [("token", link.reveal()), ("username", "Ann"), ("password", password)];
        for session in processes.send_at_once("/setup", &Jar::new(), &fields("correct horse")) {
            assert!(opens(&app, &session, "Ann"));
        }
        let again = app.anonymous().post_form("/setup", &fields("correct horse"));
        assert_eq!((again.status, again.location()), (303, "/dashboard"));
        assert_eq!(app.anonymous().post_form("/setup", &fields("battery staple")).status, 404);
        assert_eq!(app.count("users"), 1);

        let registered = [("username", "ben"), ("password", "correct horse")];
        assert_eq!(app.anonymous().post_form("/register", &registered).status, 303);
        let ben = [("token", link.reveal()), registered[0], registered[1]];
        assert_eq!(app.anonymous().post_form("/setup", &ben).status, 404, "no administrator");
        app.clock.advance(Duration::from_secs(24 * 60 * 60));
        assert_eq!(app.anonymous().post_form("/setup", &fields("correct horse")).status, 404);
    });
}
