//! Every pair of credentials on every route: sent, observed, and compared with the model.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rocket::http::{Accept, Cookie as HttpCookie, Header, Method};
use vestibule::ErrorKind;
use vestibule::config::{Mode, SessionPolicy};

use super::fixture::{Fixture, LINK, Setting};
use super::model::{Cookie, Person, Ruling, Site, Situation, Token, depends_on_who};
use super::once_per_setting::OncePerSetting;
use super::routes::{Half, LINK_QUERY, Target, all_targets, unlisted_routes};
use super::rows::Changes;
use crate::support::actor::{Actor, Reply};
use crate::support::app::On;

/// What became of one request, as far as the published table goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) demands: &'static str,
    pub(crate) token: Token,
    pub(crate) cookie: Cookie,
    pub(crate) site: Site,
    pub(crate) answer: Answered,
    /// Whether the model names a user, whom the response need not show.
    pub(crate) has_user: bool,
    /// Whether the response set a cookie.
    pub(crate) set_cookie: bool,
}

/// The response to one request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answered {
    /// Let in, as this person where the response shows one.
    In(Option<Person>),
    /// Not let in; a page sends people to the form that asks for what is missing.
    Elsewhere(&'static str),
    /// Refused with a status and a code.
    Refused(u16, String),
}

/// Everything that was observed under one setting.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) cases: usize,
    pub(crate) observations: Vec<Observation>,
    pub(crate) complaints: Vec<String>,
}

/// One request, and what the model says about it.
struct Case<'t> {
    target: &'t Target,
    situation: Situation,
    ruling: Ruling,
}

/// The report on one setting; several tests ask for the same, which is made once.
pub(crate) fn report(setting: Setting) -> Report {
    static MADE: OncePerSetting<Report> = OncePerSetting::new();
    MADE.get(setting, enumerate)
}

fn enumerate(setting: Setting) -> Report {
    let began = Instant::now();
    let mut fixture = Fixture::new(setting);
    let targets = all_targets();
    let mut report = Report {
        cases: 0,
        observations: Vec::new(),
        complaints: unlisted_routes(&fixture.client, &targets, setting.mode),
    };
    let (token_requests, others): (Vec<_>, Vec<_>) =
        cases(setting, &targets).into_iter().partition(|case| case.situation.is_token_request());

    // First with a session whose use would be recorded, to see that it is not.
    for case in &token_requests {
        run(&mut fixture, case, &mut report);
    }
    report.complaints.extend(late_touches(&mut fixture, !token_requests.is_empty()));
    fixture.note_use();
    for case in &others {
        run(&mut fixture, case, &mut report);
    }
    println!(
        "{} cases: mode {}, policy {}, {:?}, {:?} administers, {:?}",
        report.cases,
        setting.mode.as_str(),
        setting.policy.as_str(),
        setting.on,
        setting.administrator,
        began.elapsed(),
    );
    report
}

fn cases(setting: Setting, targets: &[Target]) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for target in targets {
        let sites: &[Site] =
            if target.is_unsafe() { &[Site::Ours, Site::Another] } else { &[Site::Ours] };
        for (token, cookie) in pairs(target, setting.mode) {
            for site in sites {
                let situation = Situation {
                    mode: setting.mode,
                    policy: setting.policy,
                    token,
                    cookie,
                    is_unsafe: target.is_unsafe(),
                    site: *site,
                    administrator: setting.administrator,
                };
                cases.push(Case { target, situation, ruling: ruling(target, &situation) });
            }
        }
    }
    cases
}

/// Every pair of credentials; a few of them where nothing is mounted that could tell them
/// apart.
fn pairs(target: &Target, mode: Mode) -> Vec<(Token, Cookie)> {
    let (tokens, cookies): (&[Token], &[Cookie]) = if target.is_route && target.is_mounted(mode) {
        (&Token::ALL, &Cookie::ALL)
    } else {
        let tokens = &[Token::None, Token::Good, Token::Foreign];
        (tokens, &[Cookie::None, Cookie::Good, Cookie::Remembered, Cookie::Garbled])
    };
    let with_each = |token: &Token| cookies.iter().map(move |cookie| (*token, *cookie)).collect();
    tokens.iter().flat_map(|token| -> Vec<_> { with_each(token) }).collect()
}

