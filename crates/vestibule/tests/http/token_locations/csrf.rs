//! The CSRF value of a token in a cookie: when it is asked for, where it is read, and what it
//! is compared with.

use rocket::http::Method;
use serde_json::json;

use crate::support::app::{App, Setup};
use crate::support::forged_tokens::claims;
use crate::support::token_locations::{ACCESS, CSRF_ACCESS, CSRF_REFRESH, Jar, names, with};
use crate::support::users::{ALICE, BOB};

fn app() -> App {
    with(&["cookies"]).launch()
}

const UNSAFE: [Method; 4] = [Method::Post, Method::Put, Method::Patch, Method::Delete];

// T73
#[test]
fn an_unsafe_request_needs_the_value_of_its_token() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    for method in UNSAFE {
        let call = || app.call(method, "/places/who").jar(&jar);
        let reply = call().send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "csrf_missing"), "{method}");
        let reply = call().csrf("wrong").send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "csrf_mismatch"), "{method}");
        assert_eq!(call().csrf("").send().code(), "csrf_missing", "{method}");
        let reply = call().csrf(jar.get(CSRF_ACCESS)).send();
        assert_eq!(reply.body, "1 in cookies", "{method}");
    }
}

// T73
#[test]
fn the_headers_name_is_read_in_any_case_and_its_value_is_not() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let value = jar.get(CSRF_ACCESS);
    let call = app.post("/places/who").jar(&jar).header("x-csrf-token", value);
    assert_eq!(call.send().body, "1 in cookies");
    for wrong in
        [value.to_uppercase(), format!("{value} "), format!("{value}x"), value[1..].to_owned()]
    {
        let reply = app.post("/places/who").jar(&jar).csrf(&wrong).send();
        assert_eq!(reply.code(), "csrf_mismatch", "{wrong:?}");
    }
}

#[test]
fn a_safe_request_needs_none_and_may_carry_a_wrong_one() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    for method in [Method::Get, Method::Head, Method::Options] {
        let call = || app.call(method, "/places/who").jar(&jar);
        assert_eq!(call().send().status, 200, "{method}");
        assert_eq!(call().csrf("wrong").send().status, 200, "{method}");
    }
}

#[test]
fn the_cookie_with_the_value_alone_proves_nothing() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    assert!(jar.header().contains("csrf_access_token="));
    assert_eq!(app.post("/places/who").jar(&jar).send().code(), "csrf_missing");
    // And it need not be there.
    let value = jar.get(CSRF_ACCESS).to_owned();
    let jar = jar.without(CSRF_ACCESS).without(CSRF_REFRESH);
    assert_eq!(app.post("/places/who").jar(&jar).csrf(&value).send().body, "1 in cookies");
}

#[test]
fn the_values_of_another_token_do_not_fit() {
    let app = app();
    let (jar, other) = (Jar::signed_in(&app, ALICE), Jar::signed_in(&app, ALICE));
    let bob = Jar::signed_in(&app, BOB);
    for value in [other.get(CSRF_ACCESS), bob.get(CSRF_ACCESS), jar.get(CSRF_REFRESH)] {
        let reply = app.post("/places/who").jar(&jar).csrf(value).send();
        assert_eq!(reply.code(), "csrf_mismatch");
    }
    for value in [jar.get(CSRF_ACCESS), other.get(CSRF_REFRESH)] {
        let reply = app.post("/places/refresh").jar(&jar).csrf(value).send();
        assert_eq!((reply.code().as_str(), reply.cookies()), ("csrf_mismatch", vec![]));
    }
    assert_eq!(
        app.post("/places/refresh").jar(&jar).csrf(jar.get(CSRF_REFRESH)).send().status,
        200
    );
}

// T24
#[test]
fn an_optional_guard_asks_for_the_value_as_soon_as_there_is_a_cookie() {
    let app = app();
    assert_eq!(app.post("/places/maybe").send().body, "nobody");
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(app.post("/places/maybe").jar(&jar).send().code(), "csrf_missing");
    let call = app.post("/places/maybe").jar(&jar).csrf(jar.get(CSRF_ACCESS));
    assert_eq!(call.send().body, "1 in cookies");
}

