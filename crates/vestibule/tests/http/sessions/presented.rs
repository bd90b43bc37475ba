//! `PresentedSession`: what a session cookie says, whatever has become of its sign-in.

use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Request, get, routes};
use vestibule::Error;
use vestibule::sign_ins::PresentedSession;

use crate::support::app::{Call, Setup};
use crate::support::users::ALICE;

/// As a guard of the application's own reads it.
struct Presented(Option<PresentedSession>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Presented {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        match PresentedSession::of(request) {
            Ok(found) => Outcome::Success(Self(found)),
            Err(error) => Outcome::Error((error.clone().remember(request), error)),
        }
    }
}

/// The account, and whether the session is fresh.
#[get("/presented")]
fn presented(found: Presented) -> String {
    let shown = |session: PresentedSession| format!("{} {}", session.account, session.is_fresh);
    found.0.map_or_else(|| "none".to_owned(), shown)
}

fn setup() -> Setup {
    Setup::new().mount(routes![presented])
}

#[test]
fn a_session_cookie_says_whose_it_is_and_how_fresh_though_its_sign_in_has_ended() {
    let app = setup().launch();
    let session = app.browser(ALICE);
    let says = || app.get("/presented").cookie(&session).send().body;
    assert_eq!(says(), "1 true");
    app.store.clear();
    app.advance(600);
    assert_eq!(says(), "1 true");
    app.advance(1);
    assert_eq!(says(), "1 false");
    assert_eq!(app.get("/presented").send().body, "none");
}

#[test]
fn the_cookie_of_another_client_is_not_fresh_unless_protection_is_off() {
    for (protection, says) in [("off", "1 true"), ("basic", "1 false"), ("strong", "1 false")] {
        let app = setup().set("auth.session.protection", protection).launch();
        let call = app.get("/presented").cookie(&app.browser(ALICE));
        assert_eq!(call.header("User-Agent", "another").send().body, says, "{protection}");
    }
}

#[test]
fn neither_a_token_request_nor_the_mode_token_presents_a_session() {
    let launch = |mode: &str| {
        let key = "1zbLsLyd6Pzw4bF7yPpGNYpVKwcPRKzEBN2aqaLKMpQ=";
        setup().set("secret_key", key).set("auth.mode", mode).launch()
    };
    let (both, token) = (launch("both"), launch("token"));
    let session = both.browser(ALICE);
    let says = |call: Call<'_>| call.cookie(&session).send().body;
    assert_eq!(says(both.get("/presented")), "1 true");
    let access = both.tokens(ALICE).access;
    assert_eq!(says(both.get("/presented").bearer(&access)), "none");
    assert_eq!(says(token.get("/presented")), "none");
}
