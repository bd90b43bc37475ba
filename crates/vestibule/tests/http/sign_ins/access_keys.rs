//! Access keys: created once, presented like a token, ended like any sign-in.

use std::time::Duration;

use rocket::Request;
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Route, get, post, routes};
use serde_json::{Value, json};
use vestibule::access_keys::{AccessKeys, KeyRequest};
use vestibule::guards::{
    AuthMethod, Authenticated, Authentication, Checked, Condition, Fresh, Require, Role, Scope,
    Scoped, TokenBody,
};
use vestibule::sign_ins::{MemorySignInStore, SignInKind, SignIns};
use vestibule::{Error, ErrorKind, Tokens};

use crate::support::app::{App, Reply, Setup};
use crate::support::forged_tokens::with_claim;
use crate::support::users::{ALICE, BOB, User};

type CurrentUser = vestibule::CurrentUser<User>;
type TokenUser = vestibule::TokenUser<User>;

struct Read;

impl Scope for Read {
    const NAME: &'static str = "files:read";
}

/// For what a program does by itself: the password was proven recently, or for this key.
struct FreshOrKey;

impl Condition<User> for FreshOrKey {
    fn check(found: &Authentication<User>, request: &Request<'_>) -> Result<(), Error> {
        let holds = found.is_key() || found.is_fresh_now(request)?;
        if holds { Ok(()) } else { Err(ErrorKind::FreshLoginRequired.into()) }
    }
}

struct Administrator;

impl Role for Administrator {
    type Account = User;

    fn permits(user: &User) -> bool {
        user.admin
    }
}

#[post("/keys", data = "<body>")]
async fn make(
    user: Fresh<CurrentUser>,
    keys: AccessKeys<'_>,
    body: Json<Value>,
) -> Result<Json<Value>, Error> {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (label, scopes) = (text("label"), text("scopes"));
    let lifetime = text("seconds").parse().ok();
    let scopes = scopes.split(',').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let new = KeyRequest { label, scopes, lifetime: lifetime.map(Duration::from_secs) };
    let made = keys.make(user.account(), new).await?;
    let debug = format!("{made:?}");
    assert!(!debug.contains(made.key.as_str()), "{debug}");
    Ok(Json(json!({ "id": made.sign_in.id, "key": made.key.as_str() })))
}

#[get("/keys")]
async fn list(user: CurrentUser, sign_ins: SignIns<'_>) -> Result<Json<Vec<String>>, Error> {
    let all = sign_ins.list(user.id).await?;
    let rows = all.into_iter().map(|row| format!("{} {:?}", row.kind.as_str(), row.label()));
    Ok(Json(rows.collect()))
}

#[post("/keys/<id>/end")]
async fn end(user: CurrentUser, sign_ins: SignIns<'_>, id: &str) -> Result<Status, Error> {
    sign_ins.end(user.id, id).await?;
    Ok(Status::NoContent)
}

#[get("/who")]
fn who(user: TokenUser) -> String {
    let found = user.authentication();
    assert!(found.is_key() && found.method() == AuthMethod::Token && found.claims().is_none());
    assert!(!found.is_fresh() && !found.is_remembered());
    format!("{} by {:?}", user.id, found.sign_in().and_then(|row| row.label()))
}

#[get("/scoped")]
fn scoped(user: Scoped<Read, CurrentUser>) -> String {
    user.account().id.to_string()
}

#[get("/automatic")]
fn automatic(user: Checked<FreshOrKey, Scoped<Read, CurrentUser>>) -> String {
    user.account().id.to_string()
}

#[get("/both")]
fn both(user: Require<Administrator, Checked<FreshOrKey, Scoped<Read, TokenUser>>>) -> String {
    user.account().id.to_string()
}

#[post("/body", data = "<user>")]
fn body(user: TokenBody<TokenUser>) -> String {
    user.authentication().account().id.to_string()
}

