//! A client of the application over HTTP: with its own cookie jar, perhaps with
//! a token, and never with a request used twice.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use rocket::http::{ContentType, Cookie, Header, Method};
use rocket::local::blocking::{Client, LocalRequest};
use serde_json::Value;
use vestibule_service::accounts::Accounts;

/// One client. Cookies are kept as a browser keeps them; the token is sent when there is one.
pub(crate) struct Actor<'a> {
    client: &'a Client,
    pub(crate) token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) jar: RefCell<BTreeMap<String, String>>,
    /// The address of the client, if a test sets one.
    address: Option<IpAddr>,
}

/// Cookies and tokens without the client that holds them.
#[derive(Clone)]
pub(crate) struct Credentials {
    token: Option<String>,
    refresh_token: Option<String>,
    jar: BTreeMap<String, String>,
}

/// A response, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client, token: None, refresh_token: None, jar: RefCell::default(), address: None }
    }

    /// Another actor on the same client, without any credential.
    pub(crate) fn fresh(&self) -> Self {
        Self::new(self.client)
    }

    /// The same actor at this address.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.address = Some(address.parse().expect("an address"));
        self
    }

    /// The same cookies and token, apart from this one's later changes, at another process.
    pub(crate) fn at<'b>(&self, client: &'b Client) -> Actor<'b> {
        self.credentials().at(client)
    }

    /// What this actor could present, to be kept while the application restarts.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            token: self.token.clone(),
            refresh_token: self.refresh_token.clone(),
            jar: self.jar.borrow().clone(),
        }
    }

    /// Waits until the rows that are queued for the audit log are written.
    pub(crate) fn wait_for_audit_log(&self) {
        let accounts = self.client.rocket().state::<Accounts>().expect("the accounts");
        let begun = Instant::now();
        while accounts.audit().pending() > 0 && begun.elapsed() < Duration::from_secs(20) {
            thread::yield_now();
        }
        assert_eq!(accounts.audit().pending(), 0, "rows wait for the audit log");
    }

    /// The same client with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        let mut other = self.at(self.client);
        other.token = Some(token.to_owned());
        other
    }

    /// A request with this actor's credentials, for what the short forms cannot say.
    pub(crate) fn request(&self, method: Method, path: &str) -> LocalRequest<'a> {
        let mut request = self.client.req(method, path.to_owned());
        if let Some(address) = self.address {
            request.set_remote(SocketAddr::new(address, 40_000));
        }
        request.add_header(Header::new("Host", "localhost:8000"));
        for (name, value) in self.jar.borrow().iter() {
            let cookie = Cookie::parse_encoded(format!("{name}={value}"));
            request = request.cookie(cookie.expect("a cookie that the application set"));
        }
        if let Some(token) = &self.token {
            request.add_header(Header::new("Authorization", format!("Bearer {token}")));
        }
        // As the script of a page does: out of the cookie that it can read.
        let twin = if path == "/api/refresh" { "csrf_refresh_token" } else { "csrf_access_token" };
        if let Some(value) = self.jar.borrow().get(twin) {
            request.add_header(Header::new("X-CSRF-TOKEN", value.clone()));
        }
        request
    }

    /// Sends a request and keeps the cookies of the response.
    pub(crate) fn send(&self, request: LocalRequest<'_>) -> Reply {
        let response = request.dispatch();
        let headers: Vec<_> = response
            .headers()
            .iter()
            .map(|header| (header.name().as_str().to_ascii_lowercase(), header.value().to_owned()))
            .collect();
        let status = response.status().code;
        let body = response.into_bytes().unwrap_or_default();
        let reply = Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() };
        for cookie in reply.cookies() {
            let (name, rest) = cookie.split_once('=').expect("a cookie has a name");
            let value = rest.split(';').next().unwrap_or_default();
            if cookie.contains("Max-Age=0") {
                self.jar.borrow_mut().remove(name);
            } else {
                self.jar.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::Get, path))
    }

    /// Opens a link whose secret a redirect takes out of the address; the page that it leads to.
    pub(crate) fn open_link(&self, path: &str) -> Reply {
        let redirect = self.get(path);
        let (page, _) = path.split_once('?').expect("a secret in the query");
        assert_eq!((redirect.status, redirect.location()), (303, page), "{}", redirect.body);
        assert_eq!(redirect.header("referrer-policy"), Some("no-referrer"));
        self.get(page)
    }

    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::Delete, path))
    }

    pub(crate) fn post(&self, path: &str) -> Reply {
        self.send(self.request(Method::Post, path))
    }

    pub(crate) fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let pairs =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let request = self.request(Method::Post, path).header(ContentType::Form).body(body);
        self.send(request)
    }

    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::Post, path, body)
    }

    pub(crate) fn json(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = self.request(method, path).header(ContentType::JSON).body(body.to_string());
        self.send(request)
    }

    /// A form as these very bytes.
    pub(crate) fn post_raw_form(&self, path: &str, body: &[u8]) -> Reply {
        self.send(self.request(Method::Post, path).header(ContentType::Form).body(body))
    }

    pub(crate) fn patch_json(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::Patch, path, body)
    }

    /// A request with one more header.
    pub(crate) fn get_with(&self, path: &str, name: &'static str, value: &str) -> Reply {
        self.send(self.request(Method::Get, path).header(Header::new(name, value.to_owned())))
    }

    /// Takes the refresh token for the next pair, and keeps that.
    pub(crate) fn refresh(&mut self) -> Reply {
        let mut request = self.client.post("/api/refresh");
        let token = self.refresh_token.clone().expect("a refresh token");
        request.add_header(Header::new("Authorization", format!("Bearer {token}")));
        let reply = self.send(request);
        if reply.status == 200 {
            self.token = reply.json()["access_token"].as_str().map(str::to_owned);
            self.refresh_token = reply.json()["refresh_token"].as_str().map(str::to_owned);
        }
        reply
    }
}

impl Credentials {
    /// An actor that presents these credentials to this application.
    pub(crate) fn at<'b>(&self, client: &'b Client) -> Actor<'b> {
        Actor {
            client,
            token: self.token.clone(),
            refresh_token: self.refresh_token.clone(),
            jar: RefCell::new(self.jar.clone()),
            address: None,
        }
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(found, _)| found == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// The same response without what differs between two equal requests, their ids.
    pub(crate) fn without_id(mut self) -> Self {
        if let Some(id) = self.header("x-request-id").map(str::to_owned) {
            self.headers.retain(|(name, _)| name != "x-request-id");
            self.body = self.body.replace(&id, "ID");
        }
        self
    }

    /// The `Set-Cookie` fields.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        let cookies = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        cookies.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// Fails unless this is Problem JSON with this code.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.body);
        assert_eq!(self.code(), code, "{}", self.body);
    }

    /// Fails unless this is the page of a failure.
    #[track_caller]
    pub(crate) fn assert_page(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(self.body.contains("<h1>"), "a page has a heading: {}", self.body);
    }

    #[track_caller]
    pub(crate) fn assert_no_cookies(&self) {
        assert_eq!(self.cookies(), Vec::<&str>::new(), "no cookie may leave");
    }
}

/// Percent-encodes everything but letters and digits.
pub(crate) fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
