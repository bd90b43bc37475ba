//! Settings for claims: which are written and required, and the tokens of another
//! program under a shared secret.

use jsonwebtoken::Algorithm;
use rocket::serde::json::Json;
use rocket::{get, routes};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use vestibule::guards::AccessToken;

use crate::support::app::{App, Setup};
use crate::support::forged_tokens::{HEADER, claims, part, sign, sign_with, with_claim};
use crate::support::users::{ALICE, BOB};

/// The token that the documentation of Flask-JWT-Extended prints in "Automatic User Loading",
/// signed with `super-secret` in January 2021 for 30 days.
const PRINTED: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.\
    eyJmcmVzaCI6ZmFsc2UsImlhdCI6MTYxMTUwOTAxMSwianRpIjoiNGFmN2ViNTAtMjk3Yy00ZmY4LWJmOTYtMTZl\
    MDE5MWEzYzMwIiwibmJmIjoxNjExNTA5MDExLCJ0eXBlIjoiYWNjZXNzIiwic3ViIjoyLCJleHAiOjE2MTQxMDEw\
    MTF9.2UhZo-xo19NXaqKLwcMz0NBLAcxxEUeK4Ziqk1T_9h0";

fn launch(settings: &[(&str, Value)]) -> App {
    let setup = Setup::new();
    settings.iter().fold(setup, |setup, (key, value)| setup.set(key, value)).launch()
}

#[track_caller]
fn assert_code(app: &App, token: &str, code: &str) {
    assert_eq!(app.get("/token").bearer(token).send().code(), code, "{}", part(token, 1));
}

/// The settings under which a program of Flask-JWT-Extended's defaults has its tokens
/// accepted.
fn flask() -> Setup {
    Setup::new()
        .stateless()
        .set("auth.token.secret", "super-secret")
        .set("auth.token.allow_weak_secret", true)
        .set("auth.token.issuer", "")
        .set("auth.token.audience", "")
        .set("auth.token.verify_sub", false)
        .set("auth.token.access", "30 days")
}

#[test]
fn the_printed_token_of_flask_jwt_extended_is_good_in_its_time_and_expired_today() {
    let app = flask().launch();
    // Theirs has no stamp.
    app.users.change(BOB, |user| user.stamp.clear());
    let today = app.now();
    for (time, code) in [
        (1_611_509_005, "token_invalid"),
        (1_611_509_006, ""),
        (1_611_509_491, ""),
        (1_614_101_010, ""),
        (1_614_101_011, "token_expired"),
        (today, "token_expired"),
    ] {
        app.clock.set(OffsetDateTime::from_unix_timestamp(time).expect("a time"));
        let reply = app.get("/token").bearer(PRINTED).send();
        assert_eq!(reply.code(), code, "at {time}");
        if code.is_empty() {
            assert_eq!(reply.body, "2 by token");
            // Its own claim says that it is not fresh.
            assert_eq!(app.get("/fresh").bearer(PRINTED).send().code(), "fresh_login_required");
        }
    }
}

#[test]
fn each_of_those_settings_is_needed_for_the_printed_token() {
    for (key, value) in [
        ("auth.token.issuer", json!("vestibule")),
        ("auth.token.audience", json!("vestibule")),
        ("auth.token.verify_sub", json!(true)),
        ("auth.token.access", json!("29 days")),
        ("auth.token.secret", json!("super-secret2")),
    ] {
        let app = flask().set(key, value).launch();
        app.users.change(BOB, |user| user.stamp.clear());
        app.clock.set(OffsetDateTime::from_unix_timestamp(1_611_509_491).expect("a time"));
        assert_code(&app, PRINTED, "token_invalid");
    }
}

#[test]
fn the_account_is_named_by_another_claim_where_the_configuration_says_so() {
    let app = launch(&[("auth.token.identity_claim", json!("admin"))]);
    let odd = app.tokens(ALICE).access;
    assert_eq!(claims(&odd)["admin"], "1", "what the account claims under that name is ignored");
    let app = launch(&[("auth.token.identity_claim", json!("banana"))]);
    let pair = app.tokens(ALICE);
    for token in [&pair.access, &pair.refresh] {
        let claims = claims(token);
        assert_eq!((&claims["banana"], claims.get("sub")), (&json!("1"), None));
    }
    assert_eq!(app.get("/access").bearer(&pair.access).send().body, "1");
    assert_eq!(app.get("/token").bearer(&pair.access).send().body, "1 by token");
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().status, 200);
    let with = |name, value| with_claim(&pair.access, name, value);
    assert_code(&app, &with("banana", None), "token_invalid");
    assert_code(&app, &with("banana", Some(json!(1))), "token_invalid");
    assert_code(&app, &with("banana", Some(json!(""))), "token_invalid");
    // `sub` is then just a claim, which still must be a text (RFC 7519, 4.1.2).
    assert_code(&app, &with("sub", Some(json!("2"))), "");
    assert_code(&app, &with("sub", Some(json!(2))), "token_invalid");
}

