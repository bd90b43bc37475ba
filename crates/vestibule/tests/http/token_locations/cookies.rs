//! JWTs in cookies: how they are set, read and taken back.

use serde_json::{Value, json};
use vestibule::config::Config;

use crate::support::app::{App, Reply, Setup};
use crate::support::forged_tokens::{claims, with_claim};
use crate::support::token_locations::{
    ACCESS, CSRF_ACCESS, CSRF_REFRESH, Jar, NAMES, REFRESH, attributes, names, with,
};
use crate::support::users::{ALICE, BOB};

fn app() -> App {
    with(&["cookies"]).launch()
}

/// The `Set-Cookie` fields of a response, by name.
fn sorted(reply: &Reply) -> Vec<String> {
    let mut fields: Vec<String> = reply.cookies().into_iter().map(str::to_owned).collect();
    fields.sort();
    fields
}

/// The attributes that do not say how long a cookie lives.
fn lasting(field: &str) -> Vec<&str> {
    let life = |part: &str| part.starts_with("Max-Age=") || part.starts_with("Expires=");
    attributes(field).into_iter().filter(|part| !life(part)).collect()
}

#[test]
fn a_token_in_its_cookie_lets_its_owner_in() {
    let app = app();
    let jar = Jar::signed_in(&app, BOB);
    assert_eq!(app.get("/places/who").jar(&jar).send().body, "2 in cookies");
    assert_eq!(app.get("/current").jar(&jar).send().body, "2 by token");
}

// T71
#[test]
fn without_a_cookie_or_with_an_empty_one_there_is_no_user() {
    let app = app();
    for cookie in
        ["", "access_token_cookie=", "access_token_cookie", "other=x", "access_token_cookies=x"]
    {
        for path in ["/places/who", "/refresh", "/any"] {
            let call = app.get(path).cookie(cookie);
            let reply = call.cookie(&cookie.replace("access", "refresh")).send();
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (401, "credentials_missing"),
                "{path}: {cookie}"
            );
        }
        assert_eq!(app.get("/places/maybe").cookie(cookie).send().body, "nobody", "{cookie}");
    }
}

// T71
#[test]
fn each_type_of_token_has_its_own_cookie() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let refresh_only = jar.clone().without(ACCESS);
    assert_eq!(app.get("/places/who").jar(&refresh_only).send().code(), "credentials_missing");
    assert_eq!(app.get("/refresh").jar(&refresh_only).send().body, "1");
    let access_only = jar.without(REFRESH);
    assert_eq!(app.get("/refresh").jar(&access_only).send().code(), "credentials_missing");
}

// T72
#[test]
fn after_the_cookies_are_removed_there_is_no_user() {
    let app = app();
    let mut jar = Jar::signed_in(&app, ALICE);
    jar.take(&app.post("/places/forget").send());
    assert_eq!(jar.header(), "");
    assert_eq!(app.get("/places/who").jar(&jar).send().code(), "credentials_missing");
}

// T78
#[test]
fn by_default_there_are_two_cookies_a_token_and_only_the_twin_is_readable() {
    let app = app();
    let reply = app.post("/places/login/1").send();
    assert_eq!(names(&reply), NAMES);
    for field in reply.cookies() {
        let expected: &[&str] = if field.starts_with("csrf_") {
            &["Path=/", "SameSite=Lax"]
        } else {
            &["HttpOnly", "Path=/", "SameSite=Lax"]
        };
        assert_eq!(attributes(field), expected, "{field}");
    }
    let mut jar = Jar::default();
    jar.take(&reply);
    for (twin, token) in [(CSRF_ACCESS, ACCESS), (CSRF_REFRESH, REFRESH)] {
        assert_eq!(claims(jar.get(token))["csrf"], jar.get(twin), "{twin}");
    }
}

