//! Sessions: their cookie, their lifetime and their end.

use rocket::http::Cookie;
use rocket::local::blocking::Client;
use rocket::{State, post, routes};
use vestibule::{Error, ErrorKind, Session};

use crate::support::app::{App, Reply, Setup};
use crate::support::users::{ALICE, BOB, Users};

const SECRET_KEY: &str = "1zbLsLyd6Pzw4bF7yPpGNYpVKwcPRKzEBN2aqaLKMpQ=";

fn attributes(cookie: &str) -> Vec<String> {
    let mut parts: Vec<String> =
        cookie.split(';').skip(1).map(|part| part.trim().to_owned()).collect();
    parts.sort();
    parts
}

/// Fails unless the cookie is refused and removed by the response.
fn assert_worthless(reply: &Reply, case: &str) {
    assert_eq!(reply.code(), "credentials_missing", "{case}");
    assert!(reply.takes_session_back(), "{case}: {:?}", reply.cookies());
}

#[test]
fn a_session_lets_its_owner_in() {
    let app = App::new();
    let session = app.browser(BOB);
    for path in ["/session", "/current", "/fresh", "/fresh-session", "/maybe", "/maybe-session"] {
        assert_eq!(app.get(path).cookie(&session).send().body, "2 by session", "{path}");
    }
}

#[test]
fn a_session_opens_nothing_that_takes_tokens_only() {
    let app = App::new();
    let session = app.browser(ALICE);
    for path in ["/bearer", "/access", "/refresh", "/token", "/any"] {
        let reply = app.get(path).cookie(&session).send();
        assert_eq!(reply.code(), "credentials_missing", "{path}");
    }
}

#[test]
fn rockets_own_tracked_client_stays_signed_in() {
    let setup = Setup::new();
    let auth = vestibule::Auth::fairing().stateless();
    let rocket = crate::support::app::rocket(setup.figment, auth, Users::new());
    let client = Client::tracked(rocket).expect("a rocket");
    client.post("/login/2").dispatch();
    assert_eq!(client.get("/session").dispatch().into_string().as_deref(), Some("2 by session"));
}

#[test]
fn the_cookie_in_the_debug_profile_is_http_only_and_goes_with_the_browser() {
    let reply = App::new().post("/login/1").send();
    let cookie = reply.session_cookie().expect("a session");
    assert!(cookie.starts_with("session="), "{cookie}");
    assert_eq!(attributes(cookie), ["HttpOnly", "Path=/", "SameSite=Lax"]);
}