#[test]
fn a_token_that_names_the_account_in_the_usual_claim_is_not_read_under_another() {
    let usual = App::new().tokens(ALICE).access;
    let app = launch(&[("auth.token.identity_claim", json!("banana"))]);
    assert_code(&app, &usual, "token_invalid");
}

#[test]
fn only_a_whole_number_is_read_as_an_id_and_only_where_that_is_allowed() {
    let app = launch(&[("auth.token.verify_sub", json!(false))]);
    let access = app.tokens(ALICE).access;
    assert_eq!(claims(&access)["sub"], "1", "what we write is a text all the same");
    let with = |sub: Value| with_claim(&access, "sub", Some(sub));
    assert_code(&app, &with(json!(1)), "");
    assert_code(&app, &with(json!("1")), "");
    for other in [json!(2), json!(-1), json!(u64::MAX)] {
        assert_code(&app, &with(other), "token_revoked");
    }
    for wrong in [json!(1.0), json!(1.5), json!(true), json!(null), json!([1]), json!({})] {
        assert_code(&app, &with(wrong), "token_invalid");
    }
    assert_code(&App::new(), &with(json!(1)), "token_invalid");
}

#[test]
fn without_nbf_none_is_written_or_demanded_but_one_that_is_there_counts() {
    let app = launch(&[("auth.token.nbf", json!(false))]);
    let pair = app.tokens(ALICE);
    assert_eq!(claims(&pair.access).get("nbf"), None);
    assert_eq!(claims(&pair.refresh).get("nbf"), None);
    assert_code(&app, &pair.access, "");
    let ahead = with_claim(&pair.access, "nbf", Some(json!(app.now() + 6)));
    assert_code(&app, &ahead, "token_invalid");
}

#[test]
fn without_an_issuer_and_an_audience_none_is_written_and_any_will_do() {
    for none in [json!(""), json!([])] {
        let app = launch(&[("auth.token.issuer", json!("")), ("auth.token.audience", none)]);
        let access = app.tokens(ALICE).access;
        assert_eq!((claims(&access).get("iss"), claims(&access).get("aud")), (None, None));
        assert_code(&app, &access, "");
        for (name, value) in
            [("iss", json!("other")), ("aud", json!("other")), ("aud", json!(["a", "b"]))]
        {
            assert_code(&app, &with_claim(&access, name, Some(value)), "");
        }
        for (name, value) in [("iss", json!(1)), ("aud", json!(1)), ("aud", json!(["a", 1]))] {
            assert_code(&app, &with_claim(&access, name, Some(value)), "token_invalid");
        }
    }
}

#[get("/claims")]
fn all_claims(token: AccessToken) -> Json<Map<String, Value>> {
    Json(token.claims().to_map())
}

#[test]
fn a_guard_gives_all_claims_of_its_token() {
    for audience in [json!("foo"), json!(["foo", "bar"])] {
        let setup = Setup::new().set("auth.token.audience", audience);
        let app = setup.mount(routes![all_claims]).launch();
        let access = app.tokens(ALICE).access;
        assert_eq!(app.get("/claims").bearer(&access).send().json(), claims(&access));
    }
}

#[test]
fn the_audience_is_written_as_given_and_any_overlap_will_do() {
    for given in [json!("foo"), json!(["foo"]), json!(["foo", "bar"])] {
        let app = launch(&[("auth.token.audience", given.clone())]);
        let access = app.tokens(ALICE).access;
        assert_eq!(claims(&access)["aud"], given);
        assert_code(&app, &access, "");
    }
    let app = launch(&[("auth.token.audience", json!(["foo", "bar"]))]);
    let access = app.tokens(ALICE).access;
    let with = |aud: &Value| with_claim(&access, "aud", Some(aud.clone()));
    for good in [json!("foo"), json!("bar"), json!(["bar"]), json!(["foo", "bar", "baz"])] {
        assert_code(&app, &with(&good), "");
    }
    for bad in [json!("baz"), json!([]), json!(["baz"]), json!(""), json!(["foo", 1])] {
        assert_code(&app, &with(&bad), "token_invalid");
    }
    assert_code(&app, &with_claim(&access, "aud", None), "token_invalid");
}

