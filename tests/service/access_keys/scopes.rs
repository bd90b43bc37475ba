//! What a key opens, and what it does not.

use std::collections::BTreeSet;
use std::time::Duration;

use rocket::http::Method;
use serde_json::{Value, json};
use vestibule::config::Config;
use vestibule_service::accounts::KeyScope;

use super::{DAY, make};
use crate::support::app::on_both;

/// What a route requires of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// Any key.
    Any,
    /// A key with this scope.
    Scope(&'static str),
    /// No key: 403 `insufficient_scope`.
    Account,
    /// No key: 401 `fresh_login_required`.
    Password,
    /// No key: 401 `token_invalid`, for it is none of the tokens that are taken here.
    RefreshToken,
    /// Whatever is presented is not looked at.
    Ignored,
}

/// Every route of the API, with a path that changes nothing.
const ROUTES: &[(Method, &str, &str, Takes)] = &[
    (Method::Get, "/api/me", "/api/me", Takes::Any),
    (Method::Patch, "/api/me", "/api/me", Takes::Account),
    (Method::Delete, "/api/me", "/api/me", Takes::Password),
    (Method::Get, "/api/claims", "/api/claims", Takes::Any),
    (Method::Get, "/api/dashboard", "/api/dashboard", Takes::Account),
    (Method::Get, "/api/profile", "/api/profile", Takes::Account),
    (Method::Get, "/api/admin", "/api/admin", Takes::Account),
    (Method::Get, "/api/events", "/api/events", Takes::Account),
    (Method::Get, "/api/sign-ins", "/api/sign-ins", Takes::Scope("sign-ins")),
    (Method::Delete, "/api/sign-ins", "/api/sign-ins", Takes::Scope("sign-ins")),
    (Method::Delete, "/api/sign-ins/<id>", "/api/sign-ins/x", Takes::Scope("sign-ins")),
    (Method::Get, "/api/keys", "/api/keys", Takes::Scope("sign-ins")),
    (Method::Delete, "/api/keys/<id>", "/api/keys/x", Takes::Scope("sign-ins")),
    (Method::Post, "/api/keys", "/api/keys", Takes::Password),
    (Method::Post, "/api/password", "/api/password", Takes::Password),
    (Method::Post, "/api/confirm", "/api/confirm", Takes::Account),
    (Method::Get, "/api/users", "/api/users", Takes::Scope("users:read")),
    (Method::Get, "/api/users/<id>", "/api/users/0", Takes::Scope("users:read")),
    (Method::Get, "/api/admin/events", "/api/admin/events", Takes::Scope("users:read")),
    (Method::Get, "/api/users/<id>/sign-ins", "/api/users/0/sign-ins", Takes::Scope("users:read")),
    (
        Method::Delete,
        "/api/users/<id>/sign-ins/<sign_in>",
        "/api/users/0/sign-ins/x",
        Takes::Scope("users:write"),
    ),
    (Method::Post, "/api/users", "/api/users", Takes::Scope("users:write")),
    (Method::Post, "/api/users/<id>/reset-link", "/api/users/0/reset-link", Takes::Password),
    (Method::Patch, "/api/users/<id>", "/api/users/0", Takes::Scope("users:write")),
    (Method::Delete, "/api/users/<id>", "/api/users/0", Takes::Scope("users:write")),
    (
        Method::Delete,
        "/api/users/<id>/sign-ins",
        "/api/users/0/sign-ins",
        Takes::Scope("users:write"),
    ),
    (Method::Post, "/api/me/email", "/api/me/email", Takes::Password),
    (Method::Delete, "/api/me/email", "/api/me/email", Takes::Password),
    (Method::Post, "/api/password/forgot", "/api/password/forgot", Takes::Ignored),
    (Method::Post, "/api/password/reset", "/api/password/reset", Takes::Ignored),
    (Method::Post, "/api/introspect", "/api/introspect", Takes::Scope("introspect")),
    (Method::Post, "/api/logout", "/api/logout", Takes::Any),
    (Method::Post, "/api/refresh", "/api/refresh", Takes::RefreshToken),
    (Method::Get, "/api/openapi.json", "/api/openapi.json", Takes::Ignored),
    (Method::Get, "/api/docs", "/api/docs", Takes::Ignored),
    (Method::Get, "/api/docs.css", "/api/docs.css", Takes::Ignored),
    (Method::Post, "/api/login", "/api/login", Takes::Ignored),
    (
        Method::Delete,
        "/api/me/second-factor/passkeys/<id>",
        "/api/me/second-factor/passkeys/x",
        Takes::Password,
    ),
    (Method::Post, "/api/login/second", "/api/login/second", Takes::Ignored),
    (Method::Get, "/api/me/second-factor", "/api/me/second-factor", Takes::Account),
    (Method::Post, "/api/me/second-factor", "/api/me/second-factor", Takes::Password),
    (Method::Delete, "/api/me/second-factor", "/api/me/second-factor", Takes::Password),
    (
        Method::Post,
        "/api/me/second-factor/confirm",
        "/api/me/second-factor/confirm",
        Takes::Password,
    ),
    (
        Method::Post,
        "/api/me/second-factor/recovery-codes",
        "/api/me/second-factor/recovery-codes",
        Takes::Password,
    ),
    (
        Method::Delete,
        "/api/users/<id>/second-factor",
        "/api/users/0/second-factor",
        Takes::Password,
    ),
    (Method::Post, "/api/register", "/api/register", Takes::Ignored),
];