// T79
#[test]
fn every_attribute_can_be_set() {
    let app = with(&["cookies"])
        .set("auth.token.cookies.secure", true)
        .set("auth.token.cookies.domain", "test.com")
        .set("auth.token.cookies.same_site", "strict")
        .set("auth.token.cookies.session", false)
        .launch();
    let reply = app.post("/places/login/1").send();
    assert_eq!(names(&reply), NAMES);
    for field in reply.cookies() {
        let life = if field.contains("access_token") { 15 * 60 } else { 30 * 86_400 };
        let age = format!("Max-Age={life}");
        for wanted in ["Domain=test.com", "Secure", "SameSite=Strict", "Path=/", &age] {
            assert!(attributes(field).contains(&wanted), "{wanted}: {field}");
        }
        assert!(field.contains("; Expires="), "{field}");
    }
}

// T79
#[test]
fn what_is_not_said_of_them_is_as_with_the_session() {
    let flags = |setup: Setup| {
        let app = setup.launch();
        let reply = app.post("/places/login/1").send();
        let fields = reply.cookies();
        let all = |wanted: &str| {
            let found = fields.iter().filter(|field| attributes(field).contains(&wanted)).count();
            assert!(found == 0 || found == 4, "{wanted}: {fields:?}");
            found == 4
        };
        (all("Secure"), all("SameSite=Strict"), all("SameSite=None"))
    };
    let cookies = || with(&["cookies"]);
    assert_eq!(flags(cookies()), (false, false, false));
    assert_eq!(flags(cookies().release()), (true, false, false));
    assert_eq!(flags(cookies().set("auth.session.same_site", "strict")), (false, true, false));
    assert_eq!(flags(cookies().set("auth.session.secure", true)), (true, false, false));
    // And what is said of them is said of them alone.
    let own = cookies().release().set("auth.token.cookies.secure", false);
    assert_eq!(flags(own), (false, false, false));
    let own = cookies().release().set("auth.token.cookies.same_site", "none");
    assert_eq!(flags(own), (true, false, true));
}

#[test]
fn a_cookie_that_stays_lasts_as_long_as_its_token() {
    let app = with(&["cookies"]).set("auth.token.cookies.session", false).launch();
    let mut jar = Jar::signed_in(&app, ALICE);
    app.advance(86_400);
    let call = app.post("/places/refresh").jar(&jar).csrf(jar.get(CSRF_REFRESH));
    let reply = call.send();
    for field in reply.cookies() {
        let life = if field.contains("access_token") { 15 * 60 } else { 29 * 86_400 };
        assert!(field.contains(&format!("Max-Age={life};")), "{life}: {field}");
    }
    // The same successor again a moment later is a moment older.
    app.advance(5);
    let again = app.post("/places/refresh").jar(&jar).csrf(jar.get(CSRF_REFRESH)).send();
    for field in again.cookies().into_iter().filter(|field| field.contains("refresh_token")) {
        assert!(field.contains(&format!("Max-Age={};", 29 * 86_400 - 5)), "{field}");
    }
    jar.take(&reply);
    assert_eq!(app.get("/places/who").jar(&jar).send().body, "1 in cookies");
}

// T80
#[test]
fn each_of_the_four_has_its_own_path() {
    let app = with(&["cookies"])
        .set("auth.token.cookies.access_path", "/api")
        .set("auth.token.cookies.refresh_path", "/api/refresh")
        .set("auth.token.cookies.csrf_access_path", "/app")
        .set("auth.token.cookies.csrf_refresh_path", "/app/settings")
        .launch();
    for path in ["/places/login/1", "/places/forget"] {
        for (name, expected) in NAMES.iter().zip(["/api", "/app", "/app/settings", "/api/refresh"])
        {
            let reply = app.post(path).send();
            let own = |field: &&str| field.starts_with(&format!("{name}="));
            let field = reply.cookies().into_iter().find(own).expect("the cookie").to_owned();
            assert!(attributes(&field).contains(&format!("Path={expected}").as_str()), "{field}");
        }
    }
}

