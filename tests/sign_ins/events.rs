//! Events: each is reported once, with a name and without a secret.

use std::sync::{Arc, Mutex};

use rocket::figment::Figment;
use rocket::http::{Cookie, Header, Method, Status};
use rocket::local::blocking::Client;
use rocket::response::Redirect;
use rocket::serde::json::Json;
use rocket::{catch, catchers, get, post, routes};
use vestibule::events::{EndedBy, Event, EventKind, EventSink};
use vestibule::guards::{AnyTokenUser, RefreshToken};
use vestibule::sign_ins::{MemorySignInStore, SignIns};
use vestibule::tokens::TokenPair;
use vestibule::{Auth, Clock, Error, ErrorKind, Problem, Session, Tokens};

use crate::users::{User, Users};

type SessionUser = vestibule::SessionUser<User>;

/// Keeps the events that are reported.
#[derive(Clone, Default)]
struct RecordedEvents(Arc<Mutex<Vec<ReportedEvent>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct ReportedEvent {
    kind: EventKind,
    account: Option<String>,
    sign_in: Option<String>,
    all: String,
}

impl EventSink for RecordedEvents {
    fn on_event(&self, event: &Event<'_>) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        self.0.lock().expect("a lock").push(ReportedEvent {
            kind: event.kind,
            account: owned(event.account),
            sign_in: owned(event.sign_in),
            all: format!("{event:?}"),
        });
    }
}

#[post("/login/<id>?<remember>")]
async fn login(
    id: u32,
    remember: bool,
    session: Session<'_>,
    users: &rocket::State<Users>,
) -> Result<String, Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    let id = if remember {
        session.start_remembered(&user).await?
    } else {
        session.start(&user).await?
    };
    Ok(id.to_string())
}

#[post("/logout")]
async fn logout(session: Session<'_>) -> Result<Status, Error> {
    session.end().await?;
    Ok(Status::NoContent)
}

#[post("/confirm")]
async fn confirm(_user: SessionUser, session: Session<'_>) -> Result<Status, Error> {
    session.confirm().await?;
    Ok(Status::NoContent)
}

#[get("/me")]
fn me(user: vestibule::CurrentUser<User>) -> String {
    user.id.to_string()
}

#[get("/perhaps")]
fn perhaps(user: vestibule::guards::Maybe<vestibule::CurrentUser<User>>) -> &'static str {
    if user.0.is_some() { "somebody" } else { "nobody" }
}

#[get("/fresh")]
fn fresh(user: vestibule::guards::Fresh<vestibule::CurrentUser<User>>) -> String {
    user.id.to_string()
}

#[post("/api/login/<id>")]
async fn api_login(
    id: u32,
    tokens: Tokens<'_>,
    users: &rocket::State<Users>,
) -> Result<Json<TokenPair>, Error> {
    let user = users.get(id).ok_or(ErrorKind::BadCredentials)?;
    Ok(Json(tokens.start(&user).await?))
}

#[post("/api/refresh")]
async fn refresh(token: RefreshToken, tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.refresh::<User>(&token).await?))
}

#[post("/api/logout")]
async fn api_logout(user: AnyTokenUser<User>, tokens: Tokens<'_>) -> Result<Status, Error> {
    tokens.end_claims(user.authentication().claims().ok_or(ErrorKind::Internal)?).await?;
    Ok(Status::NoContent)
}

#[post("/end/<id>")]
async fn end(user: SessionUser, sign_ins: SignIns<'_>, id: &str) -> Result<Status, Error> {
    sign_ins.end(&user.id.to_string(), id).await?;
    Ok(Status::NoContent)
}

#[post("/end-all")]
async fn end_all(user: SessionUser, sign_ins: SignIns<'_>) -> Result<Status, Error> {
    sign_ins.end_all(&user.id.to_string(), None).await?;
    Ok(Status::NoContent)
}

#[get("/onward")]
fn onward(user: Option<SessionUser>) -> Redirect {
    drop(user);
    Redirect::to("/perhaps")
}

#[get("/me")]
fn me_behind_a_form(user: SessionUser) -> String {
    user.id.to_string()
}