#[test]
fn a_claim_that_is_not_required_is_read_as_the_least_that_it_can_mean() {
    let app = launch(&[("auth.token.require", json!([]))]);
    let access = app.tokens(ALICE).access;
    for name in ["iat", "nbf", "jti", "type", "auth_time", "fresh"] {
        assert_code(&app, &with_claim(&access, name, None), "");
    }
    let fresh = |token: &str| app.get("/fresh").bearer(token).send().status;
    assert_eq!(fresh(&access), 200);
    assert_eq!(fresh(&with_claim(&access, "fresh", None)), 401, "not fresh");
    let since_issue = with_claim(&access, "auth_time", None);
    assert_eq!(fresh(&since_issue), 200, "proven when it was issued");
    assert_eq!(fresh(&with_claim(&since_issue, "iat", None)), 401, "proven nobody knows when");
    // What other settings demand is demanded all the same.
    for name in ["sub", "iss", "aud", "exp"] {
        assert_code(&app, &with_claim(&access, name, None), "token_invalid");
    }
    app.advance(601);
    assert_eq!(fresh(&since_issue), 401);
}

#[test]
fn a_token_without_a_type_is_an_access_token_and_another_type_is_still_none() {
    let app = launch(&[("auth.token.require", json!([]))]);
    let pair = app.tokens(ALICE);
    let untyped = with_claim(&pair.access, "type", None);
    assert_code(&app, &untyped, "");
    assert_eq!(app.post("/api/refresh").bearer(&untyped).send().code(), "wrong_token_type");
    // A refresh token that lost its type lives too long to be an access token.
    assert_code(&app, &with_claim(&pair.refresh, "type", None), "token_invalid");
    for wrong in [json!("app"), json!(null), json!(1)] {
        assert_code(&app, &with_claim(&pair.access, "type", Some(wrong)), "token_invalid");
    }
}

#[test]
fn without_a_time_of_issue_what_is_left_of_a_life_must_be_within_the_limit() {
    let app = launch(&[("auth.token.require", json!([]))]);
    let access = with_claim(&app.tokens(ALICE).access, "iat", None);
    let until = |exp: i64| with_claim(&access, "exp", Some(json!(exp)));
    assert_code(&app, &until(app.now() + 900), "");
    assert_code(&app, &until(app.now() + 901), "token_invalid");
    app.advance(1);
    assert_code(&app, &until(app.now() + 900), "");
}

#[test]
fn any_claim_can_be_required() {
    let app = launch(&[("auth.token.require", json!(["admin", "jti"]))]);
    let access = app.tokens(ALICE).access;
    assert_code(&app, &access, "");
    assert_code(&app, &with_claim(&access, "nbf", None), "");
    for name in ["admin", "jti"] {
        assert_code(&app, &with_claim(&access, name, None), "token_invalid");
    }
    assert_code(&app, &with_claim(&access, "jti", Some(json!(""))), "token_invalid");
}

#[test]
fn a_token_that_lacks_what_is_required_is_not_given_out() {
    let app = launch(&[("auth.token.require", json!(["department"]))]);
    assert_eq!(app.post("/api/login/1").send().code(), "internal");
}

#[test]
fn with_an_issuer_a_token_carries_by_default_what_each_of_ours_carries() {
    // As Flask-JWT-Extended writes it, in the name of our issuer: not one of ours.
    let app = launch(&[("auth.token.audience", json!(""))]);
    let now = app.now();
    let theirs = json!({
        "fresh": false, "iat": now, "jti": "x", "type": "access", "sub": "1", "nbf": now,
        "exp": now + 900, "iss": "vestibule",
    });
    let token = sign(HEADER, &theirs.to_string());
    assert_code(&app, &token, "token_invalid");
    let listed = json!(["exp", "iat", "jti", "nbf", "type"]);
    let app = Setup::new()
        .stateless()
        .set("auth.token.audience", "")
        .set("auth.token.require", listed)
        .launch();
    app.users.change(ALICE, |user| user.stamp.clear());
    assert_code(&app, &token, "");
}

#[test]
fn the_realm_of_the_challenge_can_be_named() {
    let app = launch(&[("auth.token.realm", json!("Back office"))]);
    let challenge = |token: Option<&str>| {
        let call = app.get("/token");
        let reply = token.into_iter().fold(call, crate::support::app::Call::bearer).send();
        reply.one("WWW-Authenticate").map(str::to_owned)
    };
    assert_eq!(challenge(None).as_deref(), Some("Bearer realm=\"Back office\""));
    let refused = challenge(Some("x.y.z")).expect("a challenge");
    assert!(refused.starts_with("Bearer realm=\"Back office\", error=\"invalid_token\""));
}

#[test]
fn an_expired_token_is_verified_where_the_application_wants_to_know_whose_it_was() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let expired = |token: &str| app.get(&format!("/verify-expired/{token}")).send();
    assert_eq!(expired(&access).body, "1");
    app.advance(900);
    assert_eq!(app.get(&format!("/verify/{access}")).send().code(), "token_expired");
    assert_eq!(expired(&access).body, "1");
    let forged = sign_with("another key", Algorithm::HS256, HEADER, &part(&access, 1));
    assert_eq!(expired(&forged).code(), "token_invalid");
    assert_eq!(expired(&with_claim(&access, "iss", Some(json!("x")))).code(), "token_invalid");
}