#[post("/prove")]
async fn prove(user: TokenUser, tokens: Tokens<'_>) -> Result<&'static str, Error> {
    tokens.confirm(&user).await.map(|_| "proven")
}

fn key_routes() -> Vec<Route> {
    routes![make, list, end, who, scoped, automatic, both, body, prove]
}

fn setup() -> Setup {
    Setup::new().mount(key_routes())
}

/// An application, and a key of Alice with these scopes.
fn with_key(scopes: &str) -> (App, KeyAndId) {
    let app = setup().launch();
    let made = ask(&app, &app.tokens(ALICE).access, json!({ "label": "backup", "scopes": scopes }));
    assert_eq!(made.status, 200, "{}", made.body);
    let made = KeyAndId { id: text(&made, "id"), key: text(&made, "key") };
    (app, made)
}

struct KeyAndId {
    id: String,
    key: String,
}

fn text(reply: &Reply, name: &str) -> String {
    reply.json()[name].as_str().expect("a text").to_owned()
}

fn ask(app: &App, token: &str, body: Value) -> Reply {
    app.post("/keys").bearer(token).json(&body.to_string()).send()
}

#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{}", reply.body);
    assert_eq!(reply.cookies(), Vec::<&str>::new());
}

#[test]
fn a_key_is_presented_like_a_token_and_is_known_by_its_label() {
    let (app, made) = with_key("");
    assert_eq!(app.get("/who").bearer(&made.key).send().body, "1 by Some(\"backup\")");
    assert_eq!(app.get("/current").bearer(&made.key).send().status, 200);
    let scheme = format!("bEARER  {}", made.key);
    assert_eq!(app.get("/who").header("Authorization", &scheme).send().status, 200);
    assert!(app.recorded.take().contains(&"key_made"));
}

#[test]
fn no_cookie_leaves_on_the_answer_to_a_key() {
    let (app, made) = with_key("");
    let session = app.browser(ALICE);
    for path in ["/who", "/cookies/plain/200", "/cookies/private/404", "/nowhere"] {
        let ended = with_key("").1.key;
        for key in [made.key.clone(), format!("{}A", made.key), ended] {
            let reply = app.get(path).cookie(&session).bearer(&key).send();
            assert_eq!(reply.cookies(), Vec::<&str>::new(), "{path}");
        }
    }
    let twice = app.get("/who").bearer(&made.key).bearer(&made.key).send();
    refused(&twice, 400, "ambiguous_credentials");
}

#[test]
fn a_key_opens_neither_a_page_of_sessions_nor_a_guard_of_tokens() {
    let (app, made) = with_key("files:read");
    refused(&app.get("/session").bearer(&made.key).send(), 401, "credentials_missing");
    refused(&app.get("/access").bearer(&made.key).send(), 401, "token_invalid");
    refused(&app.get("/refresh").bearer(&made.key).send(), 401, "token_invalid");
    refused(&app.post("/api/refresh").bearer(&made.key).send(), 401, "token_invalid");
    refused(&app.post("/prove").bearer(&made.key).send(), 401, "credentials_missing");
    refused(&app.get("/claimed").bearer(&made.key).send(), 403, "forbidden");
}

#[test]
fn a_key_is_never_fresh_and_makes_no_key() {
    let (app, made) = with_key("files:read");
    refused(&app.get("/fresh").bearer(&made.key).send(), 401, "fresh_login_required");
    let reply = ask(&app, &made.key, json!({ "label": "another" }));
    refused(&reply, 401, "fresh_login_required");
}

#[test]
fn a_key_opens_what_it_was_made_for_and_nothing_else() {
    let (app, made) = with_key("files:write,files:read");
    assert_eq!(app.get("/scoped").bearer(&made.key).send().body, "1");
    for scopes in ["", "files:write", "files", "files:read2", "FILES:READ"] {
        let (app, made) = with_key(scopes);
        refused(&app.get("/scoped").bearer(&made.key).send(), 403, "insufficient_scope");
        refused(&app.get("/automatic").bearer(&made.key).send(), 403, "insufficient_scope");
    }
}

