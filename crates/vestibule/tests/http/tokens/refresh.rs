//! Refresh tokens: rotation, races, theft and the end of a sign-in.

use std::net::IpAddr;
use std::time::Duration;

use crate::support::app::{App, Pair, Reply, Setup};
use crate::support::forged_tokens::{claims, with_claim};
use crate::support::users::{ALICE, BOB, User};
use rocket::local::blocking::Client;
use rocket::{post, routes};
use vestibule::sign_ins::{MemorySignInStore, SignInKind, SignIns};
use vestibule::{Auth, Error, TokenUser, Tokens};

fn refresh(app: &App, token: &str) -> Reply {
    app.post("/api/refresh").bearer(token).send()
}

#[post("/api/confirm")]
async fn confirm(user: TokenUser<User>, tokens: Tokens<'_>) -> Result<String, Error> {
    Ok(tokens.confirm(&user).await?.access_token)
}

#[post("/api/end")]
async fn end(user: TokenUser<User>, tokens: Tokens<'_>) -> Result<(), Error> {
    tokens.end(&user).await
}

#[post("/api/end-all")]
async fn end_all(user: TokenUser<User>, sign_ins: SignIns<'_>) -> Result<(), Error> {
    sign_ins.end_all(user.id, None).await.map(drop)
}

fn assert_dead(app: &App, pair: &Pair, case: &str) {
    for token in [&pair.access, &pair.refresh] {
        assert_eq!(app.get("/any").bearer(token).send().code(), "token_revoked", "{case}");
    }
}

#[test]
fn refreshing_gives_a_new_pair_of_the_same_sign_in() {
    let app = App::new();
    let first = app.tokens(ALICE);
    app.advance(60);
    let second = refresh(&app, &first.refresh).pair();
    assert_ne!(first.access, second.access);
    assert_ne!(first.refresh, second.refresh);
    assert_eq!(claims(&first.access)["sid"], claims(&second.access)["sid"]);
    for token in [&second.access, &second.refresh] {
        assert_eq!(claims(token)["iat"], app.now());
    }
    assert_eq!(app.get("/token").bearer(&second.access).send().status, 200);
    assert_eq!(app.store.len(), 1);
}

#[test]
fn an_earlier_access_token_stays_good_for_its_own_time() {
    let app = App::new();
    let first = app.tokens(ALICE);
    refresh(&app, &first.refresh);
    assert_eq!(app.get("/token").bearer(&first.access).send().status, 200);
}

#[test]
fn within_the_grace_the_old_refresh_token_answers_the_very_same_successor() {
    let app = App::new();
    let first = app.tokens(ALICE);
    app.advance(60);
    let second = refresh(&app, &first.refresh).pair();
    for seconds in [0, 3, 7] {
        app.advance(seconds);
        let again = refresh(&app, &first.refresh).pair();
        assert_eq!(again.refresh, second.refresh, "after {seconds} more");
        assert_ne!(again.access, second.access, "after {seconds} more");
    }
    assert_eq!(refresh(&app, &second.refresh).status, 200);
}

/// Uses an access token, and waits until its generation is recorded.
fn use_pair(app: &App, pair: &Pair) {
    assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200);
    let generation = claims(&pair.access)["gen"].as_i64().expect("a generation");
    app.wait_until("the use is recorded", || match app.store.only().kind {
        SignInKind::Token(rotations) => rotations.used_generation == generation,
        _ => false,
    });
}

#[test]
fn after_the_grace_a_token_whose_successor_was_used_ends_the_sign_in() {
    let app = App::new();
    let first = app.tokens(ALICE);
    let second = refresh(&app, &first.refresh).pair();
    use_pair(&app, &second);
    app.advance(10);
    assert_eq!(refresh(&app, &first.refresh).pair().refresh, second.refresh);
    app.advance(1);
    assert_eq!(refresh(&app, &first.refresh).code(), "token_revoked");
    assert_dead(&app, &second, "the successor");
    assert_eq!(app.store.len(), 0);
}

#[test]
fn a_refresh_whose_response_was_lost_is_answered_again_after_the_grace() {
    let app = Setup::new().mount(routes![confirm]).launch();
    let first = app.tokens(ALICE);
    let lost = refresh(&app, &first.refresh).pair();
    app.advance(300);
    // Neither the access token from before nor a fresh one from it shows that the answer arrived.
    assert_eq!(app.get("/token").bearer(&first.access).send().status, 200);
    let confirmed = app.post("/api/confirm").bearer(&first.access).send().body;
    assert_eq!(app.get("/token").bearer(&confirmed).send().status, 200);
    let again = refresh(&app, &first.refresh).pair();
    assert_eq!(claims(&again.refresh)["jti"], claims(&lost.refresh)["jti"]);
    use_pair(&app, &again);
    // Another request may repeat it at the same time.
    let other = refresh(&app, &first.refresh).pair();
    assert_eq!(claims(&other.refresh)["jti"], claims(&lost.refresh)["jti"]);
    app.advance(11);
    assert_eq!(refresh(&app, &first.refresh).code(), "token_revoked");
}

