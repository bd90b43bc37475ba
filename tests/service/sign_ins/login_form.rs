//! Logging in and out through the form.

use rocket::figment::Figment;
use rocket::http::{Accept, ContentType, Header, Method};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{On, TestApp, on_both, on_both_with};

const WRONG: &str = "Wrong user name or password.";

#[test]
fn a_person_logs_in_sees_the_dashboard_and_logs_out() {
    on_both(|app| {
        let person = app.session("user_01");
        let page = person.get("/dashboard");
        assert_eq!(page.status, 200);
        assert!(page.body.contains("user_01"));
        for path in ["/account", "/account/sign-ins", "/account/keys"] {
            let link = format!("class=\"button quiet\" href=\"{path}\"");
            assert!(page.body.contains(&link), "{path}");
        }

        let cookies = person.jar.borrow().clone();
        let out = person.post("/logout");
        assert_eq!((out.status, out.location()), (303, "/"));
        assert!(person.jar.borrow().keys().eq(["vestibule_notice"]), "the cookie is taken back");
        assert!(person.get("/").body.contains("You are signed out."));
        assert!(!person.get("/").body.contains("You are signed out."), "said once");

        person.jar.replace(cookies);
        let replayed = person.get("/dashboard");
        assert_eq!((replayed.status, replayed.location()), (303, "/login?next=%2Fdashboard"));
    });
}