// T80
#[test]
fn a_path_of_the_refresh_cookie_leaves_its_twin_to_the_pages() {
    let app = with(&["cookies"]).set("auth.token.cookies.refresh_path", "/places/refresh").launch();
    let reply = app.post("/places/login/1").send();
    let path = |name: &str| {
        let own = |field: &&str| field.starts_with(&format!("{name}="));
        let field = reply.cookies().into_iter().find(own).expect("the cookie").to_owned();
        attributes(&field).into_iter().find(|part| part.starts_with("Path=")).map(str::to_owned)
    };
    assert_eq!(path("refresh_token_cookie").as_deref(), Some("Path=/places/refresh"));
    // Or no script of a page could read it.
    assert_eq!(path("csrf_refresh_token").as_deref(), Some("Path=/"));
}

// T81
#[test]
fn the_csrf_values_need_not_be_in_cookies() {
    let app = with(&["cookies"]).set("auth.token.cookies.csrf_in_cookies", false).launch();
    let reply = app.post("/places/login/1").send();
    assert_eq!(names(&reply), ["access_token_cookie", "refresh_token_cookie"]);
    let mut jar = Jar::default();
    jar.take(&reply);
    let value = claims(jar.get(ACCESS))["csrf"].as_str().expect("a value").to_owned();
    assert_eq!(app.post("/places/who").jar(&jar).send().code(), "csrf_missing");
    assert_eq!(app.post("/places/who").jar(&jar).csrf(&value).send().body, "1 in cookies");
}

#[test]
fn all_four_names_can_be_chosen() {
    let app = with(&["cookies"])
        .set("auth.token.cookies.access", "a")
        .set("auth.token.cookies.refresh", "r")
        .set("auth.token.cookies.csrf_access", "ca")
        .set("auth.token.cookies.csrf_refresh", "cr")
        .launch();
    let jar = Jar::signed_in(&app, ALICE);
    assert_eq!(names(&app.post("/places/login/1").send()), ["a", "ca", "cr", "r"]);
    assert_eq!(app.get("/places/who").jar(&jar).send().body, "1 in cookies");
    let old = Jar::default().with(ACCESS, jar.get("a"));
    assert_eq!(app.get("/places/who").jar(&old).send().code(), "credentials_missing");
    let reply = app.post("/places/refresh").jar(&jar).csrf(jar.get("cr")).send();
    assert_eq!(names(&reply), ["a", "ca", "cr", "r"]);
}

#[test]
fn the_cookies_are_taken_back_with_the_attributes_they_were_set_with() {
    let odd = with(&["cookies"])
        .set("auth.token.cookies.secure", true)
        .set("auth.token.cookies.domain", "test.com")
        .set("auth.token.cookies.same_site", "none")
        .set("auth.token.cookies.refresh_path", "/places/refresh")
        .set("auth.token.cookies.session", false);
    for app in [app(), with(&["cookies"]).release().launch(), odd.launch()] {
        let (set, unset) = (app.post("/places/login/1").send(), app.post("/places/forget").send());
        assert_eq!(names(&unset), NAMES);
        for (set, unset) in sorted(&set).iter().zip(&sorted(&unset)) {
            assert_eq!(set.split('=').next(), unset.split('=').next());
            assert_eq!(lasting(set), lasting(unset));
            assert!(unset.contains("=;") && unset.contains("Max-Age=0"), "{unset}");
            assert!(unset.contains("Expires=Thu, 01 Jan 1970"), "{unset}");
        }
    }
}

#[test]
fn signing_out_ends_both_tokens_and_takes_all_four_cookies_back() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let reply = app.post("/places/logout").jar(&jar).csrf(jar.get(CSRF_ACCESS)).send();
    assert_eq!((reply.status, names(&reply)), (200, NAMES.to_vec()));
    // A copy that was kept is worthless.
    assert_eq!(app.get("/places/who").jar(&jar).send().code(), "token_revoked");
    let reply = app.post("/places/refresh").jar(&jar).csrf(jar.get(CSRF_REFRESH)).send();
    assert_eq!((reply.code().as_str(), reply.cookies()), ("token_revoked", vec![]));
}

