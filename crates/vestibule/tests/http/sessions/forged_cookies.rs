//! Forged, moved and expired session cookies open nothing.

use crate::support::app::{App, Setup};
use crate::support::users::{ALICE, BOB};

const OLD: &str = "7f0e1d2c3b4a59687786958493a2b1c05f0e1d2c3b4a59687786958493a2b1c0";
const NEW: &str = "8f0e1d2c3b4a59687786958493a2b1c05f0e1d2c3b4a59687786958493a2b1c0";

#[test]
fn a_session_is_good_until_its_end_however_often_its_cookie_was_decrypted() {
    let app = Setup::new().set("auth.session.lifetime", "20m").launch();
    let session = app.browser(BOB);
    let codes = || [(); 2].map(|()| app.get("/session").cookie(&session).send().code());
    assert_eq!(codes(), ["", ""]);
    app.advance(20 * 60 - 1);
    assert_eq!(codes(), ["", ""]);
    app.advance(1);
    assert_eq!(codes(), ["credentials_missing", "credentials_missing"]);
}

#[test]
fn a_cookie_that_resembles_a_cached_one_opens_nothing() {
    let app = App::new();
    let (session, other) = (app.browser(ALICE), app.browser(BOB));
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
    assert_eq!(app.get("/session").cookie(&other).send().status, 200);
    let (_, value) = session.split_once('=').expect("a name and a value");
    let (half, other) = (value.len() / 2, other.split_once('=').expect("a value").1);
    let flipped = |at: usize| {
        let new = if &value[at..=at] == "A" { "B" } else { "A" };
        format!("{}{new}{}", &value[..at], &value[at + 1..])
    };
    let forged = [
        flipped(0),
        flipped(half),
        value[..half].to_owned(),
        format!("{}{}", &value[..half], &other[half..]),
        format!("{value}A"),
    ];
    for forged in forged {
        let reply = app.get("/session").cookie(&format!("session={forged}")).send();
        assert_eq!(reply.code(), "credentials_missing", "{forged}");
        assert_eq!(reply.cookies(), [""; 0], "{forged}");
    }
    assert_eq!(app.get("/session").cookie(&session).send().status, 200);
}

#[test]
fn a_cookie_decrypted_under_one_name_opens_nothing_under_the_other() {
    let app = App::new();
    let session = app.browser(BOB);
    for _ in 0..2 {
        assert_eq!(app.get("/session").cookie(&session).send().body, "2 by session");
        let moved = session.replacen("session=", "remember_token=", 1);
        assert_eq!(app.get("/session").cookie(&moved).send().code(), "credentials_missing");
    }
}

#[test]
fn a_cookie_of_an_earlier_key_is_sealed_again_on_each_use() {
    let before = Setup::new().set("secret_key", OLD).launch();
    let old = before.browser(BOB);
    let after = Setup::new().set("secret_key", NEW);
    let app = after.set("auth.session.previous_secret_keys", [OLD]).launch_beside(&before);
    for _ in 0..2 {
        let reply = app.get("/session").cookie(&old).send();
        assert_eq!((reply.body.as_str(), reply.cookies().len()), ("2 by session", 1));
        assert_ne!(reply.session(), old);
    }
}