#[test]
fn each_scope_opens_its_routes_and_no_other() {
    let known: BTreeSet<String> =
        ROUTES.iter().map(|(method, route, ..)| format!("{method} {route}")).collect();
    let routes = vestibule_service::api::routes(&Config::default(), true, true);
    let mounted = routes.iter().map(|route| format!("{} /api{}", route.method, route.uri.path()));
    assert_eq!(known, mounted.collect(), "say here which keys a route takes");

    on_both(|app| {
        let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
        sets.extend(KeyScope::ALL.iter().map(|scope| vec![scope.name]));
        sets.push(KeyScope::ALL.iter().map(|scope| scope.name).collect());
        for scopes in &sets {
            // An account has so many keys at most.
            assert_eq!(app.token("admin").delete("/api/sign-ins").status, 204);
            for (method, route, path, takes) in ROUTES {
                let owner = app.token("admin");
                let made = make(&owner, scopes);
                app.clock.advance(Duration::from_secs(3600));
                let body = json!({});
                let reply = match method {
                    Method::Post if *path == "/api/introspect" => made.program.post_form(path, &[]),
                    Method::Post | Method::Patch => made.program.json(*method, path, &body),
                    _ => made.program.send(made.program.request(*method, path)),
                };
                let said = format!("{method} {route} with {scopes:?}: {}", reply.body);
                reply.assert_no_cookies();
                let refused = match takes {
                    Takes::Any | Takes::Ignored => None,
                    Takes::Scope(scope) if scopes.contains(scope) => None,
                    Takes::Scope(_) | Takes::Account => Some((403, "insufficient_scope")),
                    Takes::Password => Some((401, "fresh_login_required")),
                    Takes::RefreshToken => Some((401, "token_invalid")),
                };
                match refused {
                    Some((status, code)) => {
                        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{said}");
                    }
                    // The bodies lack a field, and the paths name nothing that there is.
                    None => assert!([200, 204, 404, 422].contains(&reply.status), "{said}"),
                }
            }
        }
    });
}

