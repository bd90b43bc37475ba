//! Login required everywhere except on listed routes: what demands a login and what does not.

use rocket::fairing::AdHoc;
use rocket::fs::{FileServer, Options};
use rocket::local::blocking::Client;
use rocket::request::{FromRequest, Outcome};
use rocket::{Build, Ignite, Request, Rocket, Route, Sentinel, State, get, post, routes};
use vestibule::config::Location;
use vestibule::guards::{Authenticated, Authentication};
use vestibule::sign_ins::MemorySignInStore;
use vestibule::{Account, Auth, Error, ErrorKind};

use crate::support::app::{CurrentUser, SessionUser, Setup, TokenUser};
use crate::support::users::{Admin, User, Users};

struct InHeader;

impl vestibule::guards::Condition<User> for InHeader {
    fn check(found: &Authentication<User>, _: &Request<'_>) -> Result<(), Error> {
        let in_header = found.location() == Some(Location::Header);
        if in_header { Ok(()) } else { Err(ErrorKind::CredentialsMissing.into()) }
    }
}

struct ReadUsers;

impl vestibule::guards::Scope for ReadUsers {
    const NAME: &'static str = "users:read";
}

/// An application's own guard, which asks ours and then its own state.
#[expect(dead_code, reason = "only its type is looked at")]
struct Author<U>(vestibule::CurrentUser<U>);

#[rocket::async_trait]
impl<'r, U: Account> FromRequest<'r> for Author<U> {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        vestibule::CurrentUser::from_request(request).await.map(Self)
    }
}

impl<U: Account> Sentinel for Author<U> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        vestibule::CurrentUser::<U>::abort(rocket) || <&State<Users>>::abort(rocket)
    }
}

/// One that hides what it asks from Rocket.
#[expect(dead_code, reason = "only its type is looked at")]
struct Secretive(CurrentUser);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Secretive {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        CurrentUser::from_request(request).await.map(Self)
    }
}

/// Whatever the guard inside says, with its sentinel.
struct Timed<G>(G);

#[rocket::async_trait]
impl<'r, G: FromRequest<'r>> FromRequest<'r> for Timed<G> {
    type Error = G::Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, G::Error> {
        G::from_request(request).await.map(Self)
    }
}

impl<G: Sentinel> Sentinel for Timed<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        G::abort(rocket)
    }
}

/// Whatever the guard inside says, and Rocket sees through it by itself.
struct Opaque<G>(G);

#[rocket::async_trait]
impl<'r, G: FromRequest<'r>> FromRequest<'r> for Opaque<G> {
    type Error = G::Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, G::Error> {
        G::from_request(request).await.map(Self)
    }
}

type Perhaps = Option<CurrentUser>;
type Whether = Result<CurrentUser, Error>;

fn setup() -> rocket::figment::Figment {
    Setup::new().figment
}

/// Whether an application of these routes launches, all but the `open` ones needing a login.
fn launches(open: &[&str], mount: impl FnOnce(Rocket<Build>) -> Rocket<Build>) -> bool {
    let rocket = rocket::custom(setup())
        .attach(Auth::fairing().store(MemorySignInStore::new()).login_required_except(open))
        .manage(Users::new());
    match Client::untracked(mount(rocket)) {
        Ok(_) => true,
        Err(error) => {
            let failure = format!("{:?}", error.kind());
            assert!(failure.contains("FailedFairings") && failure.contains("Login required"));
            false
        }
    }
}

macro_rules! demanding {
    ($test:ident, $expected:expr, $($name:ident: $guard:ty;)*) => {
        $(mod $name {
            use super::*;

            #[get("/")]
            pub(super) fn route(guard: $guard) {
                let _ = guard;
            }
        })*

        #[test]
        fn $test() {
            for (name, routes) in [$((stringify!($guard), routes![$name::route])),*] {
                let launched = launches(&[], |rocket| rocket.mount("/", routes.clone()));
                assert_eq!(launched, $expected, "{name}");
                let listed = launches(&["GET /"], |rocket| rocket.mount("/", routes));
                assert_eq!(listed, !$expected, "{name}: an entry that opens nothing is stale");
            }
        }
    };
}

