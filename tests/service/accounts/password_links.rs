//! Links by which a user sets a password, made by an administrator.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::futures::future::join_all;
use rocket::http::{ContentType, Header, Method};
use rocket::local::asynchronous::Client;
use rocket::tokio::runtime::Runtime;
use serde_json::json;
use vestibule_service::accounts::{PasswordLink, queries};

use super::concurrent_requests::process;
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};
use crate::support::process::{Service, at_home};

const NEW: &str = "battery staple";
const HOUR: Duration = Duration::from_secs(60 * 60);

fn set(key: &'static str, value: &str) -> impl Fn(Figment) -> Figment {
    let value = value.to_owned();
    move |figment| figment.merge(Serialized::default(key, &value))
}

/// The path of a link that is in a text.
pub(crate) fn path_in(text: &str) -> String {
    let text = text.replace("&#x2F;", "/");
    let (_, rest) = text.split_once("/password/new?token=").expect("a link");
    let token: String = rest.chars().take(43).collect();
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    format!("/password/new?token={token}")
}

fn token(path: &str) -> &str {
    path.split_once('=').expect("a secret").1
}

/// A link that the administrator makes over the API.
fn link(app: &TestApp, username: &str) -> String {
    let id = app.id(username);
    let reply = app.token("admin").post(&format!("/api/users/{id}/reset-link"));
    assert_eq!(reply.status, 201, "{}", reply.body);
    path_in(&reply.body)
}

pub(crate) fn use_link(visitor: &Actor<'_>, path: &str, password: &str) -> Reply {
    visitor.post_form("/password/new", &[("token", token(path)), ("password", password)])
}

#[track_caller]
pub(super) fn assert_invalid(reply: &Reply) {
    reply.assert_page(404);
    reply.assert_no_cookies();
    assert!(reply.body.contains("<h1>This link is not valid</h1>"), "{}", reply.body);
    assert!(reply.body.contains("href=\"/password/forgot\""), "{}", reply.body);
    assert!(reply.body.contains("If you have just used it, sign in with the new password"));
    assert!(!reply.body.contains("name=\"token\""));
}

/// Fails unless the link leads nowhere, opened and used.
#[track_caller]
pub(super) fn assert_ended(app: &TestApp, path: &str) {
    let visitor = app.anonymous();
    assert_invalid(&visitor.open_link(path));
    assert_invalid(&use_link(&visitor, path, NEW));
}

pub(super) fn signs_in(app: &TestApp, username: &str, password: &str) -> bool {
    let body = json!({ "username": username, "password": password });
    app.anonymous().post_json("/api/login", &body).status == 200
}

#[test]
fn an_administrator_makes_a_link_on_the_page_and_its_user_sets_a_password() {
    on_both(|app| {
        let (admin, owner) = (app.session("admin"), app.session("user_01"));
        let page = format!("/admin/users/{}", app.id("user_01"));
        let shown = admin.get(&page).body.replace("&#x2F;", "/");
        assert!(shown.contains(&format!("href=\"{page}/reset-link\"")), "{shown}");
        let asked = admin.get(&format!("{page}/reset-link"));
        asked.assert_page(200);
        assert_eq!(app.count("password_links"), 0, "a question makes none");
        let made = admin.post(&format!("{page}/reset-link"));
        made.assert_page(200);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        let path = path_in(&made.body);
        assert!(made.body.replace("&#x2F;", "/").contains(&format!("http://localhost:8000{path}")));
        assert!(!admin.get(&page).body.contains(token(&path)), "shown once");
        assert!(admin.get(&page).body.contains("Link to set a password"));
        assert_eq!(owner.get("/dashboard").status, 200, "making one ends nothing");

        let visitor = app.anonymous();
        for _ in 0..2 {
            let form = visitor.open_link(&path);
            form.assert_page(200);
            assert_eq!(form.header("cache-control"), Some("no-store"));
            assert!(form.body.contains("Choose the password of <strong>user_01</strong>."));
        }
        assert_eq!(visitor.send(visitor.request(Method::Head, &path)).status, 303);
        let done = use_link(&visitor, &path, NEW);
        assert_eq!((done.status, done.location()), (303, "/login"), "{}", done.body);
        let login = visitor.get("/login");
        login.assert_page(200);
        assert!(login.body.contains("The password is set. Sign in with it."), "{}", login.body);
        assert!(visitor.get("/dashboard").location().starts_with("/login"), "it starts no sign-in");
        assert!(owner.get("/dashboard").location().starts_with("/login"), "all sign-ins end");
        assert!(signs_in(&app, "user_01", NEW) && !signs_in(&app, "user_01", "1234"));
        assert_ended(&app, &path);
    });
}

