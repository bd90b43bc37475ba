//! Malformed bodies, at every route that takes a body.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use rocket::http::{ContentType, Method};
use serde_json::json;

use crate::support::actor::Reply;
use crate::support::app::{TestApp, on_both};
use crate::support::process::{at_home, read_reply};

/// Sends a body to every route that takes one, as an administrator.
fn everywhere(app: &TestApp, kind: Option<&str>, body: &[u8]) -> Vec<Reply> {
    let admin = app.token("admin");
    let user = format!("/api/users/{}", app.id("user_01"));
    let routes =
        [(Method::Post, "/api/login"), (Method::Post, "/api/register"), (Method::Patch, &user)];
    let send = |(method, path): (Method, &str)| {
        let sender = if method == Method::Patch { &admin } else { &app.anonymous() };
        let mut request = sender.request(method, path).body(body);
        if let Some(kind) = kind {
            request.add_header(rocket::http::Header::new("Content-Type", kind.to_owned()));
        }
        sender.send(request)
    };
    routes.map(send).into_iter().collect()
}

#[test]
fn a_body_that_is_not_declared_as_json_is_415() {
    on_both(|app| {
        let body = br#"{"username":"user_01","password":"1234"}"#;
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("text/json"),
            Some("application/xml"),
            Some("nonsense"),
        ] {
            for reply in everywhere(&app, kind, body) {
                reply.assert_problem(415, "unsupported_media_type");
            }
        }
    });
}

#[test]
fn json_with_a_charset_is_json() {
    on_both(|app| {
        let visitor = app.anonymous();
        let body = r#"{"username":"user_01","password":"1234"}"#;
        let kind = ContentType::JSON.with_params(("charset", "utf-8"));
        let request = visitor.request(Method::Post, "/api/login").header(kind).body(body);
        assert_eq!(visitor.send(request).status, 200);
    });
}

#[test]
fn json_with_an_empty_parameter_is_json() {
    on_both(|app| {
        let body = br#"{"username":"two words","password":"1234"}"#;
        for kind in ["application/json;", "application/json; ;charset=utf-8;"] {
            for reply in everywhere(&app, Some(kind), body) {
                assert!(![400, 415].contains(&reply.status), "{kind}: {}", reply.body);
            }
        }
        for kind in ["application/json;x", ";application/json", "application/jsonx;"] {
            for reply in everywhere(&app, Some(kind), body) {
                reply.assert_problem(415, "unsupported_media_type");
            }
        }
    });
}

#[test]
fn a_compressed_body_is_415_and_the_answer_says_so() {
    on_both(|app| {
        let visitor = app.anonymous();
        let send = |coding: &str, body: &[u8]| {
            let request = visitor.request(Method::Post, "/api/login").header(ContentType::JSON);
            let coding = rocket::http::Header::new("Content-Encoding", coding.to_owned());
            visitor.send(request.header(coding).body(body))
        };
        for coding in ["gzip", "br", "identity, gzip"] {
            let reply = send(coding, b"\x1f\x8b\x08\x00");
            reply.assert_problem(415, "unsupported_media_type");
            assert_eq!(reply.json()["detail"], "Send the body without a Content-Encoding.");
        }
        let body = br#"{"username":"user_01","password":"1234"}"#;
        assert_eq!(send("identity", body).status, 200);
    });
}

