//! Tokens of another issuer: which keys verify them, which claims they must carry, and which
//! guards accept them.

use std::convert::Infallible;

use jsonwebtoken::Algorithm;
use rocket::{Orbit, Rocket, get, routes};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use vestibule::guards::{Authenticated, MultiFactor, Scope, Scoped};
use vestibule::tokens::Claims;
use vestibule::{Account, TokenUser};

use crate::support::app::{App, Setup};
use crate::support::forged_tokens::{claims, part, sign_with, with_claim};
use crate::support::key_pairs::{Pair, pair};
use crate::support::users::{ALICE, BOB, User};

#[get("/two-factors")]
fn two_factors(user: MultiFactor<TokenUser<User>>) -> String {
    user.authentication().amr().to_string()
}

const ISSUER: &str = "https://id.example";

/// The issuer's own claim set for Alice.
fn theirs(now: i64) -> Value {
    json!({ "iss": ISSUER, "aud": "us", "sub": "1", "exp": now + 3600, "iat": now })
}

fn file(keys: &Value) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), json!({ "keys": keys }).to_string()).expect("a file");
    file
}

fn trusting(keys: &Value) -> (Setup, NamedTempFile) {
    let file = file(keys);
    let path = file.path().to_str().expect("UTF-8").to_owned();
    let setup = Setup::new()
        .set("auth.token.foreign.jwks", path)
        .set("auth.token.foreign.issuer", ISSUER)
        .set("auth.token.foreign.audience", "us");
    (setup, file)
}

/// An application that trusts the ES256 key named `one`, and that key.
fn world() -> Option<(App, &'static Pair)> {
    let pair = pair(Algorithm::ES256, false)?;
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    Some((setup.launch(), pair))
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "one" })
}

#[track_caller]
fn assert_code(app: &App, token: &str, code: &str) {
    let reply = app.get("/token").bearer(token).send();
    assert_eq!(reply.code(), code, "{} {}", part(token, 0), part(token, 1));
}

/// The code for the issuer's claims with one of them changed.
#[track_caller]
fn assert_claim(app: &App, pair: &Pair, name: &str, value: Option<Value>, code: &str) {
    let mut claims = theirs(app.now());
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().expect("an object").remove(name)),
    }
    assert_code(app, &pair.sign(&header(), &claims), code);
}

#[test]
fn a_foreign_token_opens_what_a_token_opens_and_is_never_fresh() {
    let Some((app, pair)) = world() else { return };
    let token = pair.sign(&header(), &theirs(app.now()));
    for path in ["/token", "/current", "/any", "/admin", "/maybe"] {
        assert_eq!(app.get(path).bearer(&token).send().body, "1 by token", "{path}");
    }
    assert_eq!(app.get("/fresh").bearer(&token).send().code(), "fresh_login_required");
    assert_eq!(app.get("/session").bearer(&token).send().code(), "credentials_missing");
    assert_eq!(app.get("/refresh").bearer(&token).send().code(), "wrong_token_type");
    assert_eq!((app.store.calls(), app.store.len()), (0, 0), "no sign-in is asked for");
    app.advance(3600);
    assert_code(&app, &token, "token_expired");
}

#[test]
fn each_kind_of_key_verifies_with_its_own_algorithm() {
    let algorithms = ["RS256", "ES256", "ES384", "EdDSA"];
    for (index, name) in algorithms.into_iter().enumerate() {
        let Some(pair) = pair(name.parse().expect("an algorithm"), false) else { return };
        let mut keys = vec![pair.jwk_named("by kind"), pair.jwk_named("by alg")];
        keys[1]["alg"] = json!(name);
        let (setup, _file) = trusting(&json!(keys));
        let app = setup.launch();
        let token = |alg: &str, kid: &str| {
            pair.sign(&json!({ "alg": alg, "kid": kid }), &theirs(app.now()))
        };
        for kid in ["by kind", "by alg"] {
            assert_code(&app, &token(name, kid), "");
        }
        for other in ["none", "HS256", algorithms[(index + 1) % 4]] {
            assert_code(&app, &token(other, "by kind"), "token_invalid");
        }
    }
}