#[test]
fn a_link_over_the_api_says_until_when_and_ends_sign_ins_and_keys_once_it_is_used() {
    on_both(|app| {
        let owner = app.token("user_01");
        let body = json!({ "label": "a label", "scopes": [] });
        let key = owner.post_json("/api/keys", &body).json()["key"].as_str().map(str::to_owned);
        let program = owner.with_token(&key.expect("a key"));
        let made = app.token("admin").post(&format!("/api/users/{}/reset-link", app.id("user_01")));
        assert_eq!(made.status, 201, "{}", made.body);
        made.assert_no_cookies();
        let until = app.clock.now().expect("a time") + HOUR;
        let expected = vestibule_service::db::rfc3339(until);
        assert_eq!(made.json()["expires_at"], expected.as_str());
        let link = made.json()["link"].as_str().expect("a link").to_owned();
        assert!(link.starts_with("http://localhost:8000/password/new?token="), "{link}");
        for actor in [&owner, &program] {
            assert_eq!(actor.get("/api/me").status, 200);
        }
        assert_eq!(use_link(&app.anonymous(), &path_in(&link), NEW).status, 303);
        for actor in [&owner, &program] {
            actor.get("/api/me").assert_problem(401, "token_revoked");
        }
        let events = app.token("admin").get("/api/admin/events").json()["events"].to_string();
        for (event, actor) in
            [("link_made", "admin"), ("link_used", "user_01"), ("password_changed", "user_01")]
        {
            let at = events.find(&format!("\"event\":\"{event}\"")).expect(event);
            let row = &events[events[..at].rfind('{').expect("a row")..];
            let row = &row[..row.find('}').expect("its end")];
            assert!(row.contains(&format!("\"actor\":\"{actor}\"")), "{row}");
            assert!(row.contains("\"username\":\"user_01\""), "{row}");
        }
        assert!(!events.contains(token(&link)));
    });
}

#[test]
fn a_link_ends_with_its_hour_with_another_link_and_with_another_password() {
    on_both(|app| {
        let path = link(&app, "user_01");
        app.clock.advance(HOUR - Duration::from_micros(1));
        assert_eq!(app.anonymous().open_link(&path).status, 200);
        app.clock.advance(Duration::from_micros(1));
        assert_ended(&app, &path);

        let path = link(&app, "user_01");
        let newer = link(&app, "user_01");
        assert_ended(&app, &path);
        assert_eq!(app.count("password_links"), 1);

        let fields = [("current_password", "1234"), ("new_password", "correct horse")];
        let changed = app.session("user_01").post_form("/account/password", &fields);
        assert_eq!(changed.status, 303, "{}", changed.body);
        assert_ended(&app, &newer);

        let path = link(&app, "user_02");
        let body = json!({ "current_password": "5678", "new_password": "correct horse" });
        assert_eq!(app.token("user_02").post_json("/api/password", &body).status, 204);
        assert_ended(&app, &path);
    });
}

#[test]
fn a_link_ends_with_the_activity_of_its_account_and_with_the_account() {
    on_both(|app| {
        let admin = app.token("admin");
        let user = |name: &str| format!("/api/users/{}", app.id(name));
        let path = link(&app, "user_01");
        for active in [false, true] {
            let body = json!({ "active": active });
            assert_eq!(admin.patch_json(&user("user_01"), &body).status, 200);
            assert_ended(&app, &path);
        }
        assert_eq!(admin.patch_json(&user("user_01"), &json!({ "active": false })).status, 200);
        let refused = admin.post(&format!("{}/reset-link", user("user_01")));
        refused.assert_problem(403, "account_inactive");
        assert!(refused.body.contains("Activate it first."), "{}", refused.body);

        let path = link(&app, "user_02");
        assert_eq!(admin.delete(&user("user_02")).status, 204);
        assert_ended(&app, &path);
        let body = json!({ "username": "user_02", "password": "correct horse" });
        assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
        assert_ended(&app, &path);
        assert!(signs_in(&app, "user_02", "correct horse"), "it is another account");
        admin.post("/api/users/999/reset-link").assert_problem(404, "not_found");
    });
}