#[test]
fn what_wants_freshness_or_a_key_takes_a_key_of_its_scope_and_fresh_tokens_and_sessions() {
    let (app, made) = with_key("files:read");
    assert_eq!(app.get("/automatic").bearer(&made.key).send().body, "1");
    assert_eq!(app.get("/both").bearer(&made.key).send().body, "1");
    let pair = app.tokens(ALICE);
    let scope = Some(json!("files:read"));
    let fresh = with_claim(&pair.access, "scope", scope.clone());
    assert_eq!(app.get("/automatic").bearer(&fresh).send().body, "1");
    refused(&app.get("/automatic").bearer(&pair.access).send(), 403, "insufficient_scope");
    let stale = app.post("/api/refresh").bearer(&pair.refresh).send().pair().access;
    let stale = with_claim(&stale, "scope", scope);
    refused(&app.get("/automatic").bearer(&stale).send(), 401, "fresh_login_required");
    let session = app.browser(ALICE);
    assert_eq!(app.get("/automatic").cookie(&session).send().body, "1");
    app.advance(601);
    refused(&app.get("/automatic").bearer(&fresh).send(), 401, "fresh_login_required");
    refused(&app.get("/automatic").cookie(&session).send(), 401, "fresh_login_required");
    assert_eq!(app.get("/automatic").bearer(&made.key).send().body, "1");
    app.users.change(ALICE, |user| user.admin = false);
    app.advance(1);
    refused(&app.get("/both").bearer(&made.key).send(), 403, "forbidden");
}

#[test]
fn a_changed_key_is_refused_and_asks_no_store() {
    let (app, made) = with_key("");
    let calls = app.store.calls();
    for place in 0..made.key.len() {
        let mut changed = made.key.clone().into_bytes();
        changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
        let changed = String::from_utf8(changed).expect("ASCII");
        refused(&app.get("/who").bearer(&changed).send(), 401, "token_invalid");
    }
    for cut in [0, 1, 4, 26, 27, 69] {
        let reply = app.get("/who").bearer(&format!("vst_{}", &made.key[70 - cut..])).send();
        refused(&reply, 401, "token_invalid");
    }
    assert_eq!(app.store.calls(), calls);
}

#[test]
fn a_key_of_the_right_form_that_was_never_created_is_refused() {
    let (app, made) = with_key("");
    let (other_app, other) = with_key("");
    // Another application's key: good checksum, no row here.
    refused(&app.get("/who").bearer(&other.key).send(), 401, "token_revoked");
    assert_eq!(other_app.get("/who").bearer(&other.key).send().status, 200);
    // The row of a key, with another's hash.
    let other = other_app.store.row(&other.id);
    let put = |new: Option<String>| {
        app.store.change(&made.id, |row| match (&mut row.kind, new) {
            (SignInKind::Key { secret_hash, .. }, Some(new)) => *secret_hash = new,
            (kind, _) => *kind = SignInKind::Browser { remembered: false },
        });
    };
    let SignInKind::Key { secret_hash, .. } = other.kind else { panic!("{other:?}") };
    put(Some(secret_hash));
    refused(&app.get("/who").bearer(&made.key).send(), 401, "token_invalid");
    put(None);
    refused(&app.get("/who").bearer(&made.key).send(), 401, "token_invalid");
}

#[test]
fn the_store_keeps_no_key() {
    let (app, made) = with_key("files:read");
    let row = app.store.row(&made.id);
    let kept = format!("{row:?}");
    assert!(!kept.contains(&made.key[27..]), "{kept}");
    let SignInKind::Key { scopes, secret_hash, .. } = row.kind else { panic!("{kept}") };
    assert!(!kept.contains(&secret_hash) && kept.contains("[redacted]"), "{kept}");
    assert!(secret_hash.len() <= 64);
    assert_eq!((row.account.as_str(), scopes), ("1", vec!["files:read".to_owned()]));
}

#[test]
fn a_key_ends_with_its_time_and_says_so() {
    let app = setup().launch();
    let access = app.tokens(ALICE).access;
    let made = ask(&app, &access, json!({ "label": "short", "seconds": "60" }));
    let key = text(&made, "key");
    app.advance(59);
    assert_eq!(app.get("/who").bearer(&key).send().status, 200);
    app.advance(1);
    refused(&app.get("/who").bearer(&key).send(), 401, "token_expired");
}

