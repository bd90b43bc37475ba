//! A page of another origin calls the API in Chromium.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sign_ins::token_types::signed_again;
use crate::support::app::SECRET;
use crate::support::process::{Home, at_home};

/// How long the browser may take to start and to call.
const TIMEOUT: Duration = Duration::from_secs(60);

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

/// The browser, killed when dropped.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        // A destructor cannot report an error.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Opens a page; `None` without Chromium, which with `CI=true` is a failure.
fn open(url: &str, profile: &Path) -> Option<Browser> {
    for name in ["chromium", "chromium-browser", "google-chrome"] {
        let mut command = Command::new(name);
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server"]);
        command.arg(format!("--user-data-dir={}", profile.display())).arg(url);
        let browser = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Ok(child) = browser.spawn() {
            return Some(Browser(child));
        }
    }
    let skipped = "skipped: a page of another origin (no chromium found)";
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{skipped}");
    eprintln!("{skipped}");
    None
}

/// Reads one request: its first line and its body.
fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).ok()?;
    while reader.read_line(&mut line).ok()? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, String::from_utf8(body).ok()?))
}

/// Serves the page until it has said what it could read.
fn serve(listener: &TcpListener, page: &str) -> Value {
    loop {
        let (mut stream, _) = listener.accept().expect("the browser connects");
        // A browser opens connections that it does not use.
        let Some((first, body)) = read(&mut stream) else { continue };
        let content = if first.starts_with("GET / ") { page } else { "" };
        let length = content.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}");
        let sent =
            stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n{content}").as_bytes());
        if first.starts_with("POST /said ") {
            return serde_json::from_str(&body).expect("what the page said");
        }
        sent.expect("the browser reads");
    }
}

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
    let profile = tempfile::tempdir().expect("a temporary directory");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(serve(&listener, &page)));
    let browser = open(&format!("http://{host}:{port}/"), profile.path())?;
    let said = receiver.recv_timeout(TIMEOUT).expect("the page says what it could read");
    drop(browser);
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