demanding! {
    a_guard_that_proves_a_login_is_enough, true,
    current: CurrentUser;
    session: SessionUser;
    token: TokenUser;
    any: vestibule::guards::AnyTokenUser<User>;
    access: vestibule::guards::AccessToken;
    refresh: vestibule::guards::RefreshToken;
    fresh: vestibule::guards::Fresh<SessionUser>;
    require: vestibule::guards::Require<Admin>;
    require_fresh: vestibule::guards::Require<Admin, vestibule::guards::Fresh<TokenUser>>;
    claimed: vestibule::guards::ClaimedRole<Admin, TokenUser>;
    scoped: vestibule::guards::Scoped<ReadUsers, TokenUser>;
    only: vestibule::guards::Checked<InHeader, TokenUser>;
    own: Author<User>;
    own_inside: vestibule::guards::Fresh<Author2>;
    own_generic: Timed<vestibule::guards::Require<Admin>>;
    own_with_tools: Stamping;
}

demanding! {
    a_guard_that_lets_in_somebody_unknown_is_not_enough, false,
    option: Option<CurrentUser>;
    option_alias: Perhaps;
    option_of_own: Option<Author<User>>;
    result: Result<CurrentUser, Error>;
    result_alias: Whether;
    outcome: rocket::outcome::Outcome<CurrentUser, (rocket::http::Status, Error), rocket::http::Status>;
    maybe: vestibule::guards::Maybe<CurrentUser>;
    maybe_fresh: vestibule::guards::Maybe<vestibule::guards::Fresh<CurrentUser>>;
    option_in_own: Timed<Option<CurrentUser>>;
    maybe_in_own: Timed<vestibule::guards::Maybe<CurrentUser>>;
    secretive: Secretive;
    opaque: Opaque<CurrentUser>;
    bearer: vestibule::guards::BearerToken<'_>;
    writer: vestibule::Session<'_>;
    tokens: vestibule::Tokens<'_>;
    sign_ins: vestibule::sign_ins::SignIns<'_>;
    keys: vestibule::tokens::PublicKeys<'_>;
    foreign: &State<Users>;
    nothing: &rocket::http::CookieJar<'_>;
}

/// As `Author`, for the wrappers of ours.
struct Author2(CurrentUser);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Author2 {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        CurrentUser::from_request(request).await.map(Self)
    }
}

impl Authenticated for Author2 {
    type Account = User;

    fn authentication(&self) -> &vestibule::guards::Authentication<User> {
        self.0.authentication()
    }
}

impl Sentinel for Author2 {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        CurrentUser::abort(rocket)
    }
}

/// One that asks a guard which proves nothing before one which does.
struct Stamping;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Stamping {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        CurrentUser::from_request(request).await.map(|_| Self)
    }
}

impl Sentinel for Stamping {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        vestibule::Session::abort(rocket) || CurrentUser::abort(rocket)
    }
}

/// Guards and tools of an application that count on state which the inspection does not have.
macro_rules! hasty {
    ($name:ident, $abort:expr) => {
        struct $name;

        #[rocket::async_trait]
        impl<'r> FromRequest<'r> for $name {
            type Error = Error;

            async fn from_request(_: &'r Request<'_>) -> Outcome<Self, Error> {
                Outcome::Success(Self)
            }
        }

        impl Sentinel for $name {
            fn abort(rocket: &Rocket<Ignite>) -> bool {
                let abort: fn(&Rocket<Ignite>) -> bool = $abort;
                abort(rocket)
            }
        }
    };
}

fn has_no_users(rocket: &Rocket<Ignite>) -> bool {
    rocket.state::<Users>().expect("managed users").get(1).is_none()
}

hasty!(Tool, has_no_users);
hasty!(HastyAuthor, |rocket| CurrentUser::abort(rocket) || has_no_users(rocket));
hasty!(HastyFirst, |rocket| has_no_users(rocket) || CurrentUser::abort(rocket));
hasty!(Careful, |rocket| !Auth::is_attached(rocket) || CurrentUser::abort(rocket));
hasty!(Scraper, |rocket| Auth::sentinel_without_login(rocket, "Scraper"));

#[get("/tool")]
fn tool(tool: Tool) {
    let _ = tool;
}

#[get("/hasty")]
fn hasty_author(author: HastyAuthor) {
    let _ = author;
}

#[get("/hasty-first")]
fn hasty_first(author: HastyFirst) {
    let _ = author;
}

#[get("/careful")]
fn careful(author: Careful) {
    let _ = author;
}

#[get("/metrics")]
fn metrics(scraper: Scraper) {
    let _ = scraper;
}