#[test]
fn refreshing_replaces_all_four() {
    let app = app();
    let mut jar = Jar::signed_in(&app, ALICE);
    let before = jar.clone();
    app.advance(60);
    let reply = app.post("/places/refresh").jar(&jar).csrf(jar.get(CSRF_REFRESH)).send();
    assert_eq!(names(&reply), NAMES);
    jar.take(&reply);
    for name in NAMES {
        assert_ne!(jar.get(name), before.get(name), "{name}");
    }
    assert_eq!(app.post("/places/who").jar(&jar).csrf(jar.get(CSRF_ACCESS)).send().status, 200);
    app.advance(301);
    let theft = app.post("/places/refresh").jar(&before).csrf(before.get(CSRF_REFRESH)).send();
    assert_eq!(theft.code(), "token_revoked");
    assert_eq!(app.get("/places/who").jar(&jar).send().code(), "token_revoked");
}

#[test]
fn an_access_cookie_that_is_over_beside_a_good_refresh_cookie_may_refresh_and_sign_out() {
    let app = app();
    for path in ["/places/refresh", "/places/logout"] {
        let jar = Jar::signed_in(&app, ALICE);
        app.advance(15 * 60);
        assert_eq!(app.get("/places/who").jar(&jar).send().code(), "token_expired");
        assert_eq!(app.get("/places/maybe").jar(&jar).send().code(), "token_expired");
        // The CSRF value is the one of the token that counts.
        let reply = app.post(path).jar(&jar).csrf(jar.get(CSRF_ACCESS)).send();
        assert_eq!(reply.status, 401, "{path}: {}", reply.body);
        let reply = app.post(path).jar(&jar).csrf(jar.get(CSRF_REFRESH)).send();
        assert_eq!((reply.status, names(&reply)), (200, NAMES.to_vec()), "{path}");
    }
}

#[test]
fn a_garbled_access_cookie_beside_a_good_refresh_cookie_may_sign_out() {
    let app = app();
    for junk in ["x", "a.b.c", "%00", "a b", "\"quoted\""] {
        let jar = Jar::signed_in(&app, ALICE).with(ACCESS, junk);
        assert_eq!(app.get("/places/who").jar(&jar).send().code(), "token_invalid", "{junk}");
        let reply = app.post("/places/logout").jar(&jar).csrf(jar.get(CSRF_REFRESH)).send();
        assert_eq!(reply.status, 200, "{junk}: {}", reply.body);
    }
}

#[test]
fn of_a_refresh_cookie_alone_it_is_said_what_is_wrong_with_it() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE).without(ACCESS);
    assert_eq!(app.get("/any").jar(&jar).send().body, "1 by token");
    assert_eq!(app.get("/any").jar(&jar.clone().with(REFRESH, "x")).send().code(), "token_invalid");
    app.advance(30 * 86_400);
    assert_eq!(app.get("/any").jar(&jar).send().code(), "token_expired");
}

// R17
#[test]
fn a_refresh_token_in_the_access_cookie_is_of_the_wrong_type() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let swapped = Jar::default().with(ACCESS, jar.get(REFRESH));
    for path in ["/places/who", "/places/maybe", "/current", "/any"] {
        let reply = app.get(path).jar(&swapped).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "wrong_token_type"), "{path}");
    }
    let swapped = Jar::default().with(REFRESH, jar.get(ACCESS));
    assert_eq!(app.get("/refresh").jar(&swapped).send().code(), "wrong_token_type");
}

// T82, R20
#[test]
fn domain_and_age_are_the_configurations_and_no_call_changes_them() {
    let app = with(&["cookies"]).set("auth.token.cookies.domain", "test.com").launch();
    for path in ["/places/login/1", "/places/forget"] {
        let reply = app.post(path).send();
        for field in reply.cookies() {
            assert!(attributes(field).contains(&"Domain=test.com"), "{field}");
        }
    }
}

