//! Two factors: what a credential says was proven, and the guard that asks for it.

use rocket::serde::json::Json;
use rocket::{State, get, post, routes};
use serde_json::json;
use vestibule::access_keys::{AccessKeys, KeyRequest};
use vestibule::guards::{Authenticated, Fresh, MultiFactor, RefreshToken, Require, Scope, Scoped};
use vestibule::sign_ins::{Amr, SessionOptions};
use vestibule::tokens::{TokenOptions, TokenPair};
use vestibule::{Error, ErrorKind, Session, Tokens};

use crate::support::app::{App, Reply, Setup};
use crate::support::forged_tokens::{claims, with_claim};
use crate::support::users::{ALICE, Admin, User, Users};

type CurrentUser = vestibule::CurrentUser<User>;
type TokenUser = vestibule::TokenUser<User>;

const BARE: &str = "Bearer realm=\"vestibule\"";

/// Methods as a path has them.
fn amr(methods: &str) -> Amr {
    Amr::parse(&methods.replace('+', " "))
}

struct Pay;

impl Scope for Pay {
    const NAME: &'static str = "pay";
}

#[get("/two")]
fn two(user: MultiFactor<CurrentUser>) -> String {
    user.authentication().amr().to_string()
}

#[get("/two-and-more")]
fn two_and_more(user: Require<Admin, Scoped<Pay, MultiFactor<Fresh<CurrentUser>>>>) -> String {
    user.authentication().amr().to_string()
}

#[get("/proven")]
fn proven(user: CurrentUser) -> String {
    user.authentication().amr().to_string()
}

#[post("/open/<methods>?<remembered>&<stale>")]
async fn open(
    methods: &str,
    remembered: bool,
    stale: bool,
    session: Session<'_>,
    users: &State<Users>,
) -> Result<(), Error> {
    let user = users.get(ALICE).ok_or(ErrorKind::BadCredentials)?;
    let options = SessionOptions::new().remembered_if(remembered).proven(amr(methods));
    let options = if stale { options.not_fresh() } else { options };
    session.start_with(&user, options).await.map(drop)
}

#[post("/step-up/<methods>")]
async fn step_up(methods: &str, session: Session<'_>) -> Result<(), Error> {
    session.confirm_with(amr(methods)).await
}

#[post("/api/issue/<methods>")]
async fn issue(
    methods: &str,
    tokens: Tokens<'_>,
    users: &State<Users>,
) -> Result<Json<TokenPair>, Error> {
    let user = users.get(ALICE).ok_or(ErrorKind::BadCredentials)?;
    let options = TokenOptions::new().proven(amr(methods)).claim("scope", "pay");
    Ok(Json(tokens.start_with(&user, options).await?))
}

#[post("/api/step-up/<methods>")]
async fn api_step_up(
    methods: &str,
    user: TokenUser,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let options = TokenOptions::new().proven(amr(methods));
    Ok(Json(tokens.confirm_with(&user, options).await?))
}

#[post("/api/refresh-as/<methods>")]
async fn refresh_as(
    methods: &str,
    token: RefreshToken,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let options = TokenOptions::new().proven(amr(methods));
    Ok(Json(tokens.refresh_with::<User>(&token, options).await?))
}

#[post("/key")]
async fn key(user: MultiFactor<CurrentUser>, keys: AccessKeys<'_>) -> Result<String, Error> {
    let wanted = KeyRequest { label: "backup".to_owned(), ..KeyRequest::default() };
    Ok(keys.make(user.account(), wanted).await?.key.as_str().to_owned())
}

/// As a login route that takes both factors at once.
#[post("/api/second-missing")]
fn second_missing() -> Error {
    ErrorKind::SecondFactorRequired.into()
}

fn setup() -> Setup {
    Setup::new().mount(routes![
        two,
        two_and_more,
        proven,
        open,
        step_up,
        issue,
        api_step_up,
        refresh_as,
        second_missing,
    ])
}

/// With a store and without.
fn apps() -> [App; 2] {
    [setup().launch(), setup().stateless().launch()]
}

fn session(app: &App, methods: &str) -> String {
    app.post(&format!("/open/{methods}")).send().session()
}

fn access(app: &App, methods: &str) -> String {
    app.post(&format!("/api/issue/{methods}")).send().pair().access
}

/// The access token of a response without a refresh token.
fn access_of(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["access_token"].as_str().expect("a token").to_owned()
}

fn remember_cookie(reply: &Reply) -> String {
    let is_it = |cookie: &&str| cookie.starts_with("remember_token=");
    let cookie = reply.cookies().into_iter().find(is_it).expect("a remember cookie");
    cookie.split(';').next().expect("a pair").to_owned()
}

fn assert_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.code().as_str()), (401, "second_factor_required"));
}

