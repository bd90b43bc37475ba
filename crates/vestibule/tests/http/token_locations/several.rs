//! Several locations at once, routes that take some of them only, and what can be configured.

use serde_json::{Value, json};
use vestibule::config::Config;

use crate::support::app::{App, Setup};
use crate::support::token_locations::{ACCESS, CSRF_ACCESS, Jar, REFRESH, with};
use crate::support::users::{ALICE, BOB};

const ALL: [&str; 4] = ["header", "cookies", "query", "json"];

// T89, T90
#[test]
fn with_nothing_anywhere_there_is_no_user() {
    for locations in [&["cookies", "header"][..], &["json", "query"], &ALL] {
        let app = with(locations).launch();
        let reply = app.get("/places/who").send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"));
        assert_eq!(reply.one("WWW-Authenticate"), Some("Bearer realm=\"vestibule\""));
        let form = app.post("/places/body").form("a=b").send();
        assert_eq!(form.code(), "credentials_missing", "{locations:?}");
    }
}

// T91
#[test]
fn a_token_is_found_wherever_it_is_in_either_order() {
    for locations in [["cookies", "header", "query"], ["query", "header", "cookies"]] {
        let app = with(&locations).launch();
        let jar = Jar::signed_in(&app, ALICE);
        let access = app.tokens(ALICE).access;
        assert_eq!(app.get("/places/who").jar(&jar).send().body, "1 in cookies");
        assert_eq!(app.get("/places/who").bearer(&access).send().body, "1 in header");
        let reply = app.get(&format!("/places/who?jwt={access}")).send();
        assert_eq!(reply.body, "1 in query");
    }
}

// T92
#[test]
fn tokens_in_two_places_are_ambiguous_whatever_they_are_worth() {
    for locations in [["cookies", "header", "query"], ["query", "header", "cookies"]] {
        let app = with(&locations).launch();
        let jar = Jar::signed_in(&app, ALICE);
        let access = app.tokens(BOB).access;
        for (case, call) in [
            (
                "corrupt header",
                app.get("/places/who").jar(&jar).header("Authorization", "Bearer x"),
            ),
            (
                "malformed header",
                app.get("/places/who").jar(&jar).header("Authorization", "Bearer"),
            ),
            ("good header", app.get("/places/who").jar(&jar).bearer(&access)),
            ("good query", app.get(&format!("/places/who?jwt={access}")).jar(&jar)),
            ("bad query", app.get("/places/who?jwt=x").jar(&jar)),
            ("header and query", app.get(&format!("/places/who?jwt={access}")).bearer(&access)),
            ("optional", app.get("/places/maybe?jwt=x").bearer(&access)),
        ] {
            let reply = call.send();
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "ambiguous_credentials"),
                "{case}"
            );
            assert_eq!(reply.one("WWW-Authenticate"), None, "{case}");
        }
        // Another scheme is no credential of ours.
        let call = app.get("/places/who").jar(&jar).header("Authorization", "Basic eDp5");
        assert_eq!(call.send().body, "1 in cookies");
    }
}

#[test]
fn either_cookie_beside_a_token_elsewhere_is_one_too_many() {
    let app = with(&["cookies", "header"]).launch();
    let jar = Jar::signed_in(&app, ALICE);
    let pair = app.tokens(ALICE);
    for name in [ACCESS, REFRESH] {
        let one = Jar::default().with(name, jar.get(name));
        for path in ["/places/who", "/refresh", "/any", "/bearer"] {
            for token in [&pair.access, &pair.refresh] {
                let reply = app.get(path).jar(&one).bearer(token).send();
                assert_eq!(reply.code(), "ambiguous_credentials", "{path} beside {name}");
            }
        }
    }
    // The twins are no credentials.
    let twins = jar.without(ACCESS).without(REFRESH);
    assert_eq!(app.get("/places/who").jar(&twins).bearer(&pair.access).send().body, "1 in header");
}

// R18, R19
#[test]
fn a_good_header_does_not_stand_in_for_a_missing_csrf_value() {
    for locations in [["cookies", "header"], ["header", "cookies"]] {
        let app = with(&locations).launch();
        let jar = Jar::signed_in(&app, ALICE);
        let access = app.tokens(ALICE).access;
        let call = || app.post("/places/who").jar(&jar).bearer(&access);
        assert_eq!(call().send().code(), "ambiguous_credentials", "{locations:?}");
        let reply = call().csrf(jar.get(CSRF_ACCESS)).send();
        assert_eq!(reply.code(), "ambiguous_credentials", "{locations:?}");
        // Without the cookie the header needs none.
        assert_eq!(app.post("/places/who").bearer(&access).send().body, "1 in header");
    }
}

