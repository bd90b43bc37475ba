//! Everything that an application may try to set a cookie with, attached to the finished one.

use rocket::fairing::{AdHoc, Fairing, Info, Kind};
use rocket::http::{Cookie, CookieJar, Header, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::{Flash, Responder};
use rocket::{Build, Data, Rocket, catch, catchers, get, routes};
use vestibule::config::{Mode, SessionPolicy};

use super::enumeration::send_to;
use super::fixture::{Fixture, Setting};
use super::guard::Guard;
use super::model::{self, Situation, Token};
use super::once_per_setting::OncePerSetting;
use super::routes::{Half, Target, all_targets};

/// The statuses that responses with a cookie are tried with.
const STATUSES: [u16; 13] = [200, 201, 204, 303, 400, 401, 403, 404, 405, 409, 415, 422, 500];

/// The ways in which a handler sets a cookie of its own.
const WAYS: [&str; 5] = ["plain", "private", "flash", "raw", "guard"];

/// The routes that set them.
const OPEN: [&str; 8] = [
    "/sneaky/direct/plain/<status>",
    "/sneaky/direct/private/<status>",
    "/sneaky/direct/flash/<status>",
    "/sneaky/direct/raw/<status>",
    "/sneaky/direct/guard/<status>",
    "/sneaky/caught/<status>",
    "/sneaky/refused/<_>",
    "/sneaky/panic",
];

/// Sets a cookie in the jar on the way in, and two headers on the way out.
struct CookieSetter(&'static str);

#[rocket::async_trait]
impl Fairing for CookieSetter {
    fn info(&self) -> Info {
        Info { name: self.0, kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.cookies().add((format!("{}-in", self.0), "1"));
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut rocket::Response<'r>) {
        response.adjoin_header(Header::new("Set-Cookie", format!("{}-out=1", self.0)));
        response.adjoin_raw_header("sEt-cOOkie", "odd-case=1");
    }
}

/// Sets cookies and lets in.
struct CookieSettingGuard;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CookieSettingGuard {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        request.cookies().add(("guard", "1"));
        request.cookies().add_private(("guard-private", "1"));
        Outcome::Success(Self)
    }
}

/// Sets a cookie and refuses with the status in the path.
struct Refusing;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Refusing {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        request.cookies().add(("refusing", "1"));
        let status = request.param::<u16>(1).and_then(Result::ok).unwrap_or(500);
        Outcome::Error((Status::new(status), ()))
    }
}

/// The body of a response with any status, past the catchers.
type Plain = (Status, &'static str);

#[derive(Responder)]
#[response(content_type = "plain")]
struct Raw(Plain, Header<'static>);

#[get("/direct/plain/<status>")]
fn plain(status: u16, jar: &CookieJar<'_>) -> Plain {
    jar.add(("plain", "1"));
    (Status::new(status), "")
}

#[get("/direct/private/<status>")]
fn private(status: u16, jar: &CookieJar<'_>) -> Plain {
    jar.add_private(Cookie::new("private", "1"));
    (Status::new(status), "")
}

#[get("/direct/flash/<status>")]
fn flash(status: u16) -> Flash<Plain> {
    Flash::success((Status::new(status), ""), "done")
}

#[get("/direct/raw/<status>")]
fn raw(status: u16) -> Raw {
    Raw((Status::new(status), ""), Header::new("Set-Cookie", "raw=1; Path=/"))
}

#[get("/direct/guard/<status>")]
fn guard(status: u16, _generous: CookieSettingGuard) -> Plain {
    (Status::new(status), "")
}

/// Goes through the catcher, whose cookies are the only ones of the jar that Rocket keeps.
#[get("/caught/<status>")]
fn caught(status: u16, jar: &CookieJar<'_>) -> Status {
    jar.add(("lost", "1"));
    Status::new(status)
}

#[get("/refused/<_>")]
fn refused(_refusing: Refusing) {}

#[get("/panic")]
fn panics(jar: &CookieJar<'_>) {
    jar.add(("lost", "1"));
    // A panic without the message that the hook would print.
    std::panic::resume_unwind(Box::new("on purpose"));
}

#[catch(default)]
fn catcher(status: Status, request: &Request<'_>) -> Plain {
    request.cookies().add(("catcher", "1"));
    (status, "")
}

/// Attaches all of it: after everything of the application's own, directly and from inside
/// other fairings.
fn with_cookie_setters(rocket: Rocket<Build>) -> Rocket<Build> {
    let routes = routes![plain, private, flash, raw, guard, caught, refused, panics];
    let nested = AdHoc::on_ignite("Nested", |rocket| async {
        rocket.attach(CookieSetter("nested")).attach(AdHoc::on_ignite("Deeper", |rocket| async {
            rocket.attach(CookieSetter("deeper"))
        }))
    });
    rocket
        .attach(CookieSetter("fairing"))
        .attach(nested)
        .mount("/sneaky", routes)
        .register("/sneaky", catchers![catcher])
}

/// The application among all of it.
pub(crate) fn among_cookie_setters(setting: Setting) -> Fixture {
    Fixture::with(setting, &OPEN, with_cookie_setters)
}

/// A path, the status of its response, and a cookie that must leave where cookies may.
fn paths() -> Vec<(String, u16, &'static str)> {
    let mut paths = Vec::new();
    for status in STATUSES {
        for way in WAYS {
            let cookie = if way == "flash" { "_flash" } else { way };
            paths.push((format!("/sneaky/direct/{way}/{status}"), status, cookie));
        }
        if status >= 400 {
            paths.push((format!("/sneaky/caught/{status}"), status, "catcher"));
            paths.push((format!("/sneaky/refused/{status}"), status, "catcher"));
        }
    }
    paths.push(("/sneaky/panic".to_owned(), 500, "catcher"));
    paths.push(("/sneaky/nowhere".to_owned(), 404, "catcher"));
    paths
}

/// What cookies did under one setting.
#[derive(Clone)]
pub(crate) struct CookieReport {
    pub(crate) cases: usize,
    /// The tokens on whose responses cookies left.
    pub(crate) left: Vec<Token>,
    pub(crate) complaints: Vec<String>,
}

/// Tries every way to set a cookie, with every token, and with a session or without.
pub(crate) fn try_cookies(setting: Setting) -> CookieReport {
    static MADE: OncePerSetting<CookieReport> = OncePerSetting::new();
    MADE.get(setting, try_everything)
}

fn try_everything(setting: Setting) -> CookieReport {
    let mut fixture = among_cookie_setters(setting);
    let mut tried = CookieReport { cases: 0, left: Vec::new(), complaints: Vec::new() };
    // What only repeats itself elsewhere is tried under the usual setting alone.
    let usual = (setting.mode, setting.policy) == (Mode::Both, SessionPolicy::UnlessToken);
    let few = [model::Cookie::Good];
    let cookies = if usual { &model::Cookie::ALL[..] } else { &few[..] };
    for token in Token::ALL {
        for cookie in cookies.iter().copied() {
            for (path, status, name) in paths() {
                let target = outside(&path);
                let situation = situation(setting, token, cookie);
                let reply = send_to(&fixture, &target, &path, &situation, None);
                let cookies = reply.cookies();
                let found = |name: &str| cookies.iter().any(|one| one.starts_with(name));
                let complete = ["fairing-out", "nested-out", "deeper-out", "odd-case", name]
                    .into_iter()
                    .all(found);
                let fits = if may_leave(&situation) { complete } else { cookies.is_empty() };
                if !fits || reply.status != status {
                    tried.complaints.push(format!(
                        "GET {path}, mode {}, policy {}, token {}, cookie {}: {} {cookies:?}",
                        setting.mode.as_str(),
                        setting.policy.as_str(),
                        token.word(),
                        cookie.word(),
                        reply.status,
                    ));
                }
                if !cookies.is_empty() && !tried.left.contains(&token) {
                    tried.left.push(token);
                }
                tried.cases += 1;
            }
        }
    }
    on_own_routes(&mut fixture, &mut tried);
    tried
}

/// The application's own routes among all those fairings: on a token request not even what
/// others set leaves.
fn on_own_routes(fixture: &mut Fixture, tried: &mut CookieReport) {
    for target in all_targets().iter().filter(|target| target.is_mounted(fixture.setting.mode)) {
        for token in Token::ALL {
            let mut situation = situation(fixture.setting, token, model::Cookie::Good);
            situation.is_unsafe = target.is_unsafe();
            let path = target.path(&fixture.ids);
            let reply = send_to(fixture, target, &path, &situation, None);
            if fixture.rows.changes().all != 0 {
                fixture.rows.restore();
            }
            // The token of the metrics is no user's: each request for them counts as one with a token.
            let is_metrics = target.guards.contains(&Guard::Scraper)
                && situation.policy == SessionPolicy::UnlessToken;
            if reply.cookies().is_empty() == (may_leave(&situation) && !is_metrics) {
                tried.complaints.push(format!(
                    "{}, mode {}, policy {}, token {}: {:?}",
                    target.name(),
                    fixture.setting.mode.as_str(),
                    fixture.setting.policy.as_str(),
                    token.word(),
                    reply.cookies(),
                ));
            }
            tried.cases += 1;
        }
    }
}

fn may_leave(situation: &Situation) -> bool {
    match situation.policy {
        SessionPolicy::Always => true,
        SessionPolicy::Never => false,
        SessionPolicy::UnlessToken => {
            situation.mode != Mode::Token && !situation.is_token_request()
        }
    }
}

fn situation(setting: Setting, token: Token, cookie: model::Cookie) -> Situation {
    Situation {
        mode: setting.mode,
        policy: setting.policy,
        token,
        cookie,
        is_unsafe: false,
        site: model::Site::Ours,
        administrator: setting.administrator,
    }
}

/// A path that is none of the application's.
fn outside(path: &str) -> Target {
    Target {
        method: rocket::http::Method::Get,
        template: path.to_owned(),
        half: Half::Neither,
        modes: Vec::new(),
        demands: "anyone",
        guards: Vec::new(),
        is_route: true,
    }
}

/// Every path of the API written in another way. Where such a path is the API's it is as the
/// plain one, and where it is not there is nothing; a cookie never makes a difference, and
/// none leaves.
pub(crate) fn aliases(setting: Setting) -> CookieReport {
    let mut clean = Fixture::new(setting);
    clean.note_use();
    let mut with_setters = among_cookie_setters(setting);
    let mut tried = CookieReport { cases: 0, left: Vec::new(), complaints: Vec::new() };
    let of_api = |target: &&Target| target.half == Half::Api && target.is_route;
    for target in all_targets().iter().filter(of_api) {
        for token in Token::ALL {
            let mut situation = situation(setting, token, model::Cookie::Good);
            situation.is_unsafe = target.is_unsafe();
            if situation.session_is_read(&target.guards) {
                // It signs out whichever credential is presented.
                continue;
            }
            let fixture = if situation.is_token_request() { &mut with_setters } else { &mut clean };
            let plain = target.path(&fixture.ids);
            let expected = send_to(fixture, target, &plain, &situation, None).status;
            fixture.rows.restore();
            for path in written_otherwise(&plain) {
                let reply = send_to(fixture, target, &path, &situation, None);
                let changes = fixture.rows.changes();
                if changes.all != 0 {
                    fixture.rows.restore();
                }
                let same = reply.status == expected || [400, 404].contains(&reply.status);
                let sessions = changes.created + changes.ended + changes.touched;
                if !same || !reply.cookies().is_empty() || sessions != 0 {
                    tried.complaints.push(format!(
                        "{} {path}, token {}: {} where {plain} is {expected}, {changes:?}, {:?}",
                        target.method,
                        token.word(),
                        reply.status,
                        reply.cookies(),
                    ));
                }
                tried.cases += 1;
            }
        }
    }
    tried
}

fn written_otherwise(path: &str) -> Vec<String> {
    let rest = path.strip_prefix("/api").expect("a path of the API");
    vec![
        format!("//api{rest}"),
        format!("/%61pi{rest}"),
        format!("/%2561pi{rest}"),
        format!("/api/{rest}"),
        format!("/api{rest}/"),
        format!("/api/.{rest}"),
        format!("/./api{rest}"),
        format!("/x/..{path}"),
        format!("/API{rest}"),
        format!("/api%2F{}", rest.trim_start_matches('/')),
        format!("/api;x=1{rest}"),
    ]
}
