//! Options of one pair of tokens: overrides of the configuration, access tokens alone, and a
//! password that is verified again.

use std::time::Duration;

use rocket::serde::json::Json;
use rocket::{Route, State, post, routes};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vestibule::config::Lifetime;
use vestibule::guards::{Fresh, RefreshToken};
use vestibule::tokens::{TokenOptions, TokenPair};
use vestibule::{Error, ErrorKind, Tokens};

use crate::support::app::{AnyTokenUser, App, Reply, Setup, TokenUser};
use crate::support::forged_tokens::{claims, part, with_claim};
use crate::support::users::{ALICE, BOB, User, Users};

/// [`TokenOptions`] as a test writes them.
#[derive(Deserialize)]
struct Asked {
    fresh: Option<bool>,
    access: Option<Lifetime>,
    refresh: Option<Lifetime>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    access_only: bool,
}

impl Asked {
    fn issue(self) -> TokenOptions {
        let mut issue = TokenOptions::new().claims(self.claims).headers(self.headers);
        issue = self.fresh.into_iter().fold(issue, TokenOptions::fresh);
        issue = self.access.into_iter().fold(issue, TokenOptions::access);
        issue = self.refresh.into_iter().fold(issue, TokenOptions::refresh);
        if self.access_only { issue.access_only() } else { issue }
    }
}

#[post("/start/<id>", data = "<asked>")]
async fn start(
    id: u32,
    asked: Json<Asked>,
    tokens: Tokens<'_>,
    users: &State<Users>,
) -> Result<Json<TokenPair>, Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    Ok(Json(tokens.start_with(&user, asked.into_inner().issue()).await?))
}

#[post("/next", data = "<asked>")]
async fn next(
    token: RefreshToken,
    asked: Json<Asked>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.refresh_with::<User>(&token, asked.into_inner().issue()).await?))
}

#[post("/prove")]
async fn prove(user: AnyTokenUser, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.confirm(&user).await?))
}

#[post("/prove-with", data = "<asked>")]
async fn prove_with(
    user: TokenUser,
    asked: Json<Asked>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.confirm_with(&user, asked.into_inner().issue()).await?))
}

#[post("/prove-session")]
async fn prove_session(
    user: crate::support::app::CurrentUser,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.confirm(&user).await?))
}

/// Through a guard around a guard.
#[post("/leave")]
async fn leave(user: Fresh<TokenUser>, tokens: Tokens<'_>) -> Result<(), Error> {
    tokens.end(&user).await
}

#[post("/leave-either")]
async fn leave_either(
    user: crate::support::app::CurrentUser,
    tokens: Tokens<'_>,
) -> Result<(), Error> {
    tokens.end(&user).await
}

fn all() -> Vec<Route> {
    routes![start, next, prove, prove_with, prove_session, leave, leave_either]
}

fn launch() -> App {
    Setup::new().mount(all()).launch()
}

fn stateless() -> App {
    Setup::new().stateless().mount(all()).launch()
}

fn asking(app: &App, asked: &Value) -> Reply {
    app.post("/start/1").json(&asked.to_string()).send()
}

fn access(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["access_token"].as_str().expect("a token").to_owned()
}

/// Seconds that a token lives.
fn life(token: &str) -> i64 {
    let claims = claims(token);
    claims["exp"].as_i64().expect("an end") - claims["iat"].as_i64().expect("a beginning")
}

fn status(app: &App, path: &str, token: &str) -> u16 {
    app.get(path).bearer(token).send().status
}

#[test]
fn asking_for_nothing_is_just_starting() {
    let app = launch();
    let reply = asking(&app, &json!({}));
    let pair = reply.pair();
    assert_eq!((life(&pair.access), life(&pair.refresh)), (900, 30 * 86_400));
    assert_eq!(reply.json()["expires_in"], 900);
    assert_eq!(status(&app, "/fresh", &pair.access), 200);
}

#[test]
fn a_token_can_be_given_out_that_is_not_fresh() {
    let app = launch();
    let token = access(&asking(&app, &json!({ "fresh": false })));
    assert_eq!(status(&app, "/token", &token), 200);
    assert_eq!(app.get("/fresh").bearer(&token).send().code(), "fresh_login_required");
}

