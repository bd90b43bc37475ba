//! The rows of the walk-through with sign-up and work items.

use serde_json::{Value, json};

use crate::client::{Example, Reply};
use crate::forge::{claims, forge};

struct WorkItems(Example);

impl WorkItems {
    fn start() -> Self {
        Self(Example::start("work_items"))
    }

    fn sign_up(&self, given: &Value) -> Reply {
        self.0.post("/signup", &[], given)
    }

    /// Signs a user up and in; returns the header's value.
    fn join(&self, username: &str) -> String {
        let given = json!({ "username": username, "password": "pass" });
        let created = json!({ "Status": "Success", "result": "User created" });
        self.sign_up(&given).is(200, &created);
        format!("JWT {}", self.0.post("/auth", &[], &given).text("access_token"))
    }

    fn list(&self, authorization: &str) -> Reply {
        self.0.get("/workitems", &[("Authorization", authorization)])
    }

    fn make(&self, authorization: &str, title: &str) {
        let headers = [("Authorization", authorization)];
        let reply = self.0.post("/workitems", &headers, &json!({ "title": title }));
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

fn refusal(error: &str, description: &str) -> Value {
    json!({ "status_code": 401, "error": error, "description": description })
}

#[test]
fn people_see_their_own_items_and_only_those() {
    let items = WorkItems::start();
    let (joe, ann) = (items.join("joe"), items.join("ann"));
    items.list(&joe).is(200, &json!({ "Status": "Success", "result": [] }));
    items.make(&joe, "Write");
    items.make(&ann, "Read");
    items.make(&joe, "Rest");
    let result = json!([{ "id": 1, "title": "Write" }, { "id": 3, "title": "Rest" }]);
    items.list(&joe).is(200, &json!({ "Status": "Success", "result": result }));
    let result = json!([{ "id": 2, "title": "Read" }]);
    items.list(&ann).is(200, &json!({ "Status": "Success", "result": result }));
}

#[test]
fn a_restart_keeps_people_tokens_and_items() {
    let items = WorkItems::start();
    let joe = items.join("joe");
    items.make(&joe, "Write");
    let items = WorkItems(items.0.restart("work_items"));
    let result = json!([{ "id": 1, "title": "Write" }]);
    items.list(&joe).is(200, &json!({ "Status": "Success", "result": result }));
    let again = json!({ "username": "joe", "password": "pass" });
    assert_eq!(items.sign_up(&again).status, 400);
    assert_eq!(items.0.post("/auth", &[], &again).status, 200);
}

#[test]
fn a_token_lives_exactly_3000_seconds() {
    let items = WorkItems::start();
    let claims = claims(items.join("joe").trim_start_matches("JWT "));
    let life = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    assert_eq!(life, Some(3000));
}

#[test]
fn a_name_is_given_once() {
    let items = WorkItems::start();
    items.join("joe");
    let again = items.sign_up(&json!({ "username": "joe", "password": "other" }));
    again.is(400, &json!({ "Status": "Error", "result": "User already exists" }));
}

#[test]
fn a_sign_up_that_crashes_flask_is_a_bad_request() {
    let items = WorkItems::start();
    for given in [
        json!({}),
        json!({ "username": "joe" }),
        json!({ "username": "joe", "password": "pass", "id": 1 }),
        json!([]),
        json!({ "username": "", "password": "pass" }),
        json!({ "username": "x".repeat(81), "password": "pass" }),
    ] {
        let reply = items.sign_up(&given);
        assert_eq!((reply.status, &reply.json()["Status"]), (400, &json!("Error")), "{given}");
    }
    assert_eq!(items.0.send("POST", "/signup", &[], "joe").status, 400);
}

#[test]
fn refusals_are_flask_jwts() {
    let items = WorkItems::start();
    let joe = items.join("joe");
    let without_user = items.0.get("/workitems", &[]);
    let text = "Request does not contain an access token";
    without_user.is(401, &refusal("Authorization Required", text));
    assert_eq!(without_user.all("www-authenticate"), ["JWT realm=\"Login Required\""]);
    let bearer = items.list(&joe.replace("JWT", "Bearer"));
    bearer.is(401, &refusal("Invalid JWT header", "Unsupported authorization type"));
    let gone = forge(joe.trim_start_matches("JWT "), "super-secret", |claims| {
        claims.insert("sub".to_owned(), "2".into());
    });
    let gone = items.list(&format!("JWT {gone}"));
    gone.is(401, &refusal("Invalid JWT", "User does not exist"));
    let wrong = items.0.post("/auth", &[], &json!({ "username": "joe", "password": "x" }));
    wrong.is(401, &refusal("Bad Request", "Invalid credentials"));
}
