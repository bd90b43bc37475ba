//! One service issues tokens, another accepts them.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};

use crate::client::{Example, Reply};
use crate::forge::claims;

const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIxUW8HlAcT+HkjFI8gd13OQCLp2iS9zKUEHwn98eFNS
-----END PRIVATE KEY-----";

struct Services {
    accounts: Example,
    orders: Example,
    /// The private key of `accounts`.
    key: String,
}

impl Services {
    fn start() -> Self {
        let directory = Arc::new(tempfile::tempdir().expect("a temporary directory"));
        let file = directory.path().join("keys/accounts.json");
        let orders = format!("{{token={{foreign={{jwks={file:?}}}}}}}");
        let key = directory.path().join("token.pem");
        let accounts = format!("{{password={{cost=4}},token={{private_key={key:?}}}}}");
        let variables =
            [("ROCKET_AUTH", accounts.as_str()), ("ORDERS_PORT", "0"), ("ORDERS_AUTH", &orders)];
        let [one, two] = Example::start_servers(directory, "two_services", &variables);
        let is_accounts = one.get("/.well-known/jwks.json", &[]).status == 200;
        let (accounts, orders) = if is_accounts { (one, two) } else { (two, one) };
        let key = std::fs::read_to_string(key).expect("the first start makes a key");
        Self { accounts, orders, key }
    }

    /// The tokens for a password.
    fn log_in(&self, name: &str, password: &str) -> Value {
        let reply =
            self.accounts.post("/login", &[], &json!({ "name": name, "password": password }));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    fn orders(&self, token: &Value) -> Reply {
        let header = format!("Bearer {}", token.as_str().expect("a token"));
        let reply = self.orders.get("/orders", &[("Authorization", &header)]);
        assert!(reply.cookies().is_empty(), "{reply:?}");
        reply
    }

    #[track_caller]
    fn assert_refused(&self, token: &Value, code: &str) {
        let reply = self.orders(token);
        assert_eq!((reply.status, &reply.json()["code"]), (401, &json!(code)), "{reply:?}");
    }
}

/// The claims of a token, changed and signed again under the name of its key.
fn sign(token: &Value, key: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let token = token.as_str().expect("a token");
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = jsonwebtoken::decode_header(token).expect("a header").kid;
    let mut claims = claims(token);
    change(&mut claims);
    let key = EncodingKey::from_ed_pem(key.as_bytes()).expect("a key");
    encode(&header, &claims, &key).expect("a token").into()
}

#[test]
fn an_access_token_of_one_service_opens_the_other() {
    let services = Services::start();
    let (ada, grace) = (services.log_in("ada", "lovelace"), services.log_in("grace", "hopper"));
    services.orders(&ada["access_token"]).is(200, &json!(["a loom", "punched cards"]));
    services.orders(&grace["access_token"]).is(200, &json!(["a compiler"]));
    let header = format!("Bearer {}", ada["refresh_token"].as_str().expect("a token"));
    let next = services.accounts.post("/refresh", &[("Authorization", &header)], &json!({}));
    services.orders(&next.json()["access_token"]).is(200, &json!(["a loom", "punched cards"]));
}

#[test]
fn a_refresh_token_an_expired_one_and_one_of_another_key_open_nothing() {
    let services = Services::start();
    let pair = services.log_in("ada", "lovelace");
    let access = &pair["access_token"];
    services.assert_refused(&pair["refresh_token"], "token_invalid");
    assert_eq!(services.orders(&sign(access, &services.key, |_| {})).status, 200);
    let expired = sign(access, &services.key, |claims| {
        for name in ["iat", "nbf", "exp", "auth_time"] {
            let time = claims[name].as_i64().expect("a time");
            claims.insert(name.to_owned(), (time - 90_000).into());
        }
    });
    services.assert_refused(&expired, "token_expired");
    services.assert_refused(&sign(access, OTHER_KEY, |_| {}), "token_invalid");
    let elsewhere = sign(access, &services.key, |claims| {
        claims.insert("aud".to_owned(), "accounts".into());
    });
    services.assert_refused(&elsewhere, "token_invalid");
}

#[test]
fn the_second_service_takes_no_password_and_sets_no_cookie() {
    let services = Services::start();
    let given = json!({ "name": "ada", "password": "lovelace" });
    for reply in [services.orders.post("/login", &[], &given), services.orders.get("/orders", &[])]
    {
        assert!([401, 404].contains(&reply.status) && reply.cookies().is_empty(), "{reply:?}");
    }
}
