//! The cache between requests: how long entries live, by which clock, and what invalidates
//! them.

use std::time::Duration;

use vestibule::AuthStats;
use vestibule::sign_ins::AuthCache;

use crate::support::app::{App, Reply, Setup};
use crate::support::users::{ALICE, BOB};

/// An application whose cache lives so long that a test notices an entry that is not invalidated.
fn long_cache() -> App {
    Setup::new().set("auth.revocation_delay", "10h").set("auth.session.lifetime", "20h").launch()
}

/// What the application's own code invalidates.
fn auth_cache(app: &App) -> &AuthCache {
    app.client.rocket().state::<AuthCache>().expect("managed")
}

/// The response to a request, and how often it read the store and the table of users.
fn asked(app: &App, send: impl FnOnce() -> Reply) -> (u16, usize, usize) {
    let before = (app.store.gets(), app.users.calls());
    let reply = send();
    (reply.status, app.store.gets() - before.0, app.users.calls() - before.1)
}

#[test]
fn within_the_delay_no_store_is_asked_twice_and_after_it_each_once() {
    let app = Setup::new().launch();
    let (browser, pair) = (app.browser(ALICE), app.tokens(BOB));
    let session = || app.get("/session").cookie(&browser).send();
    let token = || app.get("/token").bearer(&pair.access).send();
    for _ in 0..3 {
        assert_eq!((asked(&app, session), asked(&app, token)), ((200, 1, 1), (200, 1, 1)));
        assert_eq!((asked(&app, session), asked(&app, token)), ((200, 0, 0), (200, 0, 0)));
        app.clock.advance(Duration::from_micros(999_999));
        assert_eq!((asked(&app, session), asked(&app, token)), ((200, 0, 0), (200, 0, 0)));
        app.clock.advance(Duration::from_micros(1));
    }
}

#[test]
fn all_guards_and_both_of_two_tabs_share_what_is_remembered() {
    let app = long_cache();
    let browser = app.browser(ALICE);
    assert_eq!(asked(&app, || app.get("/session").cookie(&browser).send()), (200, 1, 1));
    for path in ["/session", "/current", "/all", "/admin-session", "/fresh-session", "/maybe"] {
        assert_eq!(asked(&app, || app.get(path).cookie(&browser).send()), (200, 0, 0), "{path}");
    }
}

#[test]
fn a_delay_of_nothing_asks_every_time() {
    for stateless in [false, true] {
        let setup = Setup::new().set("auth.revocation_delay", "0s");
        let app = if stateless { setup.stateless() } else { setup }.launch();
        let (browser, pair) = (app.browser(ALICE), app.tokens(BOB));
        let gets = usize::from(!stateless);
        for _ in 0..3 {
            let session = asked(&app, || app.get("/session").cookie(&browser).send());
            let token = asked(&app, || app.get("/token").bearer(&pair.access).send());
            assert_eq!((session, token), ((200, gets, 1), (200, gets, 1)));
        }
        let stats = AuthStats::of(app.client.rocket()).expect("the fairing");
        assert_eq!((stats.cache_hits, stats.cache_misses), (0, 0), "there is no cache");
    }
}

#[test]
fn without_a_store_accounts_are_cached() {
    let app = Setup::new().stateless().launch();
    let (browser, pair) = (app.browser(ALICE), app.tokens(ALICE));
    assert_eq!(asked(&app, || app.get("/session").cookie(&browser).send()), (200, 0, 1));
    assert_eq!(asked(&app, || app.get("/token").bearer(&pair.access).send()), (200, 0, 0));
    app.users.change(ALICE, |user| user.active = false);
    assert_eq!(asked(&app, || app.get("/token").bearer(&pair.access).send()), (200, 0, 0));
    auth_cache(&app).invalidate_account(&ALICE);
    assert_eq!(asked(&app, || app.get("/token").bearer(&pair.access).send()), (401, 0, 1));
    app.users.change(ALICE, |user| {
        user.active = true;
        user.stamp = "another hash".to_owned();
    });
    auth_cache(&app).invalidate_account(&ALICE);
    assert_eq!(asked(&app, || app.get("/token").bearer(&pair.access).send()).0, 401);
}

#[test]
fn a_clock_that_was_set_back_remembers_nothing() {
    let app = long_cache();
    let pair = app.tokens(ALICE);
    let token = || app.get("/token").bearer(&pair.access).send();
    app.advance(5);
    assert_eq!(asked(&app, token), (200, 1, 1));
    app.clock.set(app.clock.now().expect("a time") - Duration::from_secs(1));
    assert_eq!(asked(&app, token), (200, 1, 1));
    assert_eq!(asked(&app, token), (200, 0, 0));
}