#[catch(401)]
fn to_a_form(request: &rocket::Request<'_>) -> Redirect {
    let _message = Error::of(Status::Unauthorized, request);
    Redirect::to("/login")
}

#[catch(default)]
fn draw(status: Status, request: &rocket::Request<'_>) -> Problem {
    Problem::of(status, request)
}

struct Scene {
    client: Client,
    clock: Clock,
    recorded: RecordedEvents,
    secrets: Mutex<Vec<String>>,
}

/// A response: its status, its body and its cookies.
struct Answer {
    status: u16,
    body: String,
    jar: Vec<Cookie<'static>>,
}

impl Scene {
    fn new(protection: &str) -> Self {
        let (clock, recorded) = (Clock::manual(), RecordedEvents::default());
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("auth.session.protection", protection))
            .merge(("auth.token.secret", "a secret of the tests, of 41 bytes at all"));
        let auth = Auth::fairing()
            .store(MemorySignInStore::new())
            .clock(clock.clone())
            .events(recorded.clone());
        let rocket = rocket::custom(figment)
            .manage(Users::new())
            .attach(auth)
            .mount(
                "/",
                routes![
                    login, logout, confirm, me, perhaps, fresh, api_login, refresh, api_logout,
                    end, end_all, onward
                ],
            )
            .mount("/to-a-form", routes![me_behind_a_form])
            .register("/", catchers![draw])
            .register("/to-a-form", catchers![to_a_form]);
        let client = Client::untracked(rocket).expect("a launch");
        Self { client, clock, recorded, secrets: Mutex::default() }
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        jar: &[Cookie<'static>],
        more: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.client.req(method, path.to_owned());
        for cookie in jar {
            request = request.cookie(cookie.clone());
        }
        for (name, value) in more {
            request.add_header(Header::new((*name).to_owned(), (*value).to_owned()));
        }
        let response = request.dispatch();
        let status = response.status().code;
        let jar: Vec<Cookie<'static>> = response
            .headers()
            .get("Set-Cookie")
            .map(|cookie| Cookie::parse_encoded(cookie.to_owned()).expect("a cookie"))
            .collect();
        let body = response.into_string().unwrap_or_default();
        let mut secrets = self.secrets.lock().expect("a lock");
        secrets.extend(jar.iter().map(|cookie| cookie.value().to_owned()));
        Answer { status, body, jar }
    }