#[test]
fn a_key_lives_as_long_as_it_is_configured_without_being_used() {
    let app = setup().set("auth.key.lifetime", "2 days").set("auth.key.longest", "3 days").launch();
    let access = app.tokens(ALICE).access;
    let made = ask(&app, &access, json!({ "label": "default" }));
    let seconds = |days: u64| (days * 24 * 60 * 60).to_string();
    let longest = ask(&app, &access, json!({ "label": "longest", "seconds": seconds(3) }));
    app.advance(2 * 24 * 60 * 60 - 1);
    assert_eq!(app.get("/who").bearer(&text(&made, "key")).send().status, 200);
    app.advance(1);
    refused(&app.get("/who").bearer(&text(&made, "key")).send(), 401, "token_expired");
    assert_eq!(app.get("/who").bearer(&text(&longest, "key")).send().status, 200);
}

#[test]
fn what_cannot_be_a_key_is_refused_by_field_and_nothing_is_kept() {
    let app = setup().launch();
    let access = app.tokens(ALICE).access;
    let before = app.store.len();
    let long = "x".repeat(101);
    let many = (0..33).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let wide = "x".repeat(65);
    for (field, body) in [
        ("label", json!({ "label": " " })),
        ("label", json!({ "label": "a\u{0}b" })),
        ("label", json!({ "label": "a\nb" })),
        ("label", json!({ "label": long })),
        ("scopes", json!({ "label": "a", "scopes": "one,two,one" })),
        ("scopes", json!({ "label": "a", "scopes": "a scope" })),
        ("scopes", json!({ "label": "a", "scopes": "\"" })),
        ("scopes", json!({ "label": "a", "scopes": "é" })),
        ("scopes", json!({ "label": "a", "scopes": many })),
        ("scopes", json!({ "label": "a", "scopes": wide })),
        ("expires_in", json!({ "label": "a", "seconds": "0" })),
        ("expires_in", json!({ "label": "a", "seconds": "31536001" })),
        ("expires_in", json!({ "label": "a", "seconds": u64::MAX.to_string() })),
    ] {
        let reply = ask(&app, &access, body.clone());
        refused(&reply, 422, "invalid_field");
        assert!(reply.json()["fields"][field].is_string(), "{body}: {}", reply.body);
    }
    assert_eq!(app.store.len(), before);
}

#[test]
fn a_key_may_have_the_longest_label_and_the_most_and_longest_scopes() {
    let app = setup().launch();
    let mut scopes: Vec<_> = (1..32).map(|number| number.to_string()).collect();
    scopes.push("x".repeat(64));
    let body = json!({ "label": "x".repeat(100), "scopes": scopes.join(",") });
    let made = ask(&app, &app.tokens(ALICE).access, body);
    assert_eq!(made.status, 200, "{}", made.body);
}

#[test]
fn a_key_is_listed_and_ended_like_any_sign_in() {
    let (app, made) = with_key("");
    let session = app.browser(ALICE);
    let rows = app.get("/keys").cookie(&session).send().body;
    assert!(rows.contains("key Some(\\\"backup\\\")"), "{rows}");
    let bob = app.browser(BOB);
    let path = format!("/keys/{}/end", made.id);
    assert_eq!(app.post(&path).cookie(&bob).send().status, 404);
    assert_eq!(app.get("/who").bearer(&made.key).send().status, 200);
    assert_eq!(app.post(&path).cookie(&session).send().status, 204);
    refused(&app.get("/who").bearer(&made.key).send(), 401, "token_revoked");
}

#[test]
fn signing_out_with_a_key_ends_that_key_alone() {
    let (app, made) = with_key("");
    let before = app.store.len();
    assert_eq!(app.post("/api/logout").bearer(&made.key).send().status, 204);
    assert_eq!(app.store.len(), before - 1);
    refused(&app.get("/who").bearer(&made.key).send(), 401, "token_revoked");
    refused(&app.post("/api/logout").bearer(&made.key).send(), 401, "token_revoked");
}

#[test]
fn a_key_dies_with_its_account_and_with_the_accounts_stamp() {
    let (app, made) = with_key("");
    app.users.change(ALICE, |user| user.active = false);
    app.advance(1);
    refused(&app.get("/who").bearer(&made.key).send(), 401, "token_revoked");
    app.users.change(ALICE, |user| user.active = true);
    assert_eq!(app.get("/who").bearer(&made.key).send().status, 200);
    app.users.change(ALICE, |user| user.stamp = "another password".to_owned());
    app.advance(1);
    refused(&app.get("/who").bearer(&made.key).send(), 401, "token_revoked");
    let (app, made) = with_key("");
    app.users.delete(ALICE);
    refused(&app.get("/who").bearer(&made.key).send(), 401, "token_revoked");
}

