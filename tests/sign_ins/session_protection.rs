//! Session protection: what happens when a cookie comes from another client.

use std::net::{IpAddr, SocketAddr};

use rocket::http::{Header, Method};
use rocket::local::blocking::{Client, LocalRequest};
use vestibule_service::http::ResetConnections;

use super::helpers::{
    StoredCredentials, USER_01, agent_header, get_as, only_row, removes_cookie, rows, set_cookie,
};
use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both_with, password};

const HOME: &str = "Firefox at home";
const ELSEWHERE: &str = "curl somewhere else";

fn sign_in_as<'a>(app: &'a TestApp, agent: &str, remember: bool) -> Actor<'a> {
    let actor = app.anonymous();
    let box_ = if remember { "&remember=on" } else { "" };
    let body = format!("username=user_01&password={}{box_}", password("user_01"));
    let request = actor.request(Method::Post, "/login").header(agent_header(agent));
    let reply = actor.send(request.header(rocket::http::ContentType::Form).body(body));
    assert_eq!(reply.status, 303, "{}", reply.body);
    actor
}

/// Whether the account page offers the password form to this client.
fn fresh_as(actor: &Actor<'_>, agent: &str) -> bool {
    let reply = get_as(actor, agent, "/account");
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body.contains("action=\"/account/password\"")
}

fn with(protection: &'static str, test: impl Fn(TestApp)) {
    on_both_with(move |figment| figment.merge(("auth.session.protection", protection)), test);
}

#[test]
fn the_same_client_notices_nothing_under_any_protection() {
    for protection in ["off", "basic", "strong"] {
        for remember in [false, true] {
            with(protection, |app| {
                let person = sign_in_as(&app, HOME, remember);
                for _ in 0..3 {
                    assert!(fresh_as(&person, HOME), "{protection}, remembered: {remember}");
                }
                assert_eq!(rows(&app, USER_01).len(), 1);
            });
        }
    }
}

#[test]
fn off_lets_another_client_have_everything() {
    for remember in [false, true] {
        with("off", |app| {
            let person = sign_in_as(&app, HOME, remember);
            assert!(fresh_as(&person, ELSEWHERE));
        });
    }
}

#[test]
fn basic_lets_another_client_in_but_never_fresh() {
    for remember in [false, true] {
        with("basic", |app| {
            let person = sign_in_as(&app, HOME, remember);
            let thief = StoredCredentials::of(&person).on(&app.client);
            for _ in 0..2 {
                assert_eq!(get_as(&thief, ELSEWHERE, "/whoami").status, 200);
                assert!(!fresh_as(&thief, ELSEWHERE));
            }
            assert!(fresh_as(&person, HOME), "its own client has lost nothing");
        });
    }
}

#[test]
fn confirming_makes_the_new_client_the_sessions_own() {
    with("basic", |app| {
        let person = sign_in_as(&app, HOME, false);
        let request = person.request(Method::Post, "/reauthenticate");
        let request = request.header(agent_header(ELSEWHERE));
        let request = request.header(rocket::http::ContentType::Form).body("password=1234");
        assert_eq!(person.send(request).status, 303);
        assert!(fresh_as(&person, ELSEWHERE) && !fresh_as(&person, HOME));
    });
}

#[test]
fn strong_ends_the_sign_in_of_a_cookie_that_moved() {
    for remember in [false, true] {
        with("strong", |app| {
            let person = sign_in_as(&app, HOME, remember);
            let thief = StoredCredentials::of(&person).on(&app.client);
            let refused = get_as(&thief, ELSEWHERE, "/dashboard");
            assert_eq!((refused.status, refused.location()), (303, "/login?next=%2Fdashboard"));
            assert!(removes_cookie(&refused, "session"));
            assert_eq!(removes_cookie(&refused, "remember_token"), remember);
            assert!(thief.jar.borrow().is_empty());
            assert_eq!(rows(&app, USER_01).len(), 0);
            assert_eq!(get_as(&person, HOME, "/whoami").status, 401, "for its own client as well");
        });
    }
}

#[test]
fn strong_and_remembered_stays_signed_in_on_the_second_request_and_the_third() {
    for protection in ["basic", "strong"] {
        with(protection, |app| {
            let person = sign_in_as(&app, HOME, true);
            for restart in 0..3 {
                person.jar.borrow_mut().remove("session");
                let restored = get_as(&person, HOME, "/dashboard");
                assert_eq!(restored.status, 200, "{protection}, restart {restart}");
                assert!(set_cookie(&restored, "session").is_some());
                for _ in 0..3 {
                    let again = get_as(&person, HOME, "/dashboard");
                    assert_eq!(again.status, 200);
                    again.assert_no_cookies();
                }
            }
            assert_eq!(rows(&app, USER_01).len(), 1);
        });
    }
}

#[test]
fn a_remember_cookie_alone_is_protected_alike() {
    let outcome = |protection: &'static str, status: u16, left: usize| {
        with(protection, move |app| {
            let person = sign_in_as(&app, HOME, true);
            person.jar.borrow_mut().remove("session");
            let reply = get_as(&person, ELSEWHERE, "/dashboard");
            assert_eq!(reply.status, status, "{protection}");
            assert_eq!(removes_cookie(&reply, "remember_token"), left == 0);
            assert_eq!(rows(&app, USER_01).len(), left);
        });
    };
    outcome("off", 200, 1);
    outcome("basic", 200, 1);
    outcome("strong", 303, 0);
}

#[test]
fn an_empty_name_is_a_client_like_any_other() {
    with("strong", |app| {
        let person = app.session("user_01");
        assert_eq!(person.get("/whoami").status, 200);
        assert_eq!(get_as(&person, "somebody", "/whoami").status, 401);
    });
}