#[test]
fn a_user_who_has_proven_two_factors_is_let_in_either_way() {
    for app in apps() {
        for (methods, proven) in [("pwd+otp", "pwd otp mfa"), ("hwk+user+mfa", "hwk user mfa")] {
            let by_session = app.get("/two").cookie(&session(&app, methods)).send();
            assert_eq!(by_session.body, proven);
            let by_token = app.get("/two").bearer(&access(&app, methods)).send();
            assert_eq!(by_token.body, proven);
        }
    }
}

#[test]
fn one_factor_or_none_is_refused_either_way() {
    for app in apps() {
        for methods in ["pwd", "otp", "hwk+user", "none"] {
            assert_refused(&app.get("/two").cookie(&session(&app, methods)).send());
            assert_refused(&app.get("/two").bearer(&access(&app, methods)).send());
        }
        assert_eq!(app.get("/two").send().code(), "credentials_missing");
    }
}

#[test]
fn a_sign_in_has_proven_the_password_unless_the_application_says_otherwise() {
    for app in apps() {
        let (session, pair) = (app.browser(ALICE), app.tokens(ALICE));
        assert_eq!(app.get("/proven").cookie(&session).send().body, "pwd");
        assert_eq!(app.get("/proven").bearer(&pair.access).send().body, "pwd");
        assert_eq!(claims(&pair.access)["amr"], json!(["pwd"]));
        assert_eq!(claims(&pair.refresh)["amr"], json!(["pwd"]));
    }
}

#[test]
fn a_session_that_is_not_fresh_has_proven_what_the_application_says() {
    for app in apps() {
        let of_link = app.post("/open/none?stale=true").send().session();
        assert_eq!(app.get("/proven").cookie(&of_link).send().body, "");
        let two = app.post("/open/pwd+otp?stale=true").send().session();
        assert_eq!(app.get("/two").cookie(&two).send().status, 200);
        let reply = app.get("/two-and-more").cookie(&two).send();
        assert_eq!(reply.code(), "fresh_login_required");
    }
}

#[test]
fn only_a_token_is_told_which_authentication_is_needed() {
    let app = setup().launch();
    let by_token = app.get("/two").bearer(&access(&app, "pwd")).send();
    let challenge = format!(
        "{BARE}, error=\"insufficient_user_authentication\", \
         error_description=\"Prove a second factor to do this.\", \
         acr_values=\"http://schemas.openid.net/pape/policies/2007/06/multi-factor\""
    );
    assert_eq!(by_token.one("WWW-Authenticate"), Some(challenge.as_str()));
    let by_session = app.get("/two").cookie(&session(&app, "pwd")).send();
    assert_eq!(by_session.one("WWW-Authenticate"), Some(BARE));
    let by_login = app.post("/api/second-missing").send();
    assert_refused(&by_login);
    assert_eq!(by_login.one("WWW-Authenticate"), Some(BARE));
}

#[test]
fn two_factors_freshness_a_scope_and_a_role_are_asked_for_together() {
    let app = setup().launch();
    let code = |access: &str| app.get("/two-and-more").bearer(access).send().code();
    let two = access(&app, "pwd+otp");
    assert_eq!(code(&two), "");
    assert_eq!(code(&access(&app, "pwd")), "second_factor_required");
    assert_eq!(code(&with_claim(&two, "scope", None)), "insufficient_scope");
    app.users.change(ALICE, |user| user.admin = false);
    app.advance(1);
    assert_eq!(code(&two), "forbidden");
    app.advance(601);
    assert_eq!(code(&two), "fresh_login_required");
}

#[test]
fn a_refreshed_pair_keeps_what_was_proven() {
    for app in apps() {
        for (methods, names) in [("pwd+otp", json!(["pwd", "otp", "mfa"])), ("none", json!([]))] {
            let first = app.post(&format!("/api/issue/{methods}")).send().pair();
            let next = app.post("/api/refresh").bearer(&first.refresh).send().pair();
            for token in [&first.access, &first.refresh, &next.access, &next.refresh] {
                assert_eq!(claims(token)["amr"], names);
            }
        }
    }
}

#[test]
fn a_refresh_token_proves_nothing_new() {
    for app in apps() {
        let refresh = app.post("/api/issue/pwd").send().pair().refresh;
        let reply = app.post("/api/refresh-as/pwd+otp").bearer(&refresh).send();
        assert_eq!((reply.status, reply.code().as_str()), (500, "internal"));
        // Nothing is used up.
        let next = app.post("/api/refresh").bearer(&refresh).send().pair();
        assert_refused(&app.get("/two").bearer(&next.access).send());
    }
}

#[test]
fn a_remembered_browser_keeps_what_was_proven() {
    for app in apps() {
        let reply = app.post("/open/pwd+otp?remembered=true").send();
        let remember = remember_cookie(&reply);
        app.advance(25 * 60 * 60);
        let restored = app.get("/two").cookie(&remember).send();
        assert_eq!(restored.body, "pwd otp mfa");
        assert_eq!(app.get("/two").cookie(&restored.session()).send().body, "pwd otp mfa");
    }
}

