//! Tokens in cookies, good and bad ones on every route: four cookies leave, on four routes.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rocket::http::Method;
use serde_json::Value;
use vestibule::config::Mode;

use super::cookies::among_cookie_setters;
use super::fixture::{Credentials, Fixture, Setting};
use super::model::{Cookie, Token};
use super::routes::{Target, all_targets};
use crate::support::actor::{Actor, Reply};

const ALL: [&str; 4] =
    ["access_token_cookie", "csrf_access_token", "csrf_refresh_token", "refresh_token_cookie"];

/// What is in the cookie of an access token.
const ACCESS: [Token; 9] = [
    Token::None,
    Token::Good,
    Token::Refreshed,
    Token::Expired,
    Token::Revoked,
    Token::Malformed,
    Token::Foreign,
    Token::Refresh,
    Token::Key,
];

/// What was tried.
pub(crate) struct Tried {
    pub(crate) cases: usize,
    pub(crate) complaints: Vec<String>,
}

/// What a browser presents.
#[derive(Clone, Copy, Debug)]
struct Presented {
    access: Token,
    /// `None` or `Refresh`.
    refresh: Token,
    session: Cookie,
    /// Whether it shows the CSRF values.
    csrf: bool,
}

/// Presents every combination on every route, among everything that sets other cookies.
pub(crate) fn try_token_cookies(setting: Setting) -> Tried {
    let mut fixture = among_cookie_setters(setting);
    let mut tried = Tried { cases: 0, complaints: Vec::new() };
    let mut set_at = BTreeSet::new();
    for target in &all_targets() {
        for presented in combinations() {
            let reply = send(&fixture, target, presented);
            let changes = fixture.rows.changes();
            if changes.all != 0 {
                fixture.rows.restore();
            }
            let (ours, others) = cookies(&reply);
            let is_token_request = [presented.access, presented.refresh] != [Token::None; 2];
            let silent = is_token_request || setting.mode == Mode::Token;
            let fits = ours == expected(target, &reply, is_token_request)
                && (others.is_empty() || !silent)
                && (changes.created + changes.ended == 0 || !silent)
                && (target.method != Method::Post || !reply.body.contains("\"access_token\""));
            if !fits {
                let complaint = format!(
                    "{}, mode {}, {presented:?}: {} {ours:?} {others:?} {changes:?}",
                    target.name(),
                    setting.mode.as_str(),
                    reply.status,
                );
                tried.complaints.push(complaint);
            }
            if !ours.is_empty() {
                set_at.insert((target.name(), is_token_request));
            }
            tried.cases += 1;
        }
    }
    let by_token = ["/api/confirm", "/api/login", "/api/logout", "/api/refresh"];
    let page = setting.mode.has_sessions().then_some("/logout");
    let by_token = by_token.into_iter().chain(page).map(|route| (route, true));
    let all = by_token.chain([("/api/login", false)]);
    let all = all.map(|(route, is_token)| (format!("POST {route}"), is_token));
    let all = all.chain([("DELETE /api/me".to_owned(), true)]).collect();
    if set_at != all {
        tried.complaints.push(format!("cookies were set at {set_at:?}"));
    }
    tried
}

fn combinations() -> Vec<Presented> {
    let mut all = Vec::new();
    for access in ACCESS {
        for refresh in [Token::None, Token::Refresh] {
            for session in [Cookie::None, Cookie::Good] {
                let presented = |csrf| Presented { access, refresh, session, csrf };
                all.extend([true, false].map(presented));
            }
        }
    }
    all
}

fn send(fixture: &Fixture, target: &Target, presented: Presented) -> Reply {
    let browser = Actor::new(&fixture.client);
    let credentials = &fixture.credentials;
    let put = |name: &str, value: &str| {
        browser.jar.borrow_mut().insert(name.to_owned(), value.to_owned());
    };
    let places = [
        (presented.access, "access_token_cookie", "csrf_access_token"),
        (presented.refresh, "refresh_token_cookie", "csrf_refresh_token"),
    ];
    for (token, name, twin) in places {
        let Some(text) = text(credentials, token) else { continue };
        put(name, &text);
        if presented.csrf {
            put(twin, &csrf_of(&text).unwrap_or_default());
        }
    }
    if let Some((name, value)) = credentials.cookie(presented.session) {
        put(name, value);
    }
    let mut request = browser.request(target.method, &target.path(&fixture.ids));
    if let Some((kind, body)) = target.body() {
        request = request.header(kind).body(body);
    }
    browser.send(request)
}

fn text(credentials: &Credentials, token: Token) -> Option<String> {
    let header = credentials.headers(token).into_iter().next()?;
    header.strip_prefix("Bearer ").map(str::to_owned)
}

/// The CSRF value of a token, if it has one.
fn csrf_of(token: &str) -> Option<String> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims["csrf"].as_str().map(str::to_owned)
}

/// The names of the cookies of a response: those of tokens, and others.
fn cookies(reply: &Reply) -> (Vec<&str>, Vec<&str>) {
    let names = reply.cookies().into_iter().filter_map(|cookie| cookie.split('=').next());
    let (mut ours, others): (Vec<_>, Vec<_>) = names.partition(|name| ALL.contains(name));
    ours.sort_unstable();
    (ours, others)
}

/// The cookies of tokens that a response must set or remove.
fn expected(target: &Target, reply: &Reply, is_token_request: bool) -> &'static [&'static str] {
    match (target.method, target.template.as_str(), reply.status) {
        (Method::Post, "/api/login" | "/api/refresh", 200) => &ALL,
        (Method::Post, "/api/confirm", 200) => &ALL[..2],
        (Method::Post, "/api/logout" | "/logout", 204) if is_token_request => &ALL,
        (Method::Delete, "/api/me", 204) => &ALL,
        (Method::Post, "/api/logout" | "/api/refresh", 401) if reply.code() == "token_revoked" => {
            &ALL
        }
        _ => &[],
    }
}
