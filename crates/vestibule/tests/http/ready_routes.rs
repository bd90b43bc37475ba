//! The routes that the library has ready: a login form, and the API of tokens.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::error::ErrorKind;
use rocket::http::{ContentType, Header, Status};
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{Build, Orbit, Rocket, Route, get, routes};
use serde_json::{Value, json};
use vestibule::catchers::{LoginPage, problems};
use vestibule::config::PasswordConfig;
use vestibule::password::Hasher;
use vestibule::sign_ins::MemorySignInStore;
use vestibule::{Account, Auth, CurrentUser, PasswordAccount, session_routes, token_routes};

use crate::support::app::Setup;

/// Hashes by name.
type People = HashMap<String, String>;

struct Person(String);

impl Account for Person {
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.0.clone()
    }

    async fn find(_: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
        Ok(Some(Self(id.clone())))
    }
}

impl PasswordAccount for Person {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let hash = rocket.state::<People>().and_then(|people| people.get(name));
        Ok(hash.map(|hash| (Self(name.to_owned()), hash.clone())))
    }
}

fn login_page(name: &str, message: Option<&str>) -> String {
    format!("[{name}] {}", message.unwrap_or("nothing is wrong"))
}

#[get("/")]
fn home(user: CurrentUser<Person>) -> String {
    user.0.clone()
}

fn application(base: &str, open: &[&'static str]) -> Rocket<Build> {
    let mut passwords = PasswordConfig::default();
    passwords.cost = 4;
    let hasher = Hasher::new(&passwords).expect("randomness");
    let hash = hasher.hash_blocking(&"correct horse".into()).expect("randomness");
    let setup =
        Setup::new().set("auth.throttle.failures", 3).set("auth.password.cost", passwords.cost);
    let auth = Auth::fairing().store(MemorySignInStore::new()).login_required_except(open);
    rocket::custom(setup.figment)
        .attach(auth)
        .manage(People::from([("ada".to_owned(), hash)]))
        .mount("/", routes![home])
        .mount(base.to_owned(), session_routes!(Person, login_page))
        .mount("/api", token_routes!(Person))
        .register("/", LoginPage::at("/login"))
        .register("/api", problems())
}

fn launch() -> Client {
    let rocket = application("/", &["/login", "/logout", "POST /api/login"]);
    Client::tracked(rocket).expect("a launch")
}

fn submit<'c>(client: &'c Client, path: &'c str, form: &str) -> LocalResponse<'c> {
    client.post(path).header(ContentType::Form).body(form).dispatch()
}

fn location<'r>(response: &'r LocalResponse<'_>) -> Option<&'r str> {
    response.headers().get_one("Location")
}

fn post<'c>(client: &'c Client, path: &'c str, body: &Value) -> LocalResponse<'c> {
    client.post(path).header(ContentType::JSON).body(body.to_string()).dispatch()
}

fn pair(response: LocalResponse<'_>) -> Value {
    assert_eq!(response.status(), Status::Ok);
    response.into_json().expect("a pair")
}

fn bearer(token: &Value) -> Header<'static> {
    Header::new("Authorization", format!("Bearer {}", token.as_str().expect("a token")))
}

#[test]
fn the_form_leads_to_the_page_that_was_asked_for_and_signing_out_leads_back() {
    let client = launch();
    let asked = client.get("/?a=b").dispatch();
    let form = location(&asked).expect("a location").to_owned();
    assert_eq!(form, "/login?next=%2F%3Fa%3Db");
    let page = client.get(form.as_str()).dispatch().into_string().expect("a page");
    assert!(page.starts_with("[] ") && !page.contains("nothing is wrong"), "{page}");
    let opened = submit(&client, &form, "name=ada&password=correct+horse");
    assert_eq!((opened.status(), location(&opened)), (Status::SeeOther, Some("/?a=b")));
    assert!(client.cookies().iter().all(|cookie| !cookie.name().contains("remember")));
    assert_eq!(client.get("/").dispatch().into_string().as_deref(), Some("ada"));

    let closed = client.post("/logout").dispatch();
    assert_eq!((closed.status(), location(&closed)), (Status::SeeOther, Some("/login")));
    assert_eq!(client.get("/").dispatch().status(), Status::SeeOther);
}

#[test]
fn the_box_of_the_form_keeps_the_browser_signed_in() {
    let client = launch();
    let opened = submit(&client, "/login", "name=ada&password=correct+horse&remember=on");
    assert_eq!(location(&opened), Some("/"));
    assert!(client.cookies().iter().any(|cookie| cookie.name().contains("remember")));
}