#[test]
fn tokens_are_not_bound_to_a_client() {
    with("strong", |app| {
        let program = app.token("user_01");
        for agent in [HOME, ELSEWHERE] {
            assert_eq!(get_as(&program, agent, "/api/me").status, 200);
        }
    });
}

fn from<'c>(mut request: LocalRequest<'c>, peer: &str, said: Option<&str>) -> LocalRequest<'c> {
    if let Some(said) = said {
        request.add_header(Header::new("X-Real-IP", said.to_owned()));
        request.add_header(Header::new("X-Forwarded-For", said.to_owned()));
    }
    let peer: IpAddr = peer.parse().expect("an address");
    request.remote(SocketAddr::new(peer, 4000))
}

fn sign_in_from<'a>(app: &'a TestApp, peer: &str, said: Option<&str>) -> Actor<'a> {
    let actor = app.anonymous();
    let request = from(actor.request(Method::Post, "/login"), peer, said);
    let body = "username=user_01&password=1234";
    let reply = actor.send(request.header(rocket::http::ContentType::Form).body(body));
    assert_eq!(reply.status, 303, "{}", reply.body);
    actor
}

fn visit_from(actor: &Actor<'_>, peer: &str, said: Option<&str>) -> Reply {
    actor.send(from(actor.request(Method::Get, "/whoami"), peer, said))
}

#[test]
fn another_address_is_another_client() {
    with("strong", |app| {
        let person = sign_in_from(&app, "192.0.2.1", None);
        assert_eq!(only_row(&app, USER_01).address.as_deref(), Some("192.0.2.1"));
        assert_eq!(visit_from(&person, "192.0.2.1", None).status, 200);
        assert_eq!(visit_from(&person, "192.0.2.2", None).status, 401);
    });
}

#[test]
fn another_address_of_an_ipv6_network_is_the_same_client() {
    with("strong", |app| {
        let person = sign_in_from(&app, "2001:db8:1:1::1", None);
        for same in ["2001:db8:1:1:abcd::2", "2001:db8:1:1::1"] {
            assert_eq!(visit_from(&person, same, None).status, 200, "{same}");
        }
        assert_eq!(visit_from(&person, "2001:db8:1:2::1", None).status, 401);
        let person = sign_in_from(&app, "::ffff:192.0.2.1", None);
        assert_eq!(visit_from(&person, "192.0.2.1", None).status, 200);
        assert_eq!(visit_from(&person, "::ffff:192.0.2.2", None).status, 401);
    });
}

#[test]
fn only_a_trusted_proxy_says_where_a_request_comes_from() {
    with("strong", |app| {
        let person = sign_in_from(&app, "192.0.2.1", Some("198.51.100.7"));
        assert_eq!(only_row(&app, USER_01).address.as_deref(), Some("192.0.2.1"));
        assert_eq!(visit_from(&person, "192.0.2.1", Some("203.0.113.9")).status, 200);
        // A client that knows the victim's address cannot claim it.
        let thief = StoredCredentials::of(&person).on(&app.client);
        assert_eq!(visit_from(&thief, "192.0.2.66", Some("192.0.2.1")).status, 401);
    });
}

#[test]
fn behind_a_trusted_proxy_the_client_is_the_one_that_it_names() {
    let change = |figment: rocket::figment::Figment| {
        figment
            .merge(("auth.session.protection", "strong"))
            .merge(("accounts.trusted_proxy", ["10.0.0.1", "10.1.0.0/16", "fd00::/8"]))
    };
    on_both_with(change, |app| {
        for (peer, client) in [
            ("10.1.255.254", "192.0.2.9"),
            ("::ffff:10.1.2.3", "192.0.2.9"),
            ("fd12::1", "192.0.2.9"),
            ("10.2.0.1", "10.2.0.1"),
            ("10.0.0.2", "10.0.0.2"),
            ("fe80::1", "fe80::1"),
        ] {
            sign_in_from(&app, peer, Some("192.0.2.9"));
            assert_eq!(only_row(&app, USER_01).address.as_deref(), Some(client), "{peer}");
            app.sql("DELETE FROM sign_ins");
        }
        let person = sign_in_from(&app, "10.0.0.1", Some("192.0.2.1"));
        assert_eq!(only_row(&app, USER_01).address.as_deref(), Some("192.0.2.1"));
        assert_eq!(visit_from(&person, "10.0.0.1", Some("192.0.2.1")).status, 200);
        assert_eq!(visit_from(&person, "192.0.2.66", Some("192.0.2.1")).status, 401);
        let person = sign_in_from(&app, "10.0.0.1", Some("192.0.2.1"));
        assert_eq!(visit_from(&person, "10.0.0.1", Some("192.0.2.2")).status, 401);
        // A header that is sent twice names no client.
        let person = sign_in_from(&app, "10.0.0.1", Some("192.0.2.1"));
        let mut request = person.request(Method::Get, "/whoami");
        request.add_header(Header::new("X-Real-IP", "192.0.2.1"));
        let twice = from(request, "10.0.0.1", Some("192.0.2.1"));
        assert_eq!(person.send(twice).status, 401);
    });
}

#[test]
fn a_request_whose_connection_was_reset_reaches_no_route_and_ends_no_session() {
    with("strong", |app| {
        let person = sign_in_from(&app, "192.0.2.1", None);
        let rocket = vestibule_service::app::build(app.figment(), &app.clock);
        let rocket = rocket.expect("good settings").attach(ResetConnections);
        let client = Client::untracked(rocket).expect("a launch");
        let person = person.at(&client);
        // It has no address, as a request of a test that sets none.
        person.get("/whoami").assert_problem(404, "not_found");
        assert_eq!(visit_from(&person, "192.0.2.1", None).status, 200);
    });
}
