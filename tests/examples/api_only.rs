//! An API alone: the password for a pair of tokens, and the pair renewed.

use serde_json::json;

use crate::client::Example;

#[test]
fn a_pair_of_tokens_opens_the_api_and_is_renewed() {
    let example = Example::start("api_only");
    let login = json!({ "name": "ada", "password": "lovelace" });
    let pair = example.post("/api/login", &[], &login);
    let bearing = |token: &str| format!("Bearer {token}");
    let access = bearing(&pair.text("access_token"));
    let refresh = bearing(&pair.text("refresh_token"));
    example.get("/api/me", &[("Authorization", &access)]).is(200, &json!({ "name": "ada" }));

    let renewed = example.send("POST", "/api/refresh", &[("Authorization", &refresh)], "");
    let access = bearing(&renewed.text("access_token"));
    example.get("/api/me", &[("Authorization", &access)]).is(200, &json!({ "name": "ada" }));
    let wrong = example.send("POST", "/api/refresh", &[("Authorization", &access)], "");
    assert_eq!(wrong.status, 401, "{wrong:?}");
    assert_eq!(wrong.json()["code"], "wrong_token_type");

    for reply in [pair, renewed, wrong] {
        assert_eq!(reply.cookies(), [""; 0], "{reply:?}");
    }
}

#[test]
fn what_is_wrong_is_said_in_json() {
    let example = Example::start("api_only");
    let missing = example.get("/api/me", &[]);
    assert_eq!(missing.status, 401);
    assert_eq!(missing.json()["code"], "credentials_missing");
    for login in [
        json!({ "name": "ada", "password": "hopper" }),
        json!({ "name": "eve", "password": "lovelace" }),
    ] {
        let reply = example.post("/api/login", &[], &login);
        assert_eq!(reply.status, 401, "{reply:?}");
        assert_eq!(reply.json()["code"], "bad_credentials");
    }
    let garbled = example.get("/api/me", &[("Authorization", "Bearer garbled")]);
    assert_eq!(garbled.status, 401);
    assert_eq!(garbled.json()["code"], "token_invalid");
}
