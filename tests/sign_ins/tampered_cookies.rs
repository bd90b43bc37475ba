//! Tampered cookies: they sign no user in, are left alone, and never cause a 5xx.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::http::{Cookie, Header, Method};

use super::helpers::{StoredCredentials, USER_01, USER_02, remembered, removes_cookie, rows};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

const NAMES: [&str; 2] = ["session", "remember_token"];

/// Requests `/whoami` with a `Cookie` header as it came over the wire.
fn look(app: &TestApp, header: &str) -> Reply {
    let actor = Actor::new(&app.client);
    let mut request = actor.request(Method::Get, "/whoami");
    // What Rocket's server makes of the header, which its local client does not do.
    for pair in header.split("; ") {
        if let Ok(cookie) = Cookie::parse_encoded(pair.to_owned()) {
            request = request.cookie(cookie);
        }
    }
    request.add_header(Header::new("Cookie", header.to_owned()));
    actor.send(request)
}

#[track_caller]
fn assert_nobody(app: &TestApp, name: &str, value: &str) {
    let reply = look(app, &format!("{name}={value}"));
    assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_missing"), "{value}");
    reply.assert_no_cookies();
}

/// The value of a cookie without its percent signs.
fn plain(value: &str) -> String {
    let cookie = Cookie::parse_encoded(format!("x={value}")).expect("a cookie");
    cookie.value().to_owned()
}

fn cookies(app: &TestApp) -> Vec<(&'static str, String)> {
    let jar = StoredCredentials::of(&remembered(app, "user_01")).jar;
    let cookies: Vec<_> = NAMES.into_iter().map(|name| (name, jar[name].clone())).collect();
    for (name, value) in &cookies {
        assert_eq!(look(app, &format!("{name}={value}")).status, 200, "{name} as it is");
    }
    cookies
}

#[test]
fn every_flipped_bit_of_the_sealed_value_makes_it_invalid() {
    on_both(|app| {
        for (name, value) in cookies(&app) {
            let sealed = STANDARD.decode(plain(&value)).expect("base64");
            for bit in 0..sealed.len() * 8 {
                let mut flipped = sealed.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let text = STANDARD.encode(&flipped).replace('+', "%2B").replace('/', "%2F");
                assert_nobody(&app, name, &text.replace('=', "%3D"));
            }
        }
        assert_eq!(rows(&app, USER_01).len(), 1, "and the sign-in stands");
    });
}

#[test]
fn every_flipped_bit_on_the_wire_makes_it_invalid() {
    on_both(|app| {
        for (name, value) in cookies(&app) {
            let mut flips = 0;
            for position in 0..value.len() {
                for bit in 0..7 {
                    let mut flipped = value.clone().into_bytes();
                    flipped[position] ^= 1 << bit;
                    let changed = flipped[position];
                    // These end the value or are not let through by any HTTP server.
                    if !changed.is_ascii_graphic() || b";,\"\\".contains(&changed) {
                        continue;
                    }
                    let text = String::from_utf8(flipped).expect("ASCII");
                    let parsed = Cookie::parse_encoded(format!("{name}={text}"));
                    // `%2b` says what `%2B` says.
                    if parsed.is_ok_and(|cookie| cookie.value() == plain(&value)) {
                        assert_eq!(look(&app, &format!("{name}={text}")).status, 200);
                        continue;
                    }
                    assert_nobody(&app, name, &text);
                    flips += 1;
                }
            }
            assert!(flips > value.len() * 3, "{flips} flips");
        }
    });
}

#[test]
fn cut_off_at_any_length_it_has_no_user() {
    on_both(|app| {
        for (name, value) in cookies(&app) {
            for length in 0..value.len() {
                assert_nobody(&app, name, &value[..length]);
            }
            for longer in ["A", "=", "%00", "%3D%3D%3D%3D"] {
                assert_nobody(&app, name, &format!("{value}{longer}"));
            }
        }
    });
}