#[test]
fn a_key_that_may_not_end_sign_ins_ends_itself_alone() {
    on_both(|app| {
        let owner = app.token("user_01");
        let (bare, able) = (make(&owner, &[]), make(&owner, &["sign-ins"]));
        bare.program.post("/api/logout?all=true").assert_problem(403, "insufficient_scope");
        assert_eq!(bare.program.post("/api/logout").status, 204);
        bare.program.get("/api/me").assert_problem(401, "token_revoked");
        assert_eq!(owner.get("/api/me").status, 200);
        assert_eq!(able.program.get("/api/me").status, 200);
        assert_eq!(able.program.post("/api/logout?all=true").status, 204);
        for dead in [&owner, &able.program] {
            dead.get("/api/me").assert_problem(401, "token_revoked");
        }
    });
}

#[test]
fn only_an_administrators_key_changes_users_long_after_the_password() {
    on_both(|app| {
        let owner = app.token("admin");
        let made = make(&owner, &["users:write"]);
        let path = format!("/api/users/{}", app.id("user_01"));
        app.clock.advance(Duration::from_secs(DAY));
        let changed = made.program.patch_json(&path, &json!({ "full_name": "Ann" }));
        // Without `users:read` it learns nothing.
        assert_eq!((changed.status, changed.body.as_str()), (204, ""));
        assert_eq!(app.count("users WHERE full_name = 'Ann'"), 1);
        made.program.patch_json(&path, &json!({})).assert_problem(422, "invalid_field");
        let both = make(&app.token("admin"), &["users:read", "users:write"]);
        let changed = both.program.patch_json(&path, &json!({ "full_name": "Bea" }));
        assert_eq!(changed.json()["full_name"], "Bea", "{}", changed.body);
        both.program.patch_json(&path, &json!({})).assert_problem(422, "invalid_field");
        // A login's token must still be fresh.
        let stale = app.token("admin");
        app.clock.advance(Duration::from_secs(601));
        let reply = stale.patch_json(&path, &json!({ "full_name": "Bob" }));
        reply.assert_problem(401, "fresh_login_required");
        // The role is asked for each time.
        app.sql("UPDATE users SET role = 'user' WHERE username = 'admin'");
        let late = made.program.patch_json(&path, &json!({ "full_name": "Cleo" }));
        late.assert_problem(403, "forbidden");
    });
}

#[test]
fn a_key_makes_no_administrator_who_would_outlive_it() {
    on_both(|app| {
        let owner = app.token("admin");
        let stolen = make(&owner, &["users:write"]);
        app.clock.advance(Duration::from_secs(DAY));
        let thief = app.anonymous();
        let asked = json!({ "username": "thief", "password": "correct horse" });
        let reply = thief.post_json("/api/register", &asked);
        assert_eq!(reply.status, 201, "{}", reply.body);
        let path = format!("/api/users/{}", app.id("thief"));
        for body in [json!({ "role": "admin" }), json!({ "role": "admin", "full_name": "Ann" })] {
            let refused = stolen.program.patch_json(&path, &body);
            refused.assert_problem(401, "fresh_login_required");
        }
        assert_eq!(app.count("users WHERE role = 'admin'"), 1);
        assert_eq!(app.count("users WHERE full_name = 'Ann'"), 0, "all of it or nothing");
        // A recent sign-in may, and the key may do everything else.
        let fresh = app.token("admin");
        let change = |body: Value| {
            assert_eq!(fresh.patch_json(&path, &body).status, 200, "{body}");
        };
        change(json!({ "role": "admin" }));
        // Nor does it reactivate an account whose password may be known to the thief.
        assert_eq!(stolen.program.patch_json(&path, &json!({ "active": true })).status, 204);
        change(json!({ "active": false }));
        let refused = stolen.program.patch_json(&path, &json!({ "active": true }));
        refused.assert_problem(401, "fresh_login_required");
        change(json!({ "active": true }));
        for body in
            [json!({ "role": "user" }), json!({ "active": false }), json!({ "active": true })]
        {
            assert_eq!(stolen.program.patch_json(&path, &body).status, 204, "{body}");
        }
        assert_eq!(stolen.program.delete(&path).status, 204);
    });
}