#[test]
fn an_error_shows_the_form_again_with_its_own_status() {
    let client = launch();
    for attempt in 0..4 {
        let refused = submit(&client, "/login?next=/x", "name=ada&password=wrong");
        let status = if attempt < 3 { Status::Unauthorized } else { Status::TooManyRequests };
        assert_eq!(refused.status(), status);
        assert_eq!(refused.headers().contains("Retry-After"), attempt == 3);
        let page = refused.into_string().expect("a page");
        assert!(page.starts_with("[ada] ") && !page.contains("nothing is wrong"), "{page}");
    }
    assert_eq!(client.cookies().iter().count(), 0);
}

#[test]
fn a_next_page_elsewhere_is_not_opened() {
    let client = launch();
    let opened =
        submit(&client, "/login?next=https://evil.example", "name=ada&password=correct+horse");
    assert_eq!((opened.status(), location(&opened)), (Status::SeeOther, Some("/")));
}

#[test]
fn under_a_base_signing_out_leads_to_the_form_there() {
    let open = &["/account/login", "/account/logout", "POST /api/login"];
    let client = Client::tracked(application("/account", open)).expect("a launch");
    assert_eq!(client.get("/account/login").dispatch().status(), Status::Ok);
    assert_eq!(location(&client.post("/account/logout").dispatch()), Some("/account/login"));
}

/// An application with these routes beside those of the macro's two arguments.
fn with_routes(routes: Vec<Route>) -> Rocket<Build> {
    let rocket = application(
        "/other",
        &["/other/login", "/other/logout", "POST /api/login", "/account/login", "/account/logout"],
    );
    rocket.mount("/account", routes)
}

#[test]
fn the_third_argument_is_opened_when_no_page_was_asked_for_whatever_the_base() {
    let routes = session_routes!(Person, login_page, "/dashboard?tab=2");
    assert_eq!(routes.len(), 3);
    let client = Client::tracked(with_routes(routes)).expect("a launch");
    let form = "name=ada&password=correct+horse";
    for (path, page) in [
        ("/account/login", "/dashboard?tab=2"),
        ("/account/login?next=/x", "/x"),
        ("/account/login?next=https://evil.example", "/dashboard?tab=2"),
        ("/other/login", "/"),
    ] {
        assert_eq!(location(&submit(&client, path, form)), Some(page), "{path}");
    }
}

#[test]
#[should_panic(expected = "\"dashboard\" is no path of this site")]
fn a_third_argument_that_is_no_path_panics_before_the_launch() {
    drop(session_routes!(Person, login_page, "dashboard"));
}

#[test]
fn a_program_gets_tokens_renews_them_either_way_and_ends_them() {
    let client = launch();
    let wrong = post(&client, "/api/login", &json!({ "name": "ada", "password": "wrong" }));
    assert_eq!(wrong.status(), Status::Unauthorized);
    assert!(wrong.into_string().is_some_and(|body| body.contains("\"bad_credentials\"")));

    let given = json!({ "name": "ada", "password": "correct horse" });
    let first = pair(post(&client, "/api/login", &given));
    let body = json!({ "refresh_token": first["refresh_token"] });
    let second = pair(post(&client, "/api/refresh", &body));
    let request = client.post("/api/refresh").header(bearer(&second["refresh_token"]));
    let third = pair(request.dispatch());

    let user = |pair: &Value| client.get("/").header(bearer(&pair["access_token"])).dispatch();
    assert_eq!(user(&third).into_string().as_deref(), Some("ada"));
    let end = client.post("/api/logout").header(bearer(&third["access_token"])).dispatch();
    assert_eq!((end.status(), client.cookies().iter().count()), (Status::Ok, 0));
    assert_eq!(user(&third).status(), Status::Unauthorized);
    let body = json!({ "refresh_token": third["refresh_token"] });
    assert_eq!(post(&client, "/api/refresh", &body).status(), Status::Unauthorized);
}

#[test]
fn a_login_without_a_field_names_it_and_repeats_nothing() {
    let client = launch();
    for (body, field) in [
        (json!({ "email": "ada", "password": "correct horse" }), "name"),
        (json!({ "name": "ada", "passwd": "correct horse" }), "password"),
        (json!({ "name": "ada", "password": ["correct horse"] }), "password"),
    ] {
        let refused = post(&client, "/api/login", &body);
        assert_eq!(refused.status(), Status::UnprocessableEntity);
        let text = refused.into_string().expect("a problem");
        assert!(text.contains(&format!("\"fields\":{{\"{field}\":")), "{text}");
        assert!(!text.contains("horse"), "{text}");
    }
}

#[test]
fn ending_tokens_needs_a_token() {
    assert_eq!(launch().post("/api/logout").dispatch().status(), Status::Unauthorized);
}

#[test]
fn where_a_login_is_required_the_routes_before_it_must_be_named() {
    for named in [&["/login", "/logout"][..], &["/login", "POST /api/login"]] {
        let launched = Client::tracked(application("/", named));
        let refused = |error: rocket::Error| matches!(error.kind(), ErrorKind::FailedFairings(_));
        assert!(launched.is_err_and(refused), "{named:?}");
    }
}
