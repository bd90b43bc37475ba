//! How verifiers elsewhere tell an access token from a refresh token, and tokens from before they
//! could.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::actor::Actor;
use crate::support::app::{SECRET, TestApp, on_both, on_both_with};

/// One part of a token.
fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// The token with another `typ` and `aud`, signed again.
fn with(token: &str, typ: &str, audience: &str) -> String {
    signed_again(token, typ, |claims| claims["aud"] = json!(audience))
}

/// The token with another `typ` and other claims, signed with [`SECRET`].
pub(crate) fn signed_again(token: &str, typ: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = part(token, 1);
    change(&mut claims);
    let header = json!({ "alg": "HS256", "typ": typ });
    let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = parts.join(".");
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length will do");
    let signature = mac.chain_update(message.as_bytes()).finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Access and refresh token of a new sign-in.
fn pair(app: &TestApp) -> (String, String) {
    let program = app.token("user_01");
    (program.token.clone().expect("a token"), program.refresh_token.expect("a token"))
}

#[test]
fn header_and_audience_tell_the_two_types_apart() {
    on_both(|app| {
        let (access, refresh) = pair(&app);
        assert_eq!(part(&access, 0)["typ"], "at+jwt");
        assert_eq!(part(&access, 1)["aud"], "vestibule-api");
        assert_eq!(part(&refresh, 0)["typ"], "rt+jwt");
        assert_eq!(part(&refresh, 1)["aud"], part(&refresh, 1)["iss"]);
    });
}

#[test]
fn a_token_under_the_header_or_audience_of_another_kind_is_refused() {
    on_both(|app| {
        let (access, refresh) = pair(&app);
        for (typ, audience) in [
            ("rt+jwt", "vestibule-api"),
            ("at+jwt", "vestibule"),
            ("at+jwt", "other"),
            ("JWE", "vestibule-api"),
            ("secevent+jwt", "vestibule-api"),
        ] {
            let refused = app.anonymous().with_token(&with(&access, typ, audience)).get("/api/me");
            refused.assert_problem(401, "token_invalid");
        }
        for (typ, audience) in [("at+jwt", "vestibule"), ("rt+jwt", "vestibule-api")] {
            let mut program = app.anonymous();
            program.refresh_token = Some(with(&refresh, typ, audience));
            program.refresh().assert_problem(401, "token_invalid");
        }
    });
}

#[test]
fn a_pair_from_before_the_types_were_told_apart_is_good_for_its_life() {
    on_both(|app| {
        let (access, refresh) = pair(&app);
        let old = |token: &str| with(token, "JWT", "vestibule");
        let mut program = app.anonymous().with_token(&old(&access));
        assert_eq!(program.get("/api/me").status, 200);
        program.with_token(&old(&refresh)).get("/api/me").assert_problem(401, "wrong_token_type");
        program.refresh_token = Some(old(&refresh));
        assert_eq!(program.refresh().status, 200);
        assert_eq!(part(program.token.as_deref().expect("a token"), 0)["typ"], "at+jwt");
        assert_eq!(program.get("/api/me").status, 200);
    });
}

#[test]
fn for_verifiers_that_know_no_other_an_access_token_has_the_general_type() {
    on_both_with(
        |figment| figment.merge(("auth.token.typ", "JWT")),
        |app| {
            let (access, refresh) = pair(&app);
            assert_eq!(
                (&part(&access, 0)["typ"], &part(&refresh, 0)["typ"]),
                (&json!("JWT"), &json!("rt+jwt"))
            );
            assert_eq!(app.anonymous().with_token(&access).get("/api/me").status, 200);
            for audience in ["vestibule", "vestibule-api"] {
                let refused = app.anonymous().with_token(&with(&refresh, "JWT", audience));
                refused.get("/api/me").assert_problem(401, "wrong_token_type");
            }
        },
    );
}

#[test]
fn the_scopes_in_a_token_are_those_of_the_role_when_it_was_issued_and_the_role_counts_at_once() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let scope = |program: &Actor<'_>| program.get("/api/claims").json()["scope"].clone();
        program.get("/api/users").assert_problem(403, "forbidden");
        assert_eq!(scope(&program), "account sign-ins");
        app.sql("UPDATE users SET role = 'admin' WHERE username = 'user_01'");
        app.clock.advance(Duration::from_secs(2));
        assert_eq!(program.get("/api/users").status, 200);
        let change = json!({ "full_name": "Ann" });
        let changed = program.patch_json(&format!("/api/users/{}", app.id("user_02")), &change);
        assert_eq!(changed.status, 200, "it is shown to an administrator");
        assert_eq!(scope(&program), "account sign-ins");
        assert_eq!(program.refresh().status, 200);
        assert_eq!(scope(&program), "account sign-ins users:read users:write introspect");
    });
}

#[test]
fn the_public_keys_are_for_every_site_and_for_caches() {
    on_both(|app| {
        let reply = app.anonymous().get("/.well-known/jwks.json");
        assert_eq!(reply.header("content-type"), Some("application/jwk-set+json"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("cross-origin"));
        assert_eq!(reply.header("vary"), None);
        reply.assert_no_cookies();
    });
}