#[test]
fn an_rsa_key_may_name_another_hash() {
    let Some(made) = pair(Algorithm::RS256, false) else { return };
    let pair = Pair { algorithm: Algorithm::PS384, ..made.clone() };
    let mut jwk = made.jwk_named("one");
    jwk["alg"] = json!("PS384");
    let (setup, _file) = trusting(&json!([jwk]));
    let app = setup.launch();
    let token = |alg: &str| pair.sign(&json!({ "alg": alg, "kid": "one" }), &theirs(app.now()));
    assert_code(&app, &token("PS384"), "");
    assert_code(&app, &token("RS256"), "token_invalid");
}

#[test]
fn a_key_is_chosen_by_its_name_and_one_without_a_name_is_tried() {
    let (Some(one), Some(two)) = (pair(Algorithm::ES256, false), pair(Algorithm::ES256, true))
    else {
        return;
    };
    let (setup, _file) = trusting(&json!([one.jwk_named("one"), two.jwk_named("two")]));
    let app = setup.launch();
    let named = |pair: &Pair, kid: &str| {
        pair.sign(&json!({ "alg": "ES256", "kid": kid }), &theirs(app.now()))
    };
    assert_code(&app, &named(one, "one"), "");
    assert_code(&app, &named(two, "two"), "");
    assert_code(&app, &named(one, "two"), "token_invalid");
    assert_code(&app, &named(one, "three"), "token_invalid");
    assert_code(&app, &two.sign(&json!({ "alg": "ES256" }), &theirs(app.now())), "");
    let odd = two.sign(&json!({ "alg": "ES256", "kid": 1 }), &theirs(app.now()));
    assert_code(&app, &odd, "token_invalid");

    let (setup, _file) = trusting(&json!([one.jwk_named("one"), two.jwk()]));
    let app = setup.launch();
    assert_code(&app, &named(two, "three"), "");
    assert_code(&app, &named(one, "three"), "token_invalid");
}

#[test]
fn a_foreign_key_verifies_nothing_in_our_name_nor_ours_in_theirs() {
    let Some((app, pair)) = world() else { return };
    let own = app.tokens(ALICE).access;
    assert_code(&app, &own, "");
    let as_us = pair.sign(&header(), &claims(&own));
    assert_code(&app, &as_us, "token_invalid");
    let secret = crate::support::app::SECRET;
    for header in [r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"alg":"HS256","kid":"one"}"#] {
        let as_them = theirs(app.now()).to_string();
        assert_code(&app, &sign_with(secret, Algorithm::HS256, header, &as_them), "token_invalid");
    }
    // The public key as a shared secret, in both names.
    for body in [theirs(app.now()), claims(&own)] {
        let public = pair.public_pem();
        let header = r#"{"alg":"HS256","kid":"one"}"#;
        let token = sign_with(&public, Algorithm::HS256, header, &body.to_string());
        assert_code(&app, &token, "token_invalid");
    }
    // Without an account.
    for issuer in [None, Some(json!("https://other.example")), Some(json!([ISSUER]))] {
        assert_claim(&app, pair, "iss", issuer.clone(), "token_invalid");
        assert_code(&app, &with_claim(&own, "iss", issuer), "token_invalid");
    }
}

#[test]
fn the_two_stay_apart_when_we_sign_with_the_same_algorithm() {
    let (Some(ours), Some(theirs_key)) =
        (pair(Algorithm::ES256, false), pair(Algorithm::ES256, true))
    else {
        return;
    };
    let (setup, _file) = trusting(&json!([theirs_key.jwk()]));
    let app = setup
        .set("auth.token.algorithm", "ES256")
        .set("auth.token.private_key", ours.pem.as_str())
        .launch();
    let own = app.tokens(ALICE).access;
    let bare = json!({ "alg": "ES256" });
    assert_code(&app, &own, "");
    assert_code(&app, &theirs_key.sign(&bare, &theirs(app.now())), "");
    assert_code(&app, &ours.sign(&bare, &theirs(app.now())), "token_invalid");
    assert_code(&app, &theirs_key.sign(&bare, &claims(&own)), "token_invalid");
}

#[test]
fn without_a_secret_only_foreign_tokens_are_accepted_and_none_is_issued() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let own = Setup::new().launch().tokens(ALICE).access;
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    let app = setup.set("auth.token.secret", None::<&str>).launch();
    assert_code(&app, &pair.sign(&header(), &theirs(app.now())), "");
    let header = r#"{"alg":"HS256","typ":"JWT"}"#;
    let signed_with_nothing = sign_with("", Algorithm::HS256, header, &claims(&own).to_string());
    for token in [own.as_str(), &signed_with_nothing] {
        assert_code(&app, token, "token_invalid");
    }
    let refused = app.post(&format!("/api/login/{ALICE}")).send();
    assert_eq!((refused.status, refused.code().as_str()), (500, "internal"));
}