#[test]
fn two_cookies_of_one_name_are_ambiguous() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let (access, refresh) = (jar.get(ACCESS), jar.get(REFRESH));
    for header in [
        format!("access_token_cookie={access}; access_token_cookie={access}"),
        format!("access_token_cookie={access}; a=b;access_token_cookie="),
        format!("access_token_cookie=; access_token_cookie={access}"),
        format!("access_token_cookie={access}; access%5Ftoken%5Fcookie=x"),
    ] {
        for path in ["/places/who", "/places/maybe", "/current", "/session"] {
            let reply = app.get(path).cookie(&header).send();
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "ambiguous_credentials"),
                "{header}"
            );
        }
    }
    let header = format!("refresh_token_cookie={refresh}; refresh_token_cookie={refresh}");
    assert_eq!(app.get("/refresh").cookie(&header).send().code(), "ambiguous_credentials");
    // Also over two header lines.
    let call = app.get("/places/who").cookie(&format!("access_token_cookie={access}"));
    let reply = call.cookie(&format!("access_token_cookie={access}")).send();
    assert_eq!(reply.code(), "ambiguous_credentials");
}

#[test]
fn a_name_in_disguise_is_another_name() {
    let app =
        with(&["cookies"]).set("auth.token.cookies.access", "__Host-access").release().launch();
    let access = Jar::signed_in(&app, ALICE).get("__Host-access").to_owned();
    let reply = app.get("/places/who").cookie(&format!("__Host-access={access}")).send();
    assert_eq!(reply.body, "1 in cookies");
    // A sibling host may plant this one, for the browser sees no prefix in it.
    for name in ["%5F%5FHost-access", "__Host%2daccess", "__%48ost-access"] {
        let reply = app.get("/places/who").cookie(&format!("{name}={access}")).send();
        assert_eq!(reply.code(), "credentials_missing", "{name}");
    }
    // A percent sign alone makes no name the same.
    for other in ["theme%21=dark", "%61bc=x"] {
        let cookies = format!("{other}; __Host-access={access}");
        assert_eq!(app.get("/places/who").cookie(&cookies).send().body, "1 in cookies", "{other}");
    }
}

#[test]
fn tokens_are_not_looked_for_in_cookies_unless_the_configuration_says_so() {
    let donor = app();
    let jar = Jar::signed_in(&donor, ALICE);
    for app in [App::new(), with(&["query", "json"]).launch()] {
        let session = app.browser(BOB);
        assert_eq!(app.get("/places/who").jar(&jar).send().code(), "credentials_missing");
        let reply = app.get("/current").cookie(&format!("{}; {session}", jar.header())).send();
        assert_eq!(reply.body, "2 by session");
    }
}

#[test]
fn setting_cookies_where_they_are_not_a_location_is_an_error_of_the_application() {
    let reply = App::new().post("/places/login/1").send();
    assert_eq!((reply.status, reply.code().as_str()), (500, "internal"));
    assert_eq!(reply.cookies(), [""; 0]);
}

#[test]
fn a_revoked_or_inactive_owner_has_no_use_of_the_cookie() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    app.users.change(ALICE, |user| user.active = false);
    assert_eq!(app.get("/places/who").jar(&jar).send().code(), "token_revoked");
    app.users.change(ALICE, |user| user.active = true);
    app.store.clear();
    assert_eq!(app.get("/places/who").jar(&jar).send().code(), "token_revoked");
}

