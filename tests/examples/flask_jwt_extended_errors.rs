//! Flask-JWT-Extended's errors, trigger by trigger.

use serde_json::{Value, json};

use crate::client::{Example, Reply};
use crate::forge::{claims, expired, forge, sign, tampered};

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
fn a_missing_header_and_a_malformed_one_are_distinguished() {
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

/// The text for each token of a table, all with 422.
#[track_caller]
fn assert_texts(errors: &Errors, table: &[(&str, String)]) {
    for (text, token) in table {
        let reply = errors.get("/protected", token);
        assert_eq!((reply.status, &reply.json()), (422, &msg(text)), "{token}");
    }
}

#[test]
fn a_token_that_cannot_be_decoded_gets_the_text_of_pyjwt() {
    let errors = Errors::start();
    let (access, _) = errors.pair("test");
    let body = serde_json::to_string(&claims(&access)).expect("JSON");
    let good = r#"{"alg":"HS256"}"#;
    let signed = |header: &str, claims: &str| sign(SECRET, header, claims);
    let (message, signature) = access.rsplit_once('.').expect("three parts");
    assert_texts(
        &errors,
        &[
            ("Not enough segments", "foobarbaz".to_owned()),
            ("Not enough segments", message.to_owned()),
            ("Invalid header padding", "aaaaa.bbbbb.ccccc".to_owned()),
            (
                "Invalid payload padding",
                format!("{}.bbbbb.{signature}", message.split('.').next().expect("a header")),
            ),
            ("Invalid crypto padding", format!("{message}.ccccc")),
            (
                "Invalid header string: Expecting value: line 1 column 1 (char 0)",
                signed("nonsense", &body),
            ),
            ("Invalid header string: must be a json object", signed("[1]", &body)),
            (
                "Invalid payload string: Expecting value: line 1 column 1 (char 0)",
                signed(good, "nonsense"),
            ),
            ("Invalid payload string: must be a json object", signed(good, "[1]")),
            ("Algorithm not specified", signed(r#"{"typ":"JWT"}"#, &body)),
            ("The specified alg value is not allowed", signed(r#"{"alg":"none"}"#, &body)),
            ("The specified alg value is not allowed", signed(r#"{"alg":"hs256"}"#, &body)),
            (
                "Key ID header parameter must be a string",
                signed(r#"{"alg":"HS256","kid":1}"#, &body),
            ),
            ("Signature verification failed", format!("{message}.")),
            ("Signature verification failed", sign("other", good, &body)),
        ],
    );
}

#[test]
fn a_claim_that_is_wrong_gets_the_text_of_pyjwt() {
    let errors = Errors::start();
    let (access, _) = errors.pair("test");
    let soon = claims(&access)["exp"].as_i64().expect("an end");
    let with = |name: &str, value: Value| {
        forge(&access, SECRET, |claims| drop(claims.insert(name.to_owned(), value)))
    };
    let without = |name: &str| forge(&access, SECRET, |claims| drop(claims.remove(name)));
    assert_texts(
        &errors,
        &[
            ("Missing claim: sub", without("sub")),
            ("Token is missing the \"iss\" claim", without("iss")),
            ("Token is missing the \"aud\" claim", without("aud")),
            ("Token is missing the \"aud\" claim", with("aud", json!([]))),
            ("Invalid issuer", with("iss", json!("other"))),
            ("Audience doesn't match", with("aud", json!("other"))),
            ("Invalid claim format in token", with("aud", json!(1))),
            ("Payload Issuer (iss) must be a string", with("iss", json!(1))),
            ("Subject must be a string", with("sub", json!(1))),
            ("Subject must be a string", with("sub", Value::Null)),
            ("JWT ID must be a string", with("jti", json!(1))),
            ("The token is not yet valid (iat)", with("iat", json!(soon))),
            ("The token is not yet valid (nbf)", with("nbf", json!(soon))),
            ("Expiration Time claim (exp) must be an integer.", with("exp", json!("x"))),
            ("Not Before claim (nbf) must be an integer.", with("nbf", json!("x"))),
            ("Issued At claim (iat) must be an integer.", with("iat", json!("x"))),
        ],
    );
}

#[test]
fn of_an_expired_token_any_other_defect_counts_first() {
    let errors = Errors::start();
    let (access, _) = errors.pair("test");
    let old = expired(&access, SECRET);
    let with = |name: &str, value: Value| {
        forge(&old, SECRET, |claims| drop(claims.insert(name.to_owned(), value)))
    };
    errors.get("/protected", &old).is(401, &msg("Token has expired"));
    let issuer = with("iss", json!("other"));
    errors.get("/protected", &issuer).is(422, &msg("Invalid issuer"));
    let without_user = forge(&old, SECRET, |claims| drop(claims.remove("sub")));
    errors.get("/protected", &without_user).is(422, &msg("Missing claim: sub"));
}

#[test]
fn a_refresh_token_can_be_used_again_as_flasks_clients_do() {
    let errors = Errors::start();
    let (_, refresh) = errors.pair("test");
    for _ in 0..3 {
        let reply = errors.send("POST", "/refresh", &refresh);
        assert_eq!(reply.json().get("refresh_token"), None);
        let renewed = reply.text("access_token");
        errors.get("/protected", &renewed).is(200, &json!({ "logged_in_as": "test" }));
    }
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
    let without = forge(&access, SECRET, |claims| drop(claims.remove("csrf")));
    let cookie = format!("access_token_cookie={without}");
    let headers = [("Cookie", cookie.as_str()), ("X-CSRF-TOKEN", "x")];
    let reply = errors.0.send("POST", "/protected", &headers, "");
    reply.is(422, &msg("Missing claim: csrf"));
}
