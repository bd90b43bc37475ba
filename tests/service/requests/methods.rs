//! The methods that a form asks for with `_method`, and what Rocket cannot parse, over TCP: every
//! request gets a response, with our headers and a log line.

use rocket::http::{Accept, Method};

use crate::support::actor::Reply;
use crate::support::app::on_both;
use crate::support::process::at_home;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// What every response has.
#[track_caller]
fn assert_our_headers(reply: &Reply, what: &str) {
    for name in ["content-security-policy", "x-frame-options", "cross-origin-opener-policy"] {
        assert!(reply.header(name).is_some(), "{what}: {name} is missing: {reply:?}");
    }
}

#[test]
fn a_form_that_asks_for_any_method_is_answered_and_logged() {
    at_home(|home| {
        let service = home.serve(&[]);
        let cookie = service.form_login("user_01", "1234").expect("a session");
        let bearer = service.api_login("user_01", "1234").expect("a token");
        let nobody: &[(&str, &str)] = &[FORM];
        let (person, program) =
            (&[FORM, ("Cookie", cookie.as_str())], &[FORM, ("Authorization", bearer.as_str())]);
        let mut heads = 0;
        for method in ["head", "HEAD", "hEaD", "get", "options", "trace", "connect", "patch", "foo"]
        {
            for path in ["/", "/login", "/dashboard", "/logout", "/api/me", "/health", "/nothing"] {
                for headers in [nobody, person, program] {
                    let body = format!("_method={method}&x=1");
                    let reply = service.send("POST", path, headers, &body);
                    let what = format!("{method} {path} {headers:?}: {}", reply.status);
                    assert_our_headers(&reply, &what);
                    assert!(reply.status < 500, "{what}");
                    if headers == program {
                        reply.assert_no_cookies();
                    }
                    if method.eq_ignore_ascii_case("head") {
                        heads += 1;
                        let expected = if path == "/nothing" { 404 } else { 405 };
                        assert_eq!(reply.status, expected, "{what}");
                        assert_eq!(reply.header("allow").is_some(), expected == 405, "{what}");
                        assert!(!reply.body.is_empty(), "{what}");
                    }
                }
            }
            if method.eq_ignore_ascii_case("head") {
                let page = service.get("/dashboard", &[("Cookie", &cookie)]);
                assert_eq!(page.status, 200, "/logout was not reached");
            }
        }
        service.stop();
        let lines = home.log();
        let lines = lines.iter().filter(|line| line["target"] == "vestibule::access");
        let of_heads = lines.filter(|line| {
            let message = line["message"].as_str().expect("a text");
            message.starts_with("HEAD ") && (message.ends_with(" 405") || message.ends_with(" 404"))
        });
        assert_eq!(of_heads.count(), heads);
    });
}

#[test]
fn error_responses_are_not_cached() {
    on_both(|app| {
        let program = app.anonymous().with_token("x");
        for (path, of_page, of_problem) in [("/nothing", 404, 404), ("/account/name", 303, 405)] {
            let preferred = app.anonymous();
            let json = preferred.send(preferred.request(Method::Get, path).header(Accept::JSON));
            let page = (app.anonymous().get(path), of_page);
            for (reply, status) in [page, (program.get(path), of_problem), (json, of_problem)] {
                assert_eq!(reply.status, status, "{path}");
                let vary = reply.header("vary").unwrap_or_default();
                assert!(vary.contains("Authorization, Cookie"), "{path}: {vary}");
                assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
            }
        }
    });
}

#[test]
fn what_rocket_cannot_parse_is_answered_and_logged_and_shows_no_account() {
    at_home(|home| {
        home.configure("[default.accounts]\ntrusted_proxy = [\"192.0.2.1\"]\n");
        let service = home.serve(&[]);
        let cookie = service.form_login("user_01", "1234").expect("a session");
        let bearer = service.api_login("user_01", "1234").expect("a token");
        let forged = ("X-Real-IP", "203.0.113.9");
        let person = [("Cookie", cookie.as_str()), forged];
        let program = [("Authorization", bearer.as_str()), forged];
        let unparsed =
            [("FOO", "/dashboard"), ("PURGE", "/api/me"), ("PURGE", "/"), ("GET", "localhost")];
        for (method, path) in unparsed {
            let page = service.send(method, path, &person, "");
            let problem = service.send(method, path, &program, "");
            let what = format!("{method} {path}");
            problem.assert_problem(400, "malformed_request");
            if path == "/api/me" {
                page.assert_problem(400, "malformed_request");
            } else {
                page.assert_page(400);
            }
            for reply in [page, problem] {
                assert_our_headers(&reply, &what);
                reply.assert_no_cookies();
                assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
                assert_eq!(reply.header("vary"), Some("Authorization, Cookie"), "{what}");
                assert!(!reply.body.contains("user_01"), "{what}: {}", reply.body);
            }
        }
        let known = service.get("/nothing", &person);
        assert!(known.body.contains("user_01"), "other pages greet: {}", known.body);
        service.stop();
        let lines = home.log();
        let logged = |message: &str| {
            let of_message = lines.iter().filter(|line| line["message"] == message);
            let addresses = of_message.map(|line| line["address"].as_str().unwrap_or_default());
            addresses.collect::<Vec<_>>()
        };
        assert_eq!(logged("- /dashboard 400"), ["127.0.0.1"; 2]);
        assert_eq!(logged("- /api/me 400"), ["127.0.0.1"; 2]);
        assert_eq!(logged("- / 400"), ["127.0.0.1"; 4]);
    });
}

#[test]
fn what_a_trusted_proxy_says_of_such_a_request_is_logged() {
    at_home(|home| {
        home.configure("[default.accounts]\ntrusted_proxy = [\"127.0.0.1\"]\n");
        let service = home.serve(&[]);
        service.send("FOO", "/", &[("X-Real-IP", "203.0.113.9")], "");
        service.stop();
        let line = home.log().into_iter().find(|line| line["message"] == "- / 400");
        assert_eq!(line.expect("a line")["address"], "203.0.113.9");
    });
}
