//! Settings that nothing in the program reads: one warning each at launch.

use std::env;
use std::process::Command;

use rocket::local::blocking::Client;
use rocket::{Route, get, post, routes};
use serde_json::{Value, json};
use vestibule::guards::{RefreshToken, TokenBody};
use vestibule::sign_ins::MemorySignInStore;
use vestibule::throttle::MemoryThrottle;
use vestibule::{Auth, PasswordLogin};

use crate::support::app::{CurrentUser, Setup};
use crate::support::users::User;

/// What the launch of the process is to be: a program and its settings, as JSON.
const LAUNCH: &str = "VESTIBULE_TEST_LAUNCH";

#[get("/")]
fn home(user: CurrentUser) {
    drop(user);
}

#[post("/sign-in")]
fn sign_in(login: PasswordLogin<'_, User>) {
    let _ = login;
}

#[post("/refresh", data = "<token>")]
fn refresh(token: TokenBody<RefreshToken>) {
    drop(token);
}

/// The fairing and the routes of a program.
fn program(name: &str) -> (Auth, Vec<Route>) {
    let auth = Auth::fairing();
    match name {
        "bare" => (auth.stateless(), routes![home]),
        "own throttle" => (auth.stateless().throttle(MemoryThrottle::new()), routes![home]),
        _ => (auth.store(MemorySignInStore::new()), routes![home, sign_in, refresh]),
    }
}

#[test]
#[ignore = "the tests below run it, each in a process of its own, whose log they read"]
fn launch() {
    let launch = env::var(LAUNCH).unwrap_or_else(|_| "[\"whole\", {}]".to_owned());
    let (name, settings): (String, Value) = serde_json::from_str(&launch).expect("JSON");
    let mut setup = Setup::new().set("log_level", "normal").set("cli_colors", false);
    match name.as_str() {
        "keyed" => setup = setup.set("secret_key", "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o="),
        "keyed in bytes" => setup = setup.set("secret_key", [7; 32]),
        _ => {}
    }
    let (auth, routes) = program(&name);
    let rocket = rocket::custom(setup.set("auth", settings).figment);
    Client::untracked(rocket.attach(auth).mount("/", routes)).expect("a launch");
}

/// The log of a launch.
fn log_of(program: &str, settings: &Value) -> String {
    let child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "configuration::unread_settings::launch", "--ignored", "--nocapture"])
        .env(LAUNCH, json!([program, settings]).to_string())
        .output()
        .expect("a process");
    let log = String::from_utf8(child.stdout).expect("text");
    assert!(child.status.success() && log.contains("Authentication: mode"), "{log}");
    log
}

/// The lines about settings in the log of a launch, each with its key and the reason.
fn told(program: &str, settings: &Value) -> Vec<String> {
    let log = log_of(program, settings);
    let lines = log.lines().filter_map(|line| line.split_once("configuration: auth."));
    let lines = lines.map(|(_, line)| {
        let (key, reason) = line.split_once(": is set, but ").expect("a reason");
        format!("{}: {reason}", key.split(" (").next().unwrap_or(key))
    });
    lines.collect()
}

fn every_optional_setting() -> Value {
    json!({
        "throttle": { "failures": 3 },
        "session": { "idle": "1h" },
        "key": { "lifetime": "1 day" },
        "password": { "cost": 4 },
        "token": {
            "refresh_grace": 0,
            "refresh_retry": 0,
            "locations": ["header"],
            "query": { "name": "token" },
            "json": { "access": "token" },
            "cookies": { "access": "access", "csrf_field": "csrf" },
        },
    })
}

#[test]
fn a_setting_that_nothing_reads_is_told_with_the_reason() {
    let lines = told("bare", &every_optional_setting());
    assert_eq!(
        lines,
        [
            "throttle: no route has the guard PasswordLogin or CodeLogin",
            "token.json: no route has the guard TokenBody",
            "token.query: token.locations lacks \"query\"",
            "token.cookies: token.locations lacks \"cookies\"",
            "session.idle: Auth::fairing() has no store",
            "token.refresh_grace: Auth::fairing() has no store",
            "token.refresh_retry: Auth::fairing() has no store",
        ]
    );
}

#[test]
fn a_setting_that_a_route_or_a_location_or_a_store_reads_is_not_told() {
    let mut settings = every_optional_setting();
    settings["token"]["locations"] = json!(["header", "query", "cookies", "json"]);
    settings["token"]["cookies"]["csrf_check_form"] = json!(true);
    assert_eq!(told("whole", &settings), [""; 0]);
    let throttle = json!({ "throttle": { "failures": 3 } });
    assert_eq!(told("own throttle", &throttle), [""; 0], "it may count by itself");
}

#[test]
fn what_is_not_set_is_not_told() {
    assert_eq!(told("bare", &json!({ "throttle": {} })), [""; 0]);
}

#[test]
fn a_setting_that_another_mode_reads_is_not_told() {
    let settings = |locations| {
        json!({
            "mode": "session",
            "token": { "locations": locations, "json": { "access": "a" }, "query": { "name": "b" } },
        })
    };
    assert_eq!(told("bare", &settings(json!(["json", "query"]))), [""; 0]);
    let in_no_mode = "token.query: token.locations lacks \"query\"";
    assert_eq!(told("bare", &settings(json!(["header"]))), [in_no_mode]);
}

#[test]
fn a_setting_that_another_one_switches_off_is_told() {
    let cookies = json!({ "csrf": false, "csrf_header": "X-A", "csrf_field": "b" });
    let token =
        json!({ "locations": ["cookies", "json"], "cookies": cookies, "public_keys": ["a"] });
    let settings = json!({ "key": { "lifetime": "1 day" }, "token": token });
    assert_eq!(
        told("bare", &settings),
        [
            "token.locations: no route has the guard TokenBody, which alone looks into \
             \"json\"",
            "token.cookies.csrf_header: token.cookies.csrf is off",
            "token.cookies.csrf_field: token.cookies.csrf_check_form is off",
            "key: token.locations lacks \"header\"",
            "token.public_keys: token.algorithm takes a shared secret",
        ]
    );
    let token = json!({ "locations": ["cookies"], "cookies": { "csrf_field": "b" } });
    let no_form = "token.cookies.csrf_field: token.cookies.csrf_check_form is off";
    assert_eq!(told("bare", &json!({ "token": token })), [no_form]);
}

#[test]
fn without_a_key_that_is_kept_the_log_says_that_a_restart_ends_sessions() {
    let warned =
        |program, settings| log_of(program, &settings).matches("secret_key is not set").count();
    assert_eq!(warned("whole", json!({})), 1);
    assert_eq!(warned("keyed", json!({})), 0);
    assert_eq!(warned("keyed in bytes", json!({})), 0);
    assert_eq!(warned("whole", json!({ "mode": "token" })), 0, "there is no session");
}
