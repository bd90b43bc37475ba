//! Scopes: a token lists its scopes, and a session has all of its account's.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::forged_tokens::with_claim;
use crate::support::users::ALICE;

#[test]
fn a_token_opens_what_its_scope_lists() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for scope in ["read", "read write", "write read", " read"] {
        let token = with_claim(&access, "scope", Some(json!(scope)));
        assert_eq!(app.get("/places/scoped").bearer(&token).send().body, "1 in header", "{scope}");
    }
}

#[test]
fn a_token_without_the_scope_is_forbidden() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let scopes: [Option<Value>; 8] = [
        None,
        Some(json!("")),
        Some(json!("write")),
        Some(json!("Read")),
        Some(json!("reading")),
        Some(json!("read,write")),
        Some(json!(["read"])),
        Some(json!(true)),
    ];
    for scope in scopes {
        let token = with_claim(&access, "scope", scope.clone());
        let reply = app.get("/places/scoped").bearer(&token).send();
        assert_eq!((reply.status, reply.code().as_str()), (403, "insufficient_scope"), "{scope:?}");
        let challenge = reply.one("WWW-Authenticate").unwrap_or_default();
        assert!(challenge.contains("error=\"insufficient_scope\""), "{scope:?}: {challenge}");
        assert_eq!(app.get("/token").bearer(&token).send().status, 200, "{scope:?}");
    }
}

#[test]
fn a_session_acts_with_all_rights_of_its_account() {
    let app = App::new();
    let session = app.browser(ALICE);
    for path in ["/places/scoped", "/places/scoped-fresh"] {
        assert_eq!(app.get(path).cookie(&session).send().body, "1 in session", "{path}");
    }
}

#[test]
fn no_challenge_to_sign_in_is_sent_before_any_scope() {
    let app = App::new();
    assert_eq!(app.get("/places/scoped").send().code(), "credentials_missing");
    assert_eq!(app.get("/places/scoped").bearer("a.b.c").send().code(), "token_invalid");
}

#[test]
fn the_guard_inside_is_asked_first() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    let stale = app.post("/api/refresh").bearer(&pair.refresh).send().pair().access;
    let scoped = with_claim(&stale, "scope", Some(json!("read")));
    for token in [&stale, &scoped] {
        let reply = app.get("/places/scoped-fresh").bearer(token).send();
        assert_eq!(reply.code(), "fresh_login_required");
    }
}