#[test]
fn an_application_can_refuse_an_active_key() {
    let (app, made) = with_key("");
    app.users.refuse_tokens();
    let reply = app.get("/who").bearer(&made.key).send();
    refused(&reply, 401, "token_invalid");
}

#[test]
fn a_broken_store_is_unavailable_and_ends_no_key() {
    let (app, made) = with_key("");
    app.store.break_down(true);
    refused(&app.get("/who").bearer(&made.key).send(), 503, "unavailable");
    app.store.break_down(false);
    app.advance(1);
    app.users.break_down(true);
    refused(&app.get("/who").bearer(&made.key).send(), 503, "unavailable");
    app.users.break_down(false);
    assert_eq!(app.get("/who").bearer(&made.key).send().status, 200);
}

#[test]
fn the_last_use_of_a_key_is_recorded() {
    let (app, made) = with_key("");
    let made_at = app.store.row(&made.id).last_seen_at;
    let use_after = |seconds: u64| {
        app.advance(seconds);
        assert_eq!(app.get("/who").bearer(&made.key).send().status, 200);
    };
    let is_noted = |at: u64| {
        (0..50_000).any(|_| {
            // Written in the background, while another request runs.
            app.get("/public").send();
            app.store.row(&made.id).last_seen_at == made_at + Duration::from_secs(at)
        })
    };
    // The first use at once, the others at most once a minute.
    use_after(1);
    assert!(is_noted(1));
    use_after(59);
    use_after(1);
    assert!(is_noted(61));
}

#[test]
fn a_key_is_looked_for_in_a_header_alone() {
    let set = |locations: Value| setup().set("auth.token.locations", locations).launch();
    let app = set(json!(["header", "query", "cookies", "json"]));
    let made = ask(&app, &app.tokens(ALICE).access, json!({ "label": "backup" }));
    let key = text(&made, "key");
    assert_eq!(app.get("/who").bearer(&key).send().status, 200);
    refused(&app.get(&format!("/who?jwt={key}")).send(), 401, "token_invalid");
    let cookie = format!("access_token_cookie={key}");
    refused(&app.get("/who").cookie(&cookie).send(), 401, "token_invalid");
    let json = json!({ "access_token": key }).to_string();
    refused(&app.post("/body").json(&json).send(), 401, "token_invalid");
    assert_eq!(app.post("/body").bearer(&key).json("{}").send().body, "1");
    refused(&app.post("/body").bearer(&key).json(&json).send(), 400, "ambiguous_credentials");
    let elsewhere = app.get("/who").header("Authorization", &format!("Basic {key}")).send();
    refused(&elsewhere, 401, "credentials_missing");
}

#[test]
fn without_tokens_nothing_takes_a_key_and_nothing_makes_one() {
    let app = setup().set("auth.mode", "session").launch();
    let session = app.browser(ALICE);
    let body = json!({ "label": "backup" }).to_string();
    assert_eq!(app.post("/keys").cookie(&session).json(&body).send().status, 404);
    let (_, made) = with_key("");
    assert_eq!(app.get("/current").bearer(&made.key).send().code(), "credentials_missing");
}

#[test]
fn an_application_without_a_store_takes_no_key_and_does_not_launch_to_create_one() {
    let app = Setup::new().stateless().launch();
    let (_, made) = with_key("");
    refused(&app.get("/token").bearer(&made.key).send(), 401, "token_invalid");
    let launch = |store: bool| {
        let fairing = vestibule::Auth::fairing();
        let fairing =
            if store { fairing.store(MemorySignInStore::new()) } else { fairing.stateless() };
        let figment = rocket::figment::Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("auth.token.secret", crate::support::app::SECRET));
        let rocket = rocket::custom(figment).attach(fairing).mount("/", routes![make]);
        // An error that is dropped unseen panics.
        rocket::local::blocking::Client::untracked(rocket)
            .map_err(|error| format!("{:?}", error.kind()))
            .is_ok()
    };
    assert_eq!((launch(true), launch(false)), (true, false));
}
