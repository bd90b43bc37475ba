//! Catchers that call guards: an error of such a guard is not the reason for the response.

use rocket::Request;
use vestibule::guards::{BearerToken, RefreshToken};
use vestibule::{Session, Tokens};

use crate::support::app::{App, CurrentUser, SessionUser, Setup};
use crate::support::users::ALICE;

/// For requests with this header the catcher runs guards, `before` or `after` it reads the
/// reason.
const GUARDS: &str = "X-Guards-In-Catcher";

/// Runs guards as a catcher does that greets a signed-in user.
pub(crate) async fn ask_guards(request: &Request<'_>, when: &str) {
    if request.headers().get_one(GUARDS) == Some(when) {
        let _ = request.guard::<Tokens<'_>>().await;
        let _ = request.guard::<Session<'_>>().await;
        let _ = request.guard::<BearerToken<'_>>().await;
        let _ = request.guard::<RefreshToken>().await;
        let _ = request.guard::<CurrentUser>().await;
        let _ = request.guard::<SessionUser>().await;
    }
}

#[test]
fn guards_in_a_catcher_do_not_change_what_is_answered() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    // An access token at the refresh route: the other guards refuse it for other reasons.
    let wrong_type = || app.post("/api/refresh").bearer(&pair.access);
    let limited = || app.get("/places/limited");
    let not_there = || app.get("/nowhere").bearer(&pair.refresh);
    let fields = || app.post("/places/json").json("{}");
    for when in ["never", "after"] {
        let reply = wrong_type().header(GUARDS, when).send();
        let challenge = reply.one("WWW-Authenticate").unwrap_or_default();
        assert_eq!(reply.code(), "wrong_token_type", "{when}");
        assert!(challenge.contains("another type of token"), "{when}: {challenge}");
        assert_eq!(app.recorded.take().last(), Some(&"wrong_token_type"), "{when}");
    }
    for when in ["never", "before", "after"] {
        let reply = limited().header(GUARDS, when).send();
        assert_eq!(reply.code(), "too_many_attempts", "{when}");
        assert_eq!(reply.one("Retry-After"), Some("77"), "{when}");
        assert_eq!(app.recorded.take().last(), Some(&"too_many_attempts"), "{when}");

        let reply = not_there().header(GUARDS, when).send();
        assert_eq!((reply.code().as_str(), reply.one("WWW-Authenticate")), ("not_found", None));

        let reply = fields().header(GUARDS, when).send();
        assert_eq!(reply.json()["fields"]["name"], "This field is required.", "{when}");
    }
}

#[test]
fn a_handlers_error_is_the_reason_whatever_a_guard_in_the_catcher_says() {
    let app = App::new();
    for when in ["never", "before", "after"] {
        // 401 by the handler, and 401 by a guard without a user.
        let reply = app.post("/places/login/9").header(GUARDS, when).send();
        assert_eq!(reply.code(), "bad_credentials", "{when}");
        assert_eq!(app.recorded.take(), ["bad_credentials"], "{when}");
    }
}

#[test]
fn a_status_of_the_handlers_own_has_no_reason_of_a_guard() {
    let app = App::new();
    for when in ["never", "before", "after"] {
        let reply = app.get("/places/teapot").header(GUARDS, when).send();
        assert_eq!((reply.status, reply.code().as_str()), (418, "i_m_a_teapot"), "{when}");
    }
}

#[test]
fn what_maybe_overlooked_is_no_refusal() {
    let app = App::new();
    let reply = app.get("/places/elsewhere").send();
    assert_eq!((reply.status, app.recorded.take()), (303, vec![]));
}

#[test]
fn a_missing_scope_is_still_the_challenge_after_guards_in_the_catcher() {
    let app = Setup::new().set("auth.mode", "token").launch();
    let access = app.tokens(ALICE).access;
    for when in ["never", "before", "after"] {
        let reply = app.get("/places/scoped").bearer(&access).header(GUARDS, when).send();
        let challenge = reply.one("WWW-Authenticate").unwrap_or_default();
        assert_eq!(reply.status, 403, "{when}");
        assert!(challenge.contains("error=\"insufficient_scope\""), "{when}: {challenge}");
    }
}
