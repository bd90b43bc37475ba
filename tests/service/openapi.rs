//! The OpenAPI document: which routes it names, and that responses look as it says.

use std::collections::BTreeSet;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::http::{ContentType, Header, Method};
use rocket::local::blocking::Client;
use serde_json::{Value, json};

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

fn document(app: &TestApp) -> Value {
    let reply = app.anonymous().get("/api/openapi.json");
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

/// Signs a sample user in.
type SignIn = for<'a> fn(&'a TestApp, &str) -> Actor<'a>;

/// Runs a test with tokens in the header and in cookies.
fn in_each_location(test: impl Fn(TestApp, SignIn)) {
    on_both(|app| test(app, TestApp::token));
    for locations in [&["cookies"][..], &["header", "cookies"]] {
        let settings = |figment: Figment| figment.merge(("auth.token.locations", locations));
        on_both_with(settings, |app| test(app, TestApp::token_cookies));
    }
}

/// Each operation as `GET /api/me`, with its description.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, methods): (&String, &'_ Value)| {
        let methods = methods.as_object().expect("methods").keys();
        methods.map(|method| (method.to_ascii_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    let names = paths.iter().flat_map(of_path);
    let described = |(method, path): (String, String)| {
        let operation = &document["paths"][&path][method.to_ascii_lowercase()];
        (format!("{method} {path}"), operation)
    };
    names.map(described).collect()
}

#[test]
fn the_document_names_every_route_that_is_no_page_and_no_other() {
    for mode in ["both", "token"] {
        on_both_with(
            |figment: Figment| figment.merge(("auth.mode", mode)),
            |app| {
                let document = document(&app);
                let named: BTreeSet<_> =
                    operations(&document).into_iter().map(|(name, _)| name).collect();
                let is_page = |path: &str| {
                    path == "/.well-known/change-password"
                        || !["/api/", "/health", "/.well-known/", "/whoami"]
                            .iter()
                            .any(|start| path.starts_with(start))
                };
                let routes = app.client.rocket().routes();
                let mounted: BTreeSet<_> = routes
                    .map(|route| (route.method, route.uri.path().to_owned()))
                    .filter(|(_, path)| !is_page(path))
                    .map(|(method, path)| format!("{method} {path}"))
                    .map(|name| name.replace('<', "{").replace('>', "}"))
                    .collect();
                assert_eq!(named, mounted);
                assert!(named.len() > 20, "{named:?}");
            },
        );
    }
}

#[test]
fn guards_are_told_as_security_with_their_scopes() {
    on_both(|app| {
        let document = document(&app);
        for (method, path, security) in [
            ("post", "/api/login", json!([])),
            ("get", "/api/me", json!([{ "token": [] }])),
            ("get", "/api/events", json!([{ "token": ["account"] }])),
            ("patch", "/api/users/{id}", json!([{ "token": ["users:write"] }])),
            ("get", "/whoami", json!([{ "session": [] }, { "token": [] }])),
        ] {
            assert_eq!(document["paths"][path][method]["security"], security, "{method} {path}");
        }
        let schemes = &document["components"]["securitySchemes"];
        assert_eq!(
            (&schemes["token"]["scheme"], &schemes["token"]["type"]),
            (&json!("bearer"), &json!("http"))
        );
    });
}

#[test]
fn a_token_in_a_cookie_is_told_with_its_csrf_value_and_the_cookies_of_responses() {
    let security = |settings: Value, method: &str, path: &str| {
        let found = std::cell::RefCell::default();
        on_both_with(
            |figment: Figment| figment.merge(("auth.token", settings.clone())),
            |app| {
                found.replace(document(&app)["paths"][path][method]["security"].clone());
            },
        );
        found.into_inner()
    };
    let only = json!({ "locations": ["cookies"] });
    let by_cookie = json!([{ "cookie": [], "csrf": [] }]);
    assert_eq!(
        security(only.clone(), "patch", "/api/me"),
        json!([{ "cookie": ["account"], "csrf": [] }])
    );
    assert_eq!(security(only.clone(), "get", "/api/me"), json!([{ "cookie": [] }]));
    assert_eq!(security(only.clone(), "post", "/api/confirm")[0]["csrf"], by_cookie[0]["csrf"]);
    // The last alternative is a refresh token in the body.
    let refresh = json!([{ "refreshCookie": [], "csrf": [] }, {}]);
    assert_eq!(security(only, "post", "/api/refresh"), refresh);
    let unprotected = json!({ "locations": ["cookies"], "cookies": { "csrf": false } });
    assert_eq!(security(unprotected, "post", "/api/refresh"), json!([{ "refreshCookie": [] }, {}]));
    let both = json!({ "locations": ["header", "cookies"] });
    let either = json!([{ "token": [] }, { "refreshCookie": [], "csrf": [] }, {}]);
    assert_eq!(security(both, "post", "/api/refresh"), either);
}

/// Follows a reference.
fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            document.pointer(reference.trim_start_matches('#')).expect("a schema that exists")
        }
        None => schema,
    }
}

