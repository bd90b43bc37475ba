//! New secrets during the life of a sign-in: keys are rotated between two uses of a refresh token,
//! and processes change over one after the other.

use rocket::figment::Figment;
use rocket::http::{Header, Method};
use rocket::local::blocking::Client;
use serde_json::{Map, Value, json};

use super::helpers::{
    Environment, MINUTE, StoredCredentials, USER_01, api_login, claims, on_each, remembered_at,
    session_lives, token_lives,
};
use crate::support::actor::{Actor, Reply};

const OLD_KEY: &str = "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o=";
const NEW_KEY: &str = "5f0e1d2c3b4a59687786958493a2b1c05f0e1d2c3b4a59687786958493a2b1c0";
const OLD_SECRET: &str = "the former secret, of more than thirty-two bytes";
const NEW_SECRET: &str = "the present secret, of more than thirty-two bytes";

/// One pair of secrets in force, another that is still taken.
fn with(figment: Figment, present: [&str; 2], previous: [&str; 2]) -> Figment {
    figment
        .merge(("secret_key", present[0]))
        .merge(("auth.token.secret", present[1]))
        .merge(("auth.session.previous_secret_keys", [previous[0]]))
        .merge(("auth.token.previous_secrets", [previous[1]]))
        .merge(("auth.token.locations", ["header", "cookies"]))
}

fn former(environment: &Environment) -> Client {
    environment.process(|figment| with(figment, [OLD_KEY, OLD_SECRET], [NEW_KEY, NEW_SECRET]))
}

fn present(environment: &Environment) -> Client {
    environment.process(|figment| with(figment, [NEW_KEY, NEW_SECRET], [OLD_KEY, OLD_SECRET]))
}

fn refresh(client: &Client, token: &str) -> Reply {
    let mut actor = Actor::new(client);
    actor.refresh_token = Some(token.to_owned());
    actor.refresh()
}

/// The refresh token of a response.
#[track_caller]
fn next(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["refresh_token"].as_str().expect("a token").to_owned()
}

/// The claims of a token, the CSRF value apart.
fn apart(token: &str) -> (Map<String, Value>, String) {
    let Value::Object(mut all) = claims(token) else { panic!("a claim set is an object") };
    let csrf = all.remove("csrf").expect("a CSRF value");
    (all, csrf.as_str().expect("a text").to_owned())
}

/// Refreshes with a token in its cookie and a CSRF value in the header.
fn refresh_by_cookie(client: &Client, token: &str, csrf: &str) -> Reply {
    let actor = Actor::new(client);
    actor.jar.borrow_mut().insert("refresh_token_cookie".to_owned(), token.to_owned());
    let request = actor.request(Method::Post, "/api/refresh");
    actor.send(request.header(Header::new("X-CSRF-TOKEN", csrf.to_owned())))
}

fn signed_in(client: &Client) -> StoredCredentials {
    let mut program = Actor::new(client);
    assert_eq!(api_login(&mut program, "user_01", "1234").status, 200);
    StoredCredentials::of(&program)
}

#[test]
fn a_race_of_two_tabs_across_a_rotation_is_no_theft() {
    on_each(|on| {
        let environment = Environment::new(on);
        let before = former(&environment);
        let first = signed_in(&before).refresh_token.expect("a token");
        let one = next(&refresh(&before, &first));
        let after = present(&environment);
        // Within the grace: the successor again, signed with the new secret.
        let other = next(&refresh(&after, &first));
        assert_ne!(one, other);
        let (one_says, one_csrf) = apart(&one);
        let (other_says, other_csrf) = apart(&other);
        assert_eq!(one_says, other_says, "they are the same token but for signature and CSRF");
        assert_ne!(one_csrf, other_csrf);
        let mut connection = environment.connection();
        let generation = |connection: &mut _| {
            vestibule::database::sign_ins::list(connection, &USER_01.to_string()).expect("rows")[0]
                .generation()
        };
        assert_eq!(generation(&mut connection), 1, "one step");

        // Both tabs go on, whichever of the two they hold.
        let last = next(&refresh(&after, &one));
        assert_eq!(next(&refresh(&after, &other)), last, "byte for byte again");
        assert_eq!(generation(&mut connection), 2);
        assert_eq!(refresh(&after, &last).status, 200);
        environment.clock.advance(std::time::Duration::from_secs(MINUTE));
        assert_eq!(refresh(&after, &one).code(), "token_revoked", "and theft is still noticed");
    });
}

#[test]
fn each_token_keeps_the_csrf_value_that_it_was_given_with() {
    on_each(|on| {
        let environment = Environment::new(on);
        let before = former(&environment);
        let first = signed_in(&before).refresh_token.expect("a token");
        let one = next(&refresh(&before, &first));
        let after = present(&environment);
        let other = next(&refresh(&after, &first));
        let (one_csrf, other_csrf) = (apart(&one).1, apart(&other).1);
        for (token, csrf) in [(&one, &other_csrf), (&other, &one_csrf)] {
            assert_eq!(refresh_by_cookie(&after, token, csrf).code(), "csrf_mismatch");
        }
        for (token, csrf) in [(&one, &one_csrf), (&other, &other_csrf)] {
            let reply = refresh_by_cookie(&after, token, csrf);
            assert_eq!(reply.status, 200, "{}", reply.body);
        }
    });
}

#[test]
fn processes_that_know_each_others_secrets_change_over_one_by_one() {
    on_each(|on| {
        let environment = Environment::new(on);
        let (before, after) = (former(&environment), present(&environment));
        let mut person = StoredCredentials::of(&remembered_at(&before, "user_01"));
        let mut program = signed_in(&before);
        for client in [&after, &before, &after, &after, &before, &before, &after] {
            let browser = person.on(client);
            assert_eq!(browser.get("/dashboard").status, 200);
            assert!(session_lives(&browser));
            person = StoredCredentials::of(&browser);
            let mut tokens = program.on(client);
            assert!(token_lives(client, tokens.token.as_deref().expect("a token")));
            assert_eq!(tokens.refresh().status, 200);
            program = StoredCredentials::of(&tokens);
        }
        let alone = environment.process(|figment| {
            let none: [&str; 0] = [];
            with(figment, [NEW_KEY, NEW_SECRET], ["", ""])
                .merge(("auth.session.previous_secret_keys", none))
                .merge(("auth.token.previous_secrets", none))
        });
        for name in ["session", "remember_token"] {
            let mut one = person.clone();
            one.jar.retain(|known, _| known == name);
            assert!(session_lives(&one.on(&alone)), "{name} is under the new key");
        }
        assert!(token_lives(&alone, program.token.as_deref().expect("a token")));
        assert_eq!(program.on(&alone).get("/api/me").json()["username"], json!("user_01"));
    });
}
