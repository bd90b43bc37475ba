//! Cases of Flask-Login's tests that no other test here covers.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rocket::http::{Cookie, CookieJar, Status};
use rocket::local::blocking::Client;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::{Orbit, Request, Rocket, State, get, post, routes};
use vestibule::events::{Event, EventKind, EventSink};
use vestibule::guards::{Authenticated, Authentication, Fresh, Maybe, Require, Scope, Scoped};
use vestibule::sign_ins::{Amr, SessionOptions};
use vestibule::{Account, Auth, Error, ErrorKind, Session, Tokens};

use crate::support::app::{App, Reply, SessionUser, Setup};
use crate::support::users::{ALICE, Admin, BOB, User, Users};

const HOUR: u64 = 3600;

/// A guard of the application's own: `?user_id=`, which is for this test only.
struct ById(Authentication<User>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ById {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Error> {
        let found = match request.query_value::<u32>("user_id") {
            None => Err(ErrorKind::CredentialsMissing.into()),
            Some(id) => {
                Auth::mark_token_request(request);
                let users = request.rocket().state::<Users>().expect("managed users");
                let user = id.ok().and_then(|id| users.get(id));
                user.ok_or_else(|| ErrorKind::TokenInvalid.into())
                    .and_then(Authentication::external)
            }
        };
        match found {
            Ok(found) => Outcome::Success(Self(found)),
            Err(error) => Outcome::Error((error.clone().remember(request), error)),
        }
    }
}

impl Authenticated for ById {
    type Account = User;

    fn authentication(&self) -> &Authentication<User> {
        &self.0
    }
}

#[derive(Debug)]
struct Reading;

impl Scope for Reading {
    const NAME: &'static str = "read";
}

fn id(user: &impl Authenticated<Account = User>) -> String {
    let how = user.authentication();
    assert!(how.sign_in().is_none() && how.claims().is_none() && how.location().is_none());
    assert_eq!(how.auth_time().unix_timestamp(), 0);
    assert!(!how.is_fresh() && !how.is_remembered() && how.amr() == Amr::NONE);
    format!("{} by {}", how.account().id, how.method().as_str())
}

#[get("/by-id")]
fn by_id(user: ById) -> String {
    id(&user)
}

/// Signs in and then refuses.
#[get("/by-id/cookie")]
fn by_id_with_cookie(user: ById, cookies: &CookieJar<'_>) -> String {
    cookies.add(("mine", "value"));
    id(&user)
}

#[get("/by-id/maybe")]
fn by_id_maybe(user: Maybe<ById>) -> String {
    user.0.as_ref().map_or_else(|| "nobody".to_owned(), id)
}

#[get("/by-id/admin")]
fn by_id_admin(user: Require<Admin, ById>) -> String {
    id(&user)
}

#[get("/by-id/fresh")]
fn by_id_fresh(user: Fresh<ById>) -> String {
    id(&user)
}

#[get("/by-id/scoped")]
fn by_id_scoped(user: Scoped<Reading, ById>) -> String {
    id(&user)
}

#[get("/by-id/then-session")]
fn by_id_then_session(user: ById, session: Maybe<SessionUser>) -> String {
    format!("{}, session: {}", id(&user), session.0.is_some())
}

/// The guard for sessions has looked before the credential was found.
#[post("/by-id/start")]
async fn by_id_start(session: Session<'_>, user: ById) -> Result<String, Error> {
    Ok(session.start(user.authentication().account()).await?.to_string())
}

/// `login_user(...)`; nothing said is `remember=False, fresh=True`.
#[post("/start/<user>?<remember>&<hours>&<stale>")]
async fn start(
    user: u32,
    remember: bool,
    hours: Option<u64>,
    stale: bool,
    session: Session<'_>,
    users: &State<Users>,
) -> Result<String, Error> {
    let user = users.get(user).ok_or(ErrorKind::BadCredentials)?;
    let mut start = SessionOptions::new().remembered_if(remember);
    if let Some(hours) = hours {
        start = start.remembered_for(Duration::from_secs(hours * HOUR));
    }
    if stale {
        start = start.not_fresh();
    }
    Ok(session.start_with(&user, start).await?.to_string())
}

/// Signs in and undoes it.
#[post("/start/<user>/undo")]
async fn start_and_undo(
    user: u32,
    session: Session<'_>,
    users: &State<Users>,
) -> Result<&'static str, Error> {
    let user = users.get(user).ok_or(ErrorKind::BadCredentials)?;
    let started = session.start_remembered(&user).await?;
    session.undo(&started).await?;
    Ok("never mind")
}