#[test]
fn the_cookie_in_the_release_profile_is_bound_to_the_host_and_https() {
    let app = Setup::new().release().launch();
    let reply = app.post("/login/1").send();
    let cookie = reply.session_cookie().expect("a session");
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    assert_eq!(attributes(cookie), ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
}

#[test]
fn the_release_cookie_is_read_and_taken_back_under_its_own_name() {
    let app = Setup::new().release().launch();
    let session = app.browser(ALICE);
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
    let reply = app.post("/logout").cookie(&session).send();
    assert!(reply.takes_session_back());
    let cookie = reply.session_cookie().expect("a removal");
    assert!(cookie.starts_with("__Host-session=;") && cookie.contains("Secure"), "{cookie}");
}

#[test]
fn same_site_name_and_secure_are_settings() {
    let app = Setup::new()
        .set("auth.session.same_site", "strict")
        .set("auth.session.cookie", "sid")
        .set("auth.session.secure", true)
        .launch();
    let reply = app.post("/login/1").send();
    let cookie = reply.cookies()[0];
    assert!(cookie.starts_with("__Host-sid="), "{cookie}");
    assert_eq!(attributes(cookie), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
}

#[test]
fn the_cookie_says_nothing_in_the_clear() {
    let app = App::new();
    let session = app.browser(ALICE);
    let id = app.store.only().id;
    assert!(!session.contains(id.as_str()) && !session.contains("sub"), "{session}");
}

#[test]
fn an_old_cookie_is_dead_after_logout() {
    let app = App::new();
    let session = app.browser(ALICE);
    let reply = app.post("/logout").cookie(&session).send();
    assert!(reply.takes_session_back());
    assert_worthless(&app.get("/session").cookie(&session).send(), "replay");
    assert_eq!(app.store.len(), 0);
}

#[test]
fn logging_out_without_a_session_is_no_error() {
    let reply = App::new().post("/logout").send();
    assert_eq!((reply.status, reply.cookies()), (200, vec![]));
}

#[test]
fn signing_in_and_out_leaves_the_cookies_of_other_programs_alone() {
    let app = App::new();
    let others = "session=garbled; remember_token=garbled";
    let reply = app.post("/logout").cookie(others).send();
    assert_eq!((reply.status, reply.cookies()), (200, vec![]));
    let reply = app.post("/login/1").cookie(others).send();
    assert_eq!(reply.cookies().len(), 1, "the session: {:?}", reply.cookies());
}

#[test]
fn signing_in_again_ends_the_session_that_was() {
    let app = App::new();
    let first = app.browser(ALICE);
    let second = app.post("/login/2").cookie(&first).send().session();
    assert_worthless(&app.get("/session").cookie(&first).send(), "the first");
    assert_eq!(app.get("/session").cookie(&second).send().body, "2 by session");
    assert_eq!(app.store.len(), 1);
}

#[test]
fn signing_in_over_a_garbled_cookie_replaces_it() {
    let app = App::new();
    let reply = app.post("/login/1").cookie("session=garbled").send();
    assert_eq!(app.get("/session").cookie(&reply.session()).send().status, 200);
}

#[test]
fn two_browsers_have_two_sessions() {
    let app = App::new();
    let (one, two) = (app.browser(ALICE), app.browser(ALICE));
    app.post("/logout").cookie(&one).send();
    assert_eq!(app.get("/session").cookie(&two).send().status, 200);
}

#[test]
fn a_renewed_session_has_a_new_id_and_the_old_one_is_dead() {
    let app = App::new();
    let old = app.browser(ALICE);
    let new = app.post("/renew").cookie(&old).send().session();
    assert_worthless(&app.get("/session").cookie(&old).send(), "the old");
    assert_eq!(app.get("/session").cookie(&new).send().status, 200);
}

#[test]
fn renewing_gains_neither_life_nor_freshness() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let old = app.browser(ALICE);
        app.advance(11 * 60);
        let new = app.post("/renew").cookie(&old).send().session();
        let reply = app.get("/fresh").cookie(&new).send();
        assert_eq!(reply.code(), "fresh_login_required");
        app.advance(24 * 3600 - 11 * 60);
        app.store.touch_all(app.clock.now().expect("now"));
        assert_worthless(&app.get("/session").cookie(&new).send(), "the end");
    }
}

/// As `/renew`, but no guard of a user records the use.
#[post("/renew-alone/<id>")]
async fn renew_alone(id: u32, session: Session<'_>, users: &State<Users>) -> Result<String, Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    Ok(session.renew(&user).await?.to_string())
}

#[test]
fn a_session_is_used_when_it_is_renewed() {
    let app = Setup::new().mount(routes![renew_alone]).launch();
    let old = app.browser(ALICE);
    app.advance(2 * 3600 - 1);
    let new = app.post("/renew-alone/1").cookie(&old).send().session();
    app.advance(2 * 3600 - 1);
    assert_eq!(app.get("/session").cookie(&new).send().status, 200);
}

#[test]
fn a_session_is_renewed_for_its_own_account_only() {
    let app = Setup::new().mount(routes![renew_alone]).launch();
    let session = app.browser(ALICE);
    let reply = app.post("/renew-alone/2").cookie(&session).send();
    assert_eq!((reply.code().as_str(), reply.cookies()), ("credentials_missing", vec![]));
    assert_eq!(app.store.len(), 1);
    assert_eq!(app.get("/session").cookie(&session).send().body, "1 by session");
}

