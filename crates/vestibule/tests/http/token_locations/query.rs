//! Tokens in the query string.

use crate::support::app::{App, Setup};
use crate::support::token_locations::with;
use crate::support::users::{ALICE, BOB};

fn app() -> App {
    with(&["query"]).launch()
}

fn url(query: &str) -> String {
    format!("/places/who?{query}")
}

// T83
#[test]
fn a_token_is_read_from_its_parameter() {
    let app = app();
    let access = app.tokens(ALICE).access;
    for query in
        [format!("jwt={access}"), format!("a=b&jwt={access}&c=d"), format!("%6awt={access}")]
    {
        assert_eq!(app.get(&url(&query)).send().body, "1 in query", "{query}");
    }
    assert_eq!(app.post(&url(&format!("jwt={access}"))).send().body, "1 in query");
}

// T83
#[test]
fn a_renamed_parameter_is_the_only_one_that_is_read() {
    let app = with(&["query"]).set("auth.token.query.name", "foo").launch();
    let access = app.tokens(ALICE).access;
    assert_eq!(app.get(&url(&format!("foo={access}"))).send().body, "1 in query");
    let reply = app.get(&url(&format!("jwt={access}"))).send();
    assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"));
}

// T83
#[test]
fn a_missing_or_empty_parameter_has_no_user() {
    let app = app();
    for query in ["", "jwt", "jwt=", "a=b", "JWT=x", "jwt[]=x", "xjwt=y"] {
        assert_eq!(app.get(&url(query)).send().code(), "credentials_missing", "{query}");
        let optional = app.get(&format!("/places/maybe?{query}")).send();
        assert_eq!(optional.body, "nobody", "{query}");
    }
}

// T84
#[test]
fn a_prefix_must_be_there_and_is_taken_off() {
    let app = with(&["query"]).set("auth.token.query.prefix", "bearer ").launch();
    let access = app.tokens(ALICE).access;
    for value in [format!("bearer%20{access}"), format!("bearer+{access}")] {
        assert_eq!(app.get(&url(&format!("jwt={value}"))).send().body, "1 in query", "{value}");
    }
    for value in [access.clone(), format!("Bearer%20{access}"), format!("bearer{access}")] {
        let reply = app.get(&url(&format!("jwt={value}"))).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "malformed_authorization"));
        assert_eq!(reply.json()["detail"], "The token in the query must follow its prefix.");
    }
    let reply = app.get(&url("jwt=bearer+")).send();
    assert_eq!(reply.code(), "token_invalid");
}

// T85
#[test]
fn in_an_application_of_query_tokens_no_header_is_read() {
    let app = app();
    let access = app.tokens(ALICE).access;
    assert_eq!(app.get("/places/who").bearer(&access).send().code(), "credentials_missing");
    // And none is ambiguous.
    let call = app.get(&url(&format!("jwt={access}"))).bearer("a.b.c");
    assert_eq!(call.send().body, "1 in query");
}

#[test]
fn the_parameter_is_nothing_where_the_location_is_not_enabled() {
    let app = App::new();
    let (session, access) = (app.browser(BOB), app.tokens(ALICE).access);
    let reply = app.get(&url(&format!("jwt={access}"))).send();
    assert_eq!(reply.code(), "credentials_missing");
    let reply = app.get(&format!("/current?jwt={access}")).cookie(&session).send();
    assert_eq!(reply.body, "2 by session");
}

#[test]
fn a_parameter_that_comes_twice_is_ambiguous() {
    let app = app();
    let access = app.tokens(ALICE).access;
    for query in [
        format!("jwt={access}&jwt={access}"),
        format!("jwt=&jwt={access}"),
        format!("jwt={access}&%6Awt=x"),
    ] {
        let reply = app.get(&url(&query)).send();
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "ambiguous_credentials"),
            "{query}"
        );
    }
}

#[test]
fn a_bad_token_in_the_query_is_refused_and_beats_a_session() {
    let app = app();
    let session = app.browser(ALICE);
    let refresh = app.tokens(ALICE).refresh;
    for (value, code) in [
        ("x", "token_invalid"),
        ("a.b.c", "token_invalid"),
        ("%00", "token_invalid"),
        ("%ff%fe", "token_invalid"),
        ("a%20b", "token_invalid"),
        ("%C3%A9", "token_invalid"),
        (refresh.as_str(), "wrong_token_type"),
    ] {
        for path in ["/current", "/session", "/maybe", "/places/maybe"] {
            let reply = app.get(&format!("{path}?jwt={value}")).cookie(&session).send();
            assert_eq!((reply.status, reply.code().as_str()), (401, code), "{path} with {value}");
        }
    }
}

#[test]
fn what_cannot_be_a_token_is_no_bearer_token_either() {
    let app = app();
    for (value, status) in
        [("abc", 200), ("a.b~c/d%2B==", 200), ("a%20b", 401), ("%00", 401), ("=", 401)]
    {
        assert_eq!(app.get(&format!("/bearer?jwt={value}")).send().status, status, "{value}");
    }
}

#[test]
fn a_refresh_token_in_the_query_rotates() {
    let app = app();
    let pair = app.tokens(ALICE);
    let next = app.post(&format!("/api/refresh?jwt={}", pair.refresh)).send().pair();
    assert_eq!(app.get(&url(&format!("jwt={}", next.access))).send().body, "1 in query");
    let reply = app.post(&format!("/api/refresh?jwt={}", next.access)).send();
    assert_eq!(reply.code(), "wrong_token_type");
}

#[test]
fn no_csrf_value_is_asked_for_in_the_query() {
    let app = with(&["query", "cookies"]).launch();
    let access = app.tokens(ALICE).access;
    assert_eq!(app.post(&url(&format!("jwt={access}"))).send().body, "1 in query");
}

#[test]
fn no_cookie_leaves_on_the_answer_to_a_token_in_the_query() {
    let app = app();
    let access = app.tokens(ALICE).access;
    for value in [access.as_str(), "bad"] {
        for path in ["/places/planted", "/cookies/plain/200", "/cookies/caught/404"] {
            let call = app.get(&format!("{path}?jwt={value}")).cookie("session=garbled");
            let reply = call.header(crate::support::cookie_setters::SET_COOKIES, "1").send();
            assert_eq!(reply.cookies(), [""; 0], "{path} with {value}");
        }
    }
}

#[test]
fn no_answer_repeats_a_token_of_the_query() {
    let app = Setup::new().set("auth.token.locations", ["query"]).launch();
    let reply = app.get(&url("jwt=sesame.open.now")).send();
    assert!(!format!("{reply:?}").contains("sesame"), "{reply:?}");
}
