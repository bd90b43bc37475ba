//! Scripts of other origins that call the API.

use rocket::figment::Figment;
use rocket::http::{ContentType, Header, Method};
use serde_json::{Value, json};
use vestibule_service::settings::Settings;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{figment, on_both, on_both_with};

const APP: &str = "https://app.example";
const OTHER: &str = "https://other.example";

/// The headers of the protocol.
const HEADERS: [&str; 6] = [
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
    "access-control-allow-credentials",
];

fn allow(origin: &'static str) -> impl Fn(Figment) -> Figment {
    move |figment| figment.merge(("api.cors_origins", [origin]))
}

fn get(actor: &Actor<'_>, path: &str, origin: &str) -> Reply {
    let request = actor.request(Method::Get, path);
    actor.send(request.header(Header::new("Origin", origin.to_owned())))
}

fn preflight(actor: &Actor<'_>, path: &str, origin: &str) -> Reply {
    let request = actor.request(Method::Options, path);
    let request = request.header(Header::new("Origin", origin.to_owned()));
    let request = request.header(Header::new("Access-Control-Request-Method", "PATCH"));
    actor.send(request.header(Header::new("Access-Control-Request-Headers", "authorization")))
}

/// What `Vary` names.
fn vary(reply: &Reply) -> String {
    let fields = reply.headers.iter().filter(|(name, _)| name == "vary");
    fields.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn assert_none(reply: &Reply) {
    for name in HEADERS {
        assert_eq!(reply.header(name), None, "{name}");
    }
}

#[test]
fn without_the_setting_no_origin_is_allowed() {
    on_both(|app| {
        let program = app.token("user_01");
        assert_none(&get(&program, "/api/me", APP));
        assert!(!vary(&get(&program, "/api/me", APP)).contains("Origin"));
        let refused = preflight(&program, "/api/me", APP);
        refused.assert_problem(405, "method_not_allowed");
        assert_none(&refused);
    });
}

#[test]
fn a_preflight_is_answered_before_any_guard() {
    on_both_with(allow(APP), |app| {
        for (path, methods) in [
            ("/api/me", "DELETE, GET, HEAD, PATCH"),
            ("/api/login", "POST"),
            ("/api/users/7?x=1", "DELETE, GET, HEAD, PATCH"),
        ] {
            let reply = preflight(&app.anonymous(), path, APP);
            assert_eq!((reply.status, reply.body.as_str()), (204, ""), "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), Some(APP));
            assert_eq!(reply.header("access-control-allow-methods"), Some(methods), "{path}");
            let allowed = reply.header("access-control-allow-headers");
            assert_eq!(allowed, Some("Authorization, Content-Type, Idempotency-Key"));
            assert_eq!(reply.header("access-control-max-age"), Some("600"));
            assert_eq!(reply.header("access-control-allow-credentials"), None);
            assert_eq!(reply.header("content-type"), None);
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert!(vary(&reply).contains("Origin"), "{path}");
            reply.assert_no_cookies();
        }
        preflight(&app.anonymous(), "/api/nothing", APP).assert_problem(404, "not_found");
        let plain = app.anonymous();
        for origin in [None, Some(Header::new("Origin", APP))] {
            let mut request = plain.request(Method::Options, "/api/me");
            if let Some(origin) = origin {
                request.add_header(origin);
            }
            plain.send(request).assert_problem(405, "method_not_allowed");
        }
    });
}

#[test]
fn every_response_says_so_also_a_refusal() {
    on_both_with(allow(APP), |app| {
        let (program, anonymous) = (app.token("user_01"), app.anonymous());
        for (reply, status) in [
            (get(&program, "/api/me", APP), 200),
            (get(&anonymous, "/api/me", APP), 401),
            (get(&anonymous.with_token("x.y.z"), "/api/me", APP), 401),
            (get(&program, "/api/users", APP), 403),
            (get(&program, "/api/nothing", APP), 404),
        ] {
            assert_eq!(reply.status, status);
            assert_eq!(reply.header("access-control-allow-origin"), Some(APP), "{status}");
            let exposed = reply.header("access-control-expose-headers");
            assert_eq!(exposed, Some("Link, Retry-After, WWW-Authenticate, X-Request-Id"));
            assert_eq!(reply.header("access-control-allow-credentials"), None);
            assert!(vary(&reply).contains("Origin"), "{status}: {}", vary(&reply));
            reply.assert_no_cookies();
        }
        assert!(vary(&get(&program, "/api/me", APP)).contains("Authorization"));
    });
}

#[test]
fn another_origin_and_another_path_get_nothing() {
    on_both_with(allow(APP), |app| {
        let program = app.token("user_01");
        for origin in [OTHER, "null", "https://app.example.other", "http://app.example", ""] {
            let reply = get(&program, "/api/me", origin);
            assert_none(&reply);
            // A cache must not give this response to the allowed origin.
            assert!(vary(&reply).contains("Origin"), "{origin}");
            assert_none(&preflight(&program, "/api/me", origin));
        }
        for path in ["/", "/login", "/whoami", "/health", "/apiary"] {
            assert_none(&get(&program, path, APP));
        }
    });
}

#[test]
fn all_origins_are_allowed_by_a_star_which_no_cache_must_tell_apart() {
    on_both_with(allow("*"), |app| {
        let reply = get(&app.token("user_01"), "/api/me", OTHER);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert!(!vary(&reply).contains("Origin"), "{}", vary(&reply));
        assert_eq!(preflight(&app.anonymous(), "/api/me", OTHER).status, 204);
    });
}

#[test]
fn where_tokens_are_in_cookies_a_listed_origin_sends_and_keeps_them_and_no_other_does() {
    let settings = |figment: Figment| {
        allow(APP)(figment).merge(("auth.token.locations", ["header", "cookies"]))
    };
    on_both_with(settings, |app| {
        let browser = app.token_cookies("user_01");
        let asked = preflight(&app.anonymous(), "/api/me", APP);
        let allowed = asked.header("access-control-allow-headers");
        assert_eq!(allowed, Some("Authorization, Content-Type, Idempotency-Key, X-CSRF-TOKEN"));
        let refused = get(&app.anonymous(), "/api/me", APP);
        for reply in [&asked, &get(&browser, "/api/me", APP), &refused] {
            assert_eq!(reply.header("access-control-allow-origin"), Some(APP));
            assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
            assert!(vary(reply).contains("Origin"));
        }
        for reply in [get(&browser, "/api/me", OTHER), preflight(&browser, "/api/me", OTHER)] {
            assert_none(&reply);
        }
        let request = browser.request(Method::Patch, "/api/me");
        let request = request.header(Header::new("Origin", APP)).header(ContentType::JSON);
        assert_eq!(browser.send(request.body(r#"{"full_name":"Ann"}"#)).status, 200);
    });
    // Nor where cookies cannot be read.
    on_both_with(allow(APP), |app| {
        assert_eq!(get(&app.anonymous(), "/api/me", APP).header(HEADERS[5]), None);
    });
}

#[test]
fn an_allowed_origin_ends_no_session() {
    on_both_with(allow(APP), |app| {
        let browser = app.session("user_01");
        let request = browser.request(Method::Post, "/api/logout");
        let refused = browser.send(request.header(Header::new("Origin", APP)));
        refused.assert_problem(403, "cross_origin");
        assert_eq!(browser.get("/dashboard").status, 200);
    });
}

#[test]
fn what_no_browser_sends_as_an_origin_stops_the_start() {
    let errors = |settings: &[(&str, Value)]| {
        let all = settings.iter();
        let figment = all.fold(figment("sqlite://a.sqlite3"), |figment, (key, value)| {
            figment.merge((*key, value))
        });
        Settings::read(&figment).map(|_| ()).map_err(|errors| errors[0].to_string())
    };
    let origins = |list: Value| ("api.cors_origins", list);
    assert_eq!(errors(&[origins(json!([APP, "http://localhost:3000"]))]), Ok(()));
    assert_eq!(errors(&[origins(json!(["*"]))]), Ok(()));
    for (list, problem) in [
        (json!(["https://app.example/"]), "must be origins as browsers send them"),
        (json!(["*", APP]), "must hold \"*\" alone"),
        (json!("*"), "api.cors_origins"),
    ] {
        let error = errors(&[origins(list.clone())]).expect_err("a wrong setting");
        assert!(error.contains("api.cors_origins") && error.contains(problem), "{list}: {error}");
    }
    let in_cookies = ("auth.token.locations", json!(["header", "cookies"]));
    let error = errors(&[origins(json!(["*"])), in_cookies.clone()]).expect_err("cookies");
    assert!(error.contains("where tokens are in cookies"), "{error}");
    assert_eq!(errors(&[origins(json!([APP])), in_cookies]), Ok(()));
    let error = errors(&[("api.cors_origin", json!([APP]))]).expect_err("a wrong key");
    assert!(error.contains("api.cors_origin"), "{error}");
}
