//! Access tokens in the JSON body.

use serde_json::json;

use crate::support::app::{App, Call, Setup};
use crate::support::forged_tokens::with_claim;
use crate::support::token_locations::{Jar, with};
use crate::support::users::{ALICE, BOB};

fn app() -> App {
    with(&["json"]).launch()
}

fn body<'a>(app: &'a App, json: &serde_json::Value) -> Call<'a> {
    app.post("/places/body").json(&json.to_string())
}

#[test]
fn the_body_gives_the_user_and_the_other_fields() {
    let app = app();
    let access = app.tokens(ALICE).access;
    let reply = body(&app, &json!({ "access_token": access, "text": "hello" })).send();
    assert_eq!(reply.body, "1 in json with text");
    let call = app.post("/places/note");
    let reply = call.json(&json!({ "access_token": access, "text": "hello" }).to_string()).send();
    assert_eq!(reply.body, "hello");
}

// T86
#[test]
fn a_form_has_no_user() {
    let app = app();
    let access = app.tokens(ALICE).access;
    let form = app.post("/places/body").form(&format!("access_token={access}")).send();
    assert_eq!((form.status, form.code().as_str()), (401, "credentials_missing"));
    let plain =
        app.post("/places/body").body("text/plain", &json!({ "access_token": access }).to_string());
    assert_eq!(plain.send().code(), "credentials_missing");
    let header = app.post("/places/body").bearer(&access).json("{}");
    assert_eq!(header.send().code(), "credentials_missing");
}

// T87
#[test]
fn an_empty_body_has_no_user_whatever_its_content_type() {
    let app = app();
    assert_eq!(app.post("/places/body").json("").send().code(), "credentials_missing");
    assert_eq!(app.post("/places/body").send().code(), "credentials_missing");
}

// T87
#[test]
fn a_body_without_the_key_has_no_user() {
    let app = app();
    for fields in [
        json!({}),
        json!({ "access_token": null }),
        json!({ "access_token": "" }),
        json!({ "Access_Token": "x" }),
        json!({ "refresh_token": "x" }),
    ] {
        let reply = body(&app, &fields).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"), "{fields}");
    }
}

// T88
#[test]
fn a_charset_behind_the_content_type_does_no_harm() {
    let app = app();
    let text = json!({ "access_token": app.tokens(ALICE).access }).to_string();
    for kind in
        ["application/json;charset=UTF-8", "application/json; charset=utf-8", "APPLICATION/JSON"]
    {
        let reply = app.post("/places/body").body(kind, &text).send();
        assert_eq!(reply.body, "1 in json with ", "{kind}");
    }
}

// R14
#[test]
fn a_body_of_any_shape_is_a_clear_refusal() {
    let app = app();
    let access = app.tokens(ALICE).access;
    let twice = format!(r#"{{"access_token":"{access}","access_token":"{access}"}}"#);
    let deep = "[".repeat(100_000);
    for text in ["[]", "[1]", "\"text\"", "null", "1", "{", "{]", "\u{0}", &twice, &deep, " "] {
        let reply = app.post("/places/body").json(text).send();
        let shown: String = text.chars().take(40).collect();
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed_body"), "{shown}");
    }
    for token in [json!(1), json!(true), json!(["x"]), json!({ "a": 1 }), json!(0), json!(false)] {
        let reply = body(&app, &json!({ "access_token": token })).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "token_invalid"), "{token}");
    }
}

#[test]
fn a_body_that_is_too_large_is_413() {
    let app = with(&["json"]).set("limits.json", "100B").launch();
    let reply = body(&app, &json!({ "text": "x".repeat(200) })).send();
    assert_eq!((reply.status, reply.code().as_str()), (413, "too_large"));
}

#[test]
fn fields_that_do_not_fit_are_422() {
    let app = app();
    let access = app.tokens(ALICE).access;
    let call = app.post("/places/note");
    let reply = call.json(&json!({ "access_token": access, "text": 1 }).to_string()).send();
    assert_eq!((reply.status, reply.code().as_str()), (422, "invalid_field"));
}

#[test]
fn a_bad_token_in_the_body_has_its_own_code() {
    let app = app();
    let pair = app.tokens(ALICE);
    let over = with_claim(&pair.access, "exp", Some(json!(app.now())));
    for (token, code) in [
        ("a.b.c", "token_invalid"),
        ("x", "token_invalid"),
        ("é", "token_invalid"),
        (over.as_str(), "token_expired"),
        (pair.refresh.as_str(), "wrong_token_type"),
    ] {
        let reply = body(&app, &json!({ "access_token": token })).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, code), "{token}");
        let challenge = reply.one("WWW-Authenticate").unwrap_or_default();
        assert!(challenge.contains("invalid_token"), "{token}: {challenge}");
    }
    app.store.clear();
    let reply = body(&app, &json!({ "access_token": pair.access })).send();
    assert_eq!(reply.code(), "token_revoked");
}

#[test]
fn the_key_can_be_renamed() {
    let app = with(&["json"]).set("auth.token.json.access", "Foo").launch();
    let access = app.tokens(ALICE).access;
    assert_eq!(body(&app, &json!({ "Foo": access })).send().body, "1 in json with ");
    let reply = body(&app, &json!({ "access_token": access })).send();
    assert_eq!(reply.code(), "credentials_missing");
}

#[test]
fn a_whole_pair_in_the_body_leaves_no_token_among_the_fields() {
    let app = app();
    let pair = app.post("/api/login/1").send().json();
    assert_eq!(body(&app, &pair).send().body, "1 in json with expires_in,token_type");
}

