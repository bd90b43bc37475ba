//! A page signs in with tokens in cookies in Chromium.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::browser::read_page;
use crate::support::process::{Home, at_home};

/// Signs in, uses the API and signs out, and says what it got and which cookies it could read.
const SCRIPT: &str = r#"
const said = {}
const cookies = () => document.cookie.split('; ').map(one => one.split('='))
const names = () => cookies().map(([name]) => name).sort().join(' ')
const call = async (name, method, path, twin, body) => {
  const headers = body ? { 'Content-Type': 'application/json' } : {}
  if (twin) headers['X-CSRF-TOKEN'] = new Map(cookies()).get(twin)
  try {
    const options = { method, headers, credentials: 'include' }
    const response = await fetch(API + path, body ? { ...options, body: JSON.stringify(body) } : options)
    const read = response.status == 204 ? {} : await response.json()
    said[name] = `${response.status} ${read.full_name ?? read.username ?? read.code ?? Object.keys(read)}`.trim()
  } catch {
    said[name] = 'blocked'
  }
}
;(async () => {
  await call('login', 'POST', '/api/login', '', { username: 'user_01', password: '1234' })
  said['readable'] = names()
  await call('me', 'GET', '/api/me')
  await call('without a value', 'PATCH', '/api/me', '', { full_name: 'Ann' })
  await call('change', 'PATCH', '/api/me', 'csrf_access_token', { full_name: 'Ann' })
  await call('refresh', 'POST', '/api/refresh', 'csrf_refresh_token')
  await call('confirm', 'POST', '/api/confirm', 'csrf_access_token', { password: '1234' })
  await call('again', 'GET', '/api/me')
  await call('outside', 'GET', '/whoami')
  await call('logout', 'POST', '/api/logout', 'csrf_access_token')
  said['left'] = names()
  await call('after', 'GET', '/api/me')
  await fetch('/said', { method: 'POST', body: JSON.stringify(said) })
})()
"#;

/// What a page at this host could read: of the service's own origin, or of another one. Allowed is
/// the origin at 127.0.0.1.
fn try_from(home: &Home, host: &str, is_same_origin: bool) -> Option<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    home.configure(&format!(
        "[default.api]\ncors_origins = [\"http://127.0.0.1:{port}\"]\n\
         [default.auth.token]\nlocations = [\"cookies\"]\n"
    ));
    let service = home.serve(&[]);
    let api = if is_same_origin { String::new() } else { format!("http://{}", service.address) };
    let page =
        format!("<!doctype html><title>App</title><script>const API = '{api}'\n{SCRIPT}</script>");
    let behind = is_same_origin.then(|| service.address.clone());
    let said = read_page(listener, host, page, behind)?;
    service.stop();
    Some(said)
}

fn expected(outside: &str) -> Value {
    json!({
        "login": "200 expires_in",
        "readable": "csrf_access_token csrf_refresh_token",
        "me": "200 user_01",
        "without a value": "401 csrf_missing",
        "change": "200 Ann",
        "refresh": "200 expires_in",
        "confirm": "200 expires_in",
        "again": "200 Ann",
        "outside": outside,
        "logout": "204",
        "left": "",
        "after": "401 credentials_missing",
    })
}

#[test]
fn a_page_of_the_same_origin_signs_in_by_cookies_and_reads_the_csrf_values_alone() {
    at_home(|home| {
        let Some(said) = try_from(&home, "127.0.0.1", true) else { return };
        // Outside of the API no token is sent.
        assert_eq!(said, expected("401 credentials_missing"));
    });
}

#[test]
fn a_page_of_a_listed_origin_of_the_same_site_does_so_too_and_no_other() {
    at_home(|home| {
        let Some(said) = try_from(&home, "127.0.0.1", false) else { return };
        assert_eq!(said, expected("blocked"));
        let Some(said) = try_from(&home, "localhost", false) else { return };
        for name in ["login", "me", "change", "refresh", "confirm", "outside", "logout", "after"] {
            assert_eq!(said[name], "blocked", "{name}");
        }
        assert_eq!(said["readable"], "");
    });
}
