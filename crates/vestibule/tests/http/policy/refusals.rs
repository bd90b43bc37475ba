//! Why a request was refused: told to the developer in the debug profile, and
//! in a release with the key for it.

use rocket::http::Status;
use rocket::{get, routes};
use vestibule::guards::Maybe;

use crate::support::app::{App, Reply, SessionUser, Setup, TokenUser};
use crate::support::users::{ALICE, BOB};

fn told(reply: &Reply) -> Option<&str> {
    reply.one("X-Vestibule-Refused")
}

/// A rule of `docs/POLICY.md` about tokens.
const TOKEN_RULE: Option<&str> = Some("; docs/POLICY.md, rule 2; ");

/// A refused request: its code, a part of what a developer is told, and the rule.
type Refused = (Reply, &'static str, &'static str, Option<&'static str>);

fn refused(app: &App) -> Vec<Refused> {
    let pair = app.tokens(ALICE);
    let forged = format!("{}x", &pair.access[..pair.access.len() - 1]);
    let session = app.browser(ALICE);
    let with = |token: &str| app.get("/token").bearer(token).send();
    let elsewhere = app.post("/change").cookie(&session).header("Origin", "https://evil.example");
    let mut refused = vec![
        (app.get("/token").send(), "credentials_missing", "no credential: ", None),
        (app.get("/token").send(), "credentials_missing", "; sign in, or send a token", None),
        (with(&forged), "token_invalid", "a token in the header: ", TOKEN_RULE),
        (with("a.b"), "token_invalid", "fewer than three parts", TOKEN_RULE),
        (with("a.b.c"), "token_invalid", "the header is not base64url", TOKEN_RULE),
        (with(&pair.refresh), "wrong_token_type", "the access token", TOKEN_RULE),
        (with("vst_x"), "token_invalid", "an access key: ", TOKEN_RULE),
        (
            elsewhere.header("Host", "here.example").send(),
            "cross_origin",
            "a session cookie: Origin \"https://evil.example\", Host \"here.example\"",
            Some("; docs/POLICY.md, rule 5; "),
        ),
        (
            app.get("/admin").bearer(&app.tokens(BOB).access).send(),
            "forbidden",
            "the account has not the role Admin",
            None,
        ),
        (app.post("/api/login/9").send(), "bad_credentials", "; check name and password", None),
        (
            app.get("/places/limited").send(),
            "too_many_attempts",
            "; wait as Retry-After says",
            None,
        ),
    ];
    app.users.change(BOB, |user| user.active = false);
    let inactive = app.post(&format!("/api/login/{BOB}")).send();
    refused.push((inactive, "account_inactive", "; ask an administrator to activate", None));
    app.advance(15 * 60);
    let expired = with(&pair.access);
    refused.push((expired, "token_expired", "; refresh the pair of tokens", TOKEN_RULE));
    refused
}

#[test]
fn in_the_debug_profile_a_header_tells_what_was_presented_and_what_is_wrong() {
    let app = App::new();
    for (reply, code, part, rule) in refused(&app) {
        assert_eq!(reply.code(), code, "{reply:?}");
        let told = told(&reply).unwrap_or_else(|| panic!("nothing is told: {reply:?}"));
        assert!(told.starts_with(&format!("{code}; ")) && told.contains(part), "{told}");
        match rule {
            Some(rule) => assert!(told.contains(rule), "{told}"),
            None => assert!(!told.contains("POLICY.md"), "{told}"),
        }
    }
    let pair = app.tokens(ALICE);
    assert_eq!(told(&app.get("/token").bearer(&pair.access).send()), None, "nothing was refused");
}

#[test]
fn a_header_of_a_client_is_told_cut_and_in_ascii() {
    let app = App::new();
    let session = app.browser(ALICE);
    let origin = format!("https://evil\u{e9}\r\n{}", "x".repeat(5000));
    let reply = app.post("/change").cookie(&session).header("Origin", &origin).send();
    let told = told(&reply).expect("a refusal");
    assert!(told.len() < 600 && told.bytes().all(|byte| (b' '..0x7f).contains(&byte)), "{told}");
}

#[test]
fn a_release_tells_why_to_a_request_with_the_key_for_it() {
    let key = "k".repeat(32);
    let app = Setup::new().release().set("auth.refusal_key", key.as_str()).launch();
    let with = |key: &str| app.get("/token").header("X-Vestibule-Refusal-Key", key).send();
    let reply = with(&key);
    let why = told(&reply).expect("a refusal");
    assert!(why.starts_with("credentials_missing; no credential: "), "{why}");
    for wrong in ["", &key[1..], &format!("{key}k")] {
        assert_eq!(told(&with(wrong)), None, "{wrong}");
    }
}

#[test]
fn a_release_tells_a_client_no_more_than_the_code() {
    let app = Setup::new().release().launch();
    let pair = app.tokens(ALICE);
    for reply in [
        app.get("/token").send(),
        app.get("/token").bearer("a.b").send(),
        app.get("/token").bearer(&pair.refresh).send(),
    ] {
        assert_eq!((reply.status, told(&reply)), (401, None));
    }
}

/// A 401 of the handler's own.
#[get("/own-refusal")]
fn own_refusal(_user: Maybe<SessionUser>) -> Status {
    Status::Unauthorized
}

/// The same, after a guard whose refusal counts.
#[get("/left-refusal")]
fn left_refusal(_first: Option<TokenUser>, _second: Maybe<SessionUser>) -> Status {
    Status::Unauthorized
}

#[test]
fn what_an_optional_guard_did_not_find_is_no_reason_and_takes_no_other_reason_away() {
    let app = Setup::new().mount(routes![own_refusal, left_refusal]).launch();
    let own = app.get("/own-refusal").send();
    assert_eq!((own.status, told(&own), app.recorded.take()), (401, None, vec![]));
    let left = app.get("/left-refusal").send();
    let detail = told(&left).and_then(|why| why.strip_prefix("credentials_missing; "));
    assert!(detail.is_some(), "{left:?}");
    let event = ("credentials_missing", None, detail.map(str::to_owned));
    assert_eq!(app.recorded.take_with_details(), [event]);
}