#[test]
fn a_shorter_life_is_given_and_a_longer_one_only_up_to_longest() {
    let app = launch();
    let short = asking(&app, &json!({ "access": "1m", "refresh": "1h" }));
    let pair = short.pair();
    assert_eq!((life(&pair.access), life(&pair.refresh)), (60, 3600));
    assert_eq!(short.json()["expires_in"], 60);
    app.advance(60);
    assert_eq!(app.get("/token").bearer(&pair.access).send().code(), "token_expired");
    for long in
        [json!({ "access": "16m" }), json!({ "access": "never" }), json!({ "refresh": "31 days" })]
    {
        assert_eq!(asking(&app, &long).code(), "internal", "{long}");
    }
    assert_eq!(app.store.len(), 1, "what is refused opens nothing");

    let app = Setup::new().set("auth.token.longest", "40 days").mount(all()).launch();
    let pair = asking(&app, &json!({ "access": "40 days", "refresh": "40 days" })).pair();
    assert_eq!((life(&pair.access), life(&pair.refresh)), (40 * 86_400, 40 * 86_400));
    app.advance(40 * 86_400 - 1);
    assert_eq!(status(&app, "/token", &pair.access), 200);
    assert_eq!(
        asking(&app, &json!({ "access": "41 days", "refresh": "never" })).code(),
        "internal"
    );
    assert_eq!(life(&app.tokens(ALICE).access), 900, "who asks for nothing gets the usual");

    let app = Setup::new().set("auth.token.longest", "never").mount(all()).launch();
    let century = json!({ "access": "36600 days", "access_only": true });
    assert_eq!(life(&access(&asking(&app, &century))), 36_600 * 86_400);
    let second = json!({ "access": "1s", "access_only": true });
    assert_eq!(life(&access(&asking(&app, &second))), 1);
}

#[test]
fn options_that_make_no_sense_are_an_error_of_the_application() {
    let app = launch();
    for wrong in [
        json!({ "access": 0 }),
        json!({ "access": "500ms" }),
        json!({ "access": "10m", "refresh": "5m" }),
        json!({ "refresh": "5m", "access_only": true }),
    ] {
        assert_eq!(asking(&app, &wrong).code(), "internal", "{wrong}");
    }
    let pair = app.tokens(ALICE);
    for wrong in [json!({ "fresh": true }), json!({ "refresh": "1h" }), json!({ "access": "16m" })]
    {
        let reply = app.post("/next").json(&wrong.to_string()).bearer(&pair.refresh).send();
        assert_eq!(reply.code(), "internal", "{wrong}");
    }
    let wrong = json!({ "refresh": "1h" });
    let reply = app.post("/prove-with").json(&wrong.to_string()).bearer(&pair.access).send();
    assert_eq!(reply.code(), "internal");
    // Past the retry: none of these has rotated it.
    app.advance(301);
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().status, 200);
}

#[test]
fn further_claims_are_in_both_tokens_and_win_over_those_of_the_account() {
    let app = launch();
    let further = json!({ "foo": { "bar": [1] }, "admin": "by the argument" });
    let pair = asking(&app, &json!({ "claims": further })).pair();
    for token in [&pair.access, &pair.refresh] {
        let claims = claims(token);
        assert_eq!((&claims["foo"], &claims["admin"]), (&further["foo"], &further["admin"]));
    }
    assert_eq!(status(&app, "/token", &pair.access), 200);
}

#[test]
fn a_registered_claim_is_not_replaced() {
    let app = launch();
    let forged = json!({
        "sub": "2", "type": "refresh", "fresh": false, "exp": 1, "iat": 1, "nbf": 1, "iss": "x", "aud": "x",
        "jti": "x", "sid": "x", "auth_time": 1, "gen": 7, "csrf": "x", "stamp": "x",
        "amr": ["pwd", "mfa"],
    });
    let app_claims = claims(&app.tokens(ALICE).access);
    let pair = asking(&app, &json!({ "claims": forged })).pair();
    let given = claims(&pair.access);
    for name in forged.as_object().expect("an object").keys() {
        assert_ne!(given.get(name), Some(&forged[name]), "{name}");
        assert_eq!(given.get(name).is_some(), app_claims.get(name).is_some(), "{name}");
    }
    assert_eq!(app.get("/fresh").bearer(&pair.access).send().body, "1 by token");
}