/// Fresh, remembered, and whether the password was ever proven.
#[get("/how")]
fn how(user: SessionUser) -> String {
    let how = user.authentication();
    let proven = how.auth_time().unix_timestamp() > 0;
    format!("fresh {}, remembered {}, proven {proven}", how.is_fresh(), how.is_remembered())
}

/// A private cookie of the application's own, beside ours.
#[post("/own")]
fn set_own(cookies: &CookieJar<'_>) -> Status {
    cookies.add_private(("own", "kept"));
    Status::NoContent
}

#[get("/own")]
fn what_own(user: Maybe<SessionUser>, cookies: &CookieJar<'_>) -> String {
    let own = cookies.get_private("own");
    let own = own.as_ref().map_or("-", |cookie| cookie.value());
    format!("user: {}, own: {own}", user.0.is_some())
}

#[test]
fn a_bad_credential_of_ones_own_is_not_called_an_invalid_token() {
    let app = app();
    for path in ["/by-id?user_id=99", "/by-id/maybe?user_id=x"] {
        let reply = app.get(path).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, "token_invalid"), "{path}");
        assert_eq!(reply.one("WWW-Authenticate"), Some("Bearer realm=\"vestibule\""), "{path}");
    }
    let reply = app.get("/session").bearer("bad").send();
    assert!(reply.one("WWW-Authenticate").is_some_and(|told| told.contains("invalid_token")));
    // Beside a bad token of ours too: the response is about that one.
    let reply = app.get("/by-id?user_id=99").bearer("bad").send();
    assert!(reply.one("WWW-Authenticate").is_some_and(|told| told.contains("invalid_token")));
}

#[derive(Clone, Default)]
struct RecordedEvents(Arc<Mutex<Vec<EventKind>>>);

impl EventSink for RecordedEvents {
    fn on_event(&self, event: &Event<'_>) {
        self.0.lock().expect("a lock").push(event.kind);
    }
}

impl RecordedEvents {
    fn take(&self) -> Vec<EventKind> {
        std::mem::take(&mut self.0.lock().expect("a lock"))
    }
}

/// The application of the other tests with these routes, and a listener for events.
fn launch(setup: Setup) -> (App, RecordedEvents) {
    let App { clock, store, users, recorded: words, .. } = App::new();
    let recorded = RecordedEvents::default();
    let auth = Auth::fairing().clock(clock.clone()).events(recorded.clone());
    let auth = if setup.stateless { auth.stateless() } else { auth.store(store.clone()) };
    let rocket = crate::support::app::rocket(setup.figment, auth, users.clone());
    let rocket = rocket.register("/", setup.catchers).mount(
        "/",
        routes![
            by_id,
            by_id_with_cookie,
            by_id_maybe,
            by_id_admin,
            by_id_fresh,
            by_id_scoped,
            by_id_then_session,
            by_id_start,
            start,
            start_and_undo,
            how,
            set_own,
            what_own
        ],
    );
    let client = Client::untracked(rocket).expect("a rocket that launches");
    (App { client, clock, store, users, recorded: words }, recorded)
}

fn app() -> App {
    launch(Setup::new()).0
}

/// The cookie of this name that a response sets.
fn set(reply: &Reply, name: &str) -> Option<Cookie<'static>> {
    let parse = |field: &str| Cookie::parse_encoded(field.to_owned()).expect("a cookie");
    let mut cookies = reply.cookies().into_iter().map(parse);
    cookies.find(|cookie| cookie.name() == name && !cookie.value().is_empty())
}

/// The same as a browser sends it back.
fn sent(reply: &Reply, name: &str) -> String {
    let field = reply.cookies().into_iter().find(|field| field.starts_with(&format!("{name}=")));
    field.and_then(|field| field.split(';').next()).expect("a cookie").to_owned()
}

/// For how long the remember cookie stays, in hours.
fn hours(app: &App, reply: &Reply) -> Option<i64> {
    let end = set(reply, "remember_token")?.expires_datetime().expect("a time");
    Some((end.unix_timestamp() - app.now()) / 3600)
}

#[test]
fn a_login_has_its_own_duration_of_remembering_whatever_the_settings_say() {
    for setup in [Setup::new(), Setup::new().stateless()] {
        let (app, _) = launch(setup.set("auth.session.remember", 172_800));
        let in_hours = |path| hours(&app, &app.post(path).send());
        assert_eq!(in_hours("/start/1"), None);
        assert_eq!(in_hours("/start/1?remember=true"), Some(48));
        assert_eq!(in_hours("/start/1?hours=7"), Some(7));
        assert_eq!(in_hours("/start/1?remember=true&hours=7"), Some(7));
        assert_eq!(in_hours("/start/1?hours=1000"), Some(1000));
        assert_eq!(in_hours("/start/1?hours=1000000"), Some(400 * 24), "what browsers keep");
        assert_eq!(in_hours("/start/1?hours=0"), None);
    }
}

