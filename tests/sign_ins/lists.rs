//! The list of an account's sign-ins, of browsers and programs, and ending them.

use serde_json::{Value, json};

use super::helpers::{
    DAY, StoredCredentials, USER_01, USER_02, advance, agent_header, api_login,
    assert_program_dead, only_row, remembered, rows, session_lives, settle, sid, token_lives,
    until,
};
use crate::support::actor::Actor;
use crate::support::app::{TestApp, on_both};

fn listed(actor: &Actor<'_>) -> Vec<Value> {
    let reply = actor.get("/api/sign-ins");
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["sign_ins"].as_array().expect("a list").clone()
}

fn current(list: &[Value]) -> Vec<&str> {
    let current = list.iter().filter(|one| one["current"] == true);
    current.map(|one| one["id"].as_str().expect("an id")).collect()
}

/// The id of a browser's row: the newest of its account.
fn newest(app: &TestApp, known: &[String]) -> String {
    let rows = rows(app, USER_01);
    let mut new = rows.iter().map(|row| row.id.to_string()).filter(|id| !known.contains(id));
    let id = new.next().expect("a new row");
    assert!(new.next().is_none());
    id
}

#[test]
fn browsers_and_programs_are_in_one_list_with_the_current_one_marked_once() {
    on_both(|app| {
        let person = app.session("user_01");
        let other = remembered(&app, "user_01");
        let program = app.token("user_01");
        app.session("user_02");

        let list = listed(&program);
        let mut kinds: Vec<_> = list.iter().map(|one| one["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["browser", "browser", "token"]);
        assert_eq!(current(&list), [sid(program.token.as_ref().unwrap())]);
        for one in &list {
            for name in ["id", "kind", "created_at", "last_seen_at", "expires_at", "current"] {
                assert!(!one[name].is_null(), "{name} in {one}");
            }
            for name in ["user_agent", "address", "label"] {
                assert!(one.get(name).is_some(), "{name} in {one}");
            }
            assert!(one["created_at"].as_str().unwrap().ends_with('Z'), "RFC 3339 in UTC: {one}");
        }
        for browser in [&person, &other] {
            let page = browser.get("/account/sign-ins");
            assert_eq!(page.status, 200);
            assert_eq!(page.body.matches("this one").count(), 1);
            assert_eq!(page.body.matches("/end\"").count(), 2, "an end for each of the others");
            assert_eq!(page.body.matches("Program").count(), 1);
        }
    });
}

#[test]
fn the_list_says_what_the_client_called_itself_and_shows_it_harmlessly() {
    on_both(|app| {
        let mut program = app.anonymous();
        let body = json!({ "username": "user_01", "password": "1234" }).to_string();
        let request = program.request(rocket::http::Method::Post, "/api/login");
        let request = request.header(rocket::http::ContentType::JSON).body(body);
        let agent = "<script>alert(1)</script> \u{1} {{ 7 * 7 }}";
        let reply = program
            .send(request.header(agent_header(agent)).remote("192.0.2.7:4000".parse().unwrap()));
        program.token = reply.json()["access_token"].as_str().map(str::to_owned);
        let list = listed(&program);
        assert_eq!(list[0]["address"], "192.0.2.7");
        assert_eq!(list[0]["user_agent"], "<script>alert(1)</script>  {{ 7 * 7 }}");
        let page = app.session("user_01").get("/account/sign-ins");
        assert!(!page.body.contains("<script>alert") && !page.body.contains(">49<"));
        assert!(page.body.contains("192.0.2.7"));
    });
}

#[test]
fn the_latest_use_comes_first_and_what_is_over_does_not_come() {
    on_both(|app| {
        let first = app.token("user_01");
        advance(&app, 29 * DAY);
        let second = StoredCredentials::of(&app.token("user_01"));
        advance(&app, 120);
        let second = second.on(&app.client);
        assert_eq!(second.get("/api/me").status, 200);
        let now = app.clock.now().expect("a sane clock");
        until("the use is noted", || rows(&app, USER_01)[0].last_seen_at == now);
        let order: Vec<_> = listed(&second).iter().map(|one| one["id"].clone()).collect();
        let expected =
            [&second, &first].map(|actor| Value::from(sid(actor.token.as_ref().unwrap())));
        assert_eq!(order, expected);
        advance(&app, DAY);
        let third = app.token("user_01");
        let ids: Vec<_> = listed(&third).iter().map(|one| one["id"].clone()).collect();
        assert!(!ids.contains(&expected[1]), "over since yesterday");
    });
}

#[test]
fn a_long_list_comes_in_pages_on_the_page_and_over_the_api() {
    on_both(|app| {
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        let now = app.clock.now().expect("a sane clock").unix_timestamp() * 1_000_000;
        // With equal times the id decides, in the order of its bytes.
        for number in 0..118 {
            let letter = ["a", "B", "c", "D", "_", "-"][number % 6];
            let id = format!("{letter}{number:03}AAAAAAAAAAAAAAAAAg");
            app.sql(&format!(
                "INSERT INTO sign_ins (id, kind, account, created_at, auth_time, last_seen_at, \
                 expires_at) VALUES ('{id}', 'token', {USER_01}, 0, 0, 0, {})",
                if number < 110 { now + 1_000_000 } else { now }
            ));
        }
        let page = |number: i64| {
            let page = program.get(&format!("/api/sign-ins?page={number}")).json();
            assert_eq!((&page["pages"], &page["total"]), (&json!(3), &json!(112)), "{page}");
            assert_eq!(page["page"], number);
            let ids = page["sign_ins"].as_array().expect("a list").iter();
            ids.map(|one| one["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
        };
        let pages = [page(1), page(2), page(3)];
        assert_eq!(pages.each_ref().map(Vec::len), [50, 50, 12]);
        let older = pages.concat().split_off(2);
        assert!(older.is_sorted_by(|one, next| one > next), "{older:?}");
        assert_eq!(page(9), Vec::<String>::new());
        assert_eq!(current(&listed(&program)).len(), 1, "without a number the first page");

        let second = person.get("/account/sign-ins?page=2").body;
        assert!(second.contains("112, page 2 of 3"), "{second}");
        assert_eq!(second.matches("/end\"").count(), 50);
        assert!(
            second.contains("?page=1\" rel=\"prev\"") && second.contains("?page=3\" rel=\"next\"")
        );
        let last = person.get("/account/sign-ins?page=9").body;
        assert!(last.contains("page 3 of 3") && last.matches("/end\"").count() == 12, "{last}");
        let short = app.session("user_02").get("/account/sign-ins").body;
        assert!(!short.contains("pagination"));
    });
}

#[test]
fn ending_one_from_a_program_kills_that_browser_everywhere() {
    on_both(|app| {
        let neighbour = app.neighbour();
        let person = StoredCredentials::of(&remembered(&app, "user_01"));
        let id = only_row(&app, USER_01).id.to_string();
        let other = app.session("user_01");
        let program = app.token("user_01");
        let reply = program.delete(&format!("/api/sign-ins/{id}"));
        assert_eq!((reply.status, reply.body.as_str()), (204, ""));
        settle(&app);
        for client in [&app.client, &neighbour] {
            assert!(!session_lives(&person.on(client)), "session and remember cookie are dead");
            assert!(token_lives(client, program.token.as_ref().unwrap()));
        }
        assert!(session_lives(&other));
        assert_eq!(program.delete(&format!("/api/sign-ins/{id}")).code(), "not_found");
        assert!(!current(&listed(&program)).contains(&id.as_str()));
    });
}

#[test]
fn ending_one_from_a_browser_kills_that_program_everywhere() {
    on_both(|app| {
        let neighbour = app.neighbour();
        let program = StoredCredentials::of(&app.token("user_01"));
        let person = app.session("user_01");
        let id = sid(program.token.as_ref().unwrap());
        let reply = person.post(&format!("/account/sign-ins/{id}/end"));
        assert_eq!((reply.status, reply.location()), (303, "/account/sign-ins"));
        let page = person.get("/account/sign-ins");
        assert!(page.body.contains("That sign-in has ended.") && !page.body.contains(&id));
        settle(&app);
        for client in [&app.client, &neighbour] {
            assert_program_dead(client, &program);
        }
        assert!(session_lives(&person));
    });
}

#[test]
fn ending_the_present_one_is_signing_out() {
    on_both(|app| {
        let person = app.session("user_01");
        let id = only_row(&app, USER_01).id.to_string();
        assert_eq!(person.post(&format!("/account/sign-ins/{id}/end")).status, 303);
        assert!(!session_lives(&person));
        let program = app.token("user_01");
        let id = sid(program.token.as_ref().unwrap());
        assert_eq!(program.delete(&format!("/api/sign-ins/{id}")).status, 204);
        assert_program_dead(&app.client, &StoredCredentials::of(&program));
    });
}

#[test]
fn another_users_sign_in_is_not_there() {
    on_both(|app| {
        let victim = app.token("user_02");
        let id = sid(victim.token.as_ref().unwrap());
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        let (admin_person, admin) = (app.session("admin"), app.token("admin"));
        for browser in [&person, &admin_person] {
            // As for one that has ended, or never was.
            for id in [id.as_str(), "AAAAAAAAAAAAAAAAAAAAAA"] {
                let reply = browser.post(&format!("/account/sign-ins/{id}/end"));
                assert_eq!((reply.status, reply.location()), (303, "/account/sign-ins"));
            }
            assert_eq!(browser.post("/account/sign-ins/short/end").status, 404);
        }
        for program in [&program, &admin] {
            let reply = program.delete(&format!("/api/sign-ins/{id}"));
            assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"));
        }
        for odd in ["AAAAAAAAAAAAAAAAAAAAAA", "short", "%00", "..", "'--"] {
            let reply = program.delete(&format!("/api/sign-ins/{odd}"));
            assert_eq!(reply.status, 404, "{odd}");
        }
        assert_eq!(victim.get("/api/me").status, 200);
        assert_eq!(rows(&app, USER_02).len(), 1);
    });
}

#[test]
fn the_others_end_and_this_one_stays_active() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        let here = only_row(&app, USER_01).id;
        let other = StoredCredentials::of(&remembered(&app, "user_01"));
        let program = StoredCredentials::of(&app.token("user_01"));
        let stranger = app.token("user_02");
        let reply = person.post("/account/sign-ins/end-others");
        assert_eq!((reply.status, reply.location()), (303, "/account/sign-ins"));
        assert!(person.get("/account/sign-ins").body.contains("2 sign-ins ended"));
        assert_eq!(only_row(&app, USER_01).id, here);
        assert!(!session_lives(&other.on(&app.client)));
        assert_program_dead(&app.client, &program);
        person.jar.borrow_mut().remove("session");
        assert!(session_lives(&person), "its remember cookie stands as well");
        assert_eq!(stranger.get("/api/me").status, 200);
    });
}

#[test]
fn a_program_ends_the_others_and_stays_signed_in() {
    on_both(|app| {
        let person = StoredCredentials::of(&remembered(&app, "user_01"));
        let other = StoredCredentials::of(&app.token("user_01"));
        let mut program = app.token("user_01");
        let stranger = app.token("user_02");
        let reply = program.delete("/api/sign-ins");
        assert_eq!((reply.status, reply.body.as_str()), (204, ""));
        assert_eq!(current(&listed(&program)).len(), 1);
        assert_eq!(only_row(&app, USER_01).id.as_str(), sid(program.token.as_ref().unwrap()));
        assert_eq!(program.refresh().status, 200);
        assert!(!session_lives(&person.on(&app.client)));
        assert_program_dead(&app.client, &other);
        assert_eq!(stranger.get("/api/me").status, 200);
    });
}

#[test]
fn a_person_ends_all_and_this_one_too() {
    on_both(|app| {
        let person = remembered(&app, "user_01");
        let here = StoredCredentials::of(&person);
        let program = StoredCredentials::of(&app.token("user_01"));
        let stranger = app.session("user_02");
        let reply = person.post("/account/sign-ins/end-all");
        assert_eq!((reply.status, reply.location()), (303, "/"));
        assert!(person.jar.borrow().keys().eq(["vestibule_notice"]), "both cookies are taken back");
        assert!(person.get("/").body.contains("You are signed out everywhere."));
        assert!(!session_lives(&here.on(&app.client)));
        assert_program_dead(&app.client, &program);
        assert_eq!(rows(&app, USER_01).len(), 0);
        // The second copy of the form; not while the user is signed in elsewhere.
        let again = here.on(&app.client).post("/account/sign-ins/end-all");
        assert_eq!((again.status, again.location()), (303, "/"));
        let elsewhere = app.session("user_01");
        let again = here.on(&app.client).post("/account/sign-ins/end-all");
        assert_eq!(again.location(), "/login?next=%2Faccount%2Fsign-ins");
        assert!(session_lives(&elsewhere));
        let visitor = app.anonymous().post("/account/sign-ins/end-all");
        assert_eq!(visitor.location(), "/login?next=%2Faccount%2Fsign-ins");
        assert!(session_lives(&stranger));
    });
}

#[test]
fn ending_all_leaves_nothing() {
    on_both(|app| {
        let person = StoredCredentials::of(&remembered(&app, "user_01"));
        let other = StoredCredentials::of(&app.token("user_01"));
        let program = app.token("user_01");
        let stranger = app.token("user_02");
        assert_eq!(program.post("/api/logout?all=true").status, 204);
        assert!(!session_lives(&person.on(&app.client)));
        assert_program_dead(&app.client, &other);
        assert_program_dead(&app.client, &StoredCredentials::of(&program));
        assert_eq!(rows(&app, USER_01).len(), 0);
        assert_eq!(stranger.get("/api/me").status, 200);
    });
}

#[test]
fn a_list_is_for_its_owner_alone() {
    on_both(|app| {
        let visitor = app.anonymous();
        assert_eq!(visitor.get("/api/sign-ins").code(), "credentials_missing");
        assert_eq!(visitor.delete("/api/sign-ins/AAAAAAAAAAAAAAAAAAAAAA").status, 401);
        assert!(visitor.get("/account/sign-ins").location().starts_with("/login"));
        assert!(visitor.post("/account/sign-ins/end-others").location().starts_with("/login"));
        let person = app.session("user_01");
        assert_eq!(person.get("/api/sign-ins").status, 401, "no cookie opens the API");
    });
}

#[test]
fn a_browser_and_a_program_end_each_other_by_the_ids_that_the_list_gives() {
    on_both(|app| {
        let mut program = app.anonymous();
        api_login(&mut program, "user_01", "1234");
        let known: Vec<_> = rows(&app, USER_01).iter().map(|row| row.id.to_string()).collect();
        let person = app.session("user_01");
        let id = newest(&app, &known);
        let list = listed(&program);
        let browser = list.iter().find(|one| one["kind"] == "browser").unwrap();
        assert_eq!(browser["id"], id.as_str());
        assert_eq!(program.delete(&format!("/api/sign-ins/{id}")).status, 204);
        assert!(!session_lives(&person));
    });
}
