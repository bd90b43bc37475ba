//! The catchers of the library: people are led to a login page, programs get a problem.

use std::time::Duration;

use rocket::figment::Figment;
use rocket::http::{Accept, Header, Status};
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{get, post, routes};
use vestibule::catchers::{LoginPage, problems};
use vestibule::guards::{Fresh, MultiFactor};
use vestibule::sign_ins::{Amr, MemorySignInStore};
use vestibule::testing::{ActAs, blocking as testing};
use vestibule::{Auth, Clock};

use crate::users::{ALICE, User, Users};

type CurrentUser = vestibule::CurrentUser<User>;

#[get("/account?<tab>")]
fn account(_user: CurrentUser, tab: Option<&str>) -> String {
    format!("in {tab:?}")
}

#[post("/account")]
fn change(_user: CurrentUser) {}

#[get("/password")]
fn password(_user: Fresh<CurrentUser>) {}

#[get("/payment")]
fn payment(_user: MultiFactor<CurrentUser>) {}

#[get("/data")]
fn data(_user: CurrentUser) {}

fn client(clock: &Clock) -> Client {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("auth.token.secret", "at least 32 bytes, of a test alone"));
    let rocket = rocket::custom(figment)
        .manage(Users::new())
        .attach(Auth::fairing().store(MemorySignInStore::new()).clock(clock.clone()))
        .mount("/", routes![account, change, password, payment])
        .mount("/api", routes![data])
        .register("/", LoginPage::at("/login").confirm_at("/confirm"))
        .register("/api", problems());
    Client::untracked(rocket).expect("a launch")
}

fn location(response: &LocalResponse<'_>) -> String {
    assert_eq!(response.status(), Status::SeeOther);
    response.headers().get_one("Location").expect("a location").to_owned()
}

fn assert_problem(response: LocalResponse<'_>) {
    assert_eq!(response.status(), Status::Unauthorized);
    let kind = response.content_type().expect("a type").to_string();
    assert!(kind.starts_with("application/problem+json"), "{kind}");
}

#[test]
fn people_are_led_to_the_login_page_and_back() {
    let client = client(&Clock::manual());
    let next = "/login?next=%2Faccount%3Ftab%3D2";
    assert_eq!(location(&client.get("/account?tab=2").dispatch()), next);
    let browser = Header::new("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let response = client.get("/account?tab=2").header(browser).dispatch();
    assert_eq!(location(&response), next);
    let flash = response.cookies().get("_flash").expect("a notice").value().to_owned();
    assert!(flash.contains("Sign in to use this."), "{flash}");
    // What cannot be repeated is not repeated.
    assert_eq!(location(&client.post("/account").dispatch()), "/login");
}

#[test]
fn a_password_that_was_proven_too_long_ago_is_asked_for_on_a_page_of_its_own() {
    let clock = Clock::manual();
    let client = client(&clock);
    let alice = client.rocket().state::<Users>().expect("users").get(ALICE).expect("a user");
    let browser = testing::session(&client, &alice).expect("a sign-in");
    assert_eq!(client.get("/password").act_as(&browser).dispatch().status(), Status::Ok);
    clock.advance(Duration::from_secs(60 * 60));
    let response = client.get("/password").act_as(&browser).dispatch();
    assert_eq!(location(&response), "/confirm?next=%2Fpassword");
}

#[test]
fn a_second_factor_is_asked_for_on_the_same_page() {
    let client = client(&Clock::manual());
    let alice = client.rocket().state::<Users>().expect("users").get(ALICE).expect("a user");
    let browser = testing::session(&client, &alice).expect("a sign-in");
    let response = client.get("/payment").act_as(&browser).dispatch();
    assert_eq!(location(&response), "/confirm?next=%2Fpayment");
    let flash = response.cookies().get("_flash").expect("a notice").value().to_owned();
    assert!(flash.contains("Prove a second factor to do this."), "{flash}");
    let both = Amr::PASSWORD.with(Amr::OTP);
    let browser = testing::session_with(&client, &alice, both).expect("a sign-in");
    assert_eq!(client.get("/payment").act_as(&browser).dispatch().status(), Status::Ok);
    let program = testing::token(&client, &alice).expect("a sign-in");
    assert_problem(client.get("/payment").act_as(&program).dispatch());
}

#[test]
fn a_program_gets_a_problem_wherever_it_asks() {
    let client = client(&Clock::manual());
    for path in ["/account", "/api/data"] {
        let bearer = Header::new("Authorization", "Bearer nonsense");
        let response = client.get(path).header(bearer).dispatch();
        assert_eq!(response.headers().get("Set-Cookie").count(), 0);
        assert_problem(response);
        assert_problem(client.get(path).header(Accept::JSON).dispatch());
    }
    assert_problem(client.get("/api/data").dispatch());
    let response = client.get("/api/nowhere").dispatch();
    assert_eq!(response.status(), Status::NotFound);
    assert!(response.into_string().expect("a body").contains("\"code\":\"not_found\""));
}