#[test]
fn the_fields_are_not_in_the_debug_output() {
    let app = app();
    let access = app.tokens(ALICE).access;
    let text = json!({ "access_token": access, "password": "open sesame" }).to_string();
    let shown = app.post("/places/debug").json(&text).send().body;
    assert!(!shown.contains("sesame") && !shown.contains(&access), "{shown}");
}

#[test]
fn a_token_elsewhere_will_do_where_the_body_has_none() {
    let app = with(&["json", "header", "query"]).launch();
    let access = app.tokens(ALICE).access;
    let reply = app.post("/places/body").bearer(&access).json(r#"{"text":"hello"}"#).send();
    assert_eq!(reply.body, "1 in header with text");
    // And then there need be no body.
    assert_eq!(app.post("/places/body").bearer(&access).send().body, "1 in header with ");
    let reply = app.post(&format!("/places/body?jwt={access}")).json("").send();
    assert_eq!(reply.body, "1 in query with ");
    let reply = app.post("/places/body").bearer(&access).form("a=b").send();
    assert_eq!((reply.status, reply.code().as_str()), (415, "unsupported_media_type"));
}

#[test]
fn a_token_in_a_cookie_beside_a_body_without_one_needs_its_csrf_value() {
    let app = with(&["json", "cookies"]).launch();
    let jar = Jar::signed_in(&app, ALICE);
    let call = || app.post("/places/body").jar(&jar).json("{}");
    assert_eq!(call().send().code(), "csrf_missing");
    assert_eq!(call().csrf(jar.get("csrf_access_token")).send().body, "1 in cookies with ");
}

#[test]
fn a_token_in_the_body_and_another_elsewhere_are_ambiguous() {
    let app = with(&["json", "header", "cookies", "query"]).launch();
    let pair = app.tokens(ALICE);
    let jar = Jar::signed_in(&app, ALICE);
    let text = json!({ "access_token": pair.access }).to_string();
    for call in [
        app.post("/places/body").bearer(&pair.access),
        app.post("/places/body").bearer("bad"),
        app.post("/places/body").header("Authorization", "Bearer"),
        app.post(&format!("/places/body?jwt={}", pair.access)),
        app.post("/places/body").jar(&jar),
        // A browser whose access cookie is over still sends this one.
        app.post("/places/body").jar(&jar.clone().without("access_token_cookie")),
    ] {
        let reply = call.json(&text).send();
        assert_eq!((reply.status, reply.code().as_str()), (400, "ambiguous_credentials"));
    }
}

#[test]
fn only_the_data_guard_reads_the_body() {
    let app = app();
    let text = json!({ "access_token": app.tokens(ALICE).access }).to_string();
    assert_eq!(app.post("/places/who").json(&text).send().code(), "credentials_missing");
}

#[test]
fn where_the_location_is_not_enabled_the_key_is_a_field_like_any_other() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let text = json!({ "access_token": "mine" }).to_string();
    assert_eq!(app.post("/places/body").json(&text).send().code(), "credentials_missing");
    let reply = app.post("/places/body").bearer(&access).json(&text).send();
    assert_eq!(reply.body, "1 in header with access_token");
}

#[test]
fn no_cookie_leaves_on_the_answer_to_a_token_in_the_body() {
    let app = app();
    let session = app.browser(BOB);
    for token in [app.tokens(ALICE).access.as_str(), "bad"] {
        let call = body(&app, &json!({ "access_token": token })).cookie(&session);
        assert_eq!(
            call.header(crate::support::cookie_setters::SET_COOKIES, "1").send().cookies(),
            [""; 0],
            "{token}"
        );
    }
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn no_session_is_started_beside_a_token_in_the_body() {
    let app = app();
    let text = json!({ "access_token": app.tokens(ALICE).access }).to_string();
    let before = app.store.len();
    let reply = app.post("/places/session-beside-body").json(&text).send();
    assert_eq!((reply.status, reply.code().as_str()), (400, "ambiguous_credentials"));
    assert_eq!((reply.cookies(), app.store.len()), (vec![], before));
}

#[test]
fn in_mode_session_there_is_no_token_in_a_body() {
    let app = with(&["json"]).set("auth.mode", "session").launch();
    let reply = body(&app, &json!({ "access_token": "x" })).send();
    assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"));
}

#[test]
fn without_a_store_a_token_in_the_body_works_too() {
    let app = Setup::new().set("auth.token.locations", ["json"]).stateless().launch();
    let access = app.tokens(ALICE).access;
    assert_eq!(body(&app, &json!({ "access_token": access })).send().body, "1 in json with ");
}

#[test]
fn no_cookie_leaves_where_the_body_hides_a_token_or_holds_the_other_one() {
    let app = app();
    let pair = app.tokens(ALICE);
    let (access, refresh) = (&pair.access, &pair.refresh);
    let sneaky = |path, text: &str| {
        app.post(path).json(text).header(crate::support::cookie_setters::SET_COOKIES, "1").send()
    };
    assert_ne!(sneaky("/places/body", "{}").cookies().len(), 0, "nobody's answer");
    for (path, text) in [
        ("/places/body", format!(r#"{{"access_token":"{access}","access_token":"{access}"}}"#)),
        ("/places/body", format!(r#"{{"access_token":"{access}""#)),
        ("/places/body", format!(r#"{{"refresh_token":"{refresh}"}}"#)),
        ("/places/refresh-body", format!(r#"{{"access_token":"{access}"}}"#)),
    ] {
        let reply = sneaky(path, &text);
        assert!(matches!(reply.status, 400 | 401), "{path}: {}", reply.status);
        assert_eq!(reply.cookies(), Vec::<String>::new(), "{path} {}", text.len());
    }
}