#[test]
fn a_foreign_token_must_carry_an_end_and_be_for_us() {
    let Some((app, pair)) = world() else { return };
    let now = app.now();
    for name in ["exp", "aud", "sub"] {
        assert_claim(&app, pair, name, None, "token_invalid");
        for wrong in [json!(null), json!(""), json!(true), json!({})] {
            assert_claim(&app, pair, name, Some(wrong), "token_invalid");
        }
    }
    assert_claim(&app, pair, "aud", Some(json!(["them", "us"])), "");
    assert_claim(&app, pair, "aud", Some(json!("them")), "token_invalid");
    assert_claim(&app, pair, "aud", Some(json!("vestibule")), "token_invalid");
    assert_claim(&app, pair, "exp", Some(json!(now as f64 + 0.5)), "token_expired");
    assert_claim(&app, pair, "exp", Some(json!(now as f64 + 1.5)), "");
    for name in ["iat", "nbf"] {
        assert_claim(&app, pair, name, None, "");
        assert_claim(&app, pair, name, Some(json!(now + 6)), "token_invalid");
    }
    // The issuer decides how long its tokens live.
    assert_claim(&app, pair, "exp", Some(json!(now + 400 * 86_400)), "");
}

#[test]
fn a_foreign_token_is_never_a_refresh_token() {
    let Some((app, pair)) = world() else { return };
    assert_claim(&app, pair, "type", Some(json!("refresh")), "token_invalid");
    for other in [json!("access"), json!("Bearer"), json!(7)] {
        assert_claim(&app, pair, "type", Some(other), "");
    }
}

#[test]
fn what_a_foreign_issuer_says_was_proven_counts() {
    let Some((_, pair)) = world() else { return };
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    let app = setup.mount(routes![two_factors]).launch();
    let reply = |amr: Value| {
        let mut claims = theirs(app.now());
        claims["amr"] = amr;
        app.get("/two-factors").bearer(&pair.sign(&header(), &claims)).send()
    };
    for (amr, proven) in [
        (json!(["pwd", "mfa", "face"]), "pwd mfa"),
        (json!(["otp", "pwd"]), "pwd otp mfa"),
        (json!(["mfa"]), "mfa"),
    ] {
        assert_eq!(reply(amr.clone()).body, proven, "{amr}");
    }
    for amr in [json!(["pwd"]), json!([]), json!("mfa"), json!(["mfa", 1]), json!({ "mfa": true })]
    {
        assert_eq!(reply(amr.clone()).code(), "second_factor_required", "{amr}");
    }
    let silent = pair.sign(&header(), &theirs(app.now()));
    assert_eq!(app.get("/two-factors").bearer(&silent).send().code(), "second_factor_required");
}

#[test]
fn what_our_claims_are_called_has_no_meaning_in_a_foreign_token() {
    let Some((app, pair)) = world() else { return };
    let sid = claims(&app.tokens(BOB).access)["sid"].clone();
    let mut body = theirs(app.now());
    for (name, value) in [
        ("sid", sid),
        ("fresh", json!(true)),
        ("auth_time", json!(i64::MAX)),
        ("stamp", json!("x")),
        ("csrf", json!("x")),
        ("gen", json!("x")),
        ("admin", json!(true)),
    ] {
        body[name] = value;
    }
    let token = pair.sign(&header(), &body);
    assert_eq!(app.get("/token").bearer(&token).send().body, "1 by token");
    assert_eq!(app.get("/fresh").bearer(&token).send().code(), "fresh_login_required");
    assert_eq!(app.get("/claimed").bearer(&token).send().code(), "forbidden");
    assert_eq!(app.post("/api/logout").bearer(&token).send().status, 204);
    assert_eq!(app.store.len(), 1, "Bob's sign-in is not theirs to end");
}

#[test]
fn the_account_of_a_foreign_token_must_exist_and_be_active() {
    let Some((app, pair)) = world() else { return };
    for nobody in ["3", "alice", "-1"] {
        assert_claim(&app, pair, "sub", Some(json!(nobody)), "token_revoked");
    }
    app.users.change(ALICE, |user| user.active = false);
    assert_claim(&app, pair, "sub", Some(json!("1")), "token_revoked");
    app.users.change(ALICE, |user| user.active = true);
    app.users.refuse_tokens();
    assert_claim(&app, pair, "sub", Some(json!("1")), "token_invalid");
    app.users.break_down(true);
    assert_claim(&app, pair, "sub", Some(json!("1")), "unavailable");
}

