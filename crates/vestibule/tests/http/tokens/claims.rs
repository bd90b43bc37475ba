//! What a token must contain: tokens made by hand with the right key and one defect each.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::app::{App, Pair, SECRET, Setup};
use crate::support::forged_tokens::{
    HEADER, claims, encode, part, sign, sign_message, sign_with, with_claim, with_header,
};
use crate::support::users::ALICE;

/// The code of the response to each token of a table; empty for one that is accepted.
fn assert_codes(app: &App, expected: &str, table: &[(&str, String)]) {
    for (case, token) in table {
        assert_eq!(app.get("/token").bearer(token).send().code(), expected, "{case}");
    }
}

fn assert_invalid(app: &App, table: &[(&str, String)]) {
    assert_codes(app, "token_invalid", table);
}

#[test]
fn a_forged_token_without_a_defect_is_accepted() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    assert_codes(
        &app,
        "",
        &[
            ("the same claims", sign(HEADER, &part(&access, 1))),
            ("another claim", with_claim(&access, "further", Some(json!({ "any": ["thing"] })))),
            (
                "the header in another order",
                sign(r#"{"typ":"JWT","alg":"HS256"}"#, &part(&access, 1)),
            ),
            ("a header without a type", sign(r#"{"alg":"HS256"}"#, &part(&access, 1))),
            ("a key id", with_header(&access, "kid", json!("any"))),
        ],
    );
}

#[test]
fn the_claims_of_a_token_are_those_of_its_account() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    let (access, refresh) = (claims(&pair.access), claims(&pair.refresh));
    let now = app.now();
    assert_eq!((&access["sub"], &access["type"]), (&json!("1"), &json!("access")));
    assert_eq!((&refresh["sub"], &refresh["type"]), (&json!("1"), &json!("refresh")));
    assert_eq!((&access["iat"], &access["nbf"]), (&json!(now), &json!(now)));
    assert_eq!((&access["exp"], &refresh["exp"]), (&json!(now + 900), &json!(now + 30 * 86_400)));
    assert_eq!((&access["fresh"], &refresh["fresh"]), (&json!(true), &json!(false)));
    assert_eq!((&access["iss"], &access["aud"]), (&json!("vestibule"), &json!("vestibule-api")));
    assert_eq!((&refresh["iss"], &refresh["aud"]), (&json!("vestibule"), &json!("vestibule")));
    assert_eq!((&access["admin"], &access["sid"]), (&json!(true), &refresh["sid"]));
    assert_ne!(access["jti"], refresh["jti"]);
    assert!(!access["stamp"].as_str().expect("a stamp").contains("hash"));
}

#[test]
fn another_algorithm_is_refused_whatever_signed_it() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let body = part(&access, 1);
    let mut table = Vec::new();
    for name in ["none", "None", "NONE", "hs256", "Hs256", "HS384", "HS512", "RS256", "EdDSA", ""] {
        table.push((name, sign(&json!({ "alg": name, "typ": "JWT" }).to_string(), &body)));
    }
    let hs384 = r#"{"alg":"HS384","typ":"JWT"}"#;
    table.push(("HS384 by itself", sign_with(SECRET, Algorithm::HS384, hs384, &body)));
    table.push(("HS384 under HS256", sign_with(SECRET, Algorithm::HS384, HEADER, &body)));
    for header in
        [r#"{"alg":null}"#, r#"{"alg":["HS256"]}"#, r#"{"typ":"JWT"}"#, "{}", "[]", "\"HS256\""]
    {
        table.push((header, sign(header, &body)));
    }
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&body));
    table.push(("none without a signature", unsigned));
    table.push(("no signature", format!("{}.", access.rsplit_once('.').expect("parts").0)));
    assert_invalid(&app, &table);
}