#[test]
fn a_renewed_session_is_as_fresh_as_the_old_one_was_for_this_client() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let code_after_renewal = |agent: &str| {
            let old = app.post("/login/1").header("User-Agent", "its own").send().session();
            let new = app.post("/renew").cookie(&old).header("User-Agent", agent).send().session();
            app.get("/fresh").cookie(&new).header("User-Agent", agent).send().code()
        };
        assert_eq!(code_after_renewal("its own"), "");
        assert_eq!(code_after_renewal("another"), "fresh_login_required");
    }
}

#[test]
fn an_unused_session_ends() {
    let app = App::new();
    let session = app.browser(ALICE);
    app.advance(2 * 3600 - 1);
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
    let app = App::new();
    let session = app.browser(ALICE);
    app.advance(2 * 3600);
    assert_worthless(&app.get("/session").cookie(&session).send(), "idle");
}

#[test]
fn a_used_session_lives_on_until_its_absolute_end() {
    let app = App::new();
    let session = app.browser(ALICE);
    for hour in 1..24 {
        app.advance(3600);
        app.store.touch_all(app.clock.now().expect("now"));
        assert_eq!(app.get("/session").cookie(&session).send().status, 200, "hour {hour}");
    }
    app.advance(3600);
    app.store.touch_all(app.clock.now().expect("now"));
    assert_worthless(&app.get("/session").cookie(&session).send(), "the end");
}

#[test]
fn use_is_recorded_once_a_minute() {
    let app = App::new();
    let session = app.browser(ALICE);
    app.advance(59);
    let before = app.store.calls();
    app.get("/session").cookie(&session).send();
    assert_eq!(app.store.calls() - before, 1, "within the minute");
    app.advance(1);
    app.get("/session").cookie(&session).send();
    // Recorded in the background: the row follows soon, and no request waits for it.
    let recorded_use = (0..1_000_000).any(|_| {
        std::thread::yield_now();
        app.store.only().last_seen_at == app.clock.now().expect("now")
    });
    assert!(recorded_use);
}

/// Cookies that are no session, made from a good one.
fn broken(good: &str) -> Vec<(&'static str, String)> {
    let (name, value) = good.split_once('=').expect("a pair");
    let flipped = {
        let mut bytes = value.as_bytes().to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("ASCII")
    };
    vec![
        ("garbled", format!("{name}=garbled")),
        ("empty", format!("{name}=")),
        ("truncated", format!("{name}={}", &value[..value.len() - 8])),
        ("bit-flipped", format!("{name}={flipped}")),
        ("in the clear", format!("{name}={{\"sid\":\"x\",\"sub\":\"1\"}}")),
        ("not UTF-8", format!("{name}=%ff%fe")),
        ("disguised by white space", format!("\u{a0}{good}")),
        ("disguised by percent signs", format!("%73{}", &good[1..])),
    ]
}

#[test]
fn a_cookie_that_we_did_not_seal_is_anonymous_and_left_to_the_program_that_set_it() {
    let app = App::new();
    for (case, cookie) in broken(&app.browser(ALICE)) {
        for (path, status) in [("/maybe", 200), ("/session", 401), ("/maybe-then-missing", 404)] {
            let reply = app.get(path).cookie(&cookie).send();
            assert_eq!((reply.status, reply.cookies()), (status, vec![]), "{case}: {path}");
        }
        assert_eq!(app.get("/maybe").cookie(&cookie).send().body, "nobody", "{case}");
    }
}

#[test]
fn of_several_cookies_of_our_name_the_one_that_we_sealed_counts() {
    let app = Setup::new().set("secret_key", SECRET_KEY).launch();
    let good = app.browser(ALICE);
    let mut others: Vec<_> = broken(&good).into_iter().map(|(_, cookie)| cookie).collect();
    others.push(good.clone());
    for other in others {
        for both in [format!("{good}; {other}"), format!("{other}; {good}")] {
            let reply = app.get("/session").cookie(&both).send();
            assert_eq!((reply.body.as_str(), reply.cookies()), ("1 by session", vec![]), "{both}");
        }
    }
}