/// Checks names and types of a value, as far as this service's schemas go.
fn assert_matches(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = resolve(document, schema);
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let is_null = |one: &&Value| one["type"] == "null";
        match alternatives.iter().find(is_null) {
            Some(_) if value.is_null() => {}
            _ => {
                let mut of_kind = alternatives.iter().filter(|one| !is_null(one));
                let one = of_kind.find(|one| {
                    let of_kind = one["type"].is_null() || one["type"] == kind;
                    let required = resolve(document, one)["required"].as_array();
                    let mut names = required.into_iter().flatten().filter_map(Value::as_str);
                    of_kind && names.all(|name| value.get(name).is_some())
                });
                let one = one.unwrap_or_else(|| panic!("{place} is {value}"));
                assert_matches(document, one, value, place);
            }
        }
        return;
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    assert!(types.contains(&kind.into()), "{place} is {kind} and not {types:?}");
    if let Some(names) = schema["enum"].as_array() {
        assert!(names.contains(value), "{place} is {value}");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        assert_matches(document, &schema["items"], item, &format!("{place}[{index}]"));
    }
    let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(fields.contains_key(name.as_str().expect("a name")), "{place} lacks {name}");
    }
    for (name, field) in fields {
        let property = properties.get(name).unwrap_or_else(|| panic!("{place}.{name} is unknown"));
        assert_matches(document, property, field, &format!("{place}.{name}"));
    }
}

#[test]
fn every_body_has_an_example_that_fits_its_schema() {
    for locations in [&["header"][..], &["header", "cookies"]] {
        let settings = |figment: Figment| figment.merge(("auth.token.locations", locations));
        on_both_with(settings, |app| {
            let document = document(&app);
            let named = document["components"]["schemas"].as_object().expect("schemas");
            let mut bodies = BTreeSet::new();
            for (_, operation) in operations(&document) {
                let responses = operation["responses"].as_object().expect("responses").values();
                let all = responses.chain([&operation["requestBody"]]);
                bodies.extend(all.flat_map(|one| names_in(&one["content"])));
            }
            assert!(bodies.len() > 30, "{bodies:?}");
            for name in bodies {
                let example = &named[name]["example"];
                assert!(example.is_object(), "{name} has no example");
                assert_matches(&document, &named[name], example, name);
            }
        });
    }
}

/// The schemas of bodies or their items: not those of their fields.
fn names_in(content: &Value) -> Vec<&str> {
    match content {
        Value::Object(fields) => match fields.get("$ref").and_then(Value::as_str) {
            Some(reference) => reference.rsplit('/').take(1).collect(),
            None => fields.values().flat_map(names_in).collect(),
        },
        Value::Array(all) => all.iter().flat_map(names_in).collect(),
        _ => Vec::new(),
    }
}

/// Checks a response against the operation.
fn assert_described(document: &Value, operation: &str, reply: &Reply) {
    let (method, path) = operation.split_once(' ').expect("method and path");
    let described = &document["paths"][path][method.to_ascii_lowercase()]["responses"];
    let response = &described[reply.status.to_string()];
    assert!(response.is_object(), "{operation} {}: {}", reply.status, reply.body);
    let is_told = response["headers"]["Set-Cookie"].is_object();
    assert!(is_told || reply.cookies().is_empty(), "{operation}: {:?}", reply.cookies());
    let Some(kind) = reply.header("content-type") else {
        assert!(response["content"].is_null(), "{operation} {}", reply.status);
        return;
    };
    let content = &response["content"][kind.split(';').next().expect("a type").trim()];
    assert!(content.is_object(), "{operation} {}: {kind}", reply.status);
    if kind.contains("json") {
        assert_matches(document, &content["schema"], &reply.json(), operation);
    }
    if reply.status >= 400 {
        let example = &content["examples"][reply.code()]["value"];
        assert_eq!(example["title"], reply.json()["title"], "{operation} {}", reply.body);
        assert_eq!(example["code"], reply.code(), "{operation} {}", reply.body);
    }
}