#[test]
fn a_header_of_another_kind_of_token_is_refused() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for (name, value) in [
        ("cty", json!("JWT")),
        ("cty", json!("application/jwt")),
        ("cty", json!(1)),
        ("cty", Value::Null),
        ("typ", json!("JWE")),
        ("typ", json!("jwe")),
        ("typ", json!("application/JWE")),
        ("typ", json!(["JWT"])),
        ("typ", json!("")),
        ("typ", json!("secevent+jwt")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("application/dpop+jwt")),
        ("typ", json!("rt+jwt")),
    ] {
        let reply = app.get("/token").bearer(&with_header(&access, name, value.clone())).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "token_invalid"), "{name} {value}");
    }
    for (name, value) in [
        ("typ", "JWT"),
        ("typ", "jwt"),
        ("typ", "at+jwt"),
        ("typ", "application/AT+JWT"),
        ("cty", "json"),
    ] {
        let reply = app.get("/token").bearer(&with_header(&access, name, json!(value))).send();
        assert_eq!(reply.status, 200, "{name} {value}");
    }
}

#[test]
fn the_header_says_of_which_type_a_token_is_and_the_claim_must_agree() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    for (token, typ, other) in
        [(&pair.access, "at+jwt", "rt+jwt"), (&pair.refresh, "rt+jwt", "at+jwt")]
    {
        let header: Value = serde_json::from_str(&part(token, 0)).expect("JSON");
        assert_eq!(header, json!({ "alg": "HS256", "typ": typ }));
        let swapped = with_header(token, "typ", json!(other));
        assert_invalid(&app, &[("as the other", swapped.clone())]);
        let reply = app.post("/api/refresh").bearer(&swapped).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "token_invalid"), "{typ}");
    }
    let app = Setup::new().set("auth.token.typ", "JWT").launch();
    let pair = app.tokens(ALICE);
    let typ = |token: &str| serde_json::from_str::<Value>(&part(token, 0)).expect("JSON");
    assert_eq!(
        (&typ(&pair.access)["typ"], &typ(&pair.refresh)["typ"]),
        (&json!("JWT"), &json!("rt+jwt"))
    );
    assert_codes(&app, "", &[("under the general type", pair.access)]);
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().status, 200);
}

#[test]
fn the_audience_of_each_type_is_not_that_of_the_other() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    let of = |token: &str, typ: &str, aud: &str| {
        let mut claims = claims(token);
        claims["aud"] = json!(aud);
        sign(&json!({ "alg": "HS256", "typ": typ }).to_string(), &claims.to_string())
    };
    assert_codes(&app, "", &[("ours", of(&pair.access, "at+jwt", "vestibule-api"))]);
    assert_invalid(&app, &[("the issuer", of(&pair.access, "at+jwt", "vestibule"))]);
    let refresh = |aud| {
        let token = of(&pair.refresh, "rt+jwt", aud);
        app.post("/api/refresh").bearer(&token).send().code()
    };
    assert_eq!(refresh("vestibule-api"), "token_invalid");
    assert_eq!(refresh("vestibule"), "");
}

#[test]
fn a_pair_from_before_the_types_were_told_apart_is_good_for_its_life() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    for audience in ["vestibule", "vestibule-api"] {
        let old = |token: &str| with_claim(token, "aud", Some(json!(audience)));
        let (access, refresh) = (old(&pair.access), old(&pair.refresh));
        assert_codes(&app, "", &[(audience, access.clone())]);
        // The types are still told apart by their claim.
        let reply = app.post("/api/refresh").bearer(&access).send();
        assert_eq!(reply.code(), "wrong_token_type", "{audience}");
        let reply = app.get("/token").bearer(&refresh).send();
        assert_eq!(reply.code(), "wrong_token_type", "{audience}");
        let next = app.post("/api/refresh").bearer(&refresh).send();
        assert_eq!(next.status, 200, "{audience}: {}", next.body);
    }
}