#[test]
fn a_remembered_browser_has_proven_what_was_added_since_if_there_is_a_store() {
    for (app, proven) in apps().into_iter().zip(["pwd otp mfa", "pwd"]) {
        let reply = app.post("/open/pwd?remembered=true").send();
        app.post("/step-up/otp").cookie(&reply.session()).send().session();
        let restored = app.get("/proven").cookie(&remember_cookie(&reply)).send();
        assert_eq!(restored.body, proven);
    }
}

#[test]
fn a_restored_session_has_proven_it_also_where_an_earlier_row_is_cached() {
    let one_key = || setup().set("secret_key", "1zbLsLyd6Pzw4bF7yPpGNYpVKwcPRKzEBN2aqaLKMpQ=");
    let app = one_key().launch();
    let beside = one_key().launch_beside(&app);
    let reply = app.post("/open/pwd?remembered=true").send();
    assert_eq!(beside.get("/proven").cookie(&reply.session()).send().body, "pwd");
    app.post("/step-up/otp").cookie(&reply.session()).send().session();
    let restored = app.get("/proven").cookie(&remember_cookie(&reply)).send().session();
    assert_eq!(beside.get("/proven").cookie(&reply.session()).send().body, "pwd", "cached");
    assert_eq!(beside.get("/proven").cookie(&restored).send().body, "pwd otp mfa");
}

#[test]
fn a_session_of_a_new_id_keeps_what_was_proven() {
    for app in apps() {
        let renewed = app.post("/renew").cookie(&session(&app, "pwd+otp")).send().session();
        assert_eq!(app.get("/two").cookie(&renewed).send().body, "pwd otp mfa");
        let renewed = app.post("/renew").cookie(&session(&app, "pwd")).send().session();
        assert_refused(&app.get("/two").cookie(&renewed).send());
    }
}

#[test]
fn a_factor_that_a_session_proves_is_added_to_the_one_before() {
    for app in apps() {
        let one = session(&app, "pwd");
        app.advance(601);
        let both = app.post("/step-up/otp").cookie(&one).send().session();
        assert_eq!(app.get("/two-and-more").cookie(&both).send().body, "pwd otp mfa");
        let again = app.post("/confirm").cookie(&both).send().session();
        assert_eq!(app.get("/two").cookie(&again).send().body, "pwd otp mfa");
    }
}

#[test]
fn a_proof_is_added_to_what_the_store_knows_and_not_to_an_old_cookie() {
    let app = setup().launch();
    let old = session(&app, "pwd");
    app.post("/step-up/otp").cookie(&old).send().session();
    let next = app.post("/step-up/hwk").cookie(&old).send().session();
    assert_eq!(app.get("/proven").cookie(&next).send().body, "pwd otp hwk mfa");
    assert_eq!(app.store.only().amr, amr("pwd+otp+hwk"));
}

#[test]
fn a_factor_that_a_token_proves_is_added_to_the_one_before() {
    for app in apps() {
        let one = access(&app, "pwd");
        app.advance(601);
        let both = access_of(&app.post("/api/step-up/otp").bearer(&one).send());
        assert_eq!(claims(&both)["amr"], json!(["pwd", "otp", "mfa"]));
        assert_eq!(app.get("/two").bearer(&both).send().body, "pwd otp mfa");
        let again = access_of(&app.post("/api/step-up/pwd").bearer(&both).send());
        assert_eq!(app.get("/two").bearer(&again).send().body, "pwd otp mfa");
    }
}

#[test]
fn a_pair_refreshed_after_a_second_factor_has_both() {
    let app = setup().launch();
    let pair = app.post("/api/issue/pwd").send().pair();
    access_of(&app.post("/api/step-up/otp").bearer(&pair.access).send());
    assert_eq!(app.store.only().amr, amr("pwd+otp"));
    let next = app.post("/api/refresh").bearer(&pair.refresh).send().pair();
    assert_eq!(claims(&next.access)["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(app.get("/two").bearer(&next.access).send().status, 200);
}

#[test]
fn an_access_key_has_proven_nothing_whatever_its_maker_had() {
    let app = setup().mount(routes![key]).launch();
    let key = app.post("/key").cookie(&session(&app, "pwd+otp")).send().body;
    assert_refused(&app.get("/two").bearer(&key).send());
    assert_eq!(app.get("/proven").bearer(&key).send().body, "");
}

#[test]
fn a_token_of_a_version_without_the_claim_was_issued_for_a_password() {
    let app = setup().stateless().launch();
    let pair = app.post("/api/issue/pwd+otp").send().pair();
    let old = with_claim(&pair.access, "amr", None);
    assert_eq!(app.get("/proven").bearer(&old).send().body, "pwd");
    assert_refused(&app.get("/two").bearer(&old).send());
    let unknown = with_claim(&pair.access, "amr", Some(json!(["face", "pwd", "MFA"])));
    assert_eq!(app.get("/proven").bearer(&unknown).send().body, "pwd");
    let none = with_claim(&pair.access, "amr", Some(json!([])));
    assert_eq!(app.get("/proven").bearer(&none).send().body, "");
}