#[test]
fn a_refresh_is_not_answered_again_after_the_time_for_it() {
    for (setting, last) in [(None, 300), (Some("0s"), 10), (Some("1h"), 3_600)] {
        let setup = Setup::new().set("auth.token.access", "2h");
        let app = match setting {
            Some(retry) => setup.set("auth.token.refresh_retry", retry).launch(),
            None => setup.launch(),
        };
        let first = app.tokens(ALICE);
        let lost = refresh(&app, &first.refresh).pair();
        app.advance(last);
        assert_eq!(refresh(&app, &first.refresh).pair().refresh, lost.refresh, "{setting:?}");
        // What is repeated in time begins a burst.
        app.advance(11);
        assert_eq!(refresh(&app, &first.refresh).code(), "token_revoked", "{setting:?}");
        assert_dead(&app, &lost, "the successor");
    }
}

#[test]
fn every_refresh_token_of_a_burst_gets_the_newest_successor() {
    let app = App::new();
    let mut pairs = vec![app.tokens(ALICE)];
    for _ in 0..20 {
        app.advance(1);
        let newest = refresh(&app, &pairs[pairs.len() - 1].refresh).pair();
        // Clients use what they get at once.
        use_pair(&app, &newest);
        pairs.push(newest);
        let newest = &pairs[pairs.len() - 1].refresh;
        for pair in &pairs[..pairs.len() - 1] {
            assert_eq!(&refresh(&app, &pair.refresh).pair().refresh, newest);
        }
    }
    app.advance(11);
    let stolen = &pairs[7];
    assert_eq!(refresh(&app, &stolen.refresh).code(), "token_revoked");
    assert_eq!(app.store.len(), 0);
}

#[test]
fn every_refresh_token_of_a_burst_within_one_moment_gets_the_newest_successor() {
    let app = App::new();
    let first = app.tokens(ALICE).refresh;
    let second = refresh(&app, &first).pair().refresh;
    let third = refresh(&app, &second).pair().refresh;
    let newest = refresh(&app, &third).pair().refresh;
    for old in [first, second, third] {
        assert_eq!(refresh(&app, &old).pair().refresh, newest);
    }
}

#[test]
fn a_refresh_token_from_before_a_burst_ends_the_sign_in_at_once() {
    let app = App::new();
    let first = app.tokens(ALICE);
    let second = refresh(&app, &first.refresh).pair();
    app.advance(11);
    let third = refresh(&app, &second.refresh).pair();
    assert_eq!(refresh(&app, &first.refresh).code(), "token_revoked");
    assert_dead(&app, &third, "the newest");
}

#[test]
fn the_grace_can_be_switched_off() {
    let app = Setup::new().set("auth.token.refresh_grace", 0).launch();
    let first = app.tokens(ALICE);
    use_pair(&app, &refresh(&app, &first.refresh).pair());
    app.advance(1);
    assert_eq!(refresh(&app, &first.refresh).code(), "token_revoked");
}

#[test]
fn refreshing_never_extends_the_sign_in() {
    for app in [App::new(), Setup::new().stateless().launch()] {
        let mut pair = app.tokens(ALICE);
        let (exp, proven) =
            (claims(&pair.refresh)["exp"].clone(), claims(&pair.access)["auth_time"].clone());
        for day in 1..30 {
            app.advance(86_400);
            pair = refresh(&app, &pair.refresh).pair();
            assert_eq!(claims(&pair.refresh)["exp"], exp, "day {day}");
            assert_eq!(claims(&pair.access)["auth_time"], proven, "day {day}");
        }
        app.advance(86_400);
        assert_eq!(refresh(&app, &pair.refresh).code(), "token_expired");
    }
}

#[test]
fn a_clock_that_was_set_back_since_the_sign_in_makes_no_token_that_is_refused() {
    for back in [0, 1, 3, 5] {
        let app = App::new();
        let first = app.tokens(ALICE);
        app.clock.set(app.clock.now().expect("a time") - Duration::from_secs(back));
        let mut pair = refresh(&app, &first.refresh).pair();
        assert_eq!(claims(&pair.refresh)["exp"], claims(&first.refresh)["exp"], "{back} s");
        for _ in 0..3 {
            assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200, "{back} s");
            pair = refresh(&app, &pair.refresh).pair();
            app.advance(2);
        }
    }
}

#[test]
fn the_last_access_token_ends_with_its_sign_in() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    app.advance(30 * 86_400 - 60);
    let reply = refresh(&app, &pair.refresh);
    assert_eq!(reply.json()["expires_in"], 60);
    assert_eq!(claims(&reply.pair().access)["exp"], claims(&pair.refresh)["exp"]);
}