#[test]
fn a_critical_header_is_refused() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    assert_invalid(
        &app,
        &[
            ("unknown", with_header(&access, "crit", json!(["exp"]))),
            ("empty", with_header(&access, "crit", json!([]))),
            ("null", with_header(&access, "crit", Value::Null)),
            ("a text", with_header(&access, "crit", json!("exp"))),
            ("b64", with_header(&access, "b64", json!(false))),
            ("zip", with_header(&access, "zip", json!("DEF"))),
            ("escaped", sign(r#"{"alg":"HS256","\u0063rit":["x"]}"#, &part(&access, 1))),
        ],
    );
}

#[test]
fn a_name_that_appears_twice_is_refused() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let body = part(&access, 1);
    let more = |text: &str| sign(HEADER, &format!("{{{text},{}", &body[1..]));
    assert_invalid(
        &app,
        &[
            ("sub", more(r#""sub":"1""#)),
            ("sub, escaped", more(r#""s\u0075b":"1""#)),
            ("exp", more(r#""exp":1"#)),
            ("a claim of the application", more(r#""admin":true"#)),
            ("alg", sign(r#"{"alg":"HS256","alg":"HS256"}"#, &body)),
            ("alg, escaped", sign(r#"{"alg":"none","\u0061lg":"HS256"}"#, &body)),
        ],
    );
}

#[test]
fn a_claim_set_that_is_no_object_is_refused() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let values: Vec<Value> =
        claims(&access).as_object().expect("an object").values().cloned().collect();
    let body = part(&access, 1);
    assert_invalid(
        &app,
        &[
            ("an array of the values", sign(HEADER, &Value::Array(values).to_string())),
            ("an array around it", sign(HEADER, &format!("[{body}]"))),
            ("null", sign(HEADER, "null")),
            ("a text", sign(HEADER, "\"x\"")),
            ("nothing", sign(HEADER, "")),
            ("no JSON", sign(HEADER, &body[1..])),
            ("more after it", sign(HEADER, &format!("{body}{body}"))),
            ("a byte order mark", sign(HEADER, &format!("\u{feff}{body}"))),
            ("deep nesting", sign(HEADER, &"[".repeat(2000))),
        ],
    );
}

#[test]
fn every_claim_must_be_of_its_json_type() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let wrong = [
        json!(null),
        json!(true),
        json!("x"),
        json!(1.5),
        json!([1]),
        json!({ "a": 1 }),
        json!(-1),
    ];
    for name in [
        "sub",
        "type",
        "iss",
        "aud",
        "jti",
        "exp",
        "iat",
        "nbf",
        "auth_time",
        "amr",
        "fresh",
        "sid",
        "stamp",
        "gen",
    ] {
        let numeric = ["exp", "iat", "nbf", "auth_time", "gen"].contains(&name);
        for value in &wrong {
            let is_right = match name {
                "fresh" => value.is_boolean(),
                // Any text is a text; what it says is another test.
                "jti" | "sub" | "sid" | "stamp" => value.is_string(),
                _ => false,
            };
            if !is_right {
                let token = with_claim(&access, name, Some(value.clone()));
                assert_invalid(&app, &[(&format!("{name}: {value}"), token)]);
            }
        }
        if numeric {
            let quoted = json!(claims(&access)[name].to_string());
            assert_invalid(&app, &[(name, with_claim(&access, name, Some(quoted)))]);
        }
    }
}

#[test]
fn every_claim_must_be_there() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for name in ["sub", "type", "iss", "aud", "jti", "exp", "iat", "nbf", "auth_time", "fresh"] {
        assert_invalid(&app, &[(name, with_claim(&access, name, None))]);
    }
    for name in ["sid", "stamp"] {
        assert_codes(&app, "token_revoked", &[(name, with_claim(&access, name, None))]);
    }
}

#[test]
fn an_empty_claim_is_no_claim() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for name in ["sub", "type", "iss", "aud", "jti"] {
        assert_invalid(&app, &[(name, with_claim(&access, name, Some(json!(""))))]);
    }
}

#[test]
fn a_token_from_the_future_is_refused() {
    let app = App::new();
    let (access, now) = (app.tokens(ALICE).access, app.now());
    for name in ["iat", "nbf"] {
        let at = |time: i64| with_claim(&access, name, Some(json!(time)));
        // As far as the clock of the process that issued it may be ahead.
        assert_codes(&app, "", &[(name, at(now + 5))]);
        assert_invalid(&app, &[(name, at(now + 6))]);
    }
}

#[test]
fn a_token_is_good_until_the_second_before_it_expires() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    app.advance(899);
    assert_codes(&app, "", &[("one second before", access.clone())]);
    app.advance(1);
    assert_codes(&app, "token_expired", &[("the second itself", access.clone())]);
    app.advance(1_000_000);
    assert_codes(&app, "token_expired", &[("long after", access)]);
}

#[test]
fn a_lifetime_above_the_configured_one_is_refused() {
    let app = App::new();
    let (access, now) = (app.tokens(ALICE).access, app.now());
    let until = |exp: i64| with_claim(&access, "exp", Some(json!(exp)));
    assert_codes(&app, "", &[("at the limit", until(now + 900))]);
    assert_invalid(
        &app,
        &[
            ("a second more", until(now + 901)),
            ("a century", until(now + 100 * 366 * 86_400)),
            ("the year 9999", until(253_402_300_799)),
            ("beyond time", until(i64::MAX)),
            ("before it was issued", until(now - 1)),
            ("a refresh token's life", until(now + 30 * 86_400)),
        ],
    );
}

#[test]
fn an_expired_token_with_another_defect_is_invalid_and_not_expired() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    app.advance(1000);
    assert_invalid(
        &app,
        &[
            ("another issuer", with_claim(&access, "iss", Some(json!("other")))),
            ("another key", sign_with("x", Algorithm::HS256, HEADER, &part(&access, 1))),
        ],
    );
}

#[test]
fn the_leeway_moves_both_ends_by_itself_and_no_further() {
    let app = Setup::new().set("auth.token.leeway", "7s").launch();
    let (access, now) = (app.tokens(ALICE).access, app.now());
    for name in ["iat", "nbf"] {
        let at = |time: i64| with_claim(&access, name, Some(json!(time)));
        assert_codes(&app, "", &[(name, at(now + 7))]);
        assert_invalid(&app, &[(name, at(now + 8))]);
    }
    app.advance(906);
    assert_codes(&app, "", &[("within", access.clone())]);
    app.advance(1);
    assert_codes(&app, "token_expired", &[("past", access)]);
}

#[test]
fn the_issuer_must_be_ours_as_a_text() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for issuer in
        [json!("other"), json!("Vestibule"), json!("vestibule "), json!(["vestibule"]), json!(null)]
    {
        let token = with_claim(&access, "iss", Some(issuer.clone()));
        assert_invalid(&app, &[(&issuer.to_string(), token)]);
    }
}

#[test]
fn the_audience_must_hold_ours() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let of = |audience: &Value| with_claim(&access, "aud", Some(audience.clone()));
    for good in [json!("vestibule"), json!(["vestibule"]), json!(["other", "vestibule"])] {
        assert_codes(&app, "", &[(&good.to_string(), of(&good))]);
    }
    for bad in [
        json!("other"),
        json!([]),
        json!(["other"]),
        json!(["vestibule", 1]),
        json!([["vestibule"]]),
        json!([null, "vestibule"]),
        json!({ "vestibule": true }),
        json!("VESTIBULE"),
    ] {
        assert_invalid(&app, &[(&bad.to_string(), of(&bad))]);
    }
}

#[test]
fn a_token_of_more_than_8_kilobytes_is_not_looked_at() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let of_length = |length: usize| {
        let mut token = String::new();
        for filler in 0.. {
            token =
                with_claim(&access, "x", Some(json!("y".repeat(length * 3 / 4 - 700 + filler))));
            if token.len() >= length {
                break;
            }
        }
        token
    };
    let (small, large) = (of_length(8 * 1024), of_length(8 * 1024 + 1));
    assert_eq!((small.len(), large.len()), (8 * 1024, 8 * 1024 + 1));
    assert_codes(&app, "", &[("8 KB", small)]);
    assert_invalid(&app, &[("8 KB and a byte", large), ("8 MB", "a".repeat(8 << 20))]);
}

#[test]
fn only_plain_base64url_is_read() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let body = part(&with_claim(&access, "x", Some(json!(">>>>???? >>>>????"))), 1);
    let (header, _) = access.split_once('.').expect("parts");
    let coded = |body: &str| sign_message(SECRET, Algorithm::HS256, &format!("{header}.{body}"));
    // White space after the claims, so that padding is due.
    let body = format!("{body}{}", " ".repeat((3 - body.len() % 3) % 3 + 1));
    let (plain, standard) = (encode(&body), STANDARD_NO_PAD.encode(&body));
    assert!(plain != standard && body.len() % 3 == 1);
    assert_codes(&app, "", &[("base64url", coded(&plain))]);
    assert_invalid(
        &app,
        &[
            ("the standard alphabet", coded(&standard)),
            ("padding after the signature", format!("{access}=")),
            ("bits behind the end", coded(&format!("{}B", &plain[..plain.len() - 1]))),
        ],
    );
    assert_codes(
        &app,
        "malformed_authorization",
        &[
            ("padding", coded(&URL_SAFE.encode(&body))),
            ("padding and the standard alphabet", coded(&STANDARD.encode(&body))),
            (
                "padding of the header",
                sign_message(SECRET, Algorithm::HS256, &format!("{header}=.{plain}")),
            ),
        ],
    );
}

#[test]
fn white_space_in_a_token_is_malformed() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let middle = access.len() / 2;
    for space in [" ", "\t", "\u{a0}", "\u{2003}"] {
        let split = format!("{}{space}{}", &access[..middle], &access[middle..]);
        let reply = app.get("/token").bearer(&split).send();
        assert_eq!(reply.code(), "malformed_authorization", "{space:?}");
    }
}

#[test]
fn a_token_has_three_parts() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let (message, signature) = access.rsplit_once('.').expect("parts");
    let (header, body) = message.split_once('.').expect("parts");
    assert_invalid(
        &app,
        &[
            ("one", header.to_owned()),
            ("two", message.to_owned()),
            ("two, signed", sign_message(SECRET, Algorithm::HS256, body)),
            ("four", format!("{access}.{signature}")),
            ("four, signed", sign_message(SECRET, Algorithm::HS256, &format!("{message}.x"))),
            ("five", format!("{header}.{body}.{signature}.{header}.{body}")),
            ("empty ones", "..".to_owned()),
            ("an empty header", sign_message(SECRET, Algorithm::HS256, &format!(".{body}"))),
            ("an empty body", sign_message(SECRET, Algorithm::HS256, &format!("{header}."))),
            ("dots", "...........".to_owned()),
        ],
    );
}

