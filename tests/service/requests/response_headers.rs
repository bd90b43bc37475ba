//! Headers of every response, for every client and every outcome.

use rocket::http::{ContentType, Method};
use serde_json::json;

use crate::support::actor::Reply;
use crate::support::app::{TestApp, on_both, on_both_with};

/// Responses of every kind: pages, data, redirects, files, failures.
fn answers(app: &TestApp) -> Vec<(String, Reply)> {
    let (nobody, person, program) = (app.anonymous(), app.session("admin"), app.token("admin"));
    let mut answers = Vec::new();
    for path in [
        "/",
        "/login",
        "/login?next=%2Fdashboard",
        "/register",
        "/dashboard",
        "/account/events",
        "/admin/users",
        "/admin/users/1",
        "/admin/users/1/delete",
        "/admin/events",
        "/api/events",
        "/api/admin/events",
        "/health",
        "/health/live",
        "/health/ready",
        "/whoami",
        "/nothing",
        "/logout",
        "/static/style.css",
        "/static/favicon.svg",
        "/static/nothing",
        "/api/me",
        "/api/users",
        "/api/nothing",
        "/api/login",
    ] {
        for (who, actor) in [("nobody", &nobody), ("a person", &person), ("a program", &program)] {
            answers.push((format!("GET {path} of {who}"), actor.get(path)));
            let head = actor.send(actor.request(Method::Head, path));
            answers.push((format!("HEAD {path} of {who}"), head));
        }
    }
    let wrong = [("username", "<b>x</b>"), ("password", "x")];
    answers.push(("wrong credentials".to_owned(), nobody.post_form("/login", &wrong)));
    answers.push(("no registration".to_owned(), nobody.post_form("/register", &wrong)));
    let fields = [("username", "user_01"), ("password", "1234")];
    answers.push(("right credentials".to_owned(), nobody.post_form("/login", &fields)));
    answers.push(("bad JSON".to_owned(), nobody.post_json("/api/login", &json!([]))));
    answers.push(("the list".to_owned(), program.get("/api/users")));
    let request = nobody.request(Method::Post, "/login").header(ContentType::Plain).body("x");
    answers.push(("another content type".to_owned(), nobody.send(request)));
    answers.push(("sign out".to_owned(), person.post("/logout")));
    answers
}

#[test]
fn every_answer_says_what_a_browser_must_not_do_with_it() {
    on_both(|app| {
        for (what, reply) in answers(&app) {
            assert_ne!(reply.status, 500, "{what}");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(reply.header(name), Some(value), "{what}: {name}");
            }
            let policy = reply.header("content-security-policy").unwrap_or_default();
            assert!(policy.starts_with("default-src 'none';"), "{what}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
            let kind = reply.header("content-type").unwrap_or_default();
            let is_page = kind == "text/html; charset=utf-8";
            assert_eq!(policy.contains("form-action 'self'"), is_page, "{what}: {policy}");
            for unsafe_part in ["unsafe-inline", "unsafe-eval", "*", "http:", "data:"] {
                assert!(!policy.contains(unsafe_part), "{what}: {policy}");
            }
            assert_eq!(reply.header("server"), None, "{what}");
            assert_eq!(reply.header("x-powered-by"), None, "{what}");
        }
    });
}

/// The script of the pages that offer passkeys.
const PASSKEYS: &str = "<script src=\"/static/passkeys.js\" defer></script>";

#[test]
fn no_page_holds_a_script_or_a_style_of_its_own() {
    on_both(|app| {
        let mut pages = 0;
        for (what, reply) in answers(&app) {
            let kind = reply.header("content-type").unwrap_or_default();
            if !kind.starts_with("text/html") || reply.body.is_empty() {
                continue;
            }
            pages += 1;
            // The one file is of this site too.
            let page = reply.body.replace(PASSKEYS, "").to_ascii_lowercase();
            for forbidden in
                ["<script", "<style", "style=", "javascript:", " onclick", " onload", "<iframe"]
            {
                assert!(!page.contains(forbidden), "{what}: {forbidden}");
            }
            // The style sheet, the icon and every form and link are of this site.
            let elsewhere = page.split(['"', '\'']).find(|part| part.starts_with("http"));
            assert_eq!(elsewhere, None, "{what}");
        }
        assert!(pages > 15, "{pages} pages are looked at");
    });
}

#[test]
fn personal_answers_are_not_stored() {
    on_both(|app| {
        for (what, reply) in answers(&app) {
            let public = what.contains("/static/") && reply.status == 200;
            let control = reply.header("cache-control");
            if public {
                assert_eq!(control, Some("public, no-cache"), "{what}");
            }
            if reply.body.contains("admin") || !reply.cookies().is_empty() {
                assert_eq!(control, Some("no-store"), "{what}");
            }
        }
    });
}

