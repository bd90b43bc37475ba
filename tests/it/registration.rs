//! Becoming a user, by form and over `/api`.

use std::sync::Barrier;
use std::thread;

use rocket::figment::providers::Serialized;
use serde_json::{Value, json};

use crate::support::actor::Actor;
use crate::support::app::{on_both, on_both_with};

fn body(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

#[test]
fn somebody_who_registers_is_signed_in() {
    on_both(|app| {
        let visitor = app.anonymous();
        let fields =
            [("username", "Ann"), ("full_name", " Ann Lee "), ("password", "correct horse")];
        let reply = visitor.post_form("/register", &fields);
        assert_eq!((reply.status, reply.location()), (303, "/dashboard"));
        let page = visitor.get("/dashboard");
        assert!(page.body.contains("Hello, Ann Lee."), "{}", page.body);
        assert!(page.body.contains("<span class=\"badge\">user</span>"), "{}", page.body);
    });
}

#[test]
fn a_program_that_registers_gets_the_user_and_then_signs_in() {
    on_both(|app| {
        let visitor = app.anonymous();
        let asked = json!({ "username": "ann", "password": "correct horse", "full_name": "Ann" });
        let reply = visitor.post_json("/api/register", &asked);
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.assert_no_cookies();
        let made = reply.json();
        let names: Vec<_> = made.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["created_at", "full_name", "id", "role", "username"]);
        assert_eq!(made["username"], "ann");
        assert_eq!(made["full_name"], "Ann");
        assert_eq!(made["role"], "user");
        assert_eq!(app.token("ann").get("/api/me").json(), made);
    });
}

#[test]
fn the_form_names_every_field_at_fault_and_keeps_what_was_typed() {
    on_both(|app| {
        let long = "x".repeat(201);
        let fields = [("username", "two words"), ("full_name", &long), ("password", "short")];
        let reply = app.anonymous().post_form("/register", &fields);
        reply.assert_page(422);
        for message in [
            "A user name is letters, digits and signs, without spaces.",
            "A full name has at most 200 characters.",
            "A password has at least 8 characters.",
            "value=\"two words\"",
        ] {
            assert!(reply.body.contains(message), "{message}: {}", reply.body);
        }
        assert!(!reply.body.contains("value=\"short\""), "the password is not kept");
        reply.assert_no_cookies();
        assert_eq!(app.count("users"), 3);
    });
}

#[test]
fn the_api_names_every_field_at_fault() {
    on_both(|app| {
        let bad = json!({
            "username": "two words", "full_name": "x".repeat(201), "password": "short",
        });
        let reply = app.anonymous().post_json("/api/register", &bad);
        reply.assert_problem(422, "invalid_field");
        let fields = reply.json()["fields"].clone();
        let names: Vec<_> = fields.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(names, ["full_name", "password", "username"]);
    });
}

#[test]
fn a_taken_name_is_taken_in_every_case_and_width() {
    on_both(|app| {
        let visitor = app.anonymous();
        assert_eq!(visitor.post_json("/api/register", &body("Ann", "correct horse")).status, 201);
        for name in ["Ann", "ann", "ANN", "ａｎｎ", "ＡＮＮ"] {
            let reply = visitor.post_json("/api/register", &body(name, "correct horse"));
            reply.assert_problem(409, "username_taken");
            let fields = [("username", name), ("password", "correct horse")];
            let page = visitor.post_form("/register", &fields);
            page.assert_page(409);
            assert!(page.body.contains("This user name is taken."), "{name}");
            page.assert_no_cookies();
        }
        assert_eq!(app.count("users"), 4);
    });
}

#[test]
fn names_that_deceive_or_cannot_be_kept_are_refused() {
    on_both(|app| {
        let long = "a".repeat(81);
        for name in [
            "",
            " ",
            " ann",
            "ann ",
            "an n",
            "an\0n",
            "an\nn",
            "an\u{200b}n",
            "an\u{202e}n",
            "an\u{feff}n",
            "\u{fffd}",
            "\u{1b}[31mann",
            "\u{1f511}",
            &long,
        ] {
            let reply = app.anonymous().post_json("/api/register", &body(name, "correct horse"));
            reply.assert_problem(422, "invalid_field");
            assert!(reply.json()["fields"]["username"].is_string(), "{name:?}: {}", reply.body);
        }
        assert_eq!(app.count("users"), 3);
    });
}