    fn post(&self, path: &str, jar: &[Cookie<'static>]) -> Answer {
        self.send(Method::Post, path, jar, &[])
    }

    fn get(&self, path: &str, jar: &[Cookie<'static>]) -> Answer {
        self.send(Method::Get, path, jar, &[])
    }

    fn bearer(&self, method: Method, path: &str, token: &str) -> Answer {
        self.send(method, path, &[], &[("Authorization", &format!("Bearer {token}"))])
    }

    fn pair(&self, answer: &Answer) -> (String, String) {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let json: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        let text = |name: &str| json[name].as_str().expect("a token").to_owned();
        let pair = (text("access_token"), text("refresh_token"));
        self.secrets.lock().expect("a lock").extend([pair.0.clone(), pair.1.clone()]);
        pair
    }

    /// The events since the last call, as kind, account and sign-in.
    fn reported(&self) -> Vec<(EventKind, Option<String>, Option<String>)> {
        let reported = std::mem::take(&mut *self.recorded.0.lock().expect("a lock"));
        for event in &reported {
            for secret in self.secrets.lock().expect("a lock").iter() {
                let tail = secret.rsplit('.').next().unwrap_or(secret);
                assert!(tail.is_empty() || !event.all.contains(tail), "a secret in {}", event.all);
            }
        }
        reported.into_iter().map(|event| (event.kind, event.account, event.sign_in)).collect()
    }

    fn kinds(&self) -> Vec<EventKind> {
        self.reported().into_iter().map(|(kind, ..)| kind).collect()
    }
}

#[test]
fn signing_in_and_out_is_reported_once_each_with_account_and_sign_in() {
    let scene = Scene::new("basic");
    let entered = scene.post("/login/1", &[]);
    let (account, id) = (Some("1".to_owned()), Some(entered.body.clone()));
    assert_eq!(scene.reported(), [(EventKind::SignedIn, account.clone(), id.clone())]);
    assert_eq!(scene.get("/me", &entered.jar).status, 200);
    assert_eq!(scene.reported(), [], "being there is no event");
    scene.post("/logout", &entered.jar);
    assert_eq!(scene.reported(), [(EventKind::SignedOut, account, id)]);
    scene.post("/logout", &entered.jar);
    scene.post("/logout", &[]);
    assert_eq!(scene.reported(), [], "nobody was signed in any more");
}

#[test]
fn a_program_that_signs_in_and_out_is_reported_alike() {
    let scene = Scene::new("basic");
    let answer = scene.post("/api/login/2", &[]);
    let (access, refresh) = scene.pair(&answer);
    let reported = scene.reported();
    assert_eq!((reported.len(), reported[0].0), (1, EventKind::SignedIn));
    assert_eq!(scene.bearer(Method::Post, "/api/logout", &refresh).status, 204);
    assert_eq!(
        scene.reported(),
        [(EventKind::SignedOut, Some("2".to_owned()), reported[0].2.clone())]
    );
    assert_eq!(scene.bearer(Method::Post, "/api/logout", &access).status, 401);
    assert_eq!(scene.kinds(), [EventKind::Refused(ErrorKind::TokenRevoked)]);
}

#[test]
fn a_refusal_is_reported_once_with_its_reason() {
    let scene = Scene::new("basic");
    let cases = [
        (scene.get("/me", &[]), ErrorKind::CredentialsMissing),
        (scene.post("/login/9", &[]), ErrorKind::BadCredentials),
        (scene.bearer(Method::Get, "/me", "nonsense"), ErrorKind::TokenInvalid),
        (
            scene.send(Method::Post, "/logout", &[], &[("Sec-Fetch-Site", "cross-site")]),
            ErrorKind::CrossOrigin,
        ),
    ];
    let expected: Vec<_> = cases.iter().map(|case| EventKind::Refused(case.1)).collect();
    assert!(cases.iter().all(|case| matches!(case.0.status, 401 | 403)));
    assert_eq!(scene.kinds(), expected);

    let entered = scene.post("/login/1", &[]);
    scene.kinds();
    scene.clock.advance(std::time::Duration::from_secs(11 * 60));
    assert_eq!(scene.get("/fresh", &entered.jar).status, 401);
    assert_eq!(scene.kinds(), [EventKind::Refused(ErrorKind::FreshLoginRequired)]);
}

#[test]
fn a_visitor_on_an_open_page_is_no_refusal() {
    let scene = Scene::new("basic");
    assert_eq!(scene.get("/perhaps", &[]).body, "nobody");
    assert_eq!(scene.reported(), []);
}

#[test]
fn a_redirect_of_a_handler_is_no_refusal_and_one_of_a_catcher_is() {
    let scene = Scene::new("basic");
    assert_eq!(scene.get("/onward", &[]).status, 303);
    assert_eq!(scene.reported(), []);
    assert_eq!(scene.get("/to-a-form/me", &[]).status, 303);
    assert_eq!(scene.kinds(), [EventKind::Refused(ErrorKind::CredentialsMissing)]);
}

#[test]
fn a_restored_session_is_reported_once_not_on_every_request() {
    let scene = Scene::new("strong");
    let entered = scene.post("/login/1?remember=true", &[]);
    scene.kinds();
    let remember: Vec<_> =
        entered.jar.iter().filter(|cookie| cookie.name() == "remember_token").cloned().collect();
    assert_eq!(remember.len(), 1);
    let restored = scene.get("/me", &remember);
    let id = Some(entered.body.clone());
    assert_eq!(scene.reported(), [(EventKind::Restored, Some("1".to_owned()), id)]);
    let jar = [remember, restored.jar].concat();
    assert_eq!(scene.get("/me", &jar).status, 200);
    assert_eq!(scene.reported(), []);
}

#[test]
fn a_confirmed_password_is_reported_once() {
    let scene = Scene::new("basic");
    let entered = scene.post("/login/1", &[]);
    scene.kinds();
    assert_eq!(scene.post("/confirm", &entered.jar).status, 204);
    let id = Some(entered.body);
    assert_eq!(scene.reported(), [(EventKind::Confirmed, Some("1".to_owned()), id)]);
}

#[test]
fn a_rotation_is_reported_once_however_often_it_is_requested_and_theft_once() {
    let scene = Scene::new("basic");
    let (_, first) = scene.pair(&scene.post("/api/login/1", &[]));
    let signed_in = scene.reported();
    let (account, id) = (signed_in[0].1.clone(), signed_in[0].2.clone());
    for _ in 0..3 {
        scene.pair(&scene.bearer(Method::Post, "/api/refresh", &first));
    }
    assert_eq!(scene.reported(), [(EventKind::Rotated, account.clone(), id.clone())]);
    scene.clock.advance(std::time::Duration::from_secs(301));
    assert_eq!(scene.bearer(Method::Post, "/api/refresh", &first).status, 401);
    let refused = EventKind::Refused(ErrorKind::TokenRevoked);
    assert_eq!(scene.reported(), [(EventKind::Theft, account, id), (refused, None, None)]);
    scene.bearer(Method::Post, "/api/refresh", &first);
    assert_eq!(scene.kinds(), [refused], "there is nothing left to steal");
}

#[test]
fn a_session_that_moved_to_another_client_is_reported() {
    for (protection, status, after) in [
        ("off", 200, &[][..]),
        ("basic", 200, &[EventKind::Protected][..]),
        (
            "strong",
            401,
            &[EventKind::Protected, EventKind::Refused(ErrorKind::CredentialsMissing)][..],
        ),
    ] {
        for remember in [false, true] {
            let scene = Scene::new(protection);
            let entered = scene.post(&format!("/login/1?remember={remember}"), &[]);
            scene.kinds();
            let moved = scene.send(Method::Get, "/me", &entered.jar, &[("User-Agent", "another")]);
            assert_eq!(moved.status, status, "{protection}");
            assert_eq!(scene.kinds(), after, "{protection}, remembered: {remember}");
        }
    }
}

#[test]
fn a_client_that_took_a_session_over_is_reported_once_and_stays_without_freshness() {
    let scene = Scene::new("basic");
    let entered = scene.post("/login/1", &[]);
    scene.kinds();
    let agent = [("User-Agent", "another")];
    let moved = scene.send(Method::Get, "/me", &entered.jar, &agent);
    assert_eq!(scene.kinds(), [EventKind::Protected]);
    for _ in 0..2 {
        assert_eq!(scene.send(Method::Get, "/me", &moved.jar, &agent).status, 200);
        assert_eq!(scene.kinds(), []);
    }
    assert_eq!(scene.send(Method::Get, "/fresh", &moved.jar, &agent).status, 401);
}

#[test]
fn what_is_ended_from_outside_is_reported_with_a_count() {
    let scene = Scene::new("basic");
    let (one, other) = (scene.post("/login/1", &[]), scene.post("/login/1", &[]));
    scene.post("/api/login/1", &[]);
    scene.kinds();
    let account = Some("1".to_owned());
    assert_eq!(scene.post(&format!("/end/{}", other.body), &one.jar).status, 204);
    let ended = EventKind::Ended(EndedBy::Owner, 1);
    assert_eq!(scene.reported(), [(ended, account.clone(), Some(other.body.clone()))]);
    assert_eq!(scene.post(&format!("/end/{}", other.body), &one.jar).status, 404);
    assert_eq!(scene.reported(), [], "it was gone");
    assert_eq!(scene.post("/end-all", &one.jar).status, 204);
    assert_eq!(scene.reported(), [(EventKind::Ended(EndedBy::Owner, 2), account, None)]);
}

#[test]
fn every_kind_has_a_word_of_its_own() {
    let kinds = [
        EventKind::SignedIn,
        EventKind::SignedOut,
        EventKind::Refused(ErrorKind::TokenInvalid),
        EventKind::Restored,
        EventKind::Confirmed,
        EventKind::Rotated,
        EventKind::Theft,
        EventKind::Protected,
        EventKind::Ended(EndedBy::Owner, 1),
        EventKind::PasswordChanged,
        EventKind::Registered,
    ];
    let mut words: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), kinds.len());
    assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
}