#[test]
fn further_header_fields_are_in_both_tokens_but_not_those_that_decide() {
    let app = launch();
    let fields = json!({ "tenant": "blue", "alg": "none", "kid": "x", "crit": ["exp"] });
    let pair = asking(&app, &json!({ "headers": fields })).pair();
    for (token, typ) in [(&pair.access, "at+jwt"), (&pair.refresh, "rt+jwt")] {
        let header: Value = serde_json::from_str(&part(token, 0)).expect("JSON");
        assert_eq!(header, json!({ "alg": "HS256", "typ": typ, "tenant": "blue" }));
    }
    assert_eq!(status(&app, "/token", &pair.access), 200);
}

#[test]
fn a_refreshed_pair_does_not_inherit_the_further_claims() {
    for app in [launch(), stateless()] {
        let pair = asking(&app, &json!({ "claims": { "foo": 1, "admin": "still" } })).pair();
        let next = app.post("/api/refresh").bearer(&pair.refresh).send().pair();
        for token in [&next.access, &next.refresh] {
            assert_eq!((claims(token).get("foo"), &claims(token)["admin"]), (None, &json!(true)));
        }
        let with = app.post("/next").json(&json!({ "claims": { "foo": 2 } }).to_string());
        let next = with.bearer(&next.refresh).send().pair();
        assert_eq!(claims(&next.access)["foo"], 2);
    }
}

#[test]
fn an_access_token_alone_is_a_sign_in_of_its_own_length() {
    for app in [launch(), stateless()] {
        let reply = asking(&app, &json!({ "access": "2m", "access_only": true }));
        assert_eq!(reply.json().get("refresh_token"), None);
        let token = access(&reply);
        assert_eq!(app.get("/token").bearer(&token).send().status, 200);
        if app.store.len() > 0 {
            let row = app.store.only();
            assert_eq!(row.expires_at - row.created_at, Duration::from_secs(120));
        }
        app.advance(120);
        assert_eq!(app.get("/token").bearer(&token).send().code(), "token_expired");
    }
}

#[test]
fn a_refresh_token_can_be_kept_while_only_the_access_token_is_renewed() {
    for app in [launch(), stateless()] {
        let pair = app.tokens(ALICE);
        for round in 0..3 {
            app.advance(3600);
            let only = json!({ "access_only": true });
            let reply = app.post("/next").json(&only.to_string()).bearer(&pair.refresh).send();
            assert_eq!(reply.json().get("refresh_token"), None, "{round}");
            let token = access(&reply);
            assert_eq!(status(&app, "/token", &token), 200, "{round}");
            assert_eq!(status(&app, "/fresh", &token), 401, "{round}");
        }
        assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().status, 200);
    }
}

#[test]
fn a_refresh_token_that_was_rotated_does_not_renew_an_access_token() {
    let app = launch();
    let pair = app.tokens(ALICE);
    let successor = app.post("/api/refresh").bearer(&pair.refresh).send().pair();
    let only = json!({ "access_only": true });
    let renew = |token: &str| app.post("/next").json(&only.to_string()).bearer(token).send();
    assert_eq!(renew(&pair.refresh).code(), "token_revoked");
    assert_eq!(renew(&successor.refresh).status, 200);
    app.post("/api/logout").bearer(&successor.access).send();
    assert_eq!(renew(&successor.refresh).code(), "token_revoked");
}

#[test]
fn a_refresh_token_that_names_the_sign_in_of_another_account_renews_no_access_token() {
    let app = launch();
    let (alice, bob) = (app.tokens(ALICE), app.tokens(BOB));
    let sid = claims(&alice.refresh)["sid"].clone();
    let renew = |token: &str| {
        let call = app.post("/next").json(&json!({ "access_only": true }).to_string());
        call.bearer(token).send()
    };
    assert_eq!(renew(&with_claim(&bob.refresh, "sid", Some(sid))).code(), "token_revoked");
    assert_eq!(renew(&bob.refresh).status, 200);
}

