//! The rows of the guide with roles.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::client::{Example, Reply};
use crate::forge::{claims, expired, forge, tampered};

const SECRET: &str = "super-secret-key-change-in-production";

struct Roles(Example);

impl Roles {
    fn start() -> Self {
        Self(Example::start("roles"))
    }

    fn login(&self, username: &str, password: &str) -> Reply {
        self.0.post("/login", &[], &json!({ "username": username, "password": password }))
    }

    fn token(&self, username: &str, password: &str) -> String {
        self.login(username, password).text("access_token")
    }

    fn get(&self, path: &str, token: &str) -> Reply {
        self.0.get(path, &[("Authorization", &format!("Bearer {token}"))])
    }

    fn register(&self, given: &Value) -> Reply {
        self.0.post("/register", &[], given)
    }
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}

#[test]
fn the_sample_users_see_their_dashboard() {
    let roles = Roles::start();
    for (id, username, password, role) in [
        (1, "admin", "admin123", "admin"),
        (2, "user_01", "1234", "user"),
        (3, "user_02", "5678", "user"),
    ] {
        roles.get("/dashboard", &roles.token(username, password)).is(
            200,
            &json!({
                "message": "Welcome to your dashboard!",
                "role": role,
                "user_id": id,
                "username": username,
            }),
        );
    }
}

#[test]
fn what_is_protected_knows_its_user() {
    let roles = Roles::start();
    roles.get("/protected", &roles.token("user_01", "1234")).is(200, &json!({ "user": "user_01" }));
}

#[test]
fn a_token_has_three_parts_and_the_printed_one_of_the_guide_is_not_ours() {
    let roles = Roles::start();
    assert_eq!(roles.token("user_01", "1234").split('.').count(), 3);
    // Its signature is made up.
    let printed = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyXzAxIiwiZXhwIjoxNzYyODc4Nz\
                   I3fQ.abc123signature";
    assert_eq!(claims(printed)["sub"], "user_01");
    assert_eq!(roles.get("/protected", printed).status, 422);
}

#[test]
fn a_token_lives_an_hour_and_carries_name_and_role() {
    let roles = Roles::start();
    let claims = claims(&roles.token("admin", "admin123"));
    assert_eq!((&claims["sub"], &claims["role"]), (&json!("admin"), &json!("admin")));
    let life = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    assert_eq!(life, Some(3600));
}

#[test]
fn the_profile_names_its_user_three_times() {
    let roles = Roles::start();
    roles.get("/profile", &roles.token("user_01", "1234")).is(
        200,
        &json!({
            "identity_from_get_jwt_identity": "user_01",
            "username_from_current_user": "user_01",
            "full_user_details": { "id": 2, "username": "user_01", "role": "user" },
        }),
    );
}

#[test]
fn only_an_administrator_sees_the_panel_and_the_list() {
    let roles = Roles::start();
    let (admin, user) = (roles.token("admin", "admin123"), roles.token("user_01", "1234"));
    let panel = json!({ "message": "Welcome to Admin Panel!", "admin_user": "admin" });
    roles.get("/admin", &admin).is(200, &panel);
    let list = json!({ "users": [
        { "id": 1, "username": "admin", "role": "admin" },
        { "id": 2, "username": "user_01", "role": "user" },
        { "id": 3, "username": "user_02", "role": "user" },
    ]});
    roles.get("/users", &admin).is(200, &list);
    for path in ["/admin", "/users"] {
        roles.get(path, &user).is(403, &message("Admin access required"));
    }
}

#[test]
fn the_panel_believes_the_token_and_the_list_asks_the_user() {
    let roles = Roles::start();
    // What a former administrator still holds.
    let former = forge(&roles.token("user_01", "1234"), SECRET, |claims| {
        claims.insert("role".to_owned(), "admin".into());
    });
    assert_eq!(roles.get("/admin", &former).status, 200);
    roles.get("/users", &former).is(403, &message("Admin access required"));
}