#[test]
fn whatever_is_wrong_with_the_credentials_gets_one_message_and_no_session() {
    on_both(|app| {
        let long = "x".repeat(10 * 1024);
        for (username, password) in [
            ("user_01", "12345"),
            ("user_01", "5678"),
            ("user_01", ""),
            ("user_01", "1234\0"),
            ("user_01", "1234 "),
            ("user_01", "\u{1f511}"),
            ("user_01", &long),
            ("user_01\0", "1234"),
            ("user 01", "1234"),
            ("\u{1f9d1}\u{200d}\u{1f680}", "1234"),
            ("nobody", "1234"),
            ("", "1234"),
            ("", ""),
            (&long, "1234"),
            ("' OR 1=1 --", "' OR 1=1 --"),
        ] {
            let reply = log_in(&app, username, password, "");
            let shown: String = username.chars().take(20).collect();
            reply.assert_page(401);
            assert!(reply.body.contains(WRONG), "{shown:?}: {}", reply.body);
            assert!(reply.body.contains("action=\"/login\""), "the form again");
            reply.assert_no_cookies();
        }
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn bytes_that_are_no_text_are_wrong_credentials() {
    on_both(|app| {
        for body in [
            &b"username=%ff%fe&password=1234"[..],
            b"username=user_01&password=%ff%fe",
            b"username=user_01\xff&password=1234",
            b"username=user_01&password=1234%00",
            b"username=user_01",
            b"password=1234",
            b"next=%2F",
        ] {
            let reply = app.anonymous().post_raw_form("/login", body);
            assert!((400..500).contains(&reply.status), "{body:?}: {}", reply.status);
            reply.assert_no_cookies();
        }
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn different_bytes_that_are_no_text_are_not_the_same_password() {
    on_both(|app| {
        let visitor = app.anonymous();
        let made = visitor.post_raw_form("/register", b"username=eve&password=%ff%ff%ff%ff%ff%ff");
        assert_eq!(made.status, 422);
        assert_eq!(app.count("users WHERE username = 'eve'"), 0);
    });
}

#[test]
fn a_field_that_is_sent_twice_signs_no_user_in() {
    on_both(|app| {
        for body in [
            "username=user_01&username=admin&password=1234",
            "username=user_01&password=1234&password=admin123",
            "username=user_01&password=1234&next=%2F&next=%2Fdashboard",
            "username=user_01&username[]=admin&password=1234",
            "username=user_01&username.x=admin&password=1234",
        ] {
            let reply = app.anonymous().post_raw_form("/login", body.as_bytes());
            reply.assert_page(422);
            reply.assert_no_cookies();
        }
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn an_unknown_field_is_ignored() {
    on_both(|app| {
        let body = b"username=user_01&password=1234&color=blue";
        let reply = app.anonymous().post_raw_form("/login", body);
        assert_eq!((reply.status, reply.location()), (303, "/dashboard"));
    });
}

#[test]
fn a_form_of_another_content_type_is_415() {
    on_both(|app| {
        let body = "username=user_01&password=1234";
        for kind in [ContentType::Plain, ContentType::JSON, ContentType::Binary] {
            let visitor = app.anonymous();
            let request = visitor.request(Method::Post, "/login").header(kind).body(body);
            let reply = visitor.send(request);
            reply.assert_page(415);
            reply.assert_no_cookies();
        }
    });
}

#[test]
fn a_form_that_is_too_large_is_413() {
    on_both(|app| {
        let body = format!("username=user_01&password={}", "x".repeat(100 * 1024));
        app.anonymous().post_raw_form("/login", body.as_bytes()).assert_page(413);
    });
}

#[test]
fn the_user_name_is_kept_and_escaped_and_the_password_is_not_kept() {
    on_both(|app| {
        let password = "a-password-nobody-may-see";
        for (username, kept) in [
            ("user_01", "value=\"user_01\""),
            ("<script>alert(1)</script>", "value=\"&lt;script&gt;alert(1)&lt;&#x2F;script&gt;\""),
            ("\" autofocus onfocus=\"x", "value=\"&quot; autofocus onfocus=&quot;x\""),
            ("'><b>", "value=\"&#x27;&gt;&lt;b&gt;\""),
            ("{{ title }}", "value=\"{{ title }}\""),
        ] {
            let reply = log_in(&app, username, password, "");
            assert!(reply.body.contains(kept), "{username}: {}", reply.body);
            assert!(!reply.body.contains("<script>"), "{username}");
            assert!(!reply.body.contains(password), "{username}");
        }
    });
}

#[test]
fn an_unknown_user_and_a_wrong_password_get_the_same_answer() {
    on_both(|app| {
        let known = log_in(&app, "user_01", "wrong", "/dashboard").without_id();
        let unknown = log_in(&app, "nobody_", "wrong", "/dashboard").without_id();
        assert_eq!(known.status, unknown.status);
        assert_eq!(known.headers, unknown.headers);
        assert_eq!(known.body, unknown.body.replace("nobody_", "user_01"));
    });
}

#[test]
fn after_signing_in_one_lands_on_a_path_of_this_site() {
    on_both(|app| {
        for next in [
            "/",
            "/dashboard",
            "/dashboard?tab=2&x=%2F%2Fevil.com",
            "/a%20b",
            "/caf%C3%A9",
            "/no/such/page",
        ] {
            let reply = log_in(&app, "user_01", "1234", next);
            assert_eq!((reply.status, reply.location()), (303, next));
        }
    });
}

/// Addresses on other sites, disguised in every known way.
const ELSEWHERE: [&str; 35] = [
    "",
    "dashboard",
    "//evil.com",
    "///evil.com",
    "////evil.com",
    "//evil.com/%2f..",
    "/\\evil.com",
    "/\\/evil.com",
    "\\\\evil.com",
    "\\/evil.com",
    "/%2Fevil.com",
    "/%2f%2fevil.com",
    "/%5Cevil.com",
    "/%5c%5cevil.com",
    "/%252Fevil.com",
    "/a//evil.com",
    "https://evil.com",
    "HTTPS://evil.com",
    "https:evil.com",
    "https:/evil.com",
    "http://localhost:8000@evil.com",
    "javascript:alert(1)",
    "data:text/html,x",
    " //evil.com",
    "\t//evil.com",
    "/\t/evil.com",
    "/\n/evil.com",
    "/x\r\nSet-Cookie: a=b",
    "/%0d%0aSet-Cookie:a=b",
    "/%00",
    "/\u{2028}",
    "\u{ff0f}\u{ff0f}evil.com",
    "?next=//evil.com",
    "#//evil.com",
    "@evil.com",
];

#[test]
fn after_signing_in_no_redirect_leaves_the_site() {
    on_both(|app| {
        for next in ELSEWHERE {
            let reply = log_in(&app, "user_01", "1234", next);
            assert_eq!((reply.status, reply.location()), (303, "/dashboard"), "{next:?}");
        }
    });
}

#[test]
fn a_signed_in_user_is_not_sent_off_the_site_either() {
    on_both(|app| {
        let person = app.session("user_01");
        for next in ELSEWHERE {
            let reply = person.get(&format!("/login?next={}", encoded(next)));
            assert_eq!((reply.status, reply.location()), (303, "/dashboard"), "{next:?}");
        }
    });
}

#[test]
fn the_form_does_not_carry_a_place_off_the_site() {
    on_both(|app| {
        for next in ELSEWHERE.iter().filter(|next| next.contains("evil")) {
            let page = app.anonymous().get(&format!("/login?next={}", encoded(next)));
            assert_eq!(page.status, 200);
            assert!(!page.body.contains("evil"), "{next:?}");
        }
    });
}

#[test]
fn a_referer_is_never_a_target() {
    on_both(|app| {
        let visitor = app.anonymous();
        let mut request = visitor.request(Method::Post, "/login").header(ContentType::Form);
        request.add_header(rocket::http::Header::new("Referer", "http://evil.com/"));
        request.set_body("username=user_01&password=1234");
        let check = "/login?next=%2Fdashboard&cookie_sent=true";
        assert_eq!(visitor.send(request).location(), check);
    });
}

#[test]
fn a_protected_page_leads_to_the_form_and_back() {
    on_both(|app| {
        let visitor = app.anonymous();
        let sent = visitor.get("/dashboard?tab=2&q=a%26b");
        assert_eq!(sent.status, 303);
        assert_eq!(sent.location(), "/login?next=%2Fdashboard%3Ftab%3D2%26q%3Da%2526b");
        sent.assert_no_cookies();

        let form = visitor.get(sent.location());
        assert!(form.body.contains("Please sign in to see this page."));
        let next = "/dashboard?tab=2&q=a%26b";
        let hidden = "name=\"next\" value=\"&#x2F;dashboard?tab=2&amp;q=a%26b\"";
        assert!(form.body.contains(hidden), "{}", form.body);

        let fields = [("next", next), ("username", "user_01"), ("password", "1234")];
        let back = visitor.post_form("/login", &fields);
        assert_eq!((back.status, back.location()), (303, next));
        assert_eq!(visitor.get(next).status, 200);
    });
}

#[test]
fn the_form_alone_does_not_ask_to_see_a_page() {
    on_both(|app| {
        let form = app.anonymous().get("/login");
        assert_eq!(form.status, 200);
        assert!(!form.body.contains("Please sign in to see this page."));
    });
}

#[test]
fn a_wrong_password_does_not_lose_the_page_one_wanted() {
    on_both(|app| {
        let reply = log_in(&app, "user_01", "wrong", "/dashboard");
        assert!(reply.body.contains("name=\"next\" value=\"&#x2F;dashboard\""), "{}", reply.body);
    });
}

#[test]
fn a_program_that_asks_for_a_page_as_json_gets_a_problem_and_no_redirect() {
    on_both(|app| {
        let visitor = app.anonymous();
        let reply = visitor.get_with("/dashboard", "Accept", "application/json");
        reply.assert_problem(401, "credentials_missing");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"vestibule\""));
        let browser = "text/html,application/xhtml+xml,application/json;q=0.5,*/*;q=0.1";
        assert_eq!(visitor.get_with("/dashboard", "Accept", browser).status, 303);
    });
}

#[test]
fn wrong_credentials_are_a_page_even_without_an_accept_header() {
    on_both(|app| {
        let visitor = app.anonymous();
        let mut request = visitor.request(Method::Post, "/login").header(ContentType::Form);
        request.add_header(Accept::HTML);
        request.set_body("username=user_01&password=wrong");
        let with = visitor.send(request);
        let without = log_in(&app, "user_01", "wrong", "");
        assert_eq!((with.status, &with.body), (without.status, &without.body));
    });
}

#[test]
fn signing_out_takes_a_post() {
    on_both(|app| {
        let person = app.session("user_01");
        for method in [Method::Put, Method::Delete] {
            let reply = person.send(person.request(method, "/logout"));
            assert_eq!(reply.status, 405, "{method}");
            assert_eq!(reply.header("allow"), Some("GET, HEAD, POST"), "{method}");
            reply.assert_no_cookies();
        }
        for method in [Method::Get, Method::Head] {
            let reply = person.send(person.request(method, "/logout"));
            reply.assert_no_cookies();
            assert_eq!(reply.status, 200, "{method}");
        }
        let page = person.get("/logout").body;
        assert!(page.contains("Sign out?") && page.contains("user_01"), "{page}");
        assert_eq!(page.matches("method=\"post\" action=\"/logout\"").count(), 2, "{page}");
        assert_eq!(person.get("/dashboard").status, 200);
        let stranger = app.anonymous().get("/logout");
        assert_eq!((stranger.status, stranger.location()), (303, "/"));
    });
}

#[test]
fn signing_out_twice_is_no_error() {
    on_both(|app| {
        let reply = app.anonymous().post("/logout");
        assert_eq!((reply.status, reply.location()), (303, "/"));
    });
}

#[test]
fn signing_out_ends_this_sign_in_alone() {
    on_both(|app| {
        let (here, there) = (app.session("user_01"), app.session("user_01"));
        let program = app.token("user_01");
        here.post("/logout");
        assert_eq!(there.get("/dashboard").status, 200);
        assert_eq!(program.get("/api/me").status, 200);
    });
}

#[test]
fn signing_in_again_makes_a_new_session_and_ends_the_old_one() {
    on_both(|app| {
        let person = app.session("user_01");
        let old = person.at(&app.client);
        let again = person.post_form("/login", &[("username", "user_02"), ("password", "5678")]);
        assert_eq!(again.status, 303);
        assert!(person.get("/dashboard").body.contains("user_02"));
        assert_eq!(old.get("/dashboard").status, 303);
        assert_eq!(app.count("sign_ins"), 1);
    });
}

#[test]
fn a_name_is_the_same_in_every_case_and_width() {
    on_both(|app| {
        for name in ["ADMIN", "Admin", "ａｄｍｉｎ"] {
            assert_eq!(log_in(&app, name, "admin123", "").status, 303, "{name}");
        }
    });
}

#[test]
fn a_final_sigma_is_a_sigma() {
    on_both(|app| {
        let register = |name: &str, password: &str| {
            let fields = [("username", name), ("password", password)];
            app.anonymous().post_form("/register", &fields).status
        };
        assert_eq!(register("Γιώργος", "correct horse"), 303);
        assert_eq!(register("ΓΙΏΡΓΟΣ", "battery staple"), 409);
        for name in ["Γιώργος", "ΓΙΏΡΓΟΣ", "γιώργοσ"] {
            assert_eq!(log_in(&app, name, "correct horse", "").status, 303, "{name}");
        }
        let found = app.session("admin").get("/admin/users?q=%CE%9F%CE%A3").body;
        assert!(found.contains("Γιώργος"), "{found}");
    });
}

#[test]
fn accounts_from_before_the_final_sigma_was_folded_keep_working() {
    on_both(|app| {
        let id = |key: &str| {
            app.number(&format!("SELECT id AS n FROM users WHERE username_key = '{key}'"))
        };
        let register = |name: &str, password: &str| {
            let fields = [("username", name), ("password", password)];
            assert_eq!(app.anonymous().post_form("/register", &fields).status, 303, "{name}");
        };
        register("νίκος", "correct horse");
        app.sql("UPDATE users SET username_key = 'νίκος' WHERE username = 'νίκος'");
        // Two accounts that were two names before.
        register("Γιώργος", "correct horse");
        app.sql("UPDATE users SET username_key = 'γιώργος' WHERE username = 'Γιώργος'");
        app.sql(
            "INSERT INTO users (username, username_key, role, active, password_hash, created_at) \
             SELECT 'ΓΙΏΡΓΟΣ', 'γιώργοσ', 'user', active, password_hash, 0 FROM users \
             WHERE username = 'user_01'",
        );
        app.sql(match app.on {
            On::Sqlite => {
                include_str!("../../../migrations/sqlite/2026-11-28-000400_final_sigma/up.sql")
            }
            On::Postgres => {
                include_str!("../../../migrations/postgres/2026-11-28-000400_final_sigma/up.sql")
            }
        });
        assert_eq!(id("νίκοσ"), app.id("νίκος"));
        for (name, password) in [
            ("νίκος", "correct horse"),
            ("ΝΊΚΟΣ", "correct horse"),
            ("Γιώργος", "correct horse"),
            ("ΓΙΏΡΓΟΣ", "1234"),
        ] {
            assert_eq!(log_in(&app, name, password, "").status, 303, "{name}");
        }
        for (name, password) in [("Γιώργος", "1234"), ("ΓΙΏΡΓΟΣ", "correct horse")] {
            assert_eq!(log_in(&app, name, password, "").status, 401, "{name}");
        }
    });
}

#[test]
fn spaces_around_a_name_are_no_part_of_it() {
    on_both(|app| {
        for space in [" ", "\t", "\u{a0}", "\r\n", "\u{3000}"] {
            for name in [format!("user_01{space}"), format!("{space}user_01")] {
                let reply = log_in(&app, &name, "1234", "");
                assert_eq!((reply.status, reply.location()), (303, "/dashboard"), "{name:?}");
                let body = serde_json::json!({ "username": name, "password": "1234" });
                let reply = app.anonymous().post_json("/api/login", &body);
                assert_eq!(reply.status, 200, "{name:?}: {}", reply.body);
            }
            let name = format!("{space}ann{space}");
            let fields = [("username", name.as_str()), ("password", "correct horse")];
            let made = app.anonymous().post_form("/register", &fields);
            assert_eq!(made.status, 303, "{space:?}: {}", made.body);
            assert_eq!(app.count("users WHERE username = 'ann' AND username_key = 'ann'"), 1);
            app.sql("DELETE FROM users WHERE username = 'ann'");
            let body = serde_json::json!({ "username": name, "password": "correct horse" });
            let made = app.anonymous().post_json("/api/register", &body);
            assert_eq!(made.json()["username"], "ann", "{}", made.body);
            app.sql("DELETE FROM users WHERE username = 'ann'");
        }
    });
}

#[test]
fn only_the_right_password_learns_that_an_account_is_switched_off() {
    on_both(|app| {
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_01'");
        let right = log_in(&app, "user_01", "1234", "");
        right.assert_page(403);
        assert!(right.body.contains("This account is not active."));
        right.assert_no_cookies();
        let wrong = log_in(&app, "user_01", "wrong", "");
        assert_eq!(wrong.status, 401);
        assert!(wrong.body.contains(WRONG));
    });
}

/// What the form to sign in says to a person who wants to see a page.
fn told(person: &Actor<'_>) -> String {
    let sent = person.get("/dashboard");
    assert_eq!((sent.status, sent.location()), (303, "/login?next=%2Fdashboard"));
    let form = person.get(sent.location()).body;
    let (_, notice) = form.split_once("id=\"login-notice\">").expect("a notice");
    let (notice, _) = notice.split_once("</div>").expect("an end");
    notice.trim().trim_start_matches("<p>").trim_end_matches("</p>").to_owned()
}

const HOUR: std::time::Duration = std::time::Duration::from_secs(60 * 60);

#[test]
fn the_form_says_that_a_session_was_unused_for_too_long() {
    on_both(|app| {
        let unused = "You were signed out after two hours without use.";
        // A session cookie has its times in whole seconds.
        let now = app.clock.now().expect("a time");
        app.clock.set(now.replace_nanosecond(0).expect("a second"));
        let person = app.session("user_01");
        app.clock.advance(2 * HOUR);
        assert_eq!(told(&person), unused);
        assert_eq!(told(&person), "Please sign in to see this page.", "said once");

        // Its row may be purged before the person returns.
        let (person, other) = (app.session("user_01"), app.session("user_02"));
        let ended = app.session("user_02").credentials();
        let admin = app.session("admin");
        let path = format!("/admin/users/{}/end-sign-ins", app.id("user_02"));
        assert_eq!(admin.post(&path).status, 303);
        app.clock.advance(3 * HOUR);
        app.sql("DELETE FROM sign_ins");
        assert_eq!(told(&person), unused);
        assert_eq!(told(&other), "Please sign in to see this page.", "ended by an administrator");
        assert_eq!(told(&ended.at(&app.client)), "Please sign in to see this page.");

        // What ends neither by use nor by a row of the audit log.
        let (person, other) = (app.session("user_01"), app.session("user_02"));
        app.clock.advance(2 * HOUR - std::time::Duration::from_secs(1));
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_01'");
        assert_eq!(told(&person), "Please sign in to see this page.", "its row is active");
        app.sql("DELETE FROM sign_ins");
        assert_eq!(told(&other), "Please sign in to see this page.", "a second too early");

        // What ended an earlier session of the user ended no later one.
        app.session("admin").post("/logout");
        app.clock.advance(std::time::Duration::from_millis(1_500));
        let admin = app.session("admin");
        admin.wait_for_audit_log();
        app.clock.advance(3 * HOUR);
        app.sql("DELETE FROM sign_ins");
        assert_eq!(told(&admin), unused);
    });
    let half_an_hour = |figment: Figment| figment.merge(("auth.session.idle", "30m"));
    on_both_with(half_an_hour, |app| {
        let now = app.clock.now().expect("a time");
        app.clock.set(now.replace_nanosecond(0).expect("a second"));
        let (person, out) = (app.session("user_01"), app.session("user_02"));
        let (person_jar, out_jar) = (person.credentials(), out.credentials());
        out.post("/logout");
        app.clock.advance(HOUR / 2);
        let unused = "You were signed out after 30 minutes without use.";
        assert_eq!(told(&person), unused);
        let login = "Please sign in to see this page.";
        assert_eq!(told(&out_jar.at(&app.client)), login, "signed out by the person");
        // Also where the audit log has nothing from before the session.
        app.sql("DELETE FROM sign_ins");
        assert_eq!(told(&person_jar.at(&app.client)), unused);
    });
}

#[test]
fn an_unused_session_ends_and_so_does_one_that_is_too_old() {
    let minutes = |minutes: u64| std::time::Duration::from_secs(60 * minutes);
    on_both(|app| {
        let person = app.session("user_01");
        app.clock.advance(minutes(120));
        assert_eq!(person.get("/dashboard").status, 303, "unused for two hours");
    });
    on_both(|app| {
        // Use is recorded in the background, so the test changes the row itself.
        let person = app.session("user_01");
        app.clock.advance(minutes(24 * 60) - minutes(1));
        app.sql("UPDATE sign_ins SET last_seen_at = expires_at - 60000000");
        assert_eq!(person.get("/dashboard").status, 200, "a minute before a day is over");
        app.clock.advance(minutes(1));
        assert_eq!(person.get("/dashboard").status, 303, "a day after signing in");
    });
}

#[test]
fn the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    on_both(|app| {
        let reply = log_in(&app, "user_01", "1234", "");
        let [cookie] = reply.cookies()[..] else { panic!("one cookie: {:?}", reply.cookies()) };
        assert!(cookie.starts_with("session="), "{cookie}");
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("user_01") && !cookie.contains("Domain"), "{cookie}");
    });
}

fn log_in(app: &TestApp, username: &str, password: &str, next: &str) -> Reply {
    let fields = [("username", username), ("password", password), ("next", next)];
    app.anonymous().post_form("/login", &fields)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_browser_that_keeps_no_cookie_is_told_so_and_not_sent_in_circles() {
    on_both(|app| {
        let notice = "your browser did not keep this site";
        let password = "correct horse battery";
        let sign_in = "username=user_01&password=1234".to_owned();
        let registration = format!("username=ann&password={}", password.replace(' ', "+"));
        for (path, body, (name, value), foreign) in [
            ("/login", &sign_in, ("Referer", "http://localhost:8000/login"), None),
            ("/login", &sign_in, ("Origin", "http://localhost:8000"), None),
            ("/login", &sign_in, ("Sec-Fetch-Site", "same-origin"), Some("theme")),
            ("/register", &registration, ("Referer", "http://localhost:8000/"), Some("sessions")),
        ] {
            let browser = app.anonymous();
            browser.jar.borrow_mut().extend(foreign.map(|name| (name.to_owned(), "1".to_owned())));
            let request = browser.request(Method::Post, path).header(ContentType::Form);
            let request = request.header(Header::new(name, value));
            let sent = browser.send(request.body(format!("{body}&next=%2Faccount")));
            let check = "/login?next=%2Faccount&cookie_sent=true";
            assert_eq!((sent.status, sent.location()), (303, check));
            // With the cookie it goes on, without it the page says so.
            let kept = browser.get(check);
            assert_eq!((kept.status, kept.location()), (303, "/account"));
            let lost = app.anonymous().get(check);
            assert_eq!(lost.status, 200);
            assert!(lost.body.contains(notice), "{}", lost.body);
        }
        // A browser that sent a cookie of ours keeps them, and a program seldom sends one of these fields.
        for cookie in ["session", "remember_token", "vestibule_notice"] {
            let browser = app.anonymous();
            browser.jar.borrow_mut().insert(cookie.to_owned(), "ended".to_owned());
            let request = browser.request(Method::Post, "/login").header(ContentType::Form);
            let request = request.header(Header::new("Referer", "http://localhost:8000/login"));
            let sent = browser.send(request.body(sign_in.clone()));
            assert_eq!((sent.status, sent.location()), (303, "/dashboard"), "{cookie}");
        }
        assert_eq!(log_in(&app, "user_01", "1234", "").location(), "/dashboard");
        // After signing out, or elsewhere, the same page asks to sign in and blames nothing.
        let page = app.anonymous().get_with(
            "/login?next=%2Fdashboard",
            "Referer",
            "http://localhost:8000/login",
        );
        assert!(page.body.contains("Please sign in") && !page.body.contains(notice));
    });
}

#[test]
fn over_plain_http_a_form_says_why_nobody_is_signed_in_and_changes_nothing() {
    on_both_with(
        |figment| figment.merge(("auth.session.secure", true)),
        |app| {
            for (path, form) in [
                ("/login", "username=user_01&password=1234"),
                ("/register", "username=ann&password=correct+horse+battery"),
            ] {
                let visitor = app.anonymous();
                let mut request = visitor.request(Method::Post, path);
                request.add_header(Header::new("Origin", "http://vestibule.lan"));
                request.replace_header(Header::new("Host", "vestibule.lan"));
                let reply = visitor.send(request.header(ContentType::Form).body(form));
                reply.assert_page(400);
                assert!(reply.body.contains("over HTTPS only"), "{}", reply.body);
                reply.assert_no_cookies();
            }
            assert_eq!((app.count("sign_ins"), app.count("users")), (0, 3));
        },
    );
}

#[test]
fn the_home_page_shows_commands_for_the_host_that_the_client_asked_for() {
    for (secure, public) in [(false, "http"), (true, "https")] {
        on_both_with(
            |figment| figment.merge(("auth.session.secure", secure)),
            |app| {
                let visitor = app.anonymous();
                // To the machine itself browsers send secure cookies without TLS too.
                let hosts = [("accounts.example:8443", public), ("localhost:8000", "http")];
                for (host, scheme) in hosts.into_iter().chain([("127.0.0.1:8000", "http")]) {
                    let mut request = visitor.request(Method::Get, "/");
                    request.replace_header(Header::new("Host", host));
                    let page = visitor.send(request).body.replace("&#x2F;", "/");
                    let command = format!("curl {scheme}://{host}/api/login");
                    assert!(page.contains(&command), "{command}: {page}");
                }
            },
        );
    }
}

#[test]
fn the_box_to_stay_signed_in_is_kept_after_a_wrong_password() {
    on_both(|app| {
        for (sent, ticked) in [(Some("on"), true), (None, false)] {
            let fields = [("username", "user_01"), ("password", "x")].into_iter();
            let fields: Vec<_> = fields.chain(sent.map(|sent| ("remember", sent))).collect();
            let again = app.anonymous().post_form("/login", &fields);
            again.assert_page(401);
            let kept =
                again.body.contains("name=\"remember\" type=\"checkbox\" value=\"on\" checked");
            assert_eq!(kept, ticked, "{}", again.body);
        }
    });
}