// T74
#[test]
fn the_protection_can_be_switched_off() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf", false).launch();
    let reply = app.post("/places/login/1").send();
    assert_eq!(names(&reply), ["access_token_cookie", "refresh_token_cookie"]);
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(claims(jar.get(ACCESS)).get("csrf"), None);
    for method in UNSAFE {
        assert_eq!(
            app.call(method, "/places/who").jar(&jar).send().body,
            "1 in cookies",
            "{method}"
        );
    }
    assert_eq!(app.post("/places/who").jar(&jar).csrf("whatever").send().body, "1 in cookies");
}

// T75
#[test]
fn the_header_can_be_renamed() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf_header", "FOO").launch();
    let jar = Jar::signed_in(&app, ALICE);
    let value = jar.get(CSRF_ACCESS);
    let reply = app.post("/places/who").jar(&jar).header("FOO", value).send();
    assert_eq!(reply.body, "1 in cookies");
    assert_eq!(app.post("/places/who").jar(&jar).csrf(value).send().code(), "csrf_missing");
}

// T76
#[test]
fn a_form_may_carry_the_value_where_the_configuration_says_so() {
    for field in ["csrf_token", "FOO"] {
        let app = with(&["cookies"])
            .set("auth.token.cookies.csrf_check_form", true)
            .set("auth.token.cookies.csrf_field", field)
            .launch();
        let jar = Jar::signed_in(&app, ALICE);
        let value = jar.get(CSRF_ACCESS);
        let form = |body: &str| app.post("/places/who").jar(&jar).form(body).send();
        assert_eq!(form(&format!("{field}={value}")).body, "1 in cookies");
        assert_eq!(form(&format!("a=b&{field}={value}&c=d")).body, "1 in cookies");
        assert_eq!(form(&format!("é=ü&{field}={value}&c=d")).body, "1 in cookies");
        let escaped: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let name = format!("%{:02X}{}", field.as_bytes()[0], &field[1..]);
        assert_eq!(form(&format!("{name}={escaped}")).body, "1 in cookies");
        assert_eq!(form(&format!("{field}=wrong")).code(), "csrf_mismatch");
        assert_eq!(form(&format!("{field}=")).code(), "csrf_missing");
        assert_eq!(form(&format!("x{field}={value}")).code(), "csrf_missing");
        assert_eq!(form("").code(), "csrf_missing");
    }
}

// T76
#[test]
fn a_form_is_not_read_unless_the_configuration_says_so() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let body = format!("csrf_token={}", jar.get(CSRF_ACCESS));
    assert_eq!(app.post("/places/who").jar(&jar).form(&body).send().code(), "csrf_missing");
}

// T76
#[test]
fn a_wrong_header_is_not_made_good_by_a_form() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf_check_form", true).launch();
    let jar = Jar::signed_in(&app, ALICE);
    let body = format!("csrf_token={}", jar.get(CSRF_ACCESS));
    let call = || app.post("/places/who").jar(&jar).form(&body);
    assert_eq!(call().csrf("wrong").send().code(), "csrf_mismatch");
    assert_eq!(call().csrf("").send().body, "1 in cookies");
}

// T76
#[test]
fn only_the_beginning_of_a_form_is_read_and_never_half_a_value() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf_check_form", true).launch();
    let jar = Jar::signed_in(&app, ALICE);
    let field = format!("csrf_token={}", jar.get(CSRF_ACCESS));
    let form = |before: usize, after: &str| {
        let body = format!("a={}&{field}{after}", "x".repeat(before));
        app.post("/places/who").jar(&jar).form(&body).send()
    };
    assert_eq!(form(512 - 3 - field.len() - 1, "&b=c").body, "1 in cookies");
    // Whether this is all of it cannot be seen.
    assert_eq!(form(512 - 3 - field.len(), "&b=c").code(), "csrf_missing");
    for before in [512 - 3 - field.len(), 490, 500, 511, 600, 5000] {
        assert_eq!(form(before, "").code(), "csrf_missing", "{before}");
    }
    // A character that is cut in two does not spoil what stood before it.
    for padding in 0..4 {
        let body = format!("{field}&b={}{}", "x".repeat(padding), "é".repeat(400));
        let reply = app.post("/places/who").jar(&jar).form(&body).send();
        assert_eq!(reply.body, "1 in cookies", "{padding}");
    }
}

// T76
#[test]
fn only_a_form_of_the_plain_kind_is_read() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf_check_form", true).launch();
    let jar = Jar::signed_in(&app, ALICE);
    let body = format!("csrf_token={}", jar.get(CSRF_ACCESS));
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
        let reply = app.post("/places/who").jar(&jar).body(kind, &body).send();
        assert_eq!(reply.code(), "csrf_missing", "{kind}");
    }
}