#[test]
fn ending_the_sign_ins_of_an_account_leaves_its_link() {
    on_both(|app| {
        let path = link(&app, "user_01");
        let user = format!("/api/users/{}", app.id("user_01"));
        let admin = app.token("admin");
        assert_eq!(admin.delete(&format!("{user}/sign-ins")).status, 204);
        assert_eq!(admin.patch_json(&user, &json!({ "full_name": "Ann" })).status, 200);
        assert!(signs_in(&app, "user_01", "1234"));
        assert_eq!(use_link(&app.anonymous(), &path, NEW).status, 303);
    });
}

/// Uses a link; the status and the password.
async fn send(client: &Client, path: &str, password: String) -> (u16, String) {
    let body = format!("token={}&password={}", token(path), password.replace(' ', "+"));
    let request = client.post("/password/new").header(ContentType::Form).body(body);
    (request.dispatch().await.status().code, password)
}

#[test]
fn of_fifty_forms_with_one_link_at_once_one_sets_the_password() {
    let long_queue = |figment: Figment| {
        let figment = figment.merge(("auth.password.queue", 10_000));
        figment.merge(("databases.main.timeout", "1m"))
    };
    on_both_with(long_queue, |app| {
        let path = link(&app, "user_01");
        let runtime = Runtime::new().expect("a runtime");
        let replies = runtime.block_on(async {
            let processes = [process(&app).await, process(&app).await];
            let forms = (0..50).map(|at| send(&processes[at % 2], &path, format!("{NEW} {at}")));
            join_all(forms).await
        });
        let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.0 == 303);
        assert_eq!(won.len(), 1, "{replies:?}");
        assert!(lost.iter().all(|reply| reply.0 == 404), "{replies:?}");
        assert!(signs_in(&app, "user_01", &won[0].1));
        assert_eq!(app.count("events WHERE event = 'link_used'"), 1);
        assert_eq!(app.count("password_links"), 0);
    });
}

#[test]
fn a_form_that_was_sent_twice_leads_to_the_same_page() {
    on_both(|app| {
        let path = link(&app, "user_01");
        let twice = |username, password| {
            let fields = [("token", token(&path)), ("username", username), ("password", password)];
            app.anonymous().post_form("/password/new", &fields)
        };
        for _ in 0..2 {
            let reply = twice("user_01", NEW);
            assert_eq!((reply.status, reply.location()), (303, "/login"), "{}", reply.body);
        }
        assert_eq!(app.count("events WHERE event = 'password_changed'"), 1);
        assert_invalid(&twice("user_01", "correct horse"));
        assert_invalid(&twice("user_02", NEW));
        assert_invalid(&twice("", NEW));
        app.clock.advance(Duration::from_secs(60));
        assert_invalid(&twice("user_01", NEW));
    });
}

#[test]
fn a_form_without_a_link_says_of_no_password_whether_it_is_right() {
    on_both(|app| {
        let attempts = app.count("throttle");
        for password in ["5678", "correct horse"] {
            let fields = [("username", "user_02"), ("password", password)];
            assert_invalid(&app.anonymous().post_form("/password/new", &fields));
        }
        assert_eq!(app.count("throttle"), attempts, "no password is verified");
    });
}

#[test]
fn where_no_mail_is_sent_an_administrator_makes_the_next_link() {
    on_both_with(set("accounts.email", "off"), |app| {
        let path = link(&app, "user_01");
        assert_eq!(use_link(&app.anonymous(), &path, NEW).status, 303);
        let visitor = app.anonymous();
        for page in [visitor.open_link(&path), use_link(&visitor, &path, NEW)] {
            page.assert_page(404);
            let said = "Ask an administrator of this service for a new one.";
            assert!(page.body.contains(said), "{}", page.body);
            assert!(!page.body.contains("/password/forgot"), "{}", page.body);
        }
    });
}

