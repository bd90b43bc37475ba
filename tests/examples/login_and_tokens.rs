//! The rows of Flask-Login beside Flask-JWT-Extended.

use serde_json::{Value, json};

use crate::client::{Example, Reply};
use crate::forge::{claims, expired, forge, tampered};

const SECRET: &str = "super-secret";
const WRONG_TYPE: &str = "This route takes another type of token.";

struct Both(Example);

impl Both {
    fn start() -> Self {
        Self(Example::start("login_and_tokens"))
    }

    fn login(&self, remember: &Value) -> Reply {
        let mut given = json!({ "email": "ann@example.org", "password": "correct horse" });
        if !remember.is_null() {
            given["remember"] = remember.clone();
        }
        let reply = self.0.post("/login", &[], &given);
        assert_eq!(reply.text("message"), "Logged in successfully!");
        reply
    }

    fn token(&self) -> String {
        self.login(&Value::Null).text("access_token")
    }

    /// With a token in the body, and these cookies.
    fn by_token(&self, token: impl Into<Value>, cookies: &str) -> Reply {
        let headers = [("Cookie", cookies)];
        let headers = if cookies.is_empty() { &[][..] } else { &headers };
        self.0.post("/me", headers, &json!({ "access_token": token.into() }))
    }

    fn by_cookies(&self, cookies: &str) -> Reply {
        self.0.get("/me", &[("Cookie", cookies)])
    }
}

fn ann(via: &str) -> Value {
    json!({ "email": "ann@example.org", "via": via })
}

#[test]
fn a_login_that_is_not_remembered_sets_no_cookie() {
    let both = Both::start();
    for remember in [json!(false), Value::Null] {
        let reply = both.login(&remember);
        assert_eq!(reply.cookies(), [""; 0], "{reply:?}");
        assert_eq!(claims(&reply.text("access_token"))["sub"], "ann@example.org");
    }
}

#[test]
fn a_remembered_login_has_a_session_beside_its_token() {
    let both = Both::start();
    let reply = both.login(&json!(true));
    let cookies = reply.cookies();
    let names: Vec<&str> = cookies.iter().filter_map(|cookie| cookie.split('=').next()).collect();
    assert!(names.contains(&"session") && names.contains(&"remember_token"), "{names:?}");
    for cookie in &cookies {
        both.by_cookies(cookie).is(200, &ann("session"));
    }
    both.by_token(reply.text("access_token"), "").is(200, &ann("token"));
}

#[test]
fn a_token_request_never_gets_a_cookie() {
    let both = Both::start();
    let remembered = both.login(&json!(true));
    let token = both.token();
    // The remember cookie alone, which a request without a token would get a session for.
    let mut cookies = remembered.cookies();
    cookies.retain(|cookie| cookie.starts_with("remember_token"));
    let cookies = [cookies.concat(), remembered.cookies().join("; "), "session=x".to_owned()];
    for cookies in cookies.iter().map(String::as_str).chain([""]) {
        // 401 in Flask: the cookie keeps the token from being looked at.
        let good = both.by_token(token.as_str(), cookies);
        good.is(200, &ann("token"));
        let bad = both.by_token(tampered(&token), cookies);
        assert_eq!(bad.status, 422, "{bad:?}");
        for reply in [good, bad] {
            assert_eq!(reply.cookies(), [""; 0], "{cookies}: {reply:?}");
        }
    }
}

#[test]
fn a_bad_token_is_refused_though_a_good_cookie_is_beside_it() {
    let both = Both::start();
    let cookies = both.login(&json!(true)).cookies().join("; ");
    let token = both.token();
    let gone = forge(&token, SECRET, |claims| {
        claims.insert("sub".to_owned(), "gone@example.org".into());
    });
    both.by_token(expired(&token, SECRET), &cookies)
        .is(401, &json!({ "msg": "Token has expired" }));
    assert_eq!(both.by_token(gone, &cookies).status, 401);
    for bad in [json!("garbage"), json!(1), json!([token])] {
        assert_eq!(both.by_token(bad.clone(), &cookies).status, 422, "{bad}");
    }
    // An empty one is none, and the session is still not asked in its place.
    assert_eq!(both.by_token("", &cookies).status, 401);
}

#[test]
fn a_refresh_token_is_no_access_token() {
    let both = Both::start();
    // Accepted in Flask.
    let refresh = forge(&both.token(), SECRET, |claims| {
        claims.insert("type".to_owned(), "refresh".into());
        claims.insert("gen".to_owned(), 0.into());
    });
    let reply = both.by_token(refresh, "");
    assert_eq!((reply.status, &reply.json()["msg"]), (422, &json!(WRONG_TYPE)));
}

#[test]
fn a_request_without_a_token_has_no_user() {
    let both = Both::start();
    let token = both.token();
    let json = ("Content-Type", "application/json");
    assert_eq!(both.0.send("POST", "/me", &[], "").status, 401);
    assert_eq!(both.0.send("POST", "/me", &[json], "{}").status, 401);
    assert_eq!(both.0.send("POST", "/me", &[json], "{").status, 400);
    assert_eq!(both.0.get("/me", &[]).status, 401);
    // Only the body is looked at.
    let header = ("Authorization", format!("Bearer {token}"));
    assert_eq!(both.0.get("/me", &[(header.0, &header.1)]).status, 401);
}

#[test]
fn signing_out_ends_the_session_and_not_the_token() {
    let both = Both::start();
    let reply = both.login(&json!(true));
    let cookies = reply.cookies().join("; ");
    let bye = both.0.send("POST", "/logout", &[("Cookie", &cookies)], "");
    bye.is(200, &json!({ "message": "Logged out successfully!" }));
    assert_eq!(both.by_cookies(&cookies).status, 401);
    both.by_token(reply.text("access_token"), "").is(200, &ann("token"));
}

#[test]
fn wrong_credentials_are_refused_and_set_no_cookie() {
    let both = Both::start();
    for (email, password) in
        [("ann@example.org", "battery staple"), ("nobody@example.org", "correct horse")]
    {
        let given = json!({ "email": email, "password": password, "remember": true });
        let reply = both.0.post("/login", &[], &given);
        reply.is(401, &json!({ "msg": "Wrong user name or password." }));
        assert_eq!(reply.cookies(), [""; 0]);
    }
}