#[test]
fn the_server_ends_a_login_with_its_own_duration_when_that_has_passed() {
    for setup in [Setup::new(), Setup::new().stateless()] {
        let (app, _) = launch(setup);
        let entered = app.post("/start/1?hours=7").send();
        for name in ["session", "remember_token"] {
            let cookie = sent(&entered, name);
            assert_eq!(app.get("/session").cookie(&cookie).send().status, 200);
        }
        app.advance(7 * HOUR - 1);
        let remember = sent(&entered, "remember_token");
        assert_eq!(app.get("/session").cookie(&remember).send().status, 200);
        app.advance(1);
        let both = format!("{}; {remember}", sent(&entered, "session"));
        assert_eq!(app.get("/session").cookie(&both).send().status, 401);
    }
}

#[test]
fn where_remembering_is_off_no_login_can_ask_for_it() {
    let (app, _) = launch(Setup::new().set("auth.session.remember", 0));
    for path in ["/start/1?remember=true", "/start/1?hours=7"] {
        let reply = app.post(path).send();
        assert!(set(&reply, "session").is_some() && set(&reply, "remember_token").is_none());
        assert_eq!(app.get("/how").cookie(&reply.session()).send().body, HOW_FRESH);
    }
}

#[test]
fn a_duration_that_is_no_time_is_refused_at_the_start() {
    for bad in ["30", "soon", "-1 day"] {
        let figment = Setup::new().set("auth.session.remember", bad).figment;
        let read = vestibule::config::Config::from_figment(&figment);
        match bad {
            // A number is seconds, in quotation marks too: fewer than a session lives.
            "30" => assert!(read.is_err_and(|errors| errors[0].to_string().contains("shorter"))),
            _ => assert!(read.is_err(), "{bad}"),
        }
    }
}

const HOW_FRESH: &str = "fresh true, remembered false, proven true";

#[test]
fn a_login_can_begin_without_being_fresh() {
    for setup in [Setup::new(), Setup::new().stateless()] {
        let (app, _) = launch(setup);
        let of = |path| app.post(path).send().session();
        let how = |cookie: &str| app.get("/how").cookie(cookie).send().body;
        assert_eq!(how(&of("/start/1")), HOW_FRESH);
        assert_eq!(how(&of("/start/1?remember=true")), "fresh true, remembered true, proven true");
        let stale = of("/start/1?stale=true");
        assert_eq!(how(&stale), "fresh false, remembered false, proven false");
        assert_eq!(app.get("/fresh").cookie(&stale).send().code(), "fresh_login_required");
        let renewed = app.post("/renew").cookie(&stale).send().session();
        assert_eq!(app.get("/fresh").cookie(&renewed).send().code(), "fresh_login_required");
        let confirmed = app.post("/confirm").cookie(&renewed).send().session();
        assert_eq!(how(&confirmed), HOW_FRESH);
        assert_eq!(app.get("/fresh").cookie(&confirmed).send().status, 200);
    }
}

#[test]
fn a_restored_login_is_not_fresh_still_remembered_and_fresh_again_once_confirmed() {
    for setup in [Setup::new(), Setup::new().stateless()] {
        let (app, _) = launch(setup);
        let entered = app.post("/start/1?remember=true").send();
        let restored = app.get("/how").cookie(&sent(&entered, "remember_token")).send();
        assert_eq!(restored.body, "fresh false, remembered true, proven true");
        let again = app.get("/how").cookie(&restored.session()).send();
        assert_eq!(again.body, "fresh false, remembered true, proven true");
        let confirmed = app.post("/confirm").cookie(&restored.session()).send().session();
        let body = app.get("/how").cookie(&confirmed).send().body;
        assert_eq!(body, "fresh true, remembered true, proven true");
    }
}

#[test]
fn the_session_of_a_remembered_login_ends_with_its_own_lifetime() {
    for setup in [Setup::new(), Setup::new().stateless()] {
        let (app, _) = launch(setup);
        let session = app.post("/start/1?remember=true").send().session();
        for (seconds, status) in [(24 * HOUR - 1, 200), (1, 401)] {
            app.advance(seconds);
            app.store.touch_all(app.clock.now().expect("a time"));
            assert_eq!(app.get("/session").cookie(&session).send().status, status);
        }
    }
}