pub(crate) fn ruling(target: &Target, situation: &Situation) -> Ruling {
    if !target.is_mounted(situation.mode) {
        Err(ErrorKind::NotFound)
    } else if !target.is_route {
        Err(ErrorKind::MethodNotAllowed)
    } else {
        target.with_handler(situation)
    }
}

/// Sends one request, holds the response against the model and puts the rows back.
fn run(fixture: &mut Fixture, case: &Case<'_>, report: &mut Report) {
    let reply = send(fixture, case, None);
    let changes = fixture.rows.changes();
    if changes.all != 0 {
        fixture.rows.restore();
    }
    let code = code(fixture, case, &reply);
    let mut complaints = Vec::new();
    check_answer(case, &reply, code.as_deref(), &mut complaints);
    check_cookies(case, &reply, &mut complaints);
    check_headers(case, &reply, &mut complaints);
    check_rows(case, &reply, changes, &mut complaints);
    if !complaints.is_empty() {
        report.complaints.push(describe(fixture.setting, case, &reply, &complaints));
    }
    report.cases += 1;
    if case.target.is_route && case.target.is_mounted(case.situation.mode) {
        report.observations.push(Observation {
            demands: case.target.demands,
            token: case.situation.token,
            cookie: case.situation.cookie,
            site: case.situation.site,
            answer: answered(&reply, code),
            has_user: matches!(case.ruling, Ok(Some(_))),
            set_cookie: !reply.cookies().is_empty(),
        });
    }
}

fn send(fixture: &Fixture, case: &Case<'_>, accept: Option<Accept>) -> Reply {
    let path = case.target.path(&fixture.ids);
    send_to(fixture, case.target, &path, &case.situation, accept)
}

/// Sends one request with these credentials.
pub(crate) fn send_to(
    fixture: &Fixture,
    target: &Target,
    path: &str,
    situation: &Situation,
    accept: Option<Accept>,
) -> Reply {
    let actor = Actor::new(&fixture.client);
    let mut request = actor.request(target.method, path);
    if let Some((name, value)) = fixture.credentials.cookie(situation.cookie) {
        let cookie = HttpCookie::parse_encoded(format!("{name}={value}"));
        request = request.cookie(cookie.expect("a cookie that the application set"));
    }
    if target.template == "/login/link/enter" {
        request = request.cookie(("vestibule_browser", LINK));
    }
    for value in fixture.credentials.headers(situation.token) {
        request.add_header(Header::new("Authorization", value));
    }
    let site = match situation.site {
        Site::Ours => "same-origin",
        Site::Another => "cross-site",
    };
    request.add_header(Header::new("Sec-Fetch-Site", site));
    if let Some(origin) = fixture.origin {
        request.add_header(Header::new("Origin", origin));
    }
    if let Some(accept) = accept {
        request.add_header(accept);
    }
    if let Some((kind, body)) = target.body() {
        request = request.header(kind).body(body);
    }
    actor.send(request)
}

/// The code of a refusal. A page shows none, so a program asks for it once more.
fn code(fixture: &Fixture, case: &Case<'_>, reply: &Reply) -> Option<String> {
    if is_problem(reply) {
        return Some(reply.code());
    }
    if form(reply).is_none() && reply.status < 400 {
        return None;
    }
    let again = send(fixture, case, Some(Accept::JSON));
    is_problem(&again).then(|| again.code())
}

fn is_problem(reply: &Reply) -> bool {
    reply.header("content-type") == Some("application/problem+json")
}

/// The form that a refusal redirects to. The redirect that checks cookies after a sign-in does not count.
fn form(reply: &Reply) -> Option<&'static str> {
    let (path, query) = reply.location().split_once('?').unwrap_or((reply.location(), ""));
    let is_sent_to = reply.status == 303 && !query.contains("cookie_sent=true");
    ["/login", "/reauthenticate"].into_iter().find(|form| is_sent_to && path == *form)
}

fn answered(reply: &Reply, code: Option<String>) -> Answered {
    let by_guards = |code: &String| {
        let kind = ErrorKind::ALL.iter().find(|kind| kind.code() == code);
        kind.is_some_and(|kind| is_refusal(*kind))
    };
    match code.filter(by_guards) {
        Some(code) => match form(reply) {
            Some(form) => Answered::Elsewhere(form),
            None => Answered::Refused(reply.status, code),
        },
        None => Answered::In(shown(reply)),
    }
}

