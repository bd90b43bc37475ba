//! Flask-JWT-Extended's errors, trigger by trigger.

use serde_json::{Value, json};

use crate::client::{Example, Reply};
use crate::forge::{claims, expired, forge, tampered};

const SECRET: &str = "super-secret";

/// Settings under which tokens are looked for in one place.
const HEADER_ONLY: &str = "{password={cost=4},token={locations=[\"header\"]}}";
const QUERY_ONLY: &str = "{password={cost=4},token={locations=[\"query\"]}}";
const COOKIES_ONLY: &str = "{password={cost=4},token={locations=[\"cookies\"]}}";

struct Errors(Example);

impl Errors {
    fn start() -> Self {
        Self(Example::start("flask_jwt_extended_errors"))
    }

    fn start_with(auth: &str) -> Self {
        Self(Example::start_with("flask_jwt_extended_errors", auth))
    }

    fn pair(&self, username: &str) -> (String, String) {
        let given = json!({ "username": username, "password": username });
        let reply = self.0.post("/login", &[], &given);
        (reply.text("access_token"), reply.text("refresh_token"))
    }

    fn send(&self, method: &str, path: &str, token: &str) -> Reply {
        self.0.send(method, path, &[("Authorization", &format!("Bearer {token}"))], "")
    }

    fn get(&self, path: &str, token: &str) -> Reply {
        self.send("GET", path, token)
    }

    fn with_header(&self, value: &str) -> Reply {
        self.0.get("/protected", &[("Authorization", value)])
    }
}

fn msg(text: &str) -> Value {
    json!({ "msg": text })
}

#[test]
fn good_tokens_pass() {
    let errors = Errors::start();
    let (access, refresh) = errors.pair("test");
    let user = json!({ "logged_in_as": "test" });
    for path in ["/protected", "/fresh", "/optional"] {
        errors.get(path, &access).is(200, &user);
    }
    errors.0.get("/optional", &[]).is(200, &json!({ "logged_in_as": null }));
    let renewed = errors.send("POST", "/refresh", &refresh).text("access_token");
    errors.get("/protected", &renewed).is(200, &user);
    errors.get("/fresh", &renewed).is(401, &msg("Fresh token required"));
}

#[test]
fn a_missing_header_and_a_malformed_one_are_told_apart() {
    let errors = Errors::start_with(HEADER_ONLY);
    errors.0.get("/protected", &[]).is(401, &msg("Missing Authorization Header"));
    errors.with_header("").is(401, &msg("Missing Authorization Header"));
    let expected = "Missing 'Bearer' type in 'Authorization' header. Expected 'Authorization: \
                    Bearer <JWT>'";
    errors.with_header("Basic dGVzdDp0ZXN0").is(401, &msg(expected));
    let bad = "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'";
    for header in ["Bearer", "Bearer a b"] {
        errors.with_header(header).is(422, &msg(bad));
    }
}

#[test]
fn a_token_is_missed_in_each_place_where_it_was_looked_for() {
    let missing = |auth| Errors::start_with(auth).0.get("/protected", &[]);
    missing(COOKIES_ONLY).is(401, &msg("Missing cookie \"access_token_cookie\""));
    missing(QUERY_ONLY).is(401, &msg("Missing 'jwt' query paramater"));
    let all = "Missing JWT in headers or cookies (Missing Authorization Header; Missing cookie \
               \"access_token_cookie\")";
    Errors::start().0.get("/protected", &[]).is(401, &msg(all));
}

#[test]
fn a_bad_token_is_refused_for_what_is_wrong_with_it() {
    let errors = Errors::start();
    let (access, refresh) = errors.pair("test");
    errors.get("/protected", &expired(&access, SECRET)).is(401, &msg("Token has expired"));
    errors.get("/protected", "garbage").is(422, &msg("Not enough segments"));
    errors.get("/protected", &tampered(&access)).is(422, &msg("Signature verification failed"));
    errors.get("/optional", &tampered(&access)).is(422, &msg("Signature verification failed"));
    let wrong = "Only non-refresh tokens are allowed";
    errors.get("/protected", &refresh).is(422, &msg(wrong));
    let wrong = "Only refresh tokens are allowed";
    errors.send("POST", "/refresh", &access).is(422, &msg(wrong));
    let other_release = forge(&access, SECRET, |claims| {
        claims.insert("release".to_owned(), 1.into());
    });
    let text = "User claims verification failed";
    errors.get("/protected", &other_release).is(400, &msg(text));
    let other_release = forge(&refresh, SECRET, |claims| {
        claims.insert("release".to_owned(), 1.into());
    });
    errors.send("POST", "/refresh", &other_release).is(400, &msg(text));
}

#[test]
fn signing_out_revokes_both_tokens() {
    let errors = Errors::start();
    let (access, refresh) = errors.pair("test");
    let bye = errors.send("DELETE", "/logout", &access);
    bye.is(200, &msg("Successfully logged out"));
    errors.get("/protected", &access).is(401, &msg("Token has been revoked"));
    let again = errors.send("POST", "/refresh", &refresh);
    again.is(401, &msg("Token has been revoked"));
    let challenge = again.all("www-authenticate").concat();
    assert!(
        challenge.ends_with("error_description=\"The token has been revoked.\""),
        "{challenge}"
    );
}

#[test]
fn a_user_who_is_gone_cannot_be_loaded() {
    let errors = Errors::start();
    let (access, refresh) = errors.pair("leaver");
    assert_eq!(errors.send("DELETE", "/account", &access).status, 204);
    errors.get("/protected", &access).is(401, &msg("Error loading the user leaver"));
    let renewed = errors.send("POST", "/refresh", &refresh);
    renewed.is(401, &msg("Error loading the user leaver"));
}

#[test]
fn a_token_in_a_cookie_needs_its_csrf_value() {
    let errors = Errors::start();
    let (access, _) = errors.pair("test");
    let csrf = claims(&access)["csrf"].as_str().expect("a CSRF value").to_owned();
    let cookie = format!("access_token_cookie={access}");
    let post = |csrf: Option<&str>| {
        let mut headers = vec![("Cookie", cookie.as_str())];
        headers.extend(csrf.map(|value| ("X-CSRF-TOKEN", value)));
        errors.0.send("POST", "/protected", &headers, "")
    };
    post(Some(&csrf)).is(200, &json!({ "logged_in_as": "test" }));
    post(None).is(401, &msg("Missing CSRF token"));
    post(Some("other")).is(401, &msg("CSRF double submit tokens do not match"));
    let get = errors.0.get("/protected", &[("Cookie", &cookie)]);
    get.is(200, &json!({ "logged_in_as": "test" }));
}