#[test]
fn an_own_guard_that_proves_no_login_is_named_and_counts_as_none() {
    let mount = |open: &[&str]| launches(open, |rocket| rocket.mount("/", routes![metrics]));
    assert!(!mount(&[]));
    assert!(mount(&["GET /metrics"]));
    let guards = Auth::route_guards(&setup(), routes![metrics].iter()).expect("Rocket's answers");
    let names: Vec<Vec<String>> =
        guards.iter().map(|found| found.iter().map(|guard| guard.name()).collect()).collect();
    assert_eq!(names, [["Scraper"]]);
}

#[test]
fn a_sentinel_that_panics_for_want_of_state_stops_no_launch_and_proves_nothing() {
    let mount =
        |open: &[&str], routes: Vec<Route>| launches(open, |rocket| rocket.mount("/", routes));
    assert!(mount(&["GET /tool"], routes![tool]));
    assert!(!mount(&[], routes![tool]), "nothing is known of it");
    assert!(mount(&["GET /tool"], routes![me, tool, page, hasty_author]), "the others are known");
    assert!(!mount(&["GET /tool"], routes![tool, search]));
    assert!(mount(&[], routes![hasty_author]), "it asks ours first");
    assert!(!mount(&[], routes![hasty_first]));
}

macro_rules! failure {
    () => {
        Error
    };
}

#[get("/macro")]
fn type_macro(user: Result<CurrentUser, failure!()>) {
    let _ = user;
}