#[test]
fn a_key_that_the_token_brings_along_is_not_used() {
    let app = App::new();
    let body = part(&app.tokens(ALICE).access, 1);
    let own = "a key of the attacker, long enough for anything";
    for (name, value) in [
        ("jwk", json!({ "kty": "oct", "k": encode(own), "alg": "HS256" })),
        ("jku", json!("https://evil.example/keys.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!([encode(own)])),
        ("kid", json!("../../dev/null")),
    ] {
        let mut header = json!({ "alg": "HS256", "typ": "JWT" });
        header[name] = value;
        for key in [own, ""] {
            let token = sign_with(key, Algorithm::HS256, &header.to_string(), &body);
            assert_invalid(&app, &[(&format!("{name} by {key:?}"), token)]);
        }
    }
}

#[test]
fn another_key_is_refused() {
    let app = App::new();
    let body = part(&app.tokens(ALICE).access, 1);
    for key in ["", " ", "another key that is long enough to sign tokens", "secret", &SECRET[1..]] {
        assert_invalid(&app, &[(key, sign_with(key, Algorithm::HS256, HEADER, &body))]);
    }
}

#[test]
fn a_token_of_an_earlier_key_is_good_while_that_key_is_listed() {
    let (old, older) = ("the key of last year, and long enough", "the key of the year before that");
    let app = Setup::new().set("auth.token.previous_secrets", [old]).launch();
    let body = part(&app.tokens(ALICE).access, 1);
    assert_codes(&app, "", &[("listed", sign_with(old, Algorithm::HS256, HEADER, &body))]);
    assert_invalid(&app, &[("not listed", sign_with(older, Algorithm::HS256, HEADER, &body))]);
}

#[test]
fn new_tokens_are_signed_with_the_first_key() {
    let setup = || Setup::new().stateless();
    let rotated = setup()
        .set("auth.token.secret", "the key of this year, and long enough too")
        .set("auth.token.previous_secrets", [SECRET])
        .launch();
    let token = rotated.tokens(ALICE).access;
    assert_eq!(setup().launch().get("/token").bearer(&token).send().code(), "token_invalid");
    assert_eq!(rotated.get("/token").bearer(&token).send().status, 200);
}

#[test]
fn the_other_algorithms_of_the_family_work_and_do_not_mix() {
    let secret = "sixty-four bytes are what the longest hash of the family demands.";
    let launch = |name: &str| {
        let setup = Setup::new().stateless().set("auth.token.secret", secret);
        setup.set("auth.token.algorithm", name).launch()
    };
    let apps = ["HS256", "HS384", "HS512"].map(launch);
    for (own, app) in apps.iter().enumerate() {
        let access = app.tokens(ALICE).access;
        for (other, judge) in apps.iter().enumerate() {
            let expected = if own == other { "" } else { "token_invalid" };
            assert_codes(judge, expected, &[(&format!("{own} at {other}"), access.clone())]);
        }
    }
}

#[test]
fn another_type_is_refused() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for kind in ["Access", "id", "both", "access "] {
        assert_invalid(&app, &[(kind, with_claim(&access, "type", Some(json!(kind))))]);
    }
}

#[test]
fn an_application_can_refuse_verified_tokens_of_both_types() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    app.users.refuse_tokens();
    assert_eq!(app.get("/token").bearer(&pair.access).send().code(), "token_invalid");
    assert_eq!(app.get("/any").bearer(&pair.refresh).send().code(), "token_invalid");
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().code(), "token_invalid");
}