#[test]
fn what_reads_responds_as_the_document_says() {
    in_each_location(|app, sign_in| {
        let document = document(&app);
        let (admin, user) = (sign_in(&app, "admin"), sign_in(&app, "user_01"));
        admin.post_json("/api/keys", &json!({ "label": "nightly", "scopes": ["sign-ins"] }));
        let id = app.id("user_01");
        for (operation, _) in operations(&document) {
            let Some(path) = operation.strip_prefix("GET ") else { continue };
            let path = path.replace("{id}", &id.to_string());
            for reply in [admin.get(&path), user.get(&path), app.anonymous().get(&path)] {
                assert_described(&document, &operation, &reply);
            }
            assert_eq!(admin.get(&path).status, 200, "{operation}");
        }
    });
}

#[test]
fn what_changes_something_responds_as_the_document_says() {
    in_each_location(|app, sign_in| {
        let document = document(&app);
        let (admin, user) = (sign_in(&app, "admin"), sign_in(&app, "user_01"));
        let check = |operation: &str, status: u16, reply: Reply| {
            assert_eq!(reply.status, status, "{operation}: {}", reply.body);
            assert_described(&document, operation, &reply);
        };
        let login = |password: &str| {
            app.anonymous()
                .post_json("/api/login", &json!({ "username": "user_01", "password": password }))
        };
        check("POST /api/login", 200, login("1234"));
        check("POST /api/login", 401, login("wrong"));
        let register = json!({ "username": "ann", "password": "correct horse battery" });
        check("POST /api/register", 201, app.anonymous().post_json("/api/register", &register));
        let other = json!({ "username": "ann", "password": "another horse battery" });
        check("POST /api/register", 409, app.anonymous().post_json("/api/register", &other));
        let admin_role =
            json!({ "username": "b", "password": "another horse battery", "role": "admin" });
        check("POST /api/register", 403, app.anonymous().post_json("/api/register", &admin_role));

        // A key is taken from a header only.
        if document["paths"]["/api/keys"].is_object() {
            let key = json!({ "label": "a", "scopes": [], "expires_in": "30 days" });
            let made = user.post_json("/api/keys", &key);
            let key_id = made.json()["id"].as_str().expect("an id").to_owned();
            check("POST /api/keys", 201, made);
            check("POST /api/keys", 422, user.post_json("/api/keys", &json!({ "label": "" })));
            let path = format!("/api/keys/{key_id}");
            check("DELETE /api/keys/{id}", 204, user.delete(&path));
            check("DELETE /api/keys/{id}", 404, user.delete("/api/keys/none"));
        }
        check("DELETE /api/sign-ins/{id}", 404, user.delete("/api/sign-ins/none"));
        check("DELETE /api/sign-ins", 204, user.delete("/api/sign-ins"));

        let passwords = json!({ "current_password": "wrong", "new_password": "new horse battery" });
        check("POST /api/password", 422, user.post_json("/api/password", &passwords));
        let passwords = json!({ "current_password": "1234", "new_password": "new horse battery" });
        check("POST /api/password", 204, user.post_json("/api/password", &passwords));

        let ann = format!("/api/users/{}", app.id("ann"));
        let (change, user_path) = ("PATCH /api/users/{id}", "DELETE /api/users/{id}");
        check(change, 200, admin.patch_json(&ann, &json!({ "full_name": "Ann" })));
        check(change, 422, admin.patch_json(&ann, &json!({})));
        check(change, 403, user.patch_json(&ann, &json!({ "active": false })));
        check(change, 404, admin.patch_json("/api/users/999999", &json!({ "active": false })));
        let own = format!("/api/users/{}", app.id("admin"));
        check(change, 409, admin.patch_json(&own, &json!({ "active": false })));
        let link = "POST /api/users/{id}/reset-link";
        check(link, 201, admin.post(&format!("{ann}/reset-link")));
        check(link, 404, admin.post("/api/users/999999/reset-link"));
        check(link, 403, user.post(&format!("{ann}/reset-link")));
        let add = |body| admin.post_json("/api/users", &body);
        check("POST /api/users", 201, add(json!({ "username": "ben" })));
        let body = json!({ "username": "cat", "password": "correct horse", "role": "user" });
        check("POST /api/users", 201, add(body));
        check("POST /api/users", 409, add(json!({ "username": "ben" })));
        check("POST /api/users", 422, add(json!({ "username": "" })));
        let one = format!("{own}/sign-ins/none");
        check("DELETE /api/users/{id}/sign-ins/{sign_in}", 404, admin.delete(&one));
        check("GET /api/users/{id}/sign-ins", 200, admin.get(&format!("{own}/sign-ins")));
        check("GET /api/users/{id}/sign-ins", 404, admin.get("/api/users/999999/sign-ins"));
        check("DELETE /api/users/{id}/sign-ins", 204, admin.delete(&format!("{ann}/sign-ins")));
        check(user_path, 204, admin.delete(&ann));
        check(user_path, 404, admin.delete(&ann));
        check(user_path, 409, admin.delete(&own));
        let introspect = "POST /api/introspect";
        let of = |token: &str| admin.post_form("/api/introspect", &[("token", token)]);
        check(introspect, 200, of("none"));
        check(introspect, 422, of(""));
        check(introspect, 403, user.post_form("/api/introspect", &[("token", "none")]));
        if let Some(token) = &admin.token {
            assert_eq!(of(token).json()["active"], true);
            check(introspect, 200, of(token));
        }
        check("PATCH /api/me", 200, user.patch_json("/api/me", &json!({ "full_name": "U" })));
        check("PATCH /api/me", 422, user.patch_json("/api/me", &json!({ "id": 999 })));
        let confirm = json!({ "password": "new horse battery" });
        check("POST /api/confirm", 200, user.post_json("/api/confirm", &confirm));
        let confirm = json!({ "password": "wrong" });
        check("POST /api/confirm", 422, user.post_json("/api/confirm", &confirm));
        let pair = login("new horse battery").json();
        if pair["refresh_token"].is_string() {
            let refresh = json!({ "refresh_token": pair["refresh_token"] });
            check("POST /api/refresh", 200, app.anonymous().post_json("/api/refresh", &refresh));
        }
        if user.token.is_none() {
            check("POST /api/refresh", 200, user.post("/api/refresh"));
            let other = user.fresh();
            other.jar.replace(user.jar.borrow().clone());
            other.jar.borrow_mut().remove("csrf_access_token");
            check("PATCH /api/me", 401, other.patch_json("/api/me", &json!({})));
        }
        check("POST /api/logout", 422, user.post("/api/logout?all=maybe"));
        check("POST /api/logout", 204, user.post("/api/logout"));
        check("POST /api/logout", 401, user.post("/api/logout"));
    });
}

