//! A session that a guard accepted and a token in the body name two users.

use rocket::serde::json::Json;
use rocket::{post, routes};
use serde_json::{Value, json};
use vestibule::guards::{Maybe, RefreshToken, TokenBody};
use vestibule::tokens::TokenPair;
use vestibule::{Error, ErrorKind, Tokens};

use crate::support::app::{App, CurrentUser, SessionUser, TokenUser};
use crate::support::token_locations::with;
use crate::support::users::{ALICE, BOB, User};

#[post("/session-and-body", data = "<body>")]
fn session_and_body(user: SessionUser, body: TokenBody<TokenUser>) -> String {
    format!("{} and {}", user.id, body.authentication().account().id)
}

#[post("/current-and-body", data = "<body>")]
fn current_and_body(user: CurrentUser, body: TokenBody<TokenUser>) -> String {
    format!("{} and {}", user.id, body.authentication().account().id)
}

#[post("/maybe-and-body", data = "<body>")]
fn maybe_and_body(user: Maybe<CurrentUser>, body: TokenBody<TokenUser>) -> String {
    let id = user.0.map(|user| user.id);
    format!("{id:?} and {}", body.authentication().account().id)
}

#[post("/session-and-refresh", data = "<body>")]
async fn session_and_refresh(
    user: SessionUser,
    body: TokenBody<RefreshToken>,
    tokens: Tokens<'_>,
) -> Result<Json<TokenPair>, Error> {
    let pair = tokens.refresh::<User>(&body).await?;
    (user.id == ALICE).then_some(Json(pair)).ok_or_else(|| ErrorKind::Forbidden.into())
}

fn app() -> App {
    let routes = routes![session_and_body, current_and_body, maybe_and_body, session_and_refresh];
    with(&["json", "header"]).mount(routes).launch()
}

#[test]
fn a_session_that_was_let_in_beside_a_token_in_the_body_is_ambiguous() {
    let app = app();
    let (session, pair) = (app.browser(ALICE), app.tokens(BOB));
    let access = json!({ "access_token": pair.access });
    let refresh = json!({ "refresh_token": pair.refresh });
    for (path, body) in [
        ("/session-and-body", &access),
        ("/session-and-body", &json!({ "access_token": "bad" })),
        ("/current-and-body", &access),
        ("/maybe-and-body", &access),
        ("/session-and-refresh", &refresh),
    ] {
        let reply = app.post(path).cookie(&session).json(&body.to_string()).send();
        let told = (reply.status, reply.code());
        assert_eq!(told, (400, "ambiguous_credentials".to_owned()), "{path} {body}");
        assert_eq!(reply.cookies(), Vec::<&str>::new(), "{path}: a token was presented");
    }
}

#[test]
fn a_session_that_no_guard_asked_for_does_not_disturb_a_token_in_the_body() {
    let app = app();
    let (session, pair) = (app.browser(ALICE), app.tokens(BOB));
    let call = |path: &str, cookie: &str, body: &Value| {
        app.post(path).cookie(cookie).json(&body.to_string()).send()
    };
    let access = json!({ "access_token": pair.access });
    assert_eq!(call("/places/body", &session, &access).body, "2 in json with ");
    assert_eq!(call("/maybe-and-body", "session=garbled", &access).body, "None and 2");
    // And with a session alone the response names what is missing.
    assert_eq!(call("/session-and-body", &session, &json!({})).code(), "credentials_missing");
}