#[test]
fn a_sign_in_that_ended_is_refused_with_the_next_request() {
    let app = long_cache();
    let (browser, other, pair) = (app.browser(ALICE), app.browser(ALICE), app.tokens(ALICE));
    let session = |cookie: &str| app.get("/session").cookie(cookie).send().status;
    let token = || app.get("/token").bearer(&pair.access).send();
    assert_eq!((session(&browser), session(&other), token().status), (200, 200, 200));
    app.post("/logout").cookie(&browser).send();
    assert_eq!((session(&browser), session(&other), token().status), (401, 200, 200));
    app.post("/api/logout").bearer(&pair.access).send();
    assert_eq!((session(&other), token().status), (200, 401));

    let (first, last) = (app.tokens(ALICE), app.tokens(ALICE));
    let token =
        |pair: &crate::support::app::Pair| app.get("/token").bearer(&pair.access).send().status;
    assert_eq!((session(&other), token(&first), token(&last)), (200, 200, 200));
    app.post("/api/logout?all=true").bearer(&last.access).send();
    assert_eq!((session(&other), token(&first), token(&last)), (401, 401, 401));
}

#[test]
fn a_renewed_session_leaves_nothing_of_the_old_one() {
    let app = long_cache();
    let old = app.browser(ALICE);
    assert_eq!(app.get("/session").cookie(&old).send().status, 200);
    let new = app.post("/renew").cookie(&old).send().session();
    assert_eq!(app.get("/session").cookie(&old).send().status, 401);
    assert_eq!(app.get("/session").cookie(&new).send().status, 200);
}

#[test]
fn a_stolen_refresh_token_ends_the_access_token_at_once() {
    let app = long_cache();
    let first = app.tokens(ALICE);
    let second = app.post("/api/refresh").bearer(&first.refresh).send().pair();
    app.advance(60);
    assert_eq!(app.get("/token").bearer(&second.access).send().status, 200);
    let third = app.post("/api/refresh").bearer(&second.refresh).send().pair();
    assert_eq!(app.get("/token").bearer(&third.access).send().status, 200);
    app.advance(60);
    assert_eq!(app.post("/api/refresh").bearer(&first.refresh).send().status, 401);
    assert_eq!(app.get("/token").bearer(&third.access).send().code(), "token_revoked");
}

#[test]
fn an_application_that_changes_an_account_says_so_and_it_counts_at_once() {
    let app = long_cache();
    let (alice, bob) = (app.tokens(ALICE), app.tokens(BOB));
    let admin =
        |pair: &crate::support::app::Pair| app.get("/admin").bearer(&pair.access).send().status;
    assert_eq!((admin(&alice), admin(&bob)), (200, 403));
    app.users.change(ALICE, |user| user.admin = false);
    app.users.change(BOB, |user| user.admin = true);
    assert_eq!((admin(&alice), admin(&bob)), (200, 403), "nobody said so");
    auth_cache(&app).invalidate_account(&ALICE);
    assert_eq!((admin(&alice), admin(&bob)), (403, 403));
    auth_cache(&app).invalidate_account(&BOB);
    assert_eq!((admin(&alice), admin(&bob)), (403, 200));

    app.users.delete(ALICE);
    app.users.change(BOB, |user| user.stamp = "another hash".to_owned());
    auth_cache(&app).invalidate_all();
    for pair in [&alice, &bob] {
        assert_eq!(app.get("/token").bearer(&pair.access).send().code(), "token_revoked");
    }
}

#[test]
fn an_application_that_ends_a_sign_in_says_so_and_it_counts_at_once() {
    let app = long_cache();
    let pair = app.tokens(ALICE);
    assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200);
    let id = app.store.only().id;
    app.store.clear();
    assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200, "nobody said so");
    auth_cache(&app).invalidate_sign_in(&id);
    assert_eq!(app.get("/token").bearer(&pair.access).send().code(), "token_revoked");
}