#[test]
fn another_claim_may_name_the_account() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    let app = setup.set("auth.token.foreign.identity_claim", "employee").launch();
    let mut body = theirs(app.now());
    assert_code(&app, &pair.sign(&header(), &body), "token_invalid");
    body["employee"] = json!("2");
    let token = pair.sign(&header(), &body);
    assert_eq!(app.get("/token").bearer(&token).send().body, "2 by token");
    let own = app.tokens(ALICE).access;
    assert_eq!(app.get("/token").bearer(&own).send().body, "1 by token");
}

/// A user whom the issuer names by a claim of its own.
struct Guest(String);

impl Account for Guest {
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.0.clone()
    }

    async fn find(_: &Rocket<Orbit>, _: &String) -> Result<Option<Self>, Infallible> {
        Ok(None)
    }

    async fn find_foreign(_: &Rocket<Orbit>, claims: &Claims) -> Result<Option<Self>, Infallible> {
        let name = claims.extra.get("email").and_then(Value::as_str);
        Ok(name.map(|name| Self(format!("{name} of {:?}", claims.iss))))
    }
}

#[get("/guest")]
fn guest(user: TokenUser<Guest>) -> String {
    user.0.clone()
}

#[test]
fn an_application_can_find_the_account_of_a_foreign_token_in_its_own_way() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    // Before the other application, whose clock must not be behind.
    let own = Setup::new().stateless().launch().tokens(ALICE).access;
    let app = setup.stateless().alone().mount(routes![guest]).launch();
    let mut body = theirs(app.now());
    let found = |body: &Value| app.get("/guest").bearer(&pair.sign(&header(), body)).send();
    assert_eq!(found(&body).code(), "token_revoked");
    body["email"] = json!("ann@example.org");
    assert_eq!(found(&body).body, format!("ann@example.org of Some({ISSUER:?})"));
    assert_eq!(app.get("/guest").bearer(&own).send().code(), "token_revoked", "not for ours");
}

/// A user type without support for foreign tokens.
struct First;

impl Account for First {
    type Id = u32;
    type Error = Infallible;

    fn id(&self) -> u32 {
        1
    }

    async fn find(_: &Rocket<Orbit>, id: &u32) -> Result<Option<Self>, Infallible> {
        Ok((*id == 1).then_some(Self))
    }
}

#[get("/first")]
fn first(user: vestibule::CurrentUser<First>) -> String {
    user.account().id().to_string()
}

#[test]
fn the_subject_of_a_foreign_token_is_no_id_of_an_account_unless_the_application_says_so() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    let app = setup.stateless().alone().mount(routes![first]).launch();
    let token = pair.sign(&header(), &theirs(app.now()));
    assert_eq!(app.get("/first").bearer(&token).send().code(), "token_revoked");
}

#[rocket::post("/prove")]
async fn prove(
    user: TokenUser<crate::support::users::User>,
    tokens: vestibule::Tokens<'_>,
) -> Result<String, vestibule::Error> {
    Ok(tokens.confirm(&user).await?.access_token)
}

#[test]
fn a_password_proven_under_a_foreign_token_confirms_no_sign_in_of_ours() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    let app = setup.stateless().mount(routes![prove]).launch();
    let token = pair.sign(&header(), &theirs(app.now()));
    assert_eq!(app.post("/prove").bearer(&token).send().code(), "credentials_missing");
    let own = app.tokens(ALICE).access;
    assert_eq!(app.post("/prove").bearer(&own).send().status, 200);
}

#[get("/verify-foreign/<token>")]
fn verify_foreign(token: &str, tokens: vestibule::Tokens<'_>) -> Result<String, vestibule::Error> {
    tokens.verify_foreign(token).map(|claims| format!("{} of {:?}", claims.sub, claims.iss))
}

