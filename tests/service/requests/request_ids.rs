//! The id of a request: in its response, its problem, its error page and the audit log.

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::http::{Header, Method};
use serde_json::json;
use vestibule_service::accounts::audit::{Verified, verify};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};
use crate::support::process::Home;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn behind_proxy(figment: Figment) -> Figment {
    figment.merge(Serialized::default("accounts.trusted_proxy", ["10.0.0.1"]))
}

fn id_of(reply: &Reply) -> &str {
    let mut ids = reply.headers.iter().filter(|(name, _)| name == "x-request-id");
    let id = ids.next().expect("an id").1.as_str();
    assert_eq!(ids.next(), None, "one id");
    id
}

/// Sends a request with these headers and returns its id.
fn sent(actor: &Actor<'_>, headers: &[(&'static str, &str)]) -> String {
    let mut request = actor.request(Method::Get, "/api/nothing");
    for (name, value) in headers {
        request.add_header(Header::new(*name, (*value).to_owned()));
    }
    let reply = actor.send(request);
    assert_eq!(reply.json()["request_id"], id_of(&reply), "{}", reply.body);
    id_of(&reply).to_owned()
}

#[track_caller]
fn assert_made(id: &str) {
    assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
}

#[test]
fn the_id_of_a_trusted_proxy_is_kept_and_that_of_any_other_client_is_replaced() {
    on_both_with(behind_proxy, |app| {
        let (proxy, other) = (app.anonymous().from("10.0.0.1"), app.anonymous().from("10.0.0.2"));
        let trace = format!("00-{TRACE}-00f067aa0ba902b7-01");
        assert_eq!(sent(&proxy, &[("X-Request-Id", "of:the-proxy")]), "of:the-proxy");
        assert_eq!(sent(&proxy, &[("traceparent", &trace)]), TRACE);
        assert_eq!(sent(&proxy, &[("X-Request-Id", "a"), ("traceparent", &trace)]), "a");
        assert_eq!(sent(&proxy, &[("X-Request-Id", "a b"), ("traceparent", &trace)]), TRACE);
        for bad in ["", "a b", "a\"b", "<b>", "ä", "a,b", &"x".repeat(65)] {
            assert_made(&sent(&proxy, &[("X-Request-Id", bad)]));
        }
        assert_made(&sent(&proxy, &[("X-Request-Id", "one"), ("X-Request-Id", "two")]));
        assert_made(&sent(&proxy, &[("traceparent", TRACE)]));
        assert_made(&sent(&proxy, &[]));
        assert_made(&sent(&other, &[("X-Request-Id", "mine"), ("traceparent", &trace)]));
        assert_ne!(sent(&proxy, &[]), sent(&proxy, &[]));
    });
}

#[test]
fn without_a_trusted_proxy_no_header_is_believed() {
    on_both(|app| {
        let actor = app.anonymous().from("127.0.0.1");
        assert_made(&sent(&actor, &[("X-Request-Id", "mine")]));
    });
}

#[test]
fn the_error_page_of_an_outage_shows_the_id_and_that_of_a_mistake_does_not() {
    on_both(|app| {
        let missing = app.anonymous().get("/nothing");
        missing.assert_page(404);
        assert!(!missing.body.contains(id_of(&missing)), "{}", missing.body);
        let person = app.session("admin");
        app.sql("DROP TABLE events; DROP TABLE event_chain;");
        let failed = person.get("/admin/events");
        failed.assert_page(503);
        assert!(failed.body.contains(id_of(&failed)), "{}", failed.body);
    });
}

/// The events of the audit log, each with the id of its request.
fn audited(app: &TestApp) -> Vec<(String, String)> {
    let events = app.token("admin").get("/api/admin/events").json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("none").to_owned();
    let events = events["events"].as_array().expect("a list").iter();
    events.map(|event| (text(&event["event"]), text(&event["request_id"]))).collect()
}

#[test]
fn a_row_of_the_audit_log_has_the_id_of_its_request() {
    on_both_with(
        |figment| figment.merge(Serialized::default("auth.throttle.failures", 2)),
        |app| {
            let (person, admin) = (app.session("user_01"), app.token("admin"));
            let id = app.id("user_02");
            let changed =
                admin.patch_json(&format!("/api/users/{id}"), &json!({"full_name": "Two"}));
            let fields = [("current_password", "1234"), ("new_password", "a long new passphrase")];
            let password = person.post_form("/account/password", &fields);
            assert_eq!(password.status, 303, "{}", password.body);
            let registered = app.anonymous().post_json(
                "/api/register",
                &json!({"username": "newcomer", "password": "a long new passphrase"}),
            );
            let wrong = json!({"username": "user_02", "password": "wrong"});
            let tried: Vec<_> =
                (0..3).map(|_| app.anonymous().post_json("/api/login", &wrong)).collect();
            tried[2].assert_problem(429, "too_many_attempts");
            let rows = audited(&app);
            for (event, reply) in [
                ("full_name_changed", &changed),
                ("password_changed", &password),
                ("registered", &registered),
                ("throttled", &tried[2]),
            ] {
                let row = (event.to_owned(), id_of(reply).to_owned());
                assert!(rows.contains(&row), "{row:?}: {rows:?}");
            }
            let verified = verify(&mut app.connection(), None).expect("an answer");
            assert!(matches!(verified, Verified::Whole { .. }), "{verified:?}");
        },
    );
}

#[test]
fn the_log_lines_of_a_request_have_its_id_and_so_has_one_that_cannot_be_parsed() {
    let home = Home::new();
    let service = home.serve(&[]);
    let login = "{\"username\": \"user_01\", \"password\": \"1234\"}";
    let signed_in =
        service.send("POST", "/api/login", &[("Content-Type", "application/json")], login);
    let unparsed = service.send("TEAPOT", "/", &[], "");
    assert_eq!(unparsed.status, 400, "{}", unparsed.body);
    let id = |reply: &Reply| reply.header("x-request-id").expect("an id").to_owned();
    let (signed_in, unparsed_id) = (id(&signed_in), id(&unparsed));
    service.stop();
    let log = home.log();
    let lines_of = |id: &str| log.iter().filter(|line| line["request_id"] == id).count();
    assert_eq!((lines_of(&signed_in), lines_of(&unparsed_id)), (2, 1), "{log:?}");
}