#[test]
fn a_token_of_before_the_cookies_has_no_csrf_value_and_may_only_read() {
    let app = app();
    let jar = Jar::signed_in(&app, ALICE);
    let plain = with_claim(jar.get(ACCESS), "csrf", None);
    let jar = jar.with(ACCESS, &plain);
    assert_eq!(app.get("/places/who").jar(&jar).send().body, "1 in cookies");
    assert_eq!(app.post("/places/who").jar(&jar).csrf("x").send().code(), "csrf_mismatch");
    for odd in [json!(1), json!(["x"]), json!({}), json!(true)] {
        let token = with_claim(&plain, "csrf", Some(odd.clone()));
        let reply = app.post("/places/who").jar(&jar.clone().with(ACCESS, &token)).csrf("1").send();
        assert_eq!(reply.status, 401, "{odd}: {}", reply.body);
    }
}

/// What is wrong with a configuration of cookies; empty when it launches.
fn config_error(settings: &[(&str, Value)]) -> String {
    let setup = settings.iter().fold(with(&["header", "cookies"]), |setup, (key, value)| {
        setup.set(&format!("auth.token.cookies.{key}"), value)
    });
    let errors = Config::from_figment(&setup.figment).err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn cookies_that_browsers_would_refuse_do_not_launch() {
    let secure = ("secure", json!(true));
    let none = ("same_site", json!("none"));
    let host = ("access", json!("__Host-access"));
    for (settings, problem) in [
        (vec![none.clone()], "needs secure = true"),
        (vec![none.clone(), ("secure", json!(false))], "needs secure = true"),
        (vec![host.clone()], "need secure = true"),
        (vec![("csrf_refresh", json!("__Secure-x"))], "need secure = true"),
        (vec![host.clone(), secure.clone(), ("domain", json!("a.com"))], "no domain"),
        (vec![host.clone(), secure.clone(), ("refresh_path", json!("/x"))], "paths of /"),
        (vec![("domain", json!(""))], "domain must be a host name"),
        (vec![("domain", json!("a.com; HttpOnly"))], "domain must be a host name"),
        (vec![("access_path", json!("api"))], "must begin with /"),
        (vec![("csrf_access_path", json!("api"))], "must begin with /"),
        (vec![("csrf_refresh_path", json!(""))], "must begin with /"),
        (vec![("refresh_path", json!("/a; Secure"))], "no space and no ;"),
        (vec![("access", json!("a b"))], "letters, digits"),
        (vec![("csrf_header", json!("X: Y"))], "letters, digits"),
        (vec![("csrf_refresh", json!(ACCESS))], "different names"),
        (vec![("same_site", json!("None"))], "lax, strict, none"),
        (vec![("csrf_refresh_header", json!("X"))], "unknown key"),
    ] {
        let config_error = config_error(&settings);
        assert!(
            config_error.contains("auth.token.cookies") && config_error.contains(problem),
            "{settings:?}: {config_error}"
        );
    }
    for settings in [
        vec![none.clone(), secure.clone()],
        vec![host, secure.clone()],
        vec![("access", json!("__Secure-access")), secure, ("domain", json!("a.com"))],
        vec![("same_site", json!("lax")), ("domain", json!(".a.com"))],
        vec![("csrf", json!(false))],
    ] {
        assert_eq!(config_error(&settings), "", "{settings:?}");
    }
}

#[test]
fn cookies_for_every_site_need_csrf_values() {
    let settings = [("same_site", json!("none")), ("secure", json!(true)), ("csrf", json!(false))];
    assert!(config_error(&settings).contains("does not go with csrf = false"));
    for methods in [json!(["GET"]), json!(["POST"]), json!(["POST", "PUT", "DELETE", "GET"])] {
        let mut settings = settings.clone();
        settings[2] = ("csrf_methods", methods);
        assert!(
            config_error(&settings)
                .contains("needs all of POST, PUT, PATCH, DELETE in csrf_methods")
        );
        settings[0] = ("same_site", json!("lax"));
        assert_eq!(config_error(&settings), "");
    }
    // Where no token travels in cookies it is all the same.
    let setup = Setup::new().set("auth.token.cookies.same_site", "none");
    assert!(Config::from_figment(&setup.figment).is_ok());
}