#[test]
fn what_says_that_a_token_is_ours_takes_no_foreign_one() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    let app = setup.mount(routes![verify_foreign]).launch();
    let token = pair.sign(&header(), &theirs(app.now()));
    let own = app.tokens(ALICE).access;
    assert_eq!(app.get("/access").bearer(&token).send().code(), "token_invalid");
    assert_eq!(app.get("/access").bearer(&own).send().body, "1");
    for path in ["verify", "verify-expired"] {
        assert_eq!(app.get(&format!("/{path}/{token}")).send().code(), "token_invalid", "{path}");
        assert_eq!(app.get(&format!("/{path}/{own}")).send().body, "1", "{path}");
    }
    let asked = |token: &str| app.get(&format!("/verify-foreign/{token}")).send();
    assert_eq!(asked(&token).body, format!("1 of Some({ISSUER:?})"));
    assert_eq!(asked(&own).code(), "token_invalid");
    app.advance(3600);
    assert_eq!(asked(&token).code(), "token_expired");
}

struct ReadMail;

impl Scope for ReadMail {
    const NAME: &'static str = "mail:read";
}

#[get("/mail")]
fn mail(user: Scoped<ReadMail, vestibule::TokenUser<crate::support::users::User>>) -> String {
    user.id.to_string()
}

#[test]
fn the_scope_of_a_foreign_token_counts() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
    let app = setup.mount(routes![mail]).launch();
    let mut body = theirs(app.now());
    let opened = |body: &Value| app.get("/mail").bearer(&pair.sign(&header(), body)).send();
    assert_eq!(opened(&body).code(), "insufficient_scope");
    body["scope"] = json!("openid mail:read");
    assert_eq!(opened(&body).body, "1");
}

#[test]
fn a_foreign_header_is_held_to_the_same_rules() {
    let Some((app, pair)) = world() else { return };
    for (name, value) in [("crit", json!(["exp"])), ("b64", json!(false)), ("zip", json!("DEF"))] {
        let mut header = header();
        header[name] = value;
        assert_code(&app, &pair.sign(&header, &theirs(app.now())), "token_invalid");
    }
    let own_key = json!({ "alg": "ES256", "kid": "one", "jwk": pair.jwk() });
    assert_code(&app, &pair.sign(&own_key, &theirs(app.now())), "");
    let Some(attacker) = crate::support::key_pairs::pair(Algorithm::ES256, true) else { return };
    let brought = json!({ "alg": "ES256", "kid": "one", "jwk": attacker.jwk() });
    assert_code(&app, &attacker.sign(&brought, &theirs(app.now())), "token_invalid");
}

#[test]
fn the_type_of_an_access_token_can_be_demanded_of_the_header() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let token = |app: &App, typ: &Value| {
        let mut header = header();
        header["typ"] = typ.clone();
        pair.sign(&header, &theirs(app.now()))
    };
    for wanted in ["at+jwt", "application/AT+JWT"] {
        let (setup, _file) = trusting(&json!([pair.jwk_named("one")]));
        let app = setup.set("auth.token.foreign.typ", wanted).launch();
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
            assert_code(&app, &token(&app, &json!(typ)), "");
        }
        for typ in [json!("JWT"), json!(""), json!("at+jwt2"), json!(["at+jwt"]), json!(null)] {
            assert_code(&app, &token(&app, &typ), "token_invalid");
        }
        assert_code(&app, &pair.sign(&header(), &theirs(app.now())), "token_invalid");
    }
    let Some((app, _)) = world() else { return };
    assert_code(&app, &token(&app, &json!("JWT")), "");
}