#[test]
fn an_access_token_does_not_refresh() {
    let app = App::new();
    assert_eq!(refresh(&app, &app.tokens(ALICE).access).code(), "wrong_token_type");
}

#[test]
fn logging_out_with_either_token_kills_both() {
    for way in ["access", "refresh"] {
        let app = App::new();
        let pair = app.tokens(ALICE);
        let other = app.tokens(ALICE);
        let token = if way == "access" { &pair.access } else { &pair.refresh };
        assert_eq!(app.post("/api/logout").bearer(token).send().status, 204, "{way}");
        assert_dead(&app, &pair, way);
        assert_eq!(refresh(&app, &pair.refresh).code(), "token_revoked", "{way}");
        assert_eq!(app.get("/token").bearer(&other.access).send().status, 200, "{way}");
    }
}

#[test]
fn logging_out_everywhere_ends_browsers_too() {
    let app = App::new();
    let (one, two, session) = (app.tokens(ALICE), app.tokens(ALICE), app.browser(ALICE));
    let bob = app.tokens(BOB);
    app.post("/api/logout?all=true").bearer(&one.access).send();
    assert_dead(&app, &one, "one");
    assert_dead(&app, &two, "two");
    assert_eq!(app.get("/session").cookie(&session).send().status, 401);
    assert_eq!(app.get("/token").bearer(&bob.access).send().status, 200);
}

#[test]
fn a_token_without_its_generation_does_not_refresh() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    assert_eq!(refresh(&app, &with_claim(&pair.refresh, "gen", None)).code(), "token_invalid");
    assert_eq!(refresh(&app, &pair.refresh).status, 200);
}

#[test]
fn a_refresh_token_that_names_the_sign_in_of_another_account_gets_no_pair() {
    let app = App::new();
    let (alice, bob) = (app.tokens(ALICE), app.tokens(BOB));
    let sid = claims(&alice.refresh)["sid"].clone();
    assert_eq!(refresh(&app, &with_claim(&bob.refresh, "sid", Some(sid))).code(), "token_revoked");
    assert_eq!(refresh(&app, &bob.refresh).status, 200);
}

#[test]
fn a_store_that_lost_everything_revokes_everything() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    app.store.clear();
    assert_dead(&app, &pair, "forgotten");
    assert_eq!(refresh(&app, &pair.refresh).code(), "token_revoked");
}

#[test]
fn without_a_store_a_refresh_token_can_be_used_again() {
    let app = Setup::new().stateless().launch();
    let pair = app.tokens(ALICE);
    for round in 0..3 {
        let next = refresh(&app, &pair.refresh).pair();
        assert_eq!(app.get("/token").bearer(&next.access).send().status, 200, "{round}");
        assert_eq!(claims(&next.refresh)["gen"], 1, "{round}");
    }
}

#[test]
fn without_a_store_no_token_can_be_ended_and_nothing_says_that_it_was() {
    let app = Setup::new().stateless().mount(routes![end]).launch();
    let pair = app.tokens(ALICE);
    assert_eq!(claims(&pair.access).get("sid"), None);
    assert_eq!(app.post("/api/end").bearer(&pair.access).send().code(), "internal");
    assert_eq!(app.get("/token").bearer(&pair.access).send().status, 200);
}

#[test]
fn an_application_chooses_between_a_store_and_none_and_ends_sign_ins_with_a_store_only() {
    let launches = |auth: Auth, routes| {
        let rocket = rocket::custom(Setup::new().figment).attach(auth).mount("/", routes);
        Client::untracked(rocket).map(drop).map_err(|error| format!("{:?}", error.kind()))
    };
    let stored = || Auth::fairing().store(MemorySignInStore::new());
    assert_eq!(launches(stored(), routes![end_all]), Ok(()));
    assert_eq!(launches(Auth::fairing().stateless(), routes![]), Ok(()));
    let failed = launches(Auth::fairing().stateless(), routes![end_all]).expect_err("a sentinel");
    assert!(failed.contains("SignIns"), "{failed}");
    for neither in [Auth::fairing(), stored().stateless()] {
        assert!(launches(neither, routes![]).expect_err("a choice").contains("Authentication"));
    }
}

#[test]
fn the_sign_in_says_who_came_from_where() {
    let app = App::new();
    let agent = format!("curl/8 {}", "x".repeat(500));
    let call = app.post("/api/login/1").header("User-Agent", &agent);
    call.header("X-Real-IP", "192.0.2.7").send();
    let address = Some(IpAddr::from([192, 0, 2, 7]));
    assert_eq!(app.recorded.take_with_details(), [("signed_in", address, None)]);
    let row = app.store.only();
    assert_eq!((row.account.as_str(), row.kind.as_str(), row.generation()), ("1", "token", 0));
    assert_eq!(row.user_agent.map(|name| name.chars().count()), Some(200));
    assert_eq!(row.address.as_deref(), Some("192.0.2.7"));
}