#[test]
fn an_absurd_clock_is_unavailable_and_says_nothing_about_the_token() {
    let app = App::new();
    let (access, session) = (app.tokens(ALICE).access, app.browser(ALICE));
    for time in [0, 1_000_000_000, 253_402_300_000] {
        let time = time::OffsetDateTime::from_unix_timestamp(time).expect("a time");
        app.clock.set(time);
        let replies = [
            app.get("/token").bearer(&access).send(),
            app.get("/session").cookie(&session).send(),
            app.post("/api/login/1").send(),
            app.post("/login/1").send(),
        ];
        for (number, reply) in replies.iter().enumerate() {
            assert_eq!(reply.code(), "unavailable", "{time}: {number}");
            assert_eq!(reply.cookies(), [""; 0], "{time}: {number}");
        }
    }
}

#[test]
fn a_token_that_would_be_refused_is_not_issued() {
    let app = App::new();
    app.users.change(ALICE, |user| user.filler = 8 * 1024);
    assert_eq!(app.post("/api/login/1").send().code(), "internal");
    assert_eq!(app.store.len(), 0, "and no sign-in is kept for it");
}

#[test]
fn the_longest_token_that_is_issued_is_the_longest_that_is_accepted() {
    let app = App::new();
    let issued = |filler: usize| {
        app.users.change(ALICE, |user| user.filler = filler);
        app.post("/api/login/1").send()
    };
    let longest = |pair: &Pair| pair.access.len().max(pair.refresh.len());
    // Four characters hold three bytes.
    let mut filler = 5000 + (8 * 1024 - longest(&issued(5000).pair())) / 4 * 3 - 3;
    let mut pair = issued(filler).pair();
    while issued(filler + 1).status == 200 {
        filler += 1;
        pair = issued(filler).pair();
    }
    assert_eq!(longest(&pair), 8 * 1024);
    assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200);
    assert_eq!(app.get("/refresh").bearer(&pair.refresh).send().status, 200);
}

#[test]
fn a_token_that_came_another_way_is_verified_alike() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    let verify = |token: &str| app.get(&format!("/verify/{token}")).send();
    assert_eq!((verify(&pair.access).body, verify(&pair.refresh).body), ("1".into(), "1".into()));
    assert_eq!(verify(&with_claim(&pair.access, "iss", None)).code(), "token_invalid");
    app.advance(900);
    assert_eq!(verify(&pair.access).code(), "token_expired");
}