/// A response that needs the fairing, and says so by its sentinel.
macro_rules! answer {
    ($name:ident, $abort:expr) => {
        #[derive(rocket::Responder)]
        struct $name(&'static str);

        impl Sentinel for $name {
            fn abort(rocket: &Rocket<Ignite>) -> bool {
                let abort: fn(&Rocket<Ignite>) -> bool = $abort;
                abort(rocket)
            }
        }
    };
}

answer!(AsksGuard, CurrentUser::abort);
answer!(AsksFairing, |rocket| !Auth::is_attached(rocket));

#[get("/asks-guard")]
fn asks_guard() -> AsksGuard {
    AsksGuard("")
}

#[get("/asks-fairing")]
fn asks_fairing() -> AsksFairing {
    AsksFairing("")
}

#[test]
fn what_rocket_does_not_tell_counts_as_a_login_and_is_documented() {
    assert!(launches(&[], |rocket| rocket.mount("/", routes![type_macro])));
    assert!(launches(&[], |rocket| rocket.mount("/", routes![asks_guard])));
}

#[test]
fn asking_whether_the_fairing_is_attached_proves_nothing_and_hides_nothing() {
    assert!(!launches(&[], |rocket| rocket.mount("/", routes![asks_fairing])));
    assert!(launches(&["GET /asks-fairing"], |rocket| rocket.mount("/", routes![asks_fairing])));
    assert!(launches(&[], |rocket| rocket.mount("/", routes![careful])));
    let without = rocket::custom(setup()).mount("/", routes![asks_fairing]);
    let error = Client::untracked(without).expect_err("no fairing");
    assert!(format!("{:?}", error.kind()).contains("SentinelAborts"), "{error:?}");
}

#[get("/first")]
fn first(user: Option<CurrentUser>, state: &State<Users>, guard: CurrentUser) {
    let _ = (user, state, guard);
}

#[post("/body", data = "<body>")]
fn body(body: vestibule::guards::TokenBody<TokenUser>) {
    let _ = body;
}

#[post("/whole", data = "<body>")]
fn whole(body: Result<vestibule::guards::TokenBody<TokenUser>, Error>) {
    let _ = body;
}

#[get("/me?<q>")]
fn me(user: TokenUser, q: Option<&str>) {
    let _ = (user, q);
}

#[get("/search?<q>")]
fn search(q: Option<&str>) {
    let _ = q;
}

#[get("/page")]
fn page(user: SessionUser) {
    let _ = user;
}

#[get("/page", rank = 2)]
fn page_of_nobody() {}

#[post("/page")]
fn post_page() {}

#[test]
fn one_guard_beside_others_is_enough_and_a_data_guard_is_one() {
    let mount = |routes: Vec<Route>| launches(&[], |rocket| rocket.mount("/", routes));
    assert!(mount(routes![first]));
    assert!(mount(routes![body]));
    assert!(!mount(routes![whole]));
    assert!(!mount(routes![first, whole]));
    assert!(mount(Vec::new()), "nothing to guard");
}

#[test]
fn an_entry_is_the_uri_as_it_was_mounted_with_or_without_a_method() {
    let mount = |open: &[&str]| launches(open, |rocket| rocket.mount("/base", routes![me, search]));
    assert!(mount(&["GET /base/search?<q>"]));
    assert!(mount(&["/base/search?<q>"]));
    assert!(mount(&["GET /base/search"]) && mount(&["/base/search"]), "without the query");
    for wrong in [
        "/search?<q>",
        "/base",
        "/base/search?<query>",
        "POST /base/search?<q>",
        "get /base/search?<q>",
        "GET  /base/search?<q>",
        "GET/base/search?<q>",
        "GET",
        "",
        "/base/<_..>",
    ] {
        assert!(!mount(&[wrong]), "{wrong:?}");
        assert!(!mount(&["/base/search?<q>", wrong]), "{wrong:?} is stale");
    }
}

#[test]
fn each_of_several_routes_on_one_uri_is_checked_by_itself() {
    let mount =
        |open: &[&str], routes: Vec<Route>| launches(open, |rocket| rocket.mount("/", routes));
    assert!(mount(&[], routes![page]));
    assert!(!mount(&[], routes![page, page_of_nobody]), "the second rank has no guard");
    assert!(mount(&["GET /page"], routes![page, page_of_nobody]));
    assert!(!mount(&["GET /page"], routes![page, post_page]), "another method");
    assert!(mount(&["/page"], routes![page, post_page, page_of_nobody]));
}

#[test]
fn a_handler_is_checked_at_every_path_where_it_is_mounted() {
    let mount = |open: &[&str]| {
        launches(open, |rocket| rocket.mount("/a", routes![search]).mount("/b", routes![search]))
    };
    assert!(!mount(&["/a/search?<q>"]));
    assert!(mount(&["/a/search?<q>", "/b/search?<q>"]));
}

#[test]
fn files_need_an_entry() {
    let files = FileServer::new(env!("CARGO_MANIFEST_DIR"), Options::None);
    let mount = |open: &[&str]| launches(open, |rocket| rocket.mount("/files", files.clone()));
    assert!(!mount(&[]));
    assert!(mount(&["/files/<path..>"]));
}

/// A stage that mounts a route, in as many stages.
fn nested(depth: u8) -> AdHoc {
    AdHoc::on_ignite("a stage", move |rocket| async move {
        match depth {
            0 => rocket.mount("/late", routes![search]),
            _ => rocket.attach(nested(depth - 1)),
        }
    })
}

#[test]
fn a_route_that_a_later_fairing_mounts_is_seen() {
    for depth in [0, 1, 3, 8] {
        assert!(!launches(&[], |rocket| rocket.attach(nested(depth))), "{depth}");
        assert!(launches(&["/late/search?<q>"], |rocket| rocket.attach(nested(depth))), "{depth}");
    }
}

#[test]
fn a_route_is_open_by_default() {
    let rocket = rocket::custom(setup())
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .mount("/", routes![search]);
    assert!(Client::untracked(rocket).is_ok());
}

#[test]
fn a_configuration_without_a_secret_key_is_refused_by_rocket_itself() {
    let figment = setup().select("release");
    let rocket = rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()).login_required_except(&[]))
        .manage(Users::new())
        .mount("/", routes![page]);
    let error = Client::untracked(rocket).expect_err("no secret key");
    assert!(format!("{:?}", error.kind()).contains("InsecureSecretKey"), "{error:?}");
}

#[test]
fn a_configuration_that_rocket_cannot_read_is_refused_by_rocket_itself() {
    let rocket = rocket::custom(setup().merge(("port", "a harbour")))
        .attach(Auth::fairing().store(MemorySignInStore::new()).login_required_except(&[]))
        .manage(Users::new())
        .mount("/", routes![page]);
    let error = Client::untracked(rocket).expect_err("no port");
    assert!(format!("{:?}", error.kind()).contains("Config"), "{error:?}");
}

#[test]
fn state_that_is_missing_is_still_named_by_rocket_itself() {
    let rocket = rocket::custom(setup())
        .attach(Auth::fairing().store(MemorySignInStore::new()).login_required_except(&[]))
        .mount("/", routes![first]);
    let error = Client::untracked(rocket).expect_err("no users");
    assert!(format!("{:?}", error.kind()).contains("SentinelAborts"), "{error:?}");
}
