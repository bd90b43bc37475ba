//! Unsafe requests with a cookie must come from our own origin.

use rocket::http::Method;

use crate::support::app::{App, Call, Setup};
use crate::support::users::{ALICE, BOB};

const HOST: &str = "vestibule.example:8000";

/// What a client says of where a request comes from: headers, and whether they pass.
const SITES: &[(&[(&str, &str)], bool)] = &[
    (&[], true),
    (&[("Sec-Fetch-Site", "same-origin")], true),
    (&[("Sec-Fetch-Site", "none")], true),
    (&[("Sec-Fetch-Site", "same-site")], false),
    (&[("Sec-Fetch-Site", "cross-site")], false),
    (&[("Sec-Fetch-Site", "Same-Origin")], false),
    (&[("Sec-Fetch-Site", "garbage")], false),
    (&[("Sec-Fetch-Site", "")], false),
    (&[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")], false),
    (&[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")], true),
    (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "http://vestibule.example:8000")], false),
    (&[("Origin", "http://vestibule.example:8000")], true),
    (&[("Origin", "https://vestibule.example:8000")], true),
    (&[("Origin", "https://VESTIBULE.example:8000")], true),
    (&[("Origin", "http://vestibule.example")], false),
    (&[("Origin", "http://vestibule.example:8001")], false),
    (&[("Origin", "http://evil.example")], false),
    (&[("Origin", "http://evil.example:8000")], false),
    (&[("Origin", "http://vestibule.example:8000.evil.example")], false),
    (&[("Origin", "http://vestibule.example:8000@evil.example")], false),
    (&[("Origin", "http://evil.example@vestibule.example:8000")], false),
    (&[("Origin", "http://sub.vestibule.example:8000")], false),
    (&[("Origin", "http://vestibule.example:8000/")], false),
    (&[("Origin", "vestibule.example:8000")], false),
    (&[("Origin", "null")], false),
    (&[("Origin", "")], false),
    (
        &[("Origin", "http://vestibule.example:8000"), ("Origin", "http://vestibule.example:8000")],
        false,
    ),
];

fn from<'c>(call: Call<'c>, headers: &[(&str, &str)]) -> Call<'c> {
    let call = call.header("Host", HOST);
    headers.iter().fold(call, |call, (name, value)| call.header(name, value))
}

#[test]
fn an_unsafe_request_with_a_session_comes_from_our_own_origin() {
    let app = App::new();
    let session = app.browser(ALICE);
    for (method, path) in [
        (Method::Post, "/change"),
        (Method::Delete, "/change"),
        (Method::Put, "/either"),
        (Method::Post, "/confirm"),
    ] {
        for (headers, passes) in SITES {
            let reply = from(app.call(method, path), headers).cookie(&session).send();
            let code = if *passes { "" } else { "cross_origin" };
            assert_eq!(reply.code(), code, "{method} {path} with {headers:?}");
        }
    }
}