#[test]
fn another_process_sees_it_within_the_delay_and_not_later() {
    let app = App::new();
    let beside = Setup::new().launch_beside(&app);
    let careful = Setup::new().set("auth.revocation_delay", "0s").launch_beside(&app);
    let pair = app.tokens(ALICE);
    let at = |app: &App| app.get("/token").bearer(&pair.access).send().status;
    assert_eq!((at(&app), at(&beside), at(&careful)), (200, 200, 200));
    app.clock.advance(Duration::from_millis(400));
    app.post("/api/logout").bearer(&pair.access).send();
    assert_eq!((at(&app), at(&beside), at(&careful)), (401, 200, 401));
    app.clock.advance(Duration::from_micros(599_999));
    assert_eq!((at(&app), at(&beside)), (401, 200));
    app.clock.advance(Duration::from_micros(1));
    assert_eq!((at(&app), at(&beside)), (401, 401));
}

#[test]
fn no_cached_refusal_is_used() {
    let app = long_cache();
    let pair = app.tokens(ALICE);
    let token = || app.get("/token").bearer(&pair.access).send();
    app.users.change(ALICE, |user| user.active = false);
    assert_eq!(asked(&app, token), (401, 1, 1));
    assert_eq!(asked(&app, token), (401, 1, 1));
    app.users.change(ALICE, |user| user.active = true);
    assert_eq!(asked(&app, token), (200, 1, 1));
    assert_eq!(asked(&app, token), (200, 0, 0));
}

#[test]
fn a_token_is_over_when_it_is_over_however_lately_it_was_looked_up() {
    let app = long_cache();
    let pair = app.tokens(ALICE);
    let token = || app.get("/token").bearer(&pair.access).send();
    assert_eq!(asked(&app, token), (200, 1, 1));
    app.advance(15 * 60 - 1);
    assert_eq!(asked(&app, token), (200, 0, 0));
    app.advance(1);
    assert_eq!(token().code(), "token_expired");
}

#[test]
fn a_sign_in_is_over_when_it_is_over_however_lately_it_was_looked_up() {
    // Tokens that outlive their sign-in.
    let app = Setup::new()
        .set("auth.revocation_delay", "10h")
        .set("auth.token.access", "30m")
        .set("auth.token.refresh", "30m")
        .set("auth.token.leeway", "5m")
        .launch();
    let pair = app.tokens(ALICE);
    let token = || app.get("/token").bearer(&pair.access).send();
    app.advance(60);
    assert_eq!(asked(&app, token), (200, 1, 1));
    app.advance(29 * 60 - 1);
    assert_eq!(asked(&app, token), (200, 0, 0));
    app.advance(1);
    assert_eq!(token().code(), "token_revoked");
}

#[test]
fn an_unused_session_ends_however_lately_it_was_looked_up() {
    let app = long_cache();
    let browser = app.browser(ALICE);
    let session = || app.get("/session").cookie(&browser).send();
    assert_eq!(session().status, 200);
    app.advance(2 * 60 * 60 - 1);
    assert_eq!(session().status, 200);
    app.advance(2 * 60 * 60);
    assert_eq!(session().status, 401);
}

#[test]
fn a_session_in_use_is_never_idle_and_its_use_is_recorded_once_a_minute() {
    let app = long_cache();
    let browser = app.browser(ALICE);
    let session = || app.get("/session").cookie(&browser).send();
    assert_eq!(asked(&app, session), (200, 1, 1));
    // Ten times the idle limit would be beyond the lifetime.
    for _ in 0..9 {
        app.advance(60 * 60);
        let recorded_use = app.store.calls();
        for _ in 0..20 {
            assert_eq!(session().status, 200);
            app.clock.advance(Duration::from_millis(2_900));
        }
        // Recorded in the background.
        let now = app.clock.now().expect("a time");
        assert!((0..1_000_000).any(|_| {
            std::thread::yield_now();
            now - app.store.only().last_seen_at <= Duration::from_secs(60)
        }));
        assert_eq!(app.store.calls() - recorded_use, 1, "one note for a minute");
    }
}

#[test]
fn an_error_is_not_remembered_and_what_is_remembered_lasts_through_one() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    let token = || app.get("/token").bearer(&pair.access).send().status;
    app.store.break_down(true);
    assert_eq!((token(), token()), (503, 503));
    app.store.break_down(false);
    app.users.break_down(true);
    assert_eq!(token(), 503);
    app.users.break_down(false);
    assert_eq!(token(), 200);

    app.store.break_down(true);
    app.users.break_down(true);
    app.clock.advance(Duration::from_micros(999_999));
    assert_eq!(token(), 200, "for the delay, and no longer");
    app.clock.advance(Duration::from_micros(1));
    assert_eq!(token(), 503);
}