/// Sends something that the API refuses, as `user_01`.
type Provoke = fn(&TestApp, &Actor<'_>) -> Reply;

/// A code, the operation that responds with it, and how.
type Refusal = (&'static str, &'static str, Provoke);

/// Codes of the document that no request of one client causes: every hasher must be busy.
const NOT_PROVOKED: [&str; 1] = ["busy"];

fn of_credentials() -> Vec<Refusal> {
    vec![
        ("credentials_missing", "GET /api/me", |app, _| app.anonymous().get("/api/me")),
        ("malformed_authorization", "GET /api/me", |app, _| {
            app.anonymous().get_with("/api/me", "Authorization", "Bearer a b")
        }),
        ("ambiguous_credentials", "GET /api/me", |_, user| {
            user.get_with("/api/me", "Authorization", "Bearer twice")
        }),
        ("token_invalid", "GET /api/me", |app, _| {
            app.anonymous().get_with("/api/me", "Authorization", "Bearer a.b.c")
        }),
        ("token_revoked", "GET /api/me", |app, _| {
            let ended = app.token("user_02");
            assert_eq!(ended.post("/api/logout").status, 204);
            ended.get("/api/me")
        }),
        ("wrong_token_type", "POST /api/refresh", |_, user| user.post("/api/refresh")),
        ("csrf_missing", "PATCH /api/me", |app, _| {
            let browser = app.token_cookies("user_01");
            browser.jar.borrow_mut().remove("csrf_access_token");
            browser.patch_json("/api/me", &json!({}))
        }),
        ("csrf_mismatch", "PATCH /api/me", |app, _| {
            let browser = app.token_cookies("user_01");
            browser.jar.borrow_mut().insert("csrf_access_token".to_owned(), "wrong".to_owned());
            browser.patch_json("/api/me", &json!({}))
        }),
        ("cross_origin", "POST /api/logout", |app, _| {
            let browser = app.session("user_01");
            let request = browser.request(Method::Post, "/api/logout");
            browser.send(request.header(Header::new("Origin", "https://other.example")))
        }),
        ("insufficient_scope", "GET /api/sign-ins", |_, user| {
            let key = user.post_json("/api/keys", &json!({ "label": "a", "scopes": [] })).json();
            user.with_token(key["key"].as_str().expect("a key")).get("/api/sign-ins")
        }),
        ("forbidden", "GET /api/users", |_, user| user.get("/api/users")),
    ]
}

fn of_sign_in() -> Vec<Refusal> {
    vec![
        ("bad_credentials", "POST /api/login", |app, _| log_in(app, "none", "wrong")),
        ("account_inactive", "POST /api/login", |app, _| {
            app.sql("UPDATE users SET active = FALSE WHERE username = 'user_02'");
            log_in(app, "user_02", "5678")
        }),
        ("too_many_attempts", "POST /api/login", |app, _| {
            (0..3).for_each(|_| drop(log_in(app, "another", "wrong")));
            log_in(app, "another", "wrong")
        }),
        ("second_factor_required", "DELETE /api/me/second-factor", |app, user| {
            // Signed in before the factor was there.
            app.sql("UPDATE users SET second_factors = 1 WHERE username = 'user_01'");
            let reply = user.at(&app.neighbour()).delete("/api/me/second-factor");
            app.sql("UPDATE users SET second_factors = 0 WHERE username = 'user_01'");
            reply
        }),
        ("second_factor_setup_required", "GET /api/me", |app, user| {
            let figment = app.figment().merge(("accounts.second_factor", "everybody"));
            let rocket = vestibule_service::app::build(figment, &app.clock);
            let client = Client::untracked(rocket.expect("good settings")).expect("a launch");
            user.at(&client).get("/api/me")
        }),
        ("insecure_connection", "POST /api/login", |app, _| {
            let browser = app.anonymous();
            let request = browser.request(Method::Post, "/api/login").header(ContentType::JSON);
            let body = json!({ "username": "user_01", "password": "1234", "cookies": true });
            let request = request.header(Header::new("Origin", "http://id.example"));
            browser.send(request.body(body.to_string()))
        }),
    ]
}

fn of_requests() -> Vec<Refusal> {
    vec![
        ("malformed_body", "POST /api/login", |app, _| {
            let visitor = app.anonymous();
            let request = visitor.request(Method::Post, "/api/login").header(ContentType::JSON);
            visitor.send(request.body("{"))
        }),
        ("unsupported_media_type", "POST /api/login", |app, _| {
            app.anonymous().post_form("/api/login", &[("username", "user_01")])
        }),
        ("too_large", "POST /api/login", |app, _| log_in(app, &"a".repeat(2 << 20), "")),
        ("invalid_field", "GET /api/events", |_, user| user.get("/api/events?before=x")),
        ("not_found", "DELETE /api/keys/{id}", |_, user| user.delete("/api/keys/none")),
        ("username_taken", "POST /api/register", |app, _| {
            let body = json!({ "username": "user_01", "password": "another horse battery" });
            app.anonymous().post_json("/api/register", &body)
        }),
        ("already_made", "POST /api/keys", |_, user| {
            let ask = || {
                let request = user.request(Method::Post, "/api/keys").header(ContentType::JSON);
                let request = request.header(Header::new("Idempotency-Key", "once"));
                user.send(request.body(json!({ "label": "a", "scopes": [] }).to_string()))
            };
            assert_eq!(ask().status, 201);
            ask()
        }),
        ("last_administrator", "DELETE /api/users/{id}", |app, _| {
            app.token("admin").delete(&format!("/api/users/{}", app.id("admin")))
        }),
    ]
}

/// Each leaves the application in another state, so they come last and in this order.
fn of_time() -> Vec<Refusal> {
    vec![
        ("fresh_login_required", "POST /api/keys", |app, user| {
            app.clock.advance(Duration::from_secs(11 * 60));
            user.post_json("/api/keys", &json!({ "label": "a", "scopes": [] }))
        }),
        ("token_expired", "GET /api/me", |app, user| {
            app.clock.advance(Duration::from_secs(5 * 60));
            user.get("/api/me")
        }),
        ("unavailable", "GET /health/ready", |app, _| {
            app.client.rocket().shutdown().notify();
            app.anonymous().get("/health/ready")
        }),
    ]
}

fn log_in(app: &TestApp, username: &str, password: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    app.anonymous().post_json("/api/login", &body)
}

/// The codes of which the document has an example.
fn codes(document: &Value) -> BTreeSet<&str> {
    let responses = operations(document).into_iter().flat_map(|(_, operation)| {
        operation["responses"].as_object().into_iter().flat_map(serde_json::Map::values)
    });
    let examples = responses
        .filter_map(|one| one["content"]["application/problem+json"]["examples"].as_object());
    examples.flat_map(|examples| examples.keys().map(String::as_str)).collect()
}

#[test]
fn every_refusal_has_the_body_that_the_document_shows_for_its_code() {
    let settings = |figment: Figment| {
        figment
            .merge(("auth.token.locations", ["header", "cookies"]))
            .merge(("auth.session.secure", true))
            .merge(("auth.throttle.failures", 3))
    };
    on_both_with(settings, |app| {
        let (document, user) = (document(&app), app.token("user_01"));
        let mut provoked: BTreeSet<_> = NOT_PROVOKED.into();
        let all = [of_credentials(), of_sign_in(), of_requests(), of_time()];
        for (code, operation, send) in all.into_iter().flatten() {
            let reply = send(&app, &user);
            assert_eq!(reply.code(), code, "{}", reply.body);
            assert_described(&document, operation, &reply);
            // Their sentences say which field, place or key.
            if !["invalid_field", "malformed_body", "already_made"].contains(&code) {
                let pointer =
                    format!("/content/application~1problem+json/examples/{code}/value/detail");
                let (method, path) = operation.split_once(' ').expect("method and path");
                let responses = &document["paths"][path][method.to_ascii_lowercase()]["responses"];
                let detail = responses[reply.status.to_string()].pointer(&pointer);
                assert_eq!(detail, Some(&reply.json()["detail"]), "{code}");
            }
            assert!(provoked.insert(code), "{code} twice");
        }
        assert_eq!(provoked, codes(&document));
    });
}

#[test]
fn the_page_shows_every_operation_and_loads_nothing_from_elsewhere() {
    on_both(|app| {
        let document = document(&app);
        let page = app.anonymous().get("/api/docs");
        page.assert_page(200);
        for (name, operation) in operations(&document) {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(page.body.contains(&format!("id=\"{id}\"")), "{id}");
            let shown = name.replace('/', "&#x2F;");
            assert!(page.body.contains(&shown), "{name}");
        }
        assert!(!page.body.contains("<script") && !page.body.contains("http://"), "{}", page.body);
        assert!(page.body.contains("<link rel=\"icon\" href=\"/static/favicon.svg\""));
        let style = app.anonymous().get("/api/docs.css");
        assert_eq!(
            (style.status, style.header("content-type")),
            (200, Some("text/css; charset=utf-8"))
        );
        // A token sent along changes nothing, and no cookie leaves.
        let with_token = app.token("user_01").get("/api/docs");
        with_token.assert_no_cookies();
        assert_eq!(with_token.body, page.body);
    });
    // Its icon is that of the pages.
    on_both_with(
        |figment| figment.merge(("auth.mode", "token")),
        |app| assert!(!app.anonymous().get("/api/docs").body.contains("favicon")),
    );
}