#[test]
fn a_refused_origin_is_403_without_a_challenge_and_costs_no_session() {
    let app = App::new();
    let session = app.browser(ALICE);
    let call = app.post("/change").cookie(&session).header("Sec-Fetch-Site", "cross-site");
    let reply = call.send();
    assert_eq!((reply.status, reply.one("WWW-Authenticate"), reply.cookies()), (403, None, vec![]));
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn a_safe_request_may_come_from_anywhere() {
    let app = App::new();
    let session = app.browser(ALICE);
    for method in [Method::Get, Method::Head] {
        for (headers, _) in SITES {
            let reply = from(app.call(method, "/change"), headers).cookie(&session).send();
            assert_eq!(reply.status, 200, "{method} with {headers:?}");
        }
    }
}

#[test]
fn signing_in_and_out_comes_from_our_own_origin_even_without_a_session() {
    let app = App::new();
    for path in ["/login/1", "/logout"] {
        for (headers, passes) in SITES {
            let reply = from(app.post(path), headers).send();
            let status = if *passes { 200 } else { 403 };
            assert_eq!(reply.status, status, "{path} with {headers:?}");
        }
    }
}

#[test]
fn a_method_hidden_in_a_form_is_still_the_post_that_it_was() {
    let app = App::new();
    let session = app.browser(ALICE);
    for form in [
        "_method=get",
        "_method=GET&a=b",
        "_method=head",
        "_method=options",
        "_method=delete",
        "_method=Delete&a=b",
        "a=b&_method=get",
        "%5fmethod=get",
        "_method=%67et",
    ] {
        let call = app.post("/change").form(form).cookie(&session);
        let reply = call.header("Sec-Fetch-Site", "cross-site").send();
        assert!(matches!(reply.status, 403..=405), "{form}: {}", reply.status);
        assert!(!reply.body.contains("by session"), "{form}: {}", reply.body);
    }
}

#[test]
fn a_hidden_method_from_our_own_origin_works() {
    let app = App::new();
    let session = app.browser(ALICE);
    for form in ["_method=get", "_method=delete"] {
        let call = app.post("/change").form(form).cookie(&session);
        let reply = call.header("Sec-Fetch-Site", "same-origin").send();
        assert_eq!(reply.body, "1 by session", "{form}");
    }
}

#[test]
fn a_junk_token_waives_nothing() {
    let app = App::new();
    let session = app.browser(BOB);
    let expired = {
        let access = app.tokens(ALICE).access;
        app.advance(900);
        format!("Bearer {access}")
    };
    for junk in ["Bearer x", "Bearer a.b.c", "Bearer", "Basic YTpi", "bearer  ", "x", &expired] {
        for (method, path) in [
            (Method::Post, "/change"),
            (Method::Delete, "/change"),
            (Method::Put, "/either"),
            (Method::Post, "/login/1"),
            (Method::Post, "/logout"),
        ] {
            let call = app.call(method, path).cookie(&session).header("Authorization", junk);
            let reply = call.header("Sec-Fetch-Site", "cross-site").send();
            assert!(matches!(reply.status, 401 | 403), "{method} {path}, {junk}: {}", reply.status);
            assert_eq!(reply.cookies(), [""; 0], "{method} {path}, {junk}");
        }
    }
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn a_good_token_waives_the_check_where_a_token_is_taken() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let call = app.call(Method::Put, "/either").bearer(&access);
    assert_eq!(call.header("Sec-Fetch-Site", "cross-site").send().body, "1 by token");
}

#[test]
fn no_response_says_which_origin_is_expected() {
    let app = App::new();
    let reply = app.call(Method::Put, "/either").header("Sec-Fetch-Site", "cross-site").send();
    assert_eq!(reply.code(), "credentials_missing");
}

#[test]
fn an_origin_without_a_host_to_compare_is_refused() {
    let app = App::new();
    let session = app.browser(ALICE);
    for origin in ["http://vestibule.example", "null", ""] {
        let call = app.post("/change").cookie(&session).header("Origin", origin);
        assert_eq!(call.send().code(), "cross_origin", "{origin:?}");
    }
}

#[test]
fn the_host_of_http_2_is_compared_too() {
    let app = App::new();
    let session = app.browser(ALICE);
    for (origin, code) in
        [("https://vestibule.example:8000", ""), ("https://evil.example", "cross_origin")]
    {
        let call = app.post("/change").cookie(&session).header("Origin", origin);
        assert_eq!(call.authority(HOST).send().code(), code, "{origin}");
    }
}

#[test]
fn a_default_port_equals_none() {
    let app = App::new();
    let session = app.browser(ALICE);
    for (host, origin, passes) in [
        ("vestibule.example:80", "http://vestibule.example", true),
        ("vestibule.example", "http://vestibule.example:80", true),
        ("vestibule.example:443", "https://vestibule.example", true),
        ("vestibule.example", "https://vestibule.example:443", true),
        ("vestibule.example:443", "http://vestibule.example", false),
        ("vestibule.example:80", "https://vestibule.example", false),
        ("vestibule.example:8080", "http://vestibule.example", false),
    ] {
        let call = app.post("/change").cookie(&session);
        let reply = call.header("Host", host).header("Origin", origin).send();
        assert_eq!(reply.code() != "cross_origin", passes, "{host} {origin}");
    }
}

#[test]
fn over_plain_http_a_session_for_https_is_refused_before_anything_happens() {
    for (origin, secure, refused) in [
        ("http://vestibule.lan", true, true),
        ("http://vestibule.lan:8000", true, true),
        ("http://192.0.2.7:8000", true, true),
        ("http://localhost.example", true, true),
        ("http://]", true, true),
        ("http://vestibule.lan", false, false),
        ("https://vestibule.lan", true, false),
        ("http://localhost:8000", true, false),
        ("http://app.localhost", true, false),
        ("http://127.0.0.1:8000", true, false),
        ("http://[::1]:8000", true, false),
        ("null", true, false),
    ] {
        let app = Setup::new().set("auth.session.secure", secure).launch();
        let host = origin.split_once("://").map_or("vestibule.lan", |(_, host)| host);
        let call = app.post("/login/1").header("Sec-Fetch-Site", "same-origin");
        let reply = call.header("Host", host).header("Origin", origin).send();
        let code = if refused { "insecure_connection" } else { "" };
        assert_eq!(reply.code(), code, "{origin} with secure = {secure}");
        assert_eq!(app.store.len(), usize::from(!refused), "{origin}");
    }
    let app = Setup::new().set("auth.session.secure", true).launch();
    let reply = app.post("/api/login/1").header("Origin", "http://vestibule.lan").send();
    assert_eq!(reply.status, 200, "tokens need no cookie");
}