/// Whether guards refuse with it; anything else is the handler's own response.
fn is_refusal(kind: ErrorKind) -> bool {
    kind.blames_token()
        || matches!(
            kind,
            ErrorKind::CredentialsMissing
                | ErrorKind::FreshLoginRequired
                | ErrorKind::SecondFactorRequired
                | ErrorKind::AmbiguousCredentials
                | ErrorKind::CrossOrigin
                | ErrorKind::Forbidden
                | ErrorKind::InsufficientScope
                | ErrorKind::Unavailable
        )
}

/// Whose name the response shows, if only one.
fn shown(reply: &Reply) -> Option<Person> {
    let people = [Person::TokenOwner, Person::CookieOwner];
    let mut shown = people.into_iter().filter(|person| reply.body.contains(person.username()));
    shown.next().filter(|_| shown.next().is_none())
}

fn check_answer(case: &Case<'_>, reply: &Reply, code: Option<&str>, complaints: &mut Vec<String>) {
    let mut complain = |complaint: String| complaints.push(complaint);
    let page = case.target.is_on_page(case.situation.mode);
    let is_json = case.situation.is_token_request() || !page;
    match case.ruling {
        Err(kind) => {
            let to_form = match kind {
                _ if is_json => None,
                ErrorKind::CredentialsMissing => Some("/login"),
                ErrorKind::FreshLoginRequired => Some("/reauthenticate"),
                _ => None,
            };
            let status = if to_form.is_some() { 303 } else { kind.status().code };
            if reply.status != status || form(reply) != to_form {
                complain(format!("the model refuses with {status} {}", kind.code()));
            }
            if case.target.method != Method::Head && code != Some(kind.code()) {
                complain(format!("the code must be {}, not {code:?}", kind.code()));
            }
            if is_json && case.target.method != Method::Head && !is_problem(reply) {
                complain("a program must be answered with a problem".to_owned());
            }
        }
        Ok(who) => {
            let welcome = case.target.welcome(who);
            let fits = match welcome {
                // Without a first step the second leads to its form.
                _ if case.target.template.starts_with("/login/second") => reply.status == 303,
                Some(status) => reply.status == status && form(reply).is_none(),
                None => matches!(answered(reply, code.map(str::to_owned)), Answered::In(_)),
            };
            if !fits || reply.status >= 500 {
                let status = welcome.map_or("its handler".to_owned(), |status| status.to_string());
                complain(format!("the model lets {who:?} in, to {status}"));
            }
            check_identity(case, reply, who, &mut complain);
        }
    }
}

/// Who the handler took the request to come from, where its response shows that.
fn check_identity(
    case: &Case<'_>,
    reply: &Reply,
    who: Option<Person>,
    complain: &mut impl FnMut(String),
) {
    if let (Method::Get, "/whoami", Some(person)) =
        (case.target.method, case.target.template.as_str(), who)
    {
        let via = if person == Person::TokenOwner { "token" } else { "session" };
        let found = reply.json();
        if found["username"] != person.username() || found["via"] != via {
            complain(format!("it must be {} by {via}", person.username()));
        }
    }
    // An administrator may see all users.
    if case.target.demands.contains("Admin") {
        return;
    }
    let strangers = match who {
        Some(person) => vec![person.other()],
        None => vec![Person::TokenOwner, Person::CookieOwner],
    };
    for stranger in strangers {
        if reply.body.contains(stranger.username()) {
            complain(format!("{} must not appear in the answer", stranger.username()));
        }
    }
}

fn check_cookies(case: &Case<'_>, reply: &Reply, complaints: &mut Vec<String>) {
    let found = !reply.cookies().is_empty();
    let situation = &case.situation;
    // The application itself sets none there, so not even the policy `always` lets one out.
    let silent = situation.is_token_request() || situation.mode == Mode::Token;
    let wanted = match case.ruling {
        _ if silent => Some(false),
        Ok(_) => of_handler(case),
        Err(kind) => Some(taken_back(case) || brought_back(case) || says_unsent(case, kind)),
    };
    if wanted.is_some_and(|wanted| wanted != found) {
        let must = if wanted == Some(true) { "must" } else { "may not" };
        complaints.push(format!("a cookie {must} leave: {:?}", reply.cookies()));
    }
}