// T77
#[test]
fn the_methods_can_be_chosen() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf_methods", ["GET"]).launch();
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(app.post("/places/who").jar(&jar).send().body, "1 in cookies");
    let reply = app.get("/places/who").jar(&jar).send();
    assert_eq!((reply.status, reply.code().as_str()), (401, "csrf_missing"));
    let call = app.get("/places/who").jar(&jar).csrf(jar.get(CSRF_ACCESS));
    assert_eq!(call.send().body, "1 in cookies");
    // Rocket serves HEAD by the route of GET.
    assert_eq!(app.call(Method::Head, "/places/who").jar(&jar).send().status, 401);
}

// T77
#[test]
fn methods_in_small_letters_would_protect_nothing_and_do_not_launch() {
    for methods in
        [json!(["post"]), json!(["Post"]), json!(["POST", "delete"]), json!([]), json!(["TEAPOT"])]
    {
        let setup = with(&["cookies"]).set("auth.token.cookies.csrf_methods", &methods);
        let errors = vestibule::config::Config::from_figment(&setup.figment).expect_err("a fault");
        assert!(errors[0].to_string().contains("in capitals"), "{methods}: {errors:?}");
    }
}

#[test]
fn a_form_counts_as_the_post_that_it_was_and_as_what_became_of_it() {
    let methods = |methods: &[&str]| -> Setup {
        with(&["cookies"]).set("auth.token.cookies.csrf_methods", methods)
    };
    // A form of any site can make Rocket take a POST for any of these.
    for (checked, form, code) in [
        (["DELETE"], "_method=delete", "csrf_missing"),
        (["PUT"], "_method=put&a=b", "csrf_missing"),
        (["GET"], "_method=get", "csrf_missing"),
        (["POST"], "_method=get", "csrf_missing"),
        (["POST"], "_method=delete", "csrf_missing"),
        (["PATCH"], "_method=delete", ""),
    ] {
        let app = methods(&checked).launch();
        let jar = Jar::signed_in(&app, ALICE);
        let reply = app.post("/places/who").jar(&jar).form(form).send();
        assert_eq!(reply.code(), code, "{checked:?} with {form}");
        let call = app.post("/places/who").jar(&jar).form(form).csrf(jar.get(CSRF_ACCESS));
        assert_eq!(call.send().body, "1 in cookies", "{checked:?} with {form}");
    }
    // A script may say of a GET that it is a form; it remains a GET.
    let app = methods(&["GET"]).launch();
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(app.get("/places/who").jar(&jar).form("").send().code(), "csrf_missing");
}

// R13
#[test]
fn a_value_of_any_characters_is_a_mismatch_and_never_a_server_error() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf_check_form", true).launch();
    let jar = Jar::signed_in(&app, ALICE);
    for value in ["é", "\u{1f600}", "ÿþ", "a\tb", "%C3%A9", "\u{0}"] {
        let reply = app.post("/places/who").jar(&jar).csrf(value).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "csrf_mismatch"), "{value:?}");
        let form = app.post("/places/who").jar(&jar).form(&format!("csrf_token={value}")).send();
        assert_eq!((form.status, form.code().as_str()), (401, "csrf_mismatch"), "{value:?}");
    }
    let reply = app.post("/places/who").jar(&jar).form("csrf_token=%ff%fe").send();
    assert_eq!((reply.status, reply.code().as_str()), (401, "csrf_mismatch"));
}

#[test]
fn the_token_is_checked_before_its_csrf_value() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    app.advance(15 * 60);
    for value in ["", "wrong", jar.get(CSRF_ACCESS)] {
        let reply = app.post("/places/who").jar(&jar).csrf(value).send();
        assert_eq!(reply.code(), "token_expired", "{value}");
    }
    let junk = jar.with(ACCESS, "a.b.c");
    assert_eq!(app.post("/places/who").jar(&junk).send().code(), "token_invalid");
}

#[test]
fn a_refusal_for_want_of_the_value_says_so_in_the_challenge_and_to_the_listener() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    app.recorded.take();
    let reply = app.post("/places/who").jar(&jar).send();
    let challenge = reply.one("WWW-Authenticate").unwrap_or_default();
    assert!(challenge.contains("CSRF value is missing"), "{challenge}");
    assert_eq!(app.recorded.take(), ["csrf_missing"]);
}