#[test]
fn a_restored_session_says_when_the_password_was_proven_since_the_login() {
    let (app, _) = launch(Setup::new());
    let entered = app.post("/start/1?remember=true&stale=true").send();
    assert_eq!(app.post("/confirm").cookie(&entered.session()).send().status, 200);
    let restored = app.get("/how").cookie(&sent(&entered, "remember_token")).send().session();
    let body = app.get("/how").cookie(&restored).send().body;
    assert_eq!(body, "fresh false, remembered true, proven true");
}

#[test]
fn a_login_that_another_client_restored_is_that_client_s() {
    let (app, recorded) = launch(Setup::new());
    let entered = app.post("/start/1?remember=true").send();
    let get =
        |cookie: &str| app.get("/session").cookie(cookie).header("User-Agent", "another").send();
    let restored = get(&sent(&entered, "remember_token"));
    assert_eq!(restored.status, 200);
    recorded.take();
    let again = get(&restored.session());
    assert_eq!((again.status, again.cookies()), (200, vec![]));
    assert_eq!(recorded.take(), []);
}

#[test]
fn a_remember_cookie_that_is_junk_has_no_user() {
    let app = app();
    for junk in ["remember_token=foo", "remember_token=1|0e9e6e98", "remember_token="] {
        let reply = app.get("/maybe").cookie(junk).send();
        assert_eq!((reply.status, reply.body.as_str()), (200, "nobody"), "{junk}");
    }
}

#[test]
fn the_remember_cookie_has_the_configured_name_and_always_our_own_path() {
    let (app, _) = launch(Setup::new().set("auth.session.remember_cookie", "stay"));
    let cookie = set(&app.post("/start/1?remember=true").send(), "stay").expect("a cookie");
    assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
    assert_eq!(cookie.http_only(), Some(true));
}

#[test]
fn logging_out_is_reported_only_where_a_user_was_signed_in() {
    let (app, recorded) = launch(Setup::new());
    for cookie in ["", "session=garbled"] {
        assert_eq!(app.post("/logout").cookie(cookie).send().status, 200);
    }
    assert_eq!(recorded.take(), []);
    let session = app.browser(BOB);
    app.post("/logout").cookie(&session).send();
    assert_eq!(recorded.take(), [EventKind::SignedIn, EventKind::SignedOut]);
}

#[test]
fn a_login_that_is_undone_in_the_same_request_leaves_nothing_behind() {
    let app = app();
    let reply = app.post("/start/1/undo").send();
    assert_eq!((reply.status, app.store.len()), (200, 0));
    for name in ["session", "remember_token"] {
        assert!(set(&reply, name).is_none(), "{reply:?}");
    }
}

#[test]
fn a_visitor_who_never_signed_in_causes_no_event_and_gets_no_cookie() {
    for protection in ["off", "basic", "strong"] {
        let (app, recorded) = launch(Setup::new().set("auth.session.protection", protection));
        let kept = sent(&app.post("/own").send(), "own");
        for agent in ["one", "another"] {
            let reply = app.get("/own").cookie(&kept).header("User-Agent", agent).send();
            assert_eq!(reply.body, "user: false, own: kept");
            assert_eq!(reply.cookies(), [""; 0], "{protection}");
        }
        assert_eq!(recorded.take(), [], "{protection}");
    }
}

#[test]
fn strong_protection_ends_the_login_and_leaves_the_applications_own_cookies_alone() {
    let (app, recorded) = launch(Setup::new().set("auth.session.protection", "strong"));
    let own = sent(&app.post("/own").send(), "own");
    let cookies = format!("{}; {own}", app.browser(ALICE));
    assert_eq!(app.get("/own").cookie(&cookies).send().body, "user: true, own: kept");
    recorded.take();
    let moved = app.get("/own").cookie(&cookies).header("User-Agent", "another").send();
    assert_eq!(moved.body, "user: false, own: kept");
    assert!(moved.takes_session_back());
    assert!(!moved.cookies().iter().any(|cookie| cookie.starts_with("own")), "{moved:?}");
    assert_eq!(recorded.take(), [EventKind::Protected]);
}

#[test]
fn a_route_without_a_guard_looks_no_user_up() {
    let (app, recorded) = launch(Setup::new());
    let session = app.browser(ALICE);
    recorded.take();
    let before = (app.users.calls(), app.store.calls());
    assert_eq!(app.get("/public").cookie(&session).send().body, "everybody");
    assert_eq!((app.users.calls(), app.store.calls()), before);
    assert_eq!(recorded.take(), []);
}