/// Whether a handler that was reached sets a cookie; `None` where nothing is known of it.
fn of_handler(case: &Case<'_>) -> Option<bool> {
    match (case.target.method, case.target.template.as_str()) {
        (Method::Post, "/login" | "/register" | "/logout" | "/api/logout") => Some(true),
        // The secret of a browser that asks for a link, and of the link.
        (Method::Post, "/login/link" | "/login/link/enter") => Some(true),
        (Method::Get, link) if link.ends_with(LINK_QUERY) => Some(true),
        _ if case.target.is_unsafe() && case.target.half == Half::Pages => None,
        _ => Some(taken_back(case) || brought_back(case)),
    }
}

/// Whether a form that asks for the password says that the form before has changed nothing.
fn says_unsent(case: &Case<'_>, kind: ErrorKind) -> bool {
    let asks = [ErrorKind::CredentialsMissing, ErrorKind::FreshLoginRequired].contains(&kind);
    asks && case.target.is_unsafe() && case.target.is_on_page(case.situation.mode)
}

/// Whether a worthless cookie is read and removed: by the guards, or by the error page,
/// which shows who is signed in.
fn taken_back(case: &Case<'_>) -> bool {
    let situation = &case.situation;
    let on_page = case.target.is_on_page(situation.mode);
    let on_error_page = case.ruling.is_err() && on_page;
    let read = situation.session_is_read(&case.target.guards) || on_error_page;
    // Of a request from another site the sign-in is not looked up.
    let looked_up = situation.cookie != Cookie::Ended || !situation.is_cross_origin();
    read && situation.cookie.is_worthless() && looked_up
}

/// Whether a session is restored: by the guards of a request that is let in, for Rocket drops
/// the cookies of a request that is refused, or by the page that says that nothing is there.
fn brought_back(case: &Case<'_>) -> bool {
    let situation = &case.situation;
    let read = match case.ruling {
        Ok(_) => situation.session_is_read(&case.target.guards),
        Err(kind) => {
            let nowhere = [ErrorKind::NotFound, ErrorKind::MethodNotAllowed].contains(&kind);
            nowhere && case.target.is_on_page(situation.mode)
        }
    };
    read && situation.cookie == Cookie::Remembered && !situation.is_cross_origin()
}

fn check_headers(case: &Case<'_>, reply: &Reply, complaints: &mut Vec<String>) {
    let personal =
        case.target.is_mounted(case.situation.mode) && depends_on_who(&case.target.guards);
    let names = [Person::TokenOwner.username(), Person::CookieOwner.username()];
    if personal || names.iter().any(|name| reply.body.contains(name)) {
        let vary: Vec<&str> =
            reply.header("vary").unwrap_or_default().split(',').map(str::trim).collect();
        if !vary.contains(&"Authorization") || !vary.contains(&"Cookie") {
            complaints.push(format!("it must vary with who asked: {vary:?}"));
        }
        if reply.header("cache-control") != Some("no-store") {
            complaints.push("it must not be stored".to_owned());
        }
    }
    let challenge = reply.header("www-authenticate");
    let blamed = match case.ruling {
        Err(kind) => kind.blames_token() && case.situation.is_token_request(),
        Ok(_) => false,
    };
    let lacks_scope = case.ruling == Err(ErrorKind::InsufficientScope);
    let challenged = reply.status == 401 || lacks_scope;
    let stale =
        case.ruling == Err(ErrorKind::FreshLoginRequired) && case.situation.is_token_request();
    let fits = match challenge {
        None => !challenged || !case.situation.mode.has_tokens(),
        Some(value) => {
            challenged
                && value.contains("error=\"insufficient_scope\"") == lacks_scope
                && case.situation.mode.has_tokens()
                && value.starts_with("Bearer realm=\"vestibule\"")
                && value.contains("error=\"invalid_token\"") == blamed
                && value.contains("error=\"insufficient_user_authentication\"") == stale
                && !value.ends_with("/multi-factor\"")
                && value.ends_with(", max_age=\"600\"") == stale
        }
    };
    if !fits {
        complaints.push(format!("the challenge does not fit: {challenge:?}"));
    }
    if reply.status == 405 && reply.header("allow").is_none() {
        complaints.push("a 405 names the methods that are allowed".to_owned());
    }
}