#[test]
fn a_file_has_a_tag_and_is_not_sent_twice() {
    on_both(|app| {
        let visitor = app.anonymous();
        for (path, kind) in [
            ("/static/style.css", "text/css; charset=utf-8"),
            ("/static/favicon.svg", "image/svg+xml"),
        ] {
            let first = visitor.get(path);
            assert_eq!((first.status, first.header("content-type")), (200, Some(kind)));
            assert!(!first.body.is_empty());
            let tag = first.header("etag").expect("a tag");
            for known in [tag.to_owned(), format!("\"other\", {tag}"), format!("W/{tag}")] {
                let again = visitor.get_with(path, "If-None-Match", &known);
                assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
                assert_eq!(again.header("etag"), Some(tag));
            }
            assert_eq!(visitor.get_with(path, "If-None-Match", "\"other\"").status, 200);
            first.assert_no_cookies();
        }
        assert_eq!(visitor.get("/static/..%2fCargo.toml").status, 404);
        assert_eq!(visitor.get("/static/../Cargo.toml").status, 404);
    });
}

#[test]
fn a_head_is_a_get_without_a_body() {
    on_both(|app| {
        let person = app.session("user_01");
        let (get, head) =
            (person.get("/dashboard"), person.send(person.request(Method::Head, "/dashboard")));
        assert_eq!((get.status, head.status), (200, 200));
        assert_eq!(head.body, "");
        assert_eq!(get.header("content-type"), head.header("content-type"));
    });
}

#[test]
fn a_page_that_is_not_there_is_a_page() {
    on_both(|app| {
        let reply =
            app.anonymous().get("/nothing/%3Cscript%3Ealert(1)%3C/script%3E?x=%3Cscript%3E");
        reply.assert_page(404);
        assert!(!reply.body.contains("<script"));
        app.anonymous()
            .get_with("/nothing", "Accept", "application/json")
            .assert_problem(404, "not_found");
    });
}

#[test]
fn a_name_with_markup_is_escaped_wherever_it_is_shown() {
    on_both(|app| {
        app.sql(
            "UPDATE users SET full_name = '<script>alert(1)</script>\"''', \
             username = '<b>user_01</b>' WHERE username = 'user_01'",
        );
        let person = app.anonymous();
        let fields = [("username", "user_01"), ("password", "1234")];
        assert_eq!(person.post_form("/login", &fields).status, 303);
        for path in ["/", "/dashboard", "/nothing"] {
            let page = person.get(path).body;
            assert!(page.contains("&lt;b&gt;user_01"), "{path}: {page}");
            assert!(!page.contains("<script") && !page.contains("<b>user_01"), "{path}");
        }
    });
}

/// What a response sets under a name, without name and value, in alphabetical order.
fn attributes(reply: &Reply, name: &str) -> Option<Vec<String>> {
    let own = format!("{name}=");
    let field = reply.cookies().into_iter().find(|field| field.starts_with(&own))?.to_owned();
    let mut rest: Vec<_> = field.split("; ").skip(1).map(str::to_owned).collect();
    rest.sort();
    Some(rest)
}

#[test]
fn the_message_for_the_next_page_travels_like_our_other_cookies() {
    for secure in [false, true] {
        on_both_with(
            move |figment| figment.merge(("auth.session.secure", secure)),
            |app| {
                let person = app.session("user_01");
                let reply = person.post("/account/sign-ins/end-others");
                let mut expected = vec!["HttpOnly", "Max-Age=300", "Path=/", "SameSite=Strict"];
                expected.extend(secure.then_some("Secure"));
                assert_eq!(attributes(&reply, "vestibule_notice").expect("a message"), expected);
                let page = person.get("/account/sign-ins");
                assert!(page.body.contains("role=\"status\""), "it is shown: {}", page.body);
                let taken = attributes(&page, "vestibule_notice").expect("taken back");
                assert!(taken.iter().any(|attribute| attribute == "Max-Age=0"), "{taken:?}");
                assert!(taken.iter().any(|attribute| attribute == "HttpOnly"), "{taken:?}");
                assert_eq!(attributes(&person.get("/account/sign-ins"), "vestibule_notice"), None);
            },
        );
    }
}

#[test]
fn a_change_of_the_password_sets_its_own_cookies_beside_the_message() {
    on_both(|app| {
        let person = app.session("user_01");
        let fields = [("current_password", "1234"), ("new_password", "a longer one")];
        let reply = person.post_form("/account/password", &fields);
        assert_eq!(reply.status, 303, "{}", reply.body);
        let session = attributes(&reply, "session").expect("a session under a new id");
        assert_eq!(session, ["HttpOnly", "Path=/", "SameSite=Lax"]);
        assert!(attributes(&reply, "vestibule_notice").is_some());
        assert_eq!(person.get("/dashboard").status, 200);
    });
}

#[test]
fn times_in_json_have_one_length() {
    on_both(|app| {
        let admin = app.token("admin");
        app.sql("UPDATE sign_ins SET created_at = 1000000, last_seen_at = 1500000");
        app.sql("UPDATE users SET created_at = 1100000");
        let mut times = 0;
        for path in ["/api/me", "/api/sign-ins", "/api/events", "/api/users", "/api/admin/events"] {
            let reply = admin.get(path);
            assert_eq!(reply.status, 200, "{path}");
            let texts =
                reply.body.split('"').filter(|text| text.contains("T") && text.ends_with('Z'));
            for time in texts {
                times += 1;
                assert_eq!((time.len(), time.as_bytes()[19]), (27, b'.'), "{path}: {time}");
            }
        }
        assert!(times > 6, "{times} times were read");
    });
}