#[test]
fn passwords_too_short_too_long_or_no_secret_are_refused() {
    on_both(|app| {
        let long = "x".repeat(1025);
        for password in ["", "1234567", "ééééééé", "long enough\0", "long enough\u{fffd}", &long]
        {
            let reply = app.anonymous().post_json("/api/register", &body("ann", password));
            reply.assert_problem(422, "invalid_field");
            assert!(reply.json()["fields"]["password"].is_string(), "{}", reply.body);
        }
        let own = app.anonymous().post_json("/api/register", &body("ann.lee.1", "ANN.lee.1"));
        own.assert_problem(422, "invalid_field");
        assert_eq!(app.count("users"), 3);
    });
}

#[test]
fn every_character_of_a_long_password_counts() {
    on_both(|app| {
        let long = "\u{1f511}".repeat(80);
        let visitor = app.anonymous();
        assert_eq!(visitor.post_json("/api/register", &body("ann", &long)).status, 201);
        assert_eq!(visitor.post_json("/api/login", &body("ann", &long)).status, 200);
        let shorter = "\u{1f511}".repeat(79);
        assert_eq!(visitor.post_json("/api/login", &body("ann", &shorter)).status, 401);
    });
}

#[test]
fn nobody_gives_themselves_a_role() {
    on_both(|app| {
        let visitor = app.anonymous();
        let mut asked = body("ann", "correct horse");
        asked["role"] = "admin".into();
        let reply = visitor.post_json("/api/register", &asked);
        reply.assert_problem(403, "forbidden");
        assert_eq!(app.count("users WHERE username = 'ann'"), 0, "no user was made");

        asked["role"] = "user".into();
        assert_eq!(visitor.post_json("/api/register", &asked).status, 201);

        let fields = [
            ("username", "bob"),
            ("password", "correct horse"),
            ("role", "admin"),
            ("active", "true"),
            ("id", "1"),
        ];
        assert_eq!(visitor.post_form("/register", &fields).status, 303);
        assert_eq!(app.count("users WHERE username = 'bob' AND role = 'user'"), 1);
        assert_eq!(app.count("users WHERE role = 'admin'"), 1);
    });
}

#[test]
fn a_field_of_a_registration_that_is_sent_twice_makes_nobody() {
    on_both(|app| {
        let body = b"username=ann&password=correct+horse&username=bob";
        app.anonymous().post_raw_form("/register", body).assert_page(422);
        assert_eq!(app.count("users"), 3);
    });
}

#[test]
fn of_many_who_want_one_name_at_once_exactly_one_gets_it() {
    on_both(|app| {
        let clients: Vec<_> = (0..4).map(|_| app.neighbour()).collect();
        let start = Barrier::new(clients.len());
        let mut statuses: Vec<u16> = thread::scope(|scope| {
            let race = |(at, client): (usize, rocket::local::blocking::Client)| {
                let start = &start;
                scope.spawn(move || {
                    let name = ["ann", "ANN", "Ann", "ａｎｎ"][at];
                    start.wait();
                    let reply = Actor::new(&client);
                    reply.post_json("/api/register", &body(name, "correct horse")).status
                })
            };
            let racers: Vec<_> = clients.into_iter().enumerate().map(race).collect();
            racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409]);
        assert_eq!(app.count("users WHERE username_key = 'ann'"), 1);
    });
}

#[test]
fn where_registration_is_off_there_is_none() {
    let off = |figment: rocket::figment::Figment| {
        figment.merge(Serialized::default("accounts.registration", false))
    };
    on_both_with(off, |app| {
        let visitor = app.anonymous();
        assert_eq!(visitor.get("/register").status, 404);
        let fields = [("username", "ann"), ("password", "correct horse")];
        assert_eq!(visitor.post_form("/register", &fields).status, 404);
        let reply = visitor.post_json("/api/register", &body("ann", "correct horse"));
        reply.assert_problem(404, "not_found");
        assert!(!visitor.get("/login").body.contains("/register"), "no link to it either");
        assert_eq!(app.count("users"), 3);
    });
}