fn check_rows(case: &Case<'_>, reply: &Reply, changes: Changes, complaints: &mut Vec<String>) {
    let sessions = (changes.created, changes.ended, changes.touched);
    let untouched = (0, 0, 0);
    if case.situation.is_token_request() || case.situation.mode == Mode::Token {
        if sessions != untouched {
            complaints.push(format!("no session may be begun, ended or touched: {changes:?}"));
        }
    } else if let (Ok(_), Some(begun)) = (&case.ruling, case.target.begins()) {
        let had_one = case.situation.cookie.stands();
        let ended = i64::from(had_one && case.target.ends_session());
        if sessions != (begun, ended, 0) {
            complaints.push(format!("{begun} sessions begin and {ended} end: {changes:?}"));
        }
    }
    let harmless = case.ruling.is_err() || !case.target.is_unsafe();
    if (harmless || reply.status >= 400) && changes.accounts != 0 {
        complaints.push(format!("nothing may change: {changes:?}"));
    }
}

/// Use is recorded in the background: waits for one that must be recorded, and so for all that
/// should not have been.
fn late_touches(fixture: &mut Fixture, expected_none: bool) -> Vec<String> {
    let mut complaints = Vec::new();
    if expected_none {
        std::thread::sleep(Duration::from_millis(50));
        let changes = fixture.rows.changes();
        if (changes.created, changes.ended, changes.touched) != (0, 0, 0) {
            complaints.push(format!("a token request touched a session in the end: {changes:?}"));
        }
    }
    if fixture.setting.mode.has_sessions() {
        let browser = Actor::new(&fixture.client);
        let (name, value) = fixture.credentials.cookie(Cookie::Good).expect("a good cookie");
        browser.jar.borrow_mut().insert(name.to_owned(), value.to_owned());
        assert_eq!(browser.get("/whoami").status, 200, "the session stands");
        let patience = Instant::now() + Duration::from_secs(5);
        while fixture.rows.changes().touched == 0 {
            if Instant::now() > patience {
                complaints.push("the use of a session is never noted, so nothing is proven".into());
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    complaints
}

fn describe(setting: Setting, case: &Case<'_>, reply: &Reply, complaints: &[String]) -> String {
    let situation = &case.situation;
    format!(
        "{} [{}]\n  mode {}, policy {}, {:?} administers: token {}, cookie {}, from {:?}\n  \
         answered {} {:?} {}\n  - {}",
        case.target.name(),
        case.target.demands,
        setting.mode.as_str(),
        setting.policy.as_str(),
        setting.administrator,
        situation.token.word(),
        situation.cookie.word(),
        situation.site,
        reply.status,
        reply.location(),
        reply.body.chars().take(160).collect::<String>().replace('\n', " "),
        complaints.join("\n  - "),
    )
}

/// Fails with the first complaints, and says how many there are.
#[track_caller]
pub(crate) fn demand_none(complaints: &[String]) {
    let distinct: BTreeSet<&String> = complaints.iter().collect();
    let first: Vec<_> = distinct.iter().take(12).map(|complaint| complaint.as_str()).collect();
    let total = distinct.len();
    assert!(total == 0, "{total} answers are not what the model says:\n\n{}\n", first.join("\n\n"));
}

/// The settings of the full enumeration.
pub(crate) fn settings(mode: Mode) -> Vec<Setting> {
    let policies: &[SessionPolicy] = match mode {
        Mode::Token => &[SessionPolicy::UnlessToken, SessionPolicy::Always, SessionPolicy::Never],
        Mode::Session | Mode::Both => &[SessionPolicy::UnlessToken, SessionPolicy::Always],
    };
    let mut settings = Vec::new();
    for policy in policies {
        // Where cookies may leave does not depend on who administers.
        let both = [Person::TokenOwner, Person::CookieOwner];
        let administrators =
            if *policy == SessionPolicy::UnlessToken { &both[..] } else { &both[..1] };
        for administrator in administrators.iter().copied() {
            settings.push(Setting {
                on: On::Sqlite,
                mode,
                policy: *policy,
                administrator,
                in_cookies: false,
                cors: false,
            });
        }
    }
    settings
}
