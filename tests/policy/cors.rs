//! Scripts of other origins on every route: which responses they may read, that an allowed origin
//! gets past no refusal of the model, and that no cookie leaves on a token request.

use rocket::http::{Accept, Header, Method};
use vestibule::config::Mode;

use super::enumeration::{ruling, send_to};
use super::fixture::{ALLOWED_ORIGIN, Fixture, Setting};
use super::model::{Cookie, Site, Situation, Token};
use super::routes::{Target, all_targets};
use crate::support::actor::{Actor, Reply};

const ORIGINS: [&str; 2] = [ALLOWED_ORIGIN, "https://other.example"];

/// What was tried.
pub(crate) struct Tried {
    pub(crate) cases: usize,
    pub(crate) complaints: Vec<String>,
}

/// Sends a preflight and a request to every route, from each origin.
pub(crate) fn try_origins(setting: Setting) -> Tried {
    let mut fixture = Fixture::new(setting);
    let mut tried = Tried { cases: 0, complaints: Vec::new() };
    // Access keys are taken from the header alone.
    let is_there = |target: &&Target| !setting.in_cookies || !target.template.contains("/keys");
    for target in all_targets().iter().filter(is_there) {
        for origin in ORIGINS {
            fixture.origin = Some(origin);
            let may_read = origin == ALLOWED_ORIGIN && target.template.starts_with("/api/");
            let mut check = |what: &str, reply: &Reply, fits: bool| {
                if !fits || !has_headers(target, reply, setting, may_read) {
                    let (name, status) = (target.name(), reply.status);
                    let complaint = format!("{name}, {what}: {status} {:?}", reply.headers);
                    tried.complaints.push(format!("from {origin}: {complaint}"));
                }
                tried.cases += 1;
            };
            let reply = preflight(&fixture, target);
            let is_allowed = reply.status == 204 && reply.cookies().is_empty();
            let is_route = target.is_route && target.is_mounted(setting.mode);
            check("a preflight", &reply, !is_route || is_allowed == may_read);
            for situation in situations(setting, target) {
                let path = target.path(&fixture.ids);
                let reply = send_to(&fixture, target, &path, &situation, Some(Accept::JSON));
                if fixture.rows.changes().all != 0 {
                    fixture.rows.restore();
                }
                let is_silent = situation.is_token_request() || setting.mode == Mode::Token;
                let is_refused = ruling(target, &situation)
                    .err()
                    .is_none_or(|kind| kind.status().code == reply.status);
                let what =
                    format!("token {}, cookie {}", situation.token.word(), situation.cookie.word());
                check(&what, &reply, is_refused && (!is_silent || reply.cookies().is_empty()));
            }
        }
    }
    tried
}

/// A few credentials, sent by a page of another site.
fn situations(setting: Setting, target: &Target) -> Vec<Situation> {
    // Where tokens are in cookies, the fixture sends none.
    let all = [Token::None, Token::Good, Token::Foreign];
    let tokens = if setting.in_cookies { &all[..1] } else { &all };
    let pairs = tokens.iter().flat_map(|token| [(*token, Cookie::None), (*token, Cookie::Good)]);
    let situation = |(token, cookie)| Situation {
        mode: setting.mode,
        policy: setting.policy,
        token,
        cookie,
        is_unsafe: target.is_unsafe(),
        site: Site::Another,
        administrator: setting.administrator,
    };
    pairs.map(situation).collect()
}

fn preflight(fixture: &Fixture, target: &Target) -> Reply {
    let actor = Actor::new(&fixture.client);
    let request = actor.request(Method::Options, &target.path(&fixture.ids));
    let request = request.header(Header::new("Origin", fixture.origin.unwrap_or_default()));
    let method = target.method.as_str();
    actor.send(request.header(Header::new("Access-Control-Request-Method", method)))
}

fn has_headers(target: &Target, reply: &Reply, setting: Setting, may_read: bool) -> bool {
    let credentials = (may_read && setting.in_cookies).then_some("true");
    let vary = reply.headers.iter().filter(|(name, _)| name == "vary");
    let by_origin = vary.into_iter().any(|(_, value)| value.contains("Origin"));
    let origin = match reply.header("access-control-allow-origin") {
        // The public keys are for every origin.
        Some("*") if target.template == "/.well-known/jwks.json" => None,
        other => other,
    };
    origin == may_read.then_some(ALLOWED_ORIGIN)
        && reply.header("access-control-allow-credentials") == credentials
        && by_origin == target.template.starts_with("/api/")
}