#[test]
fn each_broken_body_is_told_what_is_wrong_with_it() {
    on_both(|app| {
        let deep = format!("{{\"username\":{}", "[".repeat(1000));
        for (body, detail) in [
            (&b""[..], "The body is empty; it must be a JSON object."),
            (b"{\"username\":x}", "The body is not JSON (line 1, column 13)."),
            (b"{\"username\":", "The body ends before its JSON does."),
            (b"[]", "The body must be a JSON object."),
            (b"{\"username\":\"\xff\"}", "The body is not UTF-8."),
            (b"{\"username\":1e400}", "The body holds a number that is too large."),
            (br#"{"username":"a","username":"b"}"#, "The body has a name twice."),
            (deep.as_bytes(), "The body is nested too deeply."),
        ] {
            for reply in everywhere(&app, Some("application/json"), body) {
                reply.assert_problem(400, "malformed_body");
                assert_eq!(reply.json()["detail"], detail);
            }
        }
    });
}

#[test]
fn a_body_that_is_no_object_is_400() {
    on_both(|app| {
        let deep = format!("{{\"username\":{}", "[".repeat(100_000));
        for body in [
            &b""[..],
            b"{",
            b"[]",
            b"null",
            b"\"user_01\"",
            b"1",
            b"{\"username\":\"user_01\"} x",
            b"{\"username\":NaN}",
            b"{'username':'user_01'}",
            b"{\"username\":\"\xff\xfe\"}",
            b"\xef\xbb\xbf{}",
            b"username=user_01&password=1234",
            deep.as_bytes(),
        ] {
            for reply in everywhere(&app, Some("application/json"), body) {
                reply.assert_problem(400, "malformed_body");
            }
        }
    });
}

#[test]
fn a_name_that_appears_twice_is_400() {
    on_both(|app| {
        for body in [
            r#"{"username":"user_01","username":"admin","password":"1234"}"#,
            r#"{"username":"user_01","password":"x","password":"1234"}"#,
            r#"{"active":true,"act\u0069ve":false}"#,
        ] {
            for reply in everywhere(&app, Some("application/json"), body.as_bytes()) {
                reply.assert_problem(400, "malformed_body");
            }
        }
        assert_eq!(app.count("users WHERE active"), 3);
    });
}

#[test]
fn a_body_that_is_too_large_is_413() {
    on_both(|app| {
        let body = json!({ "username": "x".repeat(2 * 1024 * 1024) }).to_string();
        for reply in everywhere(&app, Some("application/json"), body.as_bytes()) {
            reply.assert_problem(413, "too_large");
        }
    });
}

#[test]
fn fields_of_the_wrong_type_missing_or_unknown_are_all_named() {
    on_both(|app| {
        let cases = [
            (json!({}), vec!["password", "username"]),
            (json!({ "username": 1, "password": true }), vec!["password", "username"]),
            (json!({ "username": null, "password": {} }), vec!["password", "username"]),
            (json!({ "username": "user_01", "password": ["1234"] }), vec!["password"]),
            (
                json!({ "username": "user_01", "password": "1234", "remember": true, "x": 1 }),
                vec!["remember", "x"],
            ),
            (json!({ "Username": "user_01", "password": "1234" }), vec!["Username", "username"]),
        ];
        for (body, names) in cases {
            for path in ["/api/login", "/api/register"] {
                let reply = app.anonymous().post_json(path, &body);
                reply.assert_problem(422, "invalid_field");
                let fields = reply.json()["fields"].clone();
                let found: Vec<_> = fields.as_object().expect("an object").keys().collect();
                assert_eq!(found, names, "{path} {body}");
            }
        }
        assert_eq!(app.count("sign_ins"), 0);
    });
}

#[test]
fn what_is_sent_back_of_an_unknown_field_is_short() {
    on_both(|app| {
        let long = "x".repeat(10_000);
        let reply = app.anonymous().post_json("/api/login", &json!({ long: 1 }));
        reply.assert_problem(422, "invalid_field");
        assert!(reply.body.len() < 1000, "{} bytes", reply.body.len());
    });
}

#[test]
fn no_answer_repeats_a_password() {
    on_both(|app| {
        let secret = "hunter2-hunter2";
        for body in [
            json!({ "username": "user_01", "password": secret }),
            json!({ "username": "two words", "password": secret }),
            json!({ "username": "ann", "password": secret, "x": 1 }),
        ] {
            for path in ["/api/login", "/api/register"] {
                let reply = app.anonymous().post_json(path, &body);
                assert!(!reply.body.contains(secret), "{path}: {}", reply.body);
            }
        }
    });
}

/// Sends a request whose body is this, chunked or with a length, and ends it there if told so.
fn send_raw(address: &str, head: &str, rest: &str, ends_early: bool) -> Reply {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    let head = format!("POST {head}\r\nHost: {address}\r\nConnection: close\r\n");
    stream.write_all(format!("{head}{rest}").as_bytes()).expect("a request");
    if ends_early {
        stream.shutdown(Shutdown::Write).expect("the end of the request");
    }
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("a response");
    let shown = String::from_utf8_lossy(&response).into_owned();
    read_reply(response).unwrap_or_else(|| panic!("{rest:?}: {shown}"))
}

#[test]
fn a_json_body_that_breaks_off_is_400_however_short_it_is() {
    at_home(|home| {
        let service = home.serve(&[]);
        let token = service.api_login("user_01", "1234").expect("a token");
        let send = |method: &str, rest: &str, ends_early: bool| {
            let head = format!(
                "{method} HTTP/1.1\r\nAuthorization: {token}\r\nContent-Type: application/json"
            );
            send_raw(&service.address, &head, rest, ends_early)
        };
        // What came is an object, and more was announced.
        for (rest, ends_early) in [
            ("Content-Length: 13\r\n\r\n{}", true),
            ("Content-Length: 90\r\n\r\n{\"password\":1}", true),
            ("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n", false),
        ] {
            let reply = send("/api/confirm", rest, ends_early);
            reply.assert_problem(400, "malformed_body");
        }
        for rest in [
            "Content-Length: 2\r\n\r\n{}",
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ] {
            send("/api/confirm", rest, false).assert_problem(422, "invalid_field");
        }
    });
}

#[test]
fn a_form_whose_body_breaks_off_is_400() {
    at_home(|home| {
        let service = home.serve(&[]);
        let address = &service.address;
        let send = |kind: &str, rest: &str, ends_early: bool| {
            let head = format!("/login HTTP/1.1\r\nContent-Type: {kind}");
            send_raw(address, &head, rest, ends_early)
        };
        let form = "application/x-www-form-urlencoded";
        let multipart = "multipart/form-data; boundary=x";
        let field = "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nuser_01\r\n";
        let part = format!("Content-Length: 500\r\n\r\n{field}");
        let cut = format!("Content-Length: {}\r\n\r\n{field}", field.len());
        for (kind, rest) in [
            (form, "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            (form, "Transfer-Encoding: chunked\r\n\r\n4\r\nuser\r\nzz\r\n"),
            (form, "Transfer-Encoding: chunked\r\n\r\n16\r\nusername=user_01&passw\r\nzz\r\n"),
            (form, "Content-Length: 30\r\n\r\n"),
            (form, "Content-Length: 30\r\n\r\nusername="),
            (form, "Content-Length: 30\r\n\r\nusername=user_01&passw"),
            (multipart, "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            (multipart, &part),
            (multipart, &cut),
        ] {
            let reply = send(kind, rest, rest.starts_with("Content-Length") && rest != cut);
            assert_eq!(reply.status, 400, "{kind} {rest:?}: {}", reply.body);
        }
        let fields = "username=user_01&password=1234";
        let chunked = format!("Transfer-Encoding: chunked\r\n\r\n1e\r\n{fields}\r\n0\r\n\r\n");
        let whole = format!("Content-Length: 30\r\n\r\n{fields}");
        let empty = "Content-Length: 0\r\n\r\n";
        for (rest, status) in [(chunked.as_str(), 303), (&whole, 303), (empty, 401)] {
            assert_eq!(send(form, rest, false).status, status, "{rest:?}");
        }
    });
}