#[test]
fn of_very_many_cookies_of_our_name_the_first_eight_are_read() {
    let app = Setup::new().set("secret_key", SECRET_KEY).launch();
    let good = app.browser(ALICE);
    let others = |count| (0..count).map(|at| format!("session={at}; ")).collect::<String>();
    for (before, body) in [(7, "1 by session"), (8, "nobody"), (10_000, "nobody")] {
        let cookie = format!("{}{good}", others(before));
        assert_eq!(app.get("/maybe").cookie(&cookie).send().body, body, "{before}");
    }
}

#[test]
fn beside_an_expired_session_the_one_that_has_not_expired_counts() {
    let app = Setup::new().set("secret_key", SECRET_KEY).launch();
    let expired = app.browser(BOB);
    app.advance(24 * 3600);
    let good = app.browser(ALICE);
    for both in [format!("{good}; {expired}"), format!("{expired}; {good}")] {
        let reply = app.get("/session").cookie(&both).send();
        assert_eq!((reply.body.as_str(), reply.cookies()), ("1 by session", vec![]));
    }
    assert_worthless(&app.get("/session").cookie(&expired).send(), "expired");
}

#[test]
fn with_a_key_that_rocket_generated_several_cookies_of_our_name_have_no_user() {
    let app = App::new();
    let good = app.browser(ALICE);
    let reply = app.get("/session").cookie(&format!("{good}; session=planted")).send();
    assert_eq!((reply.code().as_str(), reply.cookies()), ("credentials_missing", vec![]));
    let twice = app.get("/session").cookie(&format!("{good}; {good}")).send();
    assert_eq!(twice.body, "1 by session");
}

#[test]
fn of_two_sessions_neither_counts_and_both_are_taken_back() {
    let app = Setup::new().set("secret_key", SECRET_KEY).launch();
    let (one, other) = (app.browser(ALICE), app.browser(BOB));
    assert_worthless(&app.get("/session").cookie(&format!("{one}; {other}")).send(), "two");
}

#[test]
fn a_planted_cookie_under_a_disguised_name_never_signs_a_user_in() {
    let app = Setup::new().release().set("secret_key", SECRET_KEY).launch();
    let planted = app.browser(BOB);
    let own = app.browser(ALICE);
    let percent = planted.replacen("__Host-", "__Host%2D", 1);
    for (cookie, user) in [
        (percent.clone(), "nobody"),
        (format!("{own}; {percent}"), "1 by session"),
        (format!("{percent}; {own}"), "1 by session"),
        (format!("\u{a0}{planted}"), "nobody"),
        (format!("{own}; \u{2003}{planted}"), "1 by session"),
    ] {
        assert_eq!(app.get("/maybe").cookie(&cookie).send().body, user, "{cookie}");
    }
}

#[test]
fn another_private_cookie_of_the_application_is_no_session() {
    let app = App::new();
    let reply = app.get("/cookies/private/200").send();
    let value =
        reply.cookies()[0].split(';').next().expect("a pair").replacen("private", "session", 1);
    assert_eq!(app.get("/maybe").cookie(&value).send().body, "nobody");
}

#[test]
fn a_cookie_sealed_with_another_key_is_no_session() {
    let session = App::new().browser(ALICE);
    let reply = App::new().get("/session").cookie(&session).send();
    assert_eq!((reply.code().as_str(), reply.cookies()), ("credentials_missing", vec![]));
}

#[test]
fn cookies_of_others_are_left_alone() {
    let app = App::new();
    let session = app.browser(ALICE);
    let reply =
        app.get("/session").cookie(&format!("a=b; {session}; session2=x; xsession=y")).send();
    assert_eq!((reply.status, reply.cookies()), (200, vec![]));
}

#[test]
fn a_good_session_is_not_written_again() {
    let app = App::new();
    let session = app.browser(ALICE);
    assert_eq!(app.get("/session").cookie(&session).send().cookies(), [""; 0]);
}

#[test]
fn the_ticket_of_a_deleted_user_is_worthless() {
    let app = App::new();
    let session = app.browser(BOB);
    app.users.delete(BOB);
    assert_worthless(&app.get("/session").cookie(&session).send(), "deleted");
}