#[test]
fn an_own_guard_can_authenticate_a_user() {
    let app = app();
    assert_eq!(app.get("/by-id?user_id=2").send().body, "2 by other");
    assert_eq!(app.get("/by-id?user_id=9000").send().code(), "token_invalid");
    assert_eq!(app.get("/by-id").send().code(), "credentials_missing");
    assert_eq!(app.get("/by-id/maybe").send().body, "nobody");
    assert_eq!(app.get("/by-id/maybe?user_id=2").send().body, "2 by other");
    assert_eq!(app.get("/by-id/maybe?user_id=9000").send().code(), "token_invalid");
}

#[test]
fn an_externally_authenticated_user_has_roles_but_is_never_fresh_and_has_no_scope() {
    let app = app();
    assert_eq!(app.get("/by-id/admin?user_id=1").send().body, "1 by other");
    assert_eq!(app.get("/by-id/admin?user_id=2").send().code(), "forbidden");
    assert_eq!(app.get("/by-id/fresh?user_id=1").send().code(), "fresh_login_required");
    assert_eq!(app.get("/by-id/scoped?user_id=1").send().code(), "insufficient_scope");
}

#[test]
fn no_guard_authenticates_an_inactive_account() {
    let app = app();
    app.users.change(BOB, |user| user.active = false);
    assert_eq!(app.get("/by-id?user_id=2").send().code(), "token_revoked");
    assert_eq!(app.get("/by-id/maybe?user_id=2").send().code(), "token_revoked");
}

#[test]
fn a_credential_of_ones_own_beats_the_session_and_gets_no_cookie() {
    for mode in ["both", "session"] {
        let (app, _) = launch(Setup::new().set("auth.mode", mode));
        let entered = app.post("/start/1?remember=true").send();
        let both = format!("{}; {}", entered.session(), sent(&entered, "remember_token"));
        for cookies in [both.as_str(), "session=garbled", ""] {
            let reply = app.get("/by-id/cookie?user_id=2").cookie(cookies).send();
            assert_eq!((reply.status, reply.body.as_str()), (200, "2 by other"), "{mode}");
            assert_eq!(reply.cookies(), [""; 0], "{mode}, {cookies}");
            assert_eq!(reply.one("Cache-Control"), Some("no-store"));
        }
        let reply = app.get("/by-id/then-session?user_id=2").cookie(&both).send();
        assert_eq!(reply.body, "2 by other, session: false", "{mode}");
        let bad = app.get("/by-id?user_id=9000").cookie(&both).send();
        assert_eq!((bad.status, bad.cookies().len()), (401, 0), "{mode}");
    }
}

#[test]
fn a_credential_of_ones_own_starts_no_session() {
    let (app, recorded) = launch(Setup::new());
    let reply = app.post("/by-id/start?user_id=2").send();
    assert_eq!((reply.code().as_str(), reply.cookies().len()), ("ambiguous_credentials", 0));
    assert_eq!((app.store.len(), recorded.take()), (0, vec![]));
}

/// A user whose id is a text.
#[derive(Clone)]
struct Named(String);

impl Account for Named {
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.0.clone()
    }

    async fn find(_: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
        Ok(Some(Self(id.clone())))
    }
}

#[post("/named", data = "<name>")]
async fn start_named(
    name: String,
    session: Session<'_>,
    tokens: Tokens<'_>,
) -> Result<String, Error> {
    let user = Named(name);
    session.start_remembered(&user).await?;
    Ok(tokens.start(&user).await?.access_token)
}

#[get("/named")]
fn who_named(user: vestibule::CurrentUser<Named>) -> String {
    user.0.clone()
}

#[test]
fn an_id_in_any_script_survives_session_remember_cookie_and_token() {
    let figment = Setup::new().figment;
    let routes = routes![start_named, who_named];
    let rocket = rocket::custom(figment).attach(Auth::fairing().stateless()).mount("/", routes);
    let client = Client::untracked(rocket).expect("a rocket");
    for name in ["名前", "Zoë|1", "a;b=c, \"d\" %41\\", "\u{202e}ada"] {
        let entered = client.post("/named").body(name).dispatch();
        let cookies: Vec<Cookie<'static>> =
            entered.cookies().iter().map(|cookie| cookie.clone().into_owned()).collect();
        assert_eq!(cookies.len(), 2, "{name}");
        let token = entered.into_string().expect("a token");
        for cookie in cookies {
            let reply = client.get("/named").cookie(cookie).dispatch();
            assert_eq!(reply.into_string().as_deref(), Some(name));
        }
        let bearer = rocket::http::Header::new("Authorization", format!("Bearer {token}"));
        let reply = client.get("/named").header(bearer).dispatch();
        assert_eq!(reply.into_string().as_deref(), Some(name));
    }
}