#[test]
fn a_key_to_encrypt_with_and_one_of_an_unknown_kind_are_left_out() {
    let (Some(one), Some(two)) = (pair(Algorithm::ES256, false), pair(Algorithm::ES256, true))
    else {
        return;
    };
    let with = |name: &str, value: Value| {
        let mut jwk = two.jwk_named("two");
        jwk[name] = value;
        jwk
    };
    for other in [
        with("use", json!("enc")),
        with("key_ops", json!(["deriveKey"])),
        with("alg", json!("ECDH-ES")),
        json!({ "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "two" }),
        json!({ "kty": "OKP", "crv": "X25519", "x": "AA", "kid": "two" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "two" }),
    ] {
        let (setup, _file) = trusting(&json!([other, one.jwk_named("one")]));
        let app = setup.launch();
        assert_code(&app, &one.sign(&header(), &theirs(app.now())), "");
        let second = json!({ "alg": "ES256", "kid": "two" });
        assert_code(&app, &two.sign(&second, &theirs(app.now())), "token_invalid");
    }
    for fine in [with("use", json!("sig")), with("key_ops", json!(["verify"]))] {
        let (setup, _file) = trusting(&json!([fine]));
        let app = setup.launch();
        let second = json!({ "alg": "ES256", "kid": "two" });
        assert_code(&app, &two.sign(&second, &theirs(app.now())), "");
    }
}

#[test]
fn a_file_that_cannot_be_trusted_stops_the_launch_and_says_why() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    let good = pair.jwk();
    let with = |name: &str, value: Value| {
        let mut jwk = pair.jwk();
        jwk[name] = value;
        json!({ "keys": [good, jwk] }).to_string()
    };
    let only = |jwk: Value| json!({ "keys": [jwk] }).to_string();
    for (text, says) in [
        (String::new(), "is no JSON"),
        ("{\"keys\":[".to_owned(), "is no JSON"),
        (good.to_string(), "no list \"keys\""),
        ("{\"keys\":{}}".to_owned(), "no list \"keys\""),
        ("{\"keys\":[]}".to_owned(), "no key that verifies"),
        (only(json!({ "kty": "oct", "k": "c2VjcmV0" })), "number 1 is symmetric"),
        (only(json!({ "kty": "oct", "k": "c2VjcmV0", "use": "enc" })), "symmetric"),
        (only(json!({ "use": "sig" })), "has no kty"),
        (with("alg", json!("HS256")), "number 2 is symmetric"),
        (with("alg", json!("RS256")), "number 2 is of kind EC, which is not for RS256"),
        (with("alg", json!("ES384")), "not for ES384"),
        (with("d", json!("AA")), "is a private key"),
        (with("x", json!("AA")), "cannot be read as a key for ES256"),
        (with("x", json!("not base64!")), "cannot be read"),
        (with("y", json!(1)), "cannot be read"),
        (only(json!({ "kty": "RSA", "n": "AQAB".repeat(20), "e": "AQAB" })), "2048 bits"),
        (only(json!({ "kty": "RSA", "n": "_QAB".repeat(200), "e": "AQAB" })), "4096 bits"),
        (only(json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })), "cannot be read"),
        (only(json!({ "kty": "EC", "crv": "P-521", "x": "A", "y": "A" })), "no key that verifies"),
    ] {
        let (setup, file) = trusting(&json!([good]));
        std::fs::write(file.path(), &text).expect("a file");
        let errors = crate::configuration::launch::errors(&setup.figment);
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert!(errors[0].starts_with("auth.token.foreign.jwks ("), "{text}: {errors:?}");
        assert!(errors[0].contains(says), "{text}: {errors:?}");
        assert!(crate::configuration::launch::launch(setup.figment).is_err(), "{text}");
    }
}

#[test]
fn the_settings_of_a_foreign_issuer_are_checked() {
    let Some(pair) = pair(Algorithm::ES256, false) else { return };
    for (key, value, named, says) in [
        ("foreign.jwks", json!("/nowhere/keys.json"), "foreign.jwks", "cannot be read"),
        ("foreign.issuer", json!(""), "foreign.issuer", "is missing"),
        ("foreign.issuer", json!("vestibule"), "foreign.issuer", "differ from token.issuer"),
        ("foreign.audience", json!(""), "foreign.audience", "is missing"),
        ("foreign.audience", json!(["us", ""]), "foreign.audience", "is missing"),
        ("foreign.typ", json!(""), "foreign.typ", "must not be empty"),
        ("foreign.identity_claim", json!("iss"), "foreign.identity_claim", "no other meaning"),
        ("foreign.url", json!("x"), "foreign.url", "jwks, issuer, audience, typ, identity_claim"),
        ("issuer", json!(""), "issuer", "beside token.foreign"),
    ] {
        let (setup, _file) = trusting(&json!([pair.jwk()]));
        let errors = crate::configuration::launch::errors(
            &setup.set(&format!("auth.token.{key}"), &value).figment,
        );
        assert_eq!(errors.len(), 1, "{key} = {value}: {errors:?}");
        assert!(errors[0].starts_with(&format!("auth.token.{named} (")), "{key}: {errors:?}");
        assert!(errors[0].contains(says), "{key} = {value}: {errors:?}");
    }
    let alone = Setup::new().set("auth.token.foreign.issuer", ISSUER).figment;
    let errors = crate::configuration::launch::errors(&alone);
    assert!(errors[0].starts_with("auth.token.foreign.jwks (not set): is missing"), "{errors:?}");
}