#[test]
fn a_role_that_the_database_takes_away_is_still_in_the_token() {
    let roles = Roles(Example::start_with("roles", "{password={cost=4},revocation_delay=0}"));
    let token = roles.token("admin", "admin123");
    assert_eq!(roles.get("/users", &token).status, 200);
    let demote = "UPDATE users SET role = 'user' WHERE username = 'admin'";
    roles.0.database().batch_execute(demote).expect("a table of users");
    roles.get("/users", &token).is(403, &message("Admin access required"));
    assert_eq!(roles.get("/admin", &token).status, 200);
    let token = roles.token("admin", "admin123");
    roles.get("/admin", &token).is(403, &message("Admin access required"));
}

#[test]
fn a_restart_keeps_the_users_and_the_tokens() {
    let roles = Roles::start();
    let john = json!({ "username": "john", "password": "secret123" });
    assert_eq!(roles.register(&john).status, 201);
    let token = roles.token("john", "secret123");
    let roles = Roles(roles.0.restart("roles"));
    roles.get("/protected", &token).is(200, &json!({ "user": "john" }));
    roles.get("/protected", &roles.token("john", "secret123")).is(200, &json!({ "user": "john" }));
    roles.register(&john).is(400, &message("Username already exists"));
}

#[test]
fn a_registered_account_is_a_user() {
    let roles = Roles::start();
    let john = json!({ "username": "john", "password": "secret123", "role": "user" });
    roles.register(&john).is(201, &message("User registered successfully"));
    roles.register(&john).is(400, &message("Username already exists"));
    let jane = json!({ "username": "jane", "password": "secret123" });
    roles.register(&jane).is(201, &message("User registered successfully"));
    for (id, username) in [(4, "john"), (5, "jane")] {
        let dashboard = roles.get("/dashboard", &roles.token(username, "secret123")).json();
        assert_eq!((&dashboard["user_id"], &dashboard["role"]), (&json!(id), &json!("user")));
    }
}

#[test]
fn no_user_registers_as_an_administrator_and_nothing_crashes() {
    let roles = Roles::start();
    let mallory = json!({ "username": "mallory", "password": "secret123", "role": "admin" });
    roles.register(&mallory).is(403, &message("Admin access required"));
    assert_eq!(roles.login("mallory", "secret123").status, 401);
    // Crash in Flask.
    for given in [json!({}), json!({ "username": "x" }), json!({ "password": "x" })] {
        roles.register(&given).is(400, &message("Username and password are required"));
    }
    for given in [
        json!({ "username": "x".repeat(81), "password": "x" }),
        json!({ "username": "", "password": "x" }),
        json!({ "username": "x", "password": "x", "role": "root" }),
    ] {
        assert_eq!(roles.register(&given).status, 400, "{given}");
    }
}

#[test]
fn wrong_credentials_are_refused() {
    let roles = Roles::start();
    for (username, password) in [("admin", "wrong"), ("nobody", "admin123"), ("", "")] {
        roles.login(username, password).is(401, &message("Invalid username or password"));
    }
    // Crashes in Flask.
    roles.0.post("/login", &[], &json!({})).is(401, &message("Invalid username or password"));
}

#[test]
fn refusals_are_flask_jwt_extendeds() {
    let roles = Roles::start();
    let token = roles.token("admin", "admin123");
    let gone = forge(&token, SECRET, |claims| {
        claims.insert("sub".to_owned(), "gone".into());
    });
    for path in ["/protected", "/dashboard", "/profile", "/admin", "/users"] {
        roles.0.get(path, &[]).is(401, &json!({ "msg": "Missing Authorization Header" }));
        let expired = expired(&token, SECRET);
        roles.get(path, &expired).is(401, &json!({ "msg": "Token has expired" }));
        roles.get(path, &gone).is(401, &json!({ "msg": "Error loading the user gone" }));
        let tampered = tampered(&token);
        roles.get(path, &tampered).is(422, &json!({ "msg": "Signature verification failed" }));
    }
}