#[test]
fn one_does_not_pass_for_the_other() {
    on_both(|app| {
        let [(session, ticket), (remember, token)] =
            <[_; 2]>::try_from(cookies(&app)).expect("two cookies");
        assert_nobody(&app, session, &token);
        assert_nobody(&app, remember, &ticket);
        let both = look(&app, &format!("{session}={token}; {remember}={ticket}"));
        assert_eq!(both.status, 401);
        both.assert_no_cookies();
    });
}

#[test]
fn another_users_cookie_is_that_user_under_its_own_name_and_no_user_under_the_other() {
    on_both(|app| {
        cookies(&app);
        let jar = StoredCredentials::of(&remembered(&app, "user_02")).jar;
        for (name, other) in [("session", "remember_token"), ("remember_token", "session")] {
            let genuine = look(&app, &format!("{name}={}", jar[name]));
            assert_eq!(genuine.json()["id"], USER_02);
            assert_nobody(&app, name, &jar[other]);
        }
    });
}

#[test]
fn halves_of_two_cookies_make_none() {
    on_both(|app| {
        let (first, second) = (remembered(&app, "user_01"), remembered(&app, "user_02"));
        for name in NAMES {
            let [first, second] = [&first, &second].map(|actor| actor.jar.borrow()[name].clone());
            let (first, second) =
                (STANDARD.decode(plain(&first)).unwrap(), STANDARD.decode(plain(&second)).unwrap());
            for cut in (0..first.len().min(second.len())).step_by(3).skip(1) {
                let spliced = [&first[..cut], &second[cut..]].concat();
                if spliced != first && spliced != second {
                    let text = STANDARD.encode(&spliced).replace('+', "%2B").replace('/', "%2F");
                    assert_nobody(&app, name, &text.replace('=', "%3D"));
                }
            }
        }
    });
}

#[test]
fn beside_a_second_cookie_of_our_name_the_one_that_we_sealed_counts() {
    on_both(|app| {
        for (name, value) in cookies(&app) {
            for other in ["", "nonsense", value.as_str()] {
                for header in [
                    format!("{name}={value}; {name}={other}"),
                    format!("{name}={other}; {name}={value}"),
                ] {
                    let reply = look(&app, &header);
                    assert_eq!(reply.json()["id"], USER_01, "{header}");
                    assert!(!removes_cookie(&reply, name));
                }
            }
        }
    });
}

#[test]
fn two_sessions_have_no_user_also_beside_a_good_remember_cookie() {
    on_both(|app| {
        let cookies = cookies(&app);
        let (ticket, token) = (&cookies[0].1, &cookies[1].1);
        let planted = StoredCredentials::of(&remembered(&app, "user_02")).jar["session"].clone();
        let remember = format!("remember_token={token}");
        for header in [
            format!("session={ticket}; session={planted}; {remember}"),
            format!("{remember}; session={planted}; session={ticket}"),
        ] {
            let reply = look(&app, &header);
            assert_eq!(reply.status, 401, "{header}");
            assert!(removes_cookie(&reply, "session"), "{header}");
            assert!(!removes_cookie(&reply, "remember_token"), "{header}");
        }
        let reply = look(&app, &remember);
        assert_eq!(reply.status, 200, "once the two are gone the remembered one counts again");
    });
}

#[test]
fn a_spoilt_remember_cookie_leaves_a_good_session_active() {
    on_both(|app| {
        let cookies = cookies(&app);
        let (session, ticket) = &cookies[0];
        let reply = look(&app, &format!("{session}={ticket}; remember_token=nonsense"));
        assert_eq!(reply.status, 200);
        reply.assert_no_cookies();
        let (remember, token) = &cookies[1];
        let reply = look(&app, &format!("session=nonsense; {remember}={token}"));
        assert_eq!(reply.status, 200, "and a spoilt session costs no good remember cookie");
        assert!(!removes_cookie(&reply, remember));
    });
}

#[test]
fn a_cookie_sealed_by_another_key_has_no_user() {
    on_both(|app| {
        let other = "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o=";
        on_both_with(
            move |figment| figment.merge(("secret_key", other)),
            |foreign| {
                if foreign.on == app.on {
                    for (name, value) in StoredCredentials::of(&remembered(&foreign, "user_01")).jar
                    {
                        assert_nobody(&app, &name, &value);
                    }
                }
            },
        );
    });
}
