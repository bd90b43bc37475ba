//! Where the service takes tokens from: what it is set to opens something, or stops the start.

use rocket::figment::Figment;
use rocket::http::{Header, Method};
use serde_json::{Value, json};
use vestibule_service::settings::Settings;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{figment, on_both_with, password};

/// The tokens of a login, by their names.
fn tokens(actor: &Actor<'_>) -> Value {
    let body = json!({ "username": "user_01", "password": password("user_01") });
    let reply = actor.post_json("/api/login", &body);
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.assert_no_cookies();
    reply.json()
}

fn text<'v>(pair: &'v Value, name: &str) -> &'v str {
    pair[name].as_str().expect("a token")
}

#[test]
fn a_token_in_the_query_opens_every_kind_of_route() {
    let settings = |figment: Figment| figment.merge(("auth.token.locations", ["query"]));
    on_both_with(settings, |app| {
        let program = app.anonymous();
        let pair = tokens(&program);
        let (access, refresh) = (text(&pair, "access_token"), text(&pair, "refresh_token"));
        assert_eq!(program.get(&format!("/api/me?jwt={access}")).json()["username"], "user_01");
        assert_eq!(program.get(&format!("/api/events?jwt={access}")).status, 200);
        let name = json!({ "full_name": "Ann" });
        assert_eq!(program.patch_json(&format!("/api/me?jwt={access}"), &name).status, 200);
        program.with_token(access).get("/api/me").assert_problem(401, "credentials_missing");
        let next = program.post(&format!("/api/refresh?jwt={refresh}"));
        assert_eq!(next.status, 200, "{}", next.body);
        let access = text(&next.json(), "access_token").to_owned();
        let twice = program.get(&format!("/api/me?jwt={access}&jwt={access}"));
        twice.assert_problem(400, "ambiguous_credentials");
        assert_eq!(program.post(&format!("/api/logout?all=true&jwt={access}")).status, 204);
        program.get(&format!("/api/me?jwt={access}")).assert_problem(401, "token_revoked");
        // A key is taken from a header only: there are none.
        program.get("/api/keys").assert_problem(404, "not_found");
    });
}

#[test]
fn a_header_of_another_name_and_scheme_carries_tokens_and_keys() {
    let settings = |figment: Figment| {
        figment.merge(("auth.token.header", "X-Token")).merge(("auth.token.scheme", "JWT"))
    };
    on_both_with(settings, |app| {
        let program = app.anonymous();
        let pair = tokens(&program);
        assert_eq!(pair["token_type"], "JWT");
        let send = |method: Method, path: &str, token: &str, body: Value| -> Reply {
            let header = Header::new("X-Token", format!("JWT {token}"));
            let request = program.request(method, path).header(header);
            program.send(request.header(rocket::http::ContentType::JSON).body(body.to_string()))
        };
        let access = text(&pair, "access_token");
        assert_eq!(send(Method::Get, "/api/me", access, json!({})).status, 200);
        program.with_token(access).get("/api/me").assert_problem(401, "credentials_missing");
        let key = json!({ "label": "nightly", "scopes": [] });
        let made = send(Method::Post, "/api/keys", access, key);
        assert_eq!(made.status, 201, "{}", made.body);
        let made = made.json();
        assert_eq!(send(Method::Get, "/api/me", text(&made, "key"), json!({})).status, 200);
        let refresh = text(&pair, "refresh_token");
        assert_eq!(send(Method::Post, "/api/refresh", refresh, json!({})).status, 200);
    });
}

#[test]
fn what_would_open_nothing_stops_the_start() {
    let start = |settings: &[(&str, Value)]| {
        let all = settings.iter();
        let figment = all.fold(figment("sqlite://a.sqlite3"), |figment, (key, value)| {
            figment.merge((*key, value))
        });
        Settings::read(&figment).map(|_| ()).map_err(|errors| errors[0].to_string())
    };
    let locations = |list: &[&str]| ("auth.token.locations", json!(list));
    for list in [&["cookies"][..], &["query"], &["header", "cookies", "query"]] {
        assert_eq!(start(&[locations(list)]), Ok(()), "{list:?}");
    }
    for list in [&["json"][..], &["header", "json"], &["json", "cookies"]] {
        let error = start(&[locations(list)]).expect_err("json");
        assert!(error.contains("auth.token.locations"), "{error}");
        assert!(error.contains("must not hold \"json\""), "{error}");
    }
    assert!(start(&[locations(&[])]).is_err());
    let silent = ("auth.token.cookies.csrf_in_cookies", json!(false));
    let error = start(&[locations(&["cookies"]), silent.clone()]).expect_err("no CSRF value");
    assert!(error.contains("auth.token.cookies.csrf_in_cookies"), "{error}");
    let unprotected = ("auth.token.cookies.csrf", json!(false));
    assert_eq!(start(&[locations(&["cookies"]), silent.clone(), unprotected]), Ok(()));
    assert_eq!(start(&[silent]), Ok(()), "not read without cookies");
    let never = [("auth.policy", json!("never")), ("auth.mode", json!("token"))];
    let error = start(&[&never[..], &[locations(&["cookies"])]].concat()).expect_err("never");
    assert!(error.contains("tokens in cookies"), "{error}");
    for name in ["role", "scope", "nope"] {
        let required = ("auth.token.require", json!(["exp", name]));
        let error = start(&[required]).expect_err("a claim that not every token has");
        assert!(error.contains("auth.token.require"), "{error}");
    }
}

#[test]
fn every_token_has_the_claims_that_may_be_required() {
    let claims = [
        "amr",
        "aud",
        "auth_time",
        "exp",
        "fresh",
        "gen",
        "iat",
        "iss",
        "jti",
        "nbf",
        "sid",
        "type",
        "user",
    ];
    let required = |figment: Figment| {
        figment
            .merge(("auth.token.require", &claims[..]))
            .merge(("auth.token.issuer", "https://id.example"))
            .merge(("auth.token.audience", "notes"))
            .merge(("auth.token.identity_claim", "user"))
    };
    on_both_with(required, |app| {
        let mut program = app.token("user_01");
        assert_eq!(program.refresh().status, 200);
        assert_eq!(program.get("/api/me").status, 200);
    });
}

#[test]
fn tokens_in_cookies_over_plain_http_are_warned_of() {
    let warnings = |secure: Value, locations: &[&str]| {
        let figment = figment("sqlite://a.sqlite3")
            .merge(("auth.mode", "token"))
            .merge(("auth.token.locations", locations))
            .merge(("auth.token.cookies.secure", secure));
        Settings::read(&figment).expect("good settings").cookie_warnings()
    };
    let cookies: &[&str] = &["cookies"];
    assert!(warnings(json!(false), cookies)[0].contains("auth.token.cookies.secure"));
    assert_eq!(warnings(json!(true), cookies), [""; 0]);
    assert_eq!(warnings(json!(false), &["header"]), [""; 0]);
}
