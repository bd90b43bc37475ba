//! Requests that another site makes a browser send.

use rocket::http::{ContentType, Header, Method};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

/// What a browser says about a request that a page of another site made.
const FOREIGN: [&[(&str, &str)]; 9] = [
    &[("Sec-Fetch-Site", "cross-site")],
    &[("Sec-Fetch-Site", "same-site")],
    &[("Sec-Fetch-Site", "cross-site"), ("Origin", "http://localhost:8000")],
    &[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    &[("Origin", "http://evil.example")],
    &[("Origin", "null")],
    &[("Origin", "http://localhost:8000.evil.example")],
    &[("Origin", "http://localhost:8001")],
    &[("Origin", "http://localhost:8000"), ("Origin", "http://evil.example")],
];

/// What a browser says about our own pages' requests, and other clients say nothing.
const OURS: [&[(&str, &str)]; 5] = [
    &[],
    &[("Sec-Fetch-Site", "same-origin")],
    &[("Sec-Fetch-Site", "none")],
    &[("Origin", "http://localhost:8000")],
    &[("Sec-Fetch-Site", "same-origin"), ("Origin", "http://evil.example")],
];

fn send(actor: &Actor<'_>, headers: &[(&str, &str)], path: &str, body: &str) -> Reply {
    let mut request = actor.request(Method::Post, path).header(ContentType::Form).body(body);
    for (name, value) in headers {
        request.add_header(Header::new((*name).to_owned(), (*value).to_owned()));
    }
    actor.send(request)
}

/// Fails unless the session is still active and nothing was created.
#[track_caller]
fn assert_untouched(app: &TestApp, person: &Actor<'_>) {
    assert_eq!(person.get("/whoami").json()["username"], "user_01");
    assert_eq!((app.count("users"), app.count("sign_ins")), (3, 1));
}

#[test]
fn another_site_signs_no_user_in_out_or_up() {
    on_both(|app| {
        let person = app.session("user_01");
        for headers in FOREIGN {
            for (path, body) in [
                ("/login", "username=user_02&password=5678"),
                ("/register", "username=eve&password=correct+horse"),
                ("/logout", ""),
            ] {
                for actor in [&person, &app.anonymous()] {
                    let reply = send(actor, headers, path, body);
                    reply.assert_page(403);
                    assert!(reply.body.contains("The request came from another site."));
                    reply.assert_no_cookies();
                }
            }
        }
        assert_untouched(&app, &person);
    });
}

#[test]
fn the_page_about_plain_http_says_nothing_of_what_was_entered() {
    on_both_with(
        |figment| figment.merge(("auth.session.secure", true)),
        |app| {
            let visitor = app.anonymous();
            let mut request = visitor.request(Method::Post, "/login").header(ContentType::Form);
            request.replace_header(Header::new("Host", "files.lan"));
            request.add_header(Header::new("Origin", "http://files.lan"));
            let reply = visitor.send(request.body("username=user_01&password=1234"));
            reply.assert_page(400);
            assert!(reply.body.contains("HTTPS"), "{}", reply.body);
            assert!(!reply.body.contains("check what you entered"), "{}", reply.body);
        },
    );
}

#[test]
fn a_program_gets_a_problem_response() {
    on_both(|app| {
        let foreign = [("Sec-Fetch-Site", "cross-site"), ("Accept", "application/json")];
        for path in ["/login", "/register", "/logout"] {
            let reply = send(&app.anonymous(), &foreign, path, "username=user_01&password=1234");
            reply.assert_problem(403, "cross_origin");
            reply.assert_no_cookies();
        }
    });
}

#[test]
fn another_method_in_the_form_does_not_hide_the_post() {
    on_both(|app| {
        let person = app.session("user_01");
        for method in ["get", "GET", "head", "options", "put", "delete", "patch", "post"] {
            for path in ["/dashboard", "/", "/login", "/register", "/logout", "/whoami"] {
                let body = format!("_method={method}&username=user_02&password=5678");
                let reply = send(&person, &[("Sec-Fetch-Site", "cross-site")], path, &body);
                assert!((400..500).contains(&reply.status), "{method} {path}: {}", reply.status);
                assert!(!reply.body.contains("user_01"), "{method} {path} shows the person");
                reply.assert_no_cookies();
            }
        }
        assert_untouched(&app, &person);
    });
}

#[test]
fn a_visitor_is_not_signed_in_by_another_method_either() {
    on_both(|app| {
        for method in ["get", "head", "put", "delete", "patch", "post"] {
            for path in ["/login", "/register"] {
                let body = format!("_method={method}&username=user_01&password=1234");
                let foreign = [("Sec-Fetch-Site", "cross-site")];
                send(&app.anonymous(), &foreign, path, &body).assert_no_cookies();
            }
        }
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn a_form_of_another_encoding_is_refused_alike() {
    on_both(|app| {
        let person = app.session("user_01");
        let multipart = "multipart/form-data; boundary=x";
        for kind in [multipart, "text/plain", "application/json"] {
            let mut request = person.request(Method::Post, "/logout").body("a=b");
            request.add_header(Header::new("Content-Type", kind));
            request.add_header(Header::new("Sec-Fetch-Site", "cross-site"));
            let reply = person.send(request);
            assert_eq!(reply.status, 403, "{kind}");
            reply.assert_no_cookies();
        }
        assert_untouched(&app, &person);
    });
}

#[test]
fn our_own_pages_and_clients_that_are_no_browser_pass() {
    on_both(|app| {
        for headers in OURS {
            let visitor = app.anonymous();
            let reply = send(&visitor, headers, "/login", "username=user_01&password=1234");
            assert_eq!(reply.status, 303, "{headers:?}");
            assert_eq!(visitor.get("/dashboard").status, 200, "{headers:?}");
            assert_eq!(send(&visitor, headers, "/logout", "").status, 303, "{headers:?}");
            assert_eq!(visitor.get("/dashboard").status, 303, "{headers:?}");
        }
    });
}

#[test]
fn a_link_on_another_site_may_lead_here() {
    on_both(|app| {
        let person = app.session("user_01");
        assert_eq!(person.get_with("/dashboard", "Sec-Fetch-Site", "cross-site").status, 200);
        let visitor = app.anonymous();
        assert_eq!(visitor.get_with("/login", "Sec-Fetch-Site", "cross-site").status, 200);
    });
}

#[test]
fn a_token_that_verified_needs_no_origin_and_a_bad_one_waives_nothing() {
    on_both(|app| {
        let program = app.token("user_01");
        let mut request = program.request(Method::Post, "/api/logout");
        request.add_header(Header::new("Sec-Fetch-Site", "cross-site"));
        assert_eq!(program.send(request).status, 204);

        let person = app.session("user_01").with_token("garbage");
        let reply = send(&person, &[("Sec-Fetch-Site", "cross-site")], "/logout", "");
        assert!([401, 403].contains(&reply.status), "{}", reply.status);
        assert_eq!(app.count("sign_ins"), 1);
    });
}