#[test]
fn the_ticket_of_an_inactive_user_is_worthless() {
    let app = App::new();
    let session = app.browser(BOB);
    app.users.change(BOB, |user| user.active = false);
    assert_worthless(&app.get("/session").cookie(&session).send(), "inactive");
}

#[test]
fn a_changed_stamp_ends_session_and_tokens() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let (session, pair) = (app.browser(BOB), app.tokens(BOB));
        app.users.change(BOB, |user| user.stamp = "another hash".to_owned());
        assert_worthless(&app.get("/session").cookie(&session).send(), "session");
        assert_eq!(app.get("/token").bearer(&pair.access).send().code(), "token_revoked");
        let reply = app.post("/api/refresh").bearer(&pair.refresh).send();
        assert_eq!(reply.code(), "token_revoked");
    }
}

#[test]
fn an_inactive_account_cannot_sign_in() {
    let app = App::new();
    app.users.change(BOB, |user| user.active = false);
    for path in ["/login/2", "/api/login/2"] {
        let reply = app.post(path).send();
        assert_eq!((reply.code().as_str(), reply.status), ("account_inactive", 403), "{path}");
        assert_eq!(reply.cookies(), [""; 0], "{path}");
    }
    assert_eq!(app.store.len(), 0);
}

#[test]
fn the_token_of_a_deleted_or_inactive_user_is_revoked() {
    let app = App::new();
    let (alice, bob) = (app.tokens(ALICE), app.tokens(BOB));
    app.users.delete(ALICE);
    app.users.change(BOB, |user| user.active = false);
    for pair in [alice, bob] {
        for token in [&pair.access, &pair.refresh] {
            assert_eq!(app.get("/any").bearer(token).send().code(), "token_revoked");
        }
    }
}

#[test]
fn a_browsers_sign_in_is_no_good_for_tokens() {
    let app = App::new();
    let session = app.browser(ALICE);
    let sid = app.store.only().id;
    let access = app.tokens(ALICE).access;
    let forged =
        crate::support::forged_tokens::with_claim(&access, "sid", Some(sid.as_str().into()));
    assert_eq!(app.get("/token").bearer(&forged).send().code(), "token_revoked");
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn a_sign_in_of_one_account_is_no_good_for_another() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for other in ["2", "01", "+1", "1 ", "x", "4294967297"] {
        let forged = crate::support::forged_tokens::with_claim(&access, "sub", Some(other.into()));
        assert_eq!(app.get("/token").bearer(&forged).send().code(), "token_revoked", "{other:?}");
    }
}

#[test]
fn the_jar_of_the_application_is_untouched_by_the_library() {
    // The library removes by name, path and attributes; others' cookies must survive.
    let app = App::new();
    let reply = app.post("/logout").cookie("theme=dark; session=garbled").send();
    let names: Vec<_> =
        reply.cookies().iter().filter_map(|cookie| Cookie::parse(*cookie).ok()).collect();
    assert!(names.iter().all(|cookie| cookie.name() == "session"), "{names:?}");
}

#[test]
fn without_a_store_sessions_end_by_the_clock_alone() {
    let app = Setup::new().stateless().launch();
    let session = app.browser(ALICE);
    app.advance(24 * 3600 - 1);
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
    app.advance(1);
    assert_worthless(&app.get("/session").cookie(&session).send(), "the end");
}

#[test]
fn without_a_store_logging_out_removes_the_cookie() {
    let app = Setup::new().stateless().launch();
    assert!(app.post("/logout").cookie(&app.browser(ALICE)).send().takes_session_back());
}

#[test]
fn the_cookie_of_a_sign_in_that_ended_is_taken_back_whatever_becomes_of_the_request() {
    let app = App::new();
    let session = app.browser(ALICE);
    app.store.clear();
    let reply = app.get("/maybe-then-missing").cookie(&session).send();
    assert_eq!((reply.status, reply.takes_session_back()), (404, true));
}

#[test]
fn a_route_without_a_guard_leaves_a_worthless_cookie_alone() {
    let reply = App::new().get("/public").cookie("session=garbled").send();
    assert_eq!(reply.cookies(), [""; 0]);
}