// T93
#[test]
fn a_route_may_take_some_of_the_locations_only() {
    let app = with(&["header", "cookies", "query"]).launch();
    let jar = Jar::signed_in(&app, ALICE);
    let access = app.tokens(ALICE).access;
    for path in ["/places/in-header", "/places/in-cookies", "/places/in-query"] {
        for (place, call) in [
            ("header", app.get(path).bearer(&access)),
            ("cookies", app.get(path).jar(&jar)),
            ("query", app.get(&format!("{path}?jwt={access}"))),
        ] {
            let reply = call.send();
            if path.ends_with(place) {
                assert_eq!(reply.body, format!("1 in {place}"), "{path}");
            } else {
                assert_eq!(
                    (reply.status, reply.code().as_str()),
                    (401, "credentials_missing"),
                    "{path} in {place}"
                );
            }
        }
        assert_eq!(app.get(path).send().code(), "credentials_missing", "{path}");
        assert_eq!(app.get(path).bearer("a.b.c").send().code(), "token_invalid", "{path}");
    }
}

// T93
#[test]
fn a_route_cannot_take_what_the_configuration_does_not_enable() {
    let app = with(&["cookies"]).launch();
    let access = app.tokens(ALICE).access;
    let reply = app.get("/places/in-header").bearer(&access).send();
    assert_eq!(reply.code(), "credentials_missing");
}

#[test]
fn a_session_is_in_no_location() {
    let app = App::new();
    let session = app.browser(ALICE);
    let reply = app.get("/places/in-cookies").cookie(&session).send();
    assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"));
}

#[test]
fn an_optional_route_ignores_a_good_token_elsewhere_and_refuses_a_bad_one() {
    let app = with(&["header", "cookies"]).launch();
    let jar = Jar::signed_in(&app, ALICE);
    let access = app.tokens(ALICE).access;
    let path = "/places/maybe-in-header";
    assert_eq!(app.get(path).bearer(&access).send().body, "1 in header");
    assert_eq!(app.get(path).jar(&jar).send().body, "nobody");
    assert_eq!(app.get(path).send().body, "nobody");
    let bad = jar.with(ACCESS, "bad");
    assert_eq!(app.get(path).jar(&bad).send().code(), "token_invalid");
}

/// Why a configuration with these locations is refused; `None` when it is not.
fn config_error(locations: &Value) -> Option<String> {
    let setup = Setup::new().set("auth.token.locations", locations);
    let errors = Config::from_figment(&setup.figment).err()?;
    Some(errors.iter().map(ToString::to_string).collect())
}

// T94
#[test]
fn only_lists_of_known_locations_are_taken() {
    for good in
        [json!(["header"]), json!(["cookies", "query"]), json!(ALL), json!(["json", "json"])]
    {
        assert_eq!(config_error(&good), None, "{good}");
    }
    for bad in [
        json!([]),
        json!("banana"),
        json!("cookies"),
        json!(1),
        json!({ "header": true }),
        json!(["header", "banana"]),
        json!(["headers"]),
        json!(["Header"]),
        json!(null),
        json!([["header"]]),
    ] {
        let config_error = config_error(&bad).unwrap_or_default();
        assert!(config_error.contains("auth.token.locations"), "{bad}: {config_error}");
    }
}

// T94
#[test]
fn a_location_named_twice_is_looked_into_once() {
    let app = with(&["header", "header", "query", "cookies", "query", "cookies"]).launch();
    let access = app.tokens(ALICE).access;
    assert_eq!(app.get("/places/who").bearer(&access).send().body, "1 in header");
    assert_eq!(app.get(&format!("/places/who?jwt={access}")).send().body, "1 in query");
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(app.get("/places/who").jar(&jar).send().body, "1 in cookies");
}

// T95
#[test]
fn a_guard_of_the_applications_own_can_ask_for_the_verdict() {
    let app = App::new();
    let asked = |call: crate::support::app::Call<'_>| call.send().body;
    let path = "/places/asked";
    assert_eq!(asked(app.get(path)), "nobody");
    let access = app.tokens(ALICE).access;
    assert_eq!(asked(app.get(path).bearer(&access)), "1 with Some(Access) in Some(Header)");
    assert_eq!(asked(app.get(path).bearer("a.b.c")), "token_invalid");
    assert_eq!(asked(app.get(path).cookie(&app.browser(ALICE))), "a session");
}
