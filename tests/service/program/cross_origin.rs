//! A page of another origin calls the API in Chromium.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::browser::read_page;
use crate::sign_ins::token_types::signed_again;
use crate::support::app::SECRET;
use crate::support::process::{Home, at_home};

/// Calls the API as the page's own origin does and sends what it could read to that origin.
const SCRIPT: &str = r#"
const said = {}
const call = async (name, path, options) => {
  try {
    const response = await fetch(API + path, options)
    const body = response.status == 204 ? {} : await response.json()
    const challenge = response.headers.get('www-authenticate') ?? ''
    const told = body.username ?? body.code ?? (body.keys && 'keys') ?? ''
    said[name] = `${response.status} ${told} ${challenge.includes('error=') ? 'blamed' : ''}`.trim()
  } catch {
    said[name] = 'blocked'
  }
}
const by = (token, more) => ({ headers: { Authorization: `Bearer ${token}` }, ...more })
const json = { Authorization: `Bearer ${GOOD}`, 'Content-Type': 'application/json' }
;(async () => {
  await call('good', '/api/me', by(GOOD))
  await call('expired', '/api/me', by(EXPIRED))
  await call('none', '/api/me', {})
  await call('change', '/api/me', { method: 'PATCH', headers: json, body: '{"full_name":"Ann"}' })
  await call('keys', '/.well-known/jwks.json', {})
  await call('with cookies', '/api/me', by(GOOD, { credentials: 'include' }))
  await call('outside', '/whoami', by(GOOD))
  await fetch('/said', { method: 'POST', body: JSON.stringify(said) })
})()
"#;

/// What a page at this host could read; the allowed origin is that of 127.0.0.1.
fn try_from(home: &Home, host: &str) -> Option<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    home.configure(&format!(
        "[default.api]\ncors_origins = [\"http://127.0.0.1:{port}\"]\n\
         [default.auth.token]\nsecret = \"{SECRET}\"\n"
    ));
    let service = home.serve(&[]);
    let good = service.api_login("user_01", "1234").expect("a token");
    let good = good.trim_start_matches("Bearer ");
    let expired = signed_again(good, "at+jwt", |claims| {
        for name in ["iat", "nbf", "exp", "auth_time"] {
            claims[name] = json!(claims[name].as_i64().expect("a time") - 3600);
        }
    });
    let values =
        format!("const API = 'http://{}', GOOD = '{good}', EXPIRED = '{expired}'", service.address);
    let page = format!("<!doctype html><title>App</title><script>{values}{SCRIPT}</script>");
    let said = read_page(listener, host, page, None)?;
    service.stop();
    Some(said)
}

#[test]
fn a_page_of_an_allowed_origin_uses_the_api_by_token_and_one_of_another_origin_does_not() {
    at_home(|home| {
        let Some(said) = try_from(&home, "127.0.0.1") else { return };
        let expected = json!({
            "good": "200 user_01",
            "expired": "401 token_expired blamed",
            "none": "401 credentials_missing",
            "change": "200 user_01",
            "keys": "200 keys",
            "with cookies": "blocked",
            "outside": "blocked",
        });
        assert_eq!(said, expected);
        let Some(said) = try_from(&home, "localhost") else { return };
        for name in ["good", "expired", "none", "change", "with cookies", "outside"] {
            assert_eq!(said[name], "blocked", "{name}");
        }
        assert_eq!(said["keys"], "200 keys", "they are for every site");
    });
}