#[test]
fn the_leeway_of_a_refresh_token_does_not_outlive_its_sign_in() {
    let app = Setup::new().set("auth.token.leeway", "1m").mount(all()).launch();
    let pair = app.tokens(ALICE);
    let renew = || {
        let call = app.post("/next").json(&json!({ "access_only": true }).to_string());
        call.bearer(&pair.refresh).send()
    };
    app.advance(30 * 86_400 - 1);
    assert_eq!(renew().status, 200);
    app.advance(1);
    assert_eq!(renew().code(), "token_revoked");
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().code(), "token_revoked");
}

#[test]
fn a_password_proven_again_makes_the_same_sign_in_fresh() {
    let app = launch();
    let pair = app.tokens(ALICE);
    app.advance(601);
    assert_eq!(status(&app, "/fresh", &pair.access), 401);
    let reply = app.post("/prove").bearer(&pair.access).send();
    assert_eq!(reply.json().get("refresh_token"), None);
    let proven = access(&reply);
    assert_eq!(status(&app, "/fresh", &proven), 200);
    assert_eq!(status(&app, "/fresh", &pair.access), 401, "the other token is what it was");
    assert_eq!(claims(&proven)["sid"], claims(&pair.access)["sid"]);
    assert_eq!(claims(&proven)["auth_time"], app.now());
    assert_eq!((app.store.len(), app.store.only().auth_time.unix_timestamp()), (1, app.now()));
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().status, 200);
}

#[test]
fn proving_again_extends_nothing_and_opens_nothing() {
    let app = launch();
    let pair = app.tokens(ALICE);
    app.advance(30 * 86_400 - 60);
    let proven = access(&app.post("/prove").bearer(&pair.refresh).send());
    assert_eq!(claims(&proven)["exp"], claims(&pair.refresh)["exp"]);
    app.store.clear();
    assert_eq!(app.post("/prove").bearer(&pair.refresh).send().code(), "token_revoked");
    assert_eq!(app.store.len(), 0);
}

#[test]
fn proving_again_without_a_store_gives_a_fresh_token_of_the_usual_life() {
    let app = stateless();
    let token = app.tokens(ALICE).access;
    app.advance(700);
    assert_eq!(status(&app, "/fresh", &token), 401);
    let proven = access(&app.post("/prove").bearer(&token).send());
    assert_eq!((status(&app, "/fresh", &proven), life(&proven)), (200, 900));
}

#[test]
fn proving_again_takes_what_an_issue_says() {
    let app = launch();
    let pair = app.tokens(ALICE);
    let asked = json!({ "access": "1m", "claims": { "step": "up" }, "fresh": false });
    let proven =
        access(&app.post("/prove-with").json(&asked.to_string()).bearer(&pair.access).send());
    assert_eq!((life(&proven), &claims(&proven)["step"]), (60, &json!("up")));
    assert_eq!(status(&app, "/fresh", &proven), 401);
}

#[test]
fn a_session_is_neither_confirmed_nor_ended_as_a_token() {
    let app = launch();
    let session = app.browser(ALICE);
    for path in ["/prove-session", "/leave-either"] {
        let reply = app.post(path).cookie(&session).send();
        assert_eq!(reply.code(), "credentials_missing", "{path}");
    }
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn a_user_guard_is_enough_to_sign_out_with() {
    let app = launch();
    let pair = app.tokens(ALICE);
    assert_eq!(app.post("/leave").bearer(&pair.access).send().status, 200);
    assert_eq!(app.get("/any").bearer(&pair.refresh).send().code(), "token_revoked");
}

#[test]
fn a_pair_that_cannot_be_made_does_not_use_the_refresh_token_up() {
    let app = launch();
    let pair = app.tokens(ALICE);
    let long = json!({ "claims": { "text": "x".repeat(9000) } }).to_string();
    let endless = json!({ "access": "9000 years" }).to_string();
    for asked in [long, endless] {
        let reply = app.post("/next").json(&asked).bearer(&pair.refresh).send();
        assert!(reply.status >= 400, "{}", reply.status);
        app.advance(3600);
    }
    assert_eq!(app.post("/api/refresh").bearer(&pair.refresh).send().status, 200);
}