#[test]
fn a_used_link_gives_no_more_guesses_than_the_form_to_sign_in() {
    let two = |figment: Figment| {
        let figment = figment.merge(("auth.throttle.failures", 2));
        figment.merge(("metrics.token", "a-token-of-the-tests-of-32-bytes"))
    };
    on_both_with(two, |app| {
        let path = link(&app, "user_01");
        let set = |password| {
            let fields = [("token", token(&path)), ("username", "user_01"), ("password", password)];
            app.anonymous().post_form("/password/new", &fields)
        };
        assert_eq!(set(NEW).status, 303);
        for _ in 0..2 {
            assert_invalid(&set("correct horse"));
        }
        let refused = set(NEW);
        refused.assert_page(429);
        assert!(refused.header("retry-after").is_some());
        let metrics = app.anonymous().with_token("a-token-of-the-tests-of-32-bytes");
        let page = metrics.get("/metrics").body;
        assert!(page.contains("vestibule_sign_ins_total{outcome=\"not_found\"} 2"), "{page}");
    });
}

#[test]
fn a_password_that_may_not_be_shows_the_form_again_and_uses_nothing_up() {
    on_both(|app| {
        app.sql("UPDATE users SET full_name = 'Ann Lee' WHERE username = 'user_01'");
        let path = link(&app, "user_01");
        let visitor = app.anonymous();
        for (password, said) in [
            ("short", "at least 8 characters"),
            ("password12345678", "A few unrelated words make a good one."),
            ("USER_01 ", "must not be the user name"),
            ("Lee Ann Lee", "must not be the full name"),
        ] {
            let again = use_link(&visitor, &path, password);
            again.assert_page(422);
            assert!(again.body.contains(said), "{password}: {}", again.body);
            assert!(again.body.contains("<title>Error: Set a password"), "{}", again.body);
            assert!(again.body.contains(&format!("value=\"{}\"", token(&path))));
            assert!(!again.body.contains(&format!("value=\"{password}\"")));
        }
        assert_eq!(app.count("password_links"), 1);
        assert_eq!(use_link(&visitor, &path, NEW).status, 303);
    });
}

