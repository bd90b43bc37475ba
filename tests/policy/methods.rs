//! Methods that are none of a route's: those that a form asks for with `_method`, in all spellings,
//! and those that Rocket does not know.

use std::collections::BTreeSet;

use rocket::http::{ContentType, Cookie as HttpCookie, Header, Method};
use vestibule::config::{Mode, SessionPolicy};

use super::enumeration::demand_none;
use super::fixture::{Fixture, Setting};
use super::model::{Cookie, Person, Site, Situation, Token};
use super::routes::{LINK_QUERY, all_targets};
use crate::support::actor::{Actor, Reply};
use crate::support::app::On;
use crate::support::process::Home;

const SPELLINGS: [&str; 8] = ["head", "HEAD", "hEaD", "get", "Options", "trace", "patch", "foo"];

/// The notice for the form to sign in.
const UNSENT: &str = "vestibule_notice=%22unsent%22%20";

const TOKENS: [Token; 6] =
    [Token::None, Token::OtherScheme, Token::Good, Token::Malformed, Token::Key, Token::Twice];

/// The paths of every mode, and whether each is mounted in this one.
fn paths(fixture: &Fixture) -> Vec<(String, bool)> {
    let (mut targets, mode) = (all_targets(), fixture.setting.mode);
    // A form that asks for GET opens the link, as a link on that page would.
    targets.retain(|target| !target.template.ends_with(LINK_QUERY));
    let path = |target: &super::routes::Target| target.path(&fixture.ids);
    let mounted: BTreeSet<_> =
        targets.iter().filter(|target| target.is_mounted(mode)).map(path).collect();
    let all: BTreeSet<_> = targets.iter().map(path).collect();
    all.into_iter().map(|path| (path.clone(), mounted.contains(&path))).collect()
}

fn send(fixture: &Fixture, path: &str, spelling: &str, case: (Token, Cookie, Site)) -> Reply {
    let (token, cookie, site) = case;
    let actor = Actor::new(&fixture.client);
    let mut request = actor.request(Method::Post, path).header(ContentType::Form);
    if let Some((name, value)) = fixture.credentials.cookie(cookie) {
        let cookie = HttpCookie::parse_encoded(format!("{name}={value}"));
        request = request.cookie(cookie.expect("a cookie that the application set"));
    }
    for value in fixture.credentials.headers(token) {
        request.add_header(Header::new("Authorization", value));
    }
    let site = if site == Site::Ours { "same-origin" } else { "cross-site" };
    request.add_header(Header::new("Sec-Fetch-Site", site));
    let fields = "username=user_02&password=5678&confirm=on&active=false&role=user";
    actor.send(request.body(format!("_method={spelling}&{fields}")))
}

/// Sends a form that asks for a method to every path, with a token from our own site and without
/// one from another: no cookie leaves but the notice that nothing was changed, and no session begins, ends or counts as used.
fn ask_for_methods(mode: Mode) {
    let policy = SessionPolicy::UnlessToken;
    let setting = Setting {
        on: On::Sqlite,
        mode,
        policy,
        administrator: Person::CookieOwner,
        in_cookies: false,
        cors: false,
    };
    let mut fixture = Fixture::new(setting);
    let mut complaints = Vec::new();
    for (path, mounted) in paths(&fixture) {
        for (spelling, token) in SPELLINGS.iter().flat_map(|one| TOKENS.map(|token| (one, token))) {
            for cookie in [Cookie::None, Cookie::Good, Cookie::Remembered] {
                let mut situation = Situation {
                    mode,
                    policy,
                    token,
                    cookie,
                    is_unsafe: true,
                    site: Site::Ours,
                    administrator: setting.administrator,
                };
                if !situation.is_token_request() {
                    situation.site = Site::Another;
                }
                let reply = send(&fixture, &path, spelling, (token, cookie, situation.site));
                let changes = fixture.rows.changes();
                if changes.all != 0 {
                    fixture.rows.restore();
                }
                let is_head = spelling.eq_ignore_ascii_case("head");
                let status = if mounted { 405 } else { 404 };
                let sessions = changes.created + changes.ended + changes.touched;
                let is_fine = reply.status < 500
                    && sessions == 0
                    && reply.cookies().iter().all(|cookie| cookie.starts_with(UNSENT))
                    && !reply.body.contains(Person::CookieOwner.username())
                    && (!is_head || reply.status == status)
                    && (reply.status != 405 || reply.header("allow").is_some());
                if !is_fine {
                    complaints.push(format!(
                        "_method={spelling} {path}, token {}, cookie {}: {} {changes:?} {:?}",
                        token.word(),
                        cookie.word(),
                        reply.status,
                        reply.headers,
                    ));
                }
            }
        }
    }
    demand_none(&complaints);
}

#[test]
fn a_form_that_asks_for_a_method_breaks_no_rule_in_mode_session() {
    ask_for_methods(Mode::Session);
}

#[test]
fn a_form_that_asks_for_a_method_breaks_no_rule_in_mode_token() {
    ask_for_methods(Mode::Token);
}

#[test]
fn a_form_that_asks_for_a_method_breaks_no_rule_in_mode_both() {
    ask_for_methods(Mode::Both);
}

/// Over TCP: Rocket's local client knows no other methods.
#[test]
fn a_method_that_rocket_does_not_know_reads_no_credential_on_any_path() {
    for mode in [Mode::Session, Mode::Token, Mode::Both] {
        let home = Home::new();
        let service = home.serve(&[("ROCKET_AUTH", &format!("{{mode=\"{}\"}}", mode.as_str()))]);
        let session = mode.has_sessions().then(|| service.form_login("user_02", "5678"));
        let session = session.map_or_else(String::new, |login| login.expect("a session"));
        let token = mode.has_tokens().then(|| service.api_login("user_01", "1234"));
        let token = token.map_or_else(|| "Bearer x".to_owned(), |login| login.expect("a token"));
        let (cookie, good) = (("Cookie", session.as_str()), ("Authorization", token.as_str()));
        let bad = ("Authorization", "Bearer x");
        let paths: BTreeSet<_> = all_targets().iter().map(|one| one.template.clone()).collect();
        for path in paths.iter().map(|path| path.replace(['<', '>'], "")) {
            for headers in [&[][..], &[cookie], &[good], &[cookie, good], &[cookie, bad]] {
                for method in ["PURGE", "FOO", "get"] {
                    let reply = service.send(method, &path, headers, "");
                    let what =
                        format!("{method} {path} {headers:?} in {}: {reply:?}", mode.as_str());
                    assert_eq!(reply.status, 400, "{what}");
                    assert!(reply.cookies().is_empty(), "{what}");
                    assert!(!reply.body.contains("user_0"), "{what}");
                    assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
                }
            }
        }
    }
}