#[test]
fn the_secret_waits_in_a_cookie_that_no_script_and_no_other_page_gets() {
    on_both(|app| {
        let path = link(&app, "user_01");
        let redirect = app.anonymous().get(&path);
        let [cookie] = redirect.cookies()[..] else { panic!("{:?}", redirect.cookies()) };
        for part in ["HttpOnly", "SameSite=Lax", "Path=/password/new", "Max-Age=3600"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert_eq!(redirect.location(), "/password/new");
        assert!(!redirect.body.contains(token(&path)));
        for wrong in ["A", &"A".repeat(43), &"A".repeat(5000), "%00", "%ff", "%3B%20a=b"] {
            assert_invalid(&app.anonymous().open_link(&format!("/password/new?token={wrong}")));
        }
        let visitor = app.anonymous();
        for page in [visitor.get("/password/new"), visitor.open_link("/password/new?token=")] {
            page.assert_page(404);
            assert!(page.body.contains("your browser did not keep this site"), "{}", page.body);
        }
        let program = app.token("user_01");
        program.get(&path).assert_no_cookies();
        let refused = program.post_form("/password/new", &[("token", token(&path))]);
        refused.assert_no_cookies();
        assert_eq!(refused.status, 400, "{}", refused.body);
    });
    let secure = |figment: Figment| figment.merge(("auth.session.secure", true));
    on_both_with(secure, |app| {
        let redirect = app.anonymous().get("/password/new?token=x");
        assert!(redirect.cookies()[0].contains("Secure"), "{:?}", redirect.cookies());
    });
}

#[test]
fn only_an_administrator_with_a_fresh_password_makes_a_link() {
    on_both(|app| {
        let id = app.id("user_02");
        let (page, route) =
            (format!("/admin/users/{id}/reset-link"), format!("/api/users/{id}/reset-link"));
        app.session("user_01").get(&page).assert_page(403);
        app.session("user_01").post(&page).assert_page(403);
        assert!(app.anonymous().get(&page).location().starts_with("/login?next="));
        assert!(app.anonymous().post(&page).location().starts_with("/login?next="));
        app.token("user_01").post(&route).assert_problem(403, "forbidden");
        app.anonymous().post(&route).assert_problem(401, "credentials_missing");
        app.session("admin").post(&route).assert_problem(401, "credentials_missing");

        let admin = app.session("admin");
        let foreign = admin.request(Method::Post, &page);
        let foreign = foreign.header(Header::new("Sec-Fetch-Site", "cross-site"));
        assert_eq!(admin.send(foreign).status, 403);
        let mut program = app.token("admin");
        let body = json!({ "label": "a label", "scopes": ["users:read", "users:write"] });
        let key = program.post_json("/api/keys", &body).json()["key"].as_str().map(str::to_owned);
        let key = program.with_token(&key.expect("a key"));
        key.post(&route).assert_problem(401, "fresh_login_required");
        assert_eq!(program.refresh().status, 200);
        program.post(&route).assert_problem(401, "fresh_login_required");
        app.clock.advance(Duration::from_secs(30 * 60));
        let asks = admin.post(&page);
        assert!(asks.location().starts_with("/reauthenticate?next="), "{}", asks.location());
        assert_eq!(app.count("password_links"), 0);
    });
}

#[test]
fn a_form_of_another_site_sets_no_password() {
    on_both(|app| {
        let path = link(&app, "user_01");
        let visitor = app.anonymous();
        let body = format!("token={}&password=battery+staple", token(&path));
        let form = visitor.request(Method::Post, "/password/new").header(ContentType::Form);
        let form = form.header(Header::new("Sec-Fetch-Site", "cross-site")).body(body);
        assert_eq!(visitor.send(form).status, 403);
        assert!(signs_in(&app, "user_01", "1234"));
    });
}

#[test]
fn a_user_who_was_throttled_signs_in_with_the_new_password() {
    let limited = |figment: Figment| {
        figment.merge(Serialized::default("auth.throttle", json!({ "failures": 2 })))
    };
    on_both_with(limited, |app| {
        let path = link(&app, "user_01");
        let owner = app.anonymous().from("192.0.2.7");
        let login = |password: &str| {
            let fields = [("username", "user_01"), ("password", password)];
            owner.post_form("/login", &fields).status
        };
        assert_eq!([login("a"), login("b"), login("1234")], [401, 401, 429]);
        assert_eq!(use_link(&owner, &path, NEW).status, 303);
        assert_eq!(login(NEW), 303);
    });
}

#[test]
fn what_is_stored_opens_nothing_and_expired_links_are_deleted() {
    on_both(|app| {
        let path = link(&app, "user_01");
        link(&app, "user_02");
        assert_eq!(app.count(&format!("password_links WHERE token_hash = '{}'", token(&path))), 0);
        let purge = |limit| {
            let now = app.clock.now().expect("a time");
            let mut connection = app.connection();
            let purged = vestibule_service::accounts::queries::purge_password_links(
                &mut connection,
                now,
                limit,
            );
            purged.expect("a database")
        };
        assert_eq!(purge(500), 0);
        app.clock.advance(HOUR);
        assert_eq!([purge(1), purge(500), purge(500)], [1, 1, 0], "in batches");
    });
}

#[test]
fn the_public_address_is_in_links_and_commands_and_is_checked_at_the_start() {
    on_both_with(set("public_url", "https://login.example"), |app| {
        let id = app.id("user_01");
        let made = app.token("admin").post(&format!("/api/users/{id}/reset-link")).json();
        let link = made["link"].as_str().expect("a link");
        assert!(link.starts_with("https://login.example/password/new?token="), "{link}");
        let shown = app.session("admin").post(&format!("/admin/users/{id}/reset-link")).body;
        assert!(shown.replace("&#x2F;", "/").contains("https://login.example/password/new?token="));
        let home = app.session("user_01").get("/").body.replace("&#x2F;", "/");
        assert!(home.contains("https://login.example/api/"), "{home}");
        for wrong in ["login.example", "https://login.example/", "https://a.example/x", ""] {
            let figment = set("public_url", wrong)(app.figment());
            let errors = vestibule_service::app::build(figment, &app.clock).expect_err("refused");
            let said = errors.iter().map(ToString::to_string).collect::<String>();
            assert!(said.contains("public_url") && said.contains("must be like"), "{said}");
        }
        for (url, is_allowed) in [("http://a.example", false), ("http://localhost:8000", true)] {
            let figment = set("public_url", url)(app.figment());
            let secure = figment.merge(Serialized::default("auth.session.secure", true));
            let built = vestibule_service::app::build(secure, &app.clock);
            assert_eq!(built.is_ok(), is_allowed, "{url}");
        }
        for (key, value) in
            [("accounts.reset_link_lifetime", "59s"), ("accounts.invitation_lifetime", "31 days")]
        {
            let figment = set(key, value)(app.figment());
            let errors = vestibule_service::app::build(figment, &app.clock).expect_err("refused");
            let said = errors.iter().map(ToString::to_string).collect::<String>();
            assert!(said.contains(key) && said.contains("\"1m\" to \"30 days\""), "{said}");
        }
    });
}

#[test]
fn where_there_are_no_pages_there_are_no_links() {
    on_both_with(set("auth.mode", "token"), |app| {
        let id = app.id("user_01");
        app.token("admin")
            .post(&format!("/api/users/{id}/reset-link"))
            .assert_problem(404, "not_found");
        app.anonymous().get("/password/new?token=x").assert_problem(404, "not_found");
    });
    at_home(|home| {
        home.run(&["user", "add", "ann", "--password-stdin"], "correct horse");
        let mut command = home.command(&["user", "reset-link", "ann"]);
        command.env("ROCKET_AUTH", "{mode=\"token\"}");
        let done = crate::support::process::finish(&mut command, "");
        assert!(done.code == Some(1) && done.err.contains("no page for the link"), "{done:?}");
    });
}

/// Uses a link at a running service.
fn used(service: &Service, path: &str, password: &str) -> u16 {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("token={}&password={}", token(path), password.replace(' ', "+"));
    service.send("POST", "/password/new", &form, &body).status
}

#[test]
fn the_command_line_prints_a_link_and_the_log_does_not() {
    at_home(|home| {
        home.run(&["user", "add", "ann", "--password-stdin"], "correct horse");
        let service = home.serve_logging(&[("ROCKET_PUBLIC_URL", "https://login.example")], "log");
        assert!(service.banner.contains("open https://login.example/login"), "{}", service.banner);
        let made = home.run(&["user", "reset-link", "ANN"], "");
        assert_eq!((made.code, made.out.lines().count()), (Some(0), 1), "{made:?}");
        assert!(
            made.err.starts_with("ann sets a password with this link, once, until 20"),
            "{made:?}"
        );
        assert!(made.err.contains("public_url is not set"), "{made:?}");
        let mut command = home.command(&["user", "reset-link", "ann"]);
        command.env("ROCKET_PUBLIC_URL", "https://login.example");
        let public = crate::support::process::finish(&mut command, "");
        assert!(public.out.starts_with("https://login.example/password/new?token="), "{public:?}");
        assert!(!public.err.contains("public_url"), "{public:?}");
        let made = home.run(&["user", "reset-link", "ann"], "");
        let path = path_in(&made.out);
        let redirect = service.get(&path, &[]);
        assert_eq!((redirect.status, redirect.location()), (303, "/password/new"));
        assert_eq!(used(&service, &path, NEW), 303);
        assert!(service.api_login("ann", NEW).is_ok());
        assert_eq!(used(&service, &path, "correct horse"), 404);

        let path = path_in(&home.run(&["user", "reset-link", "ann"], "").out);
        let changed =
            home.run(&["user", "set-password", "ann", "--password-stdin"], "correct horse");
        assert_eq!(changed.code, Some(0), "{changed:?}");
        assert_eq!(used(&service, &path, NEW), 404);
        let path = path_in(&home.run(&["user", "reset-link", "ann"], "").out);
        assert_eq!(home.run(&["user", "disable", "ann"], "").code, Some(0));
        assert_eq!(used(&service, &path, NEW), 404);
        let refused = home.run(&["user", "reset-link", "ann"], "");
        assert!(
            refused.code == Some(1) && refused.err.contains("Activate it first."),
            "{refused:?}"
        );
        service.stop();
        let log = std::fs::read_to_string(home.path("log")).expect("a log");
        assert!(log.contains("GET /password/new 303") && !log.contains(token(&path)), "{log}");
    });
}

#[test]
fn a_link_for_a_mail_is_stored_for_the_active_user_with_its_address_alone() {
    on_both(|app| {
        app.sql(
            "UPDATE users SET email = 'a@b.org', email_key = 'a@b.org' WHERE username = 'user_01'",
        );
        let store = |username: &str| {
            let now = app.clock.now().expect("a time");
            let link = PasswordLink::generate(now, HOUR).expect("a secret");
            let owner = (app.id(username), "a@b.org");
            let stored = queries::store_mailed_link(&mut app.connection(), owner, &link, None, now);
            stored.expect("an answer")
        };
        assert!(store("user_01") && !store("user_02"));
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_01'");
        assert!(!store("user_01"));
        assert_eq!(app.count("password_links"), 1);
    });
}
