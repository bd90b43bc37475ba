//! Registration, by form and over `/api`.

use std::sync::Barrier;
use std::thread;

use rocket::figment::providers::Serialized;
use rocket::http::{ContentType, Header, Method};
use serde_json::{Value, json};

use crate::support::actor::Actor;
use crate::support::app::{on_both, on_both_with};

fn body(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

#[test]
fn a_user_who_registers_is_signed_in() {
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
        assert_eq!(
            names,
            [
                "created_at",
                "device_notices",
                "email",
                "full_name",
                "id",
                "language",
                "role",
                "username"
            ]
        );
        assert_eq!(made["username"], "ann");
        assert_eq!(made["full_name"], "Ann");
        assert_eq!(made["role"], "user");
        assert_eq!(app.token("ann").get("/api/me").json(), made);
    });
}

#[test]
fn the_form_names_every_invalid_field_and_keeps_what_was_typed() {
    on_both(|app| {
        let long = "x".repeat(201);
        let fields = [("username", "two words"), ("full_name", &long), ("password", "short")];
        let reply = app.anonymous().post_form("/register", &fields);
        reply.assert_page(422);
        for message in [
            "A user name may have letters, digits and ASCII signs such as - or _, but no spaces",
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
fn a_user_name_without_a_space_is_refused_for_the_reason_that_is_so() {
    on_both(|app| {
        let (family, not_utf8) = ("%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7", "fran%E7ois");
        for (name, language, said) in [
            (family, "en", "no spaces, other symbols, emoji or invisible characters."),
            (family, "de", "keine Leerzeichen, anderen Symbole, Emojis oder unsichtbaren Zeichen."),
            (
                family,
                "fr",
                "pas d’espaces, d’autres symboles, d’emojis ni de caractères invisibles.",
            ),
            (family, "el", "όχι κενά, άλλα σύμβολα, emoji ή αόρατους χαρακτήρες."),
            (not_utf8, "en", "This user name has a character that could not be read."),
            (not_utf8, "de", "Dieser Benutzername hat ein Zeichen, das nicht lesbar war."),
            (not_utf8, "fr", "Ce nom d’utilisateur a un caractère qui n’a pas pu être lu."),
            (not_utf8, "el", "έναν χαρακτήρα που δεν μπόρεσε να διαβαστεί."),
        ] {
            let visitor = app.anonymous();
            let request = visitor.request(Method::Post, "/register").header(ContentType::Form);
            let request = request.header(Header::new("Accept-Language", language));
            let page =
                visitor.send(request.body(format!("username={name}&password=correct+horse")));
            page.assert_page(422);
            assert!(page.body.contains(said), "{name}, {language}: {}", page.body);
        }
    });
}

#[test]
fn the_api_names_every_invalid_field() {
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
fn a_taken_name_is_named_beside_a_password_that_is_not_acceptable() {
    on_both(|app| {
        let visitor = app.anonymous();
        for password in ["short", "password"] {
            let reply = visitor.post_json("/api/register", &body("USER_01", password));
            reply.assert_problem(422, "invalid_field");
            assert_eq!(reply.json()["fields"]["username"], "This user name is taken.");
            assert!(reply.json()["fields"]["password"].is_string(), "{}", reply.body);
            let free = visitor.post_json("/api/register", &body("ann", password));
            free.assert_problem(422, "invalid_field");
            assert!(free.json()["fields"]["username"].is_null(), "{}", free.body);
        }
        let fields = [("username", "user_01"), ("password", "short")];
        let page = visitor.post_form("/register", &fields);
        page.assert_page(422);
        assert!(page.body.contains("This user name is taken."), "{}", page.body);
    });
}

#[test]
fn names_are_asked_for_with_bad_passwords_no_more_often_than_with_good_ones() {
    let one = |figment: rocket::figment::Figment| {
        figment.merge(Serialized::default("accounts.registrations.max", 1))
    };
    on_both_with(one, |app| {
        let visitor = app.anonymous().from("192.0.2.7");
        for _ in 0..10 {
            let reply = visitor.post_json("/api/register", &body("user_01", "short"));
            reply.assert_problem(422, "invalid_field");
        }
        let reply = visitor.post_json("/api/register", &body("user_01", "short"));
        reply.assert_problem(429, "too_many_attempts");
        assert!(!reply.body.contains("taken"), "{}", reply.body);
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
            let fields = [("username", name), ("password", "battery staple")];
            let page = visitor.post_form("/register", &fields);
            page.assert_page(409);
            assert!(page.body.contains("This user name is taken."), "{name}");
            page.assert_no_cookies();
        }
        assert_eq!(app.count("users"), 4);
        let next = visitor.post_json("/api/register", &body("bob", "correct horse")).json();
        assert_eq!(next["id"], app.id("Ann") + 1, "a refusal takes no id");
    });
}

#[test]
fn names_that_deceive_or_cannot_be_kept_are_refused() {
    on_both(|app| {
        let long = "a".repeat(81);
        for name in [
            "",
            " ",
            " an n ",
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
fn a_password_is_compared_as_it_was_typed() {
    on_both(|app| {
        let visitor = app.anonymous();
        let typed = " Caf\u{e9} und Kuchen ";
        assert_eq!(visitor.post_json("/api/register", &body("ann", typed)).status, 201);
        for other in ["Caf\u{e9} und Kuchen", " Cafe\u{301} und Kuchen ", " caf\u{e9} und kuchen "]
        {
            assert_eq!(visitor.post_json("/api/login", &body("ann", other)).status, 401, "{other}");
        }
        assert_eq!(visitor.post_json("/api/login", &body("ann", typed)).status, 200);
    });
}

#[test]
fn a_user_cannot_take_a_role() {
    on_both(|app| {
        let visitor = app.anonymous();
        let mut asked = body("ann", "correct horse");
        asked["role"] = "admin".into();
        let reply = visitor.post_json("/api/register", &asked);
        reply.assert_problem(403, "forbidden");
        let reply = app.token("admin").post_json("/api/register", &asked);
        reply.assert_problem(403, "forbidden");
        assert!(reply.body.contains("with PATCH /api/users/<id>."), "{}", reply.body);
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
fn a_registration_with_a_field_sent_twice_creates_no_account() {
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

#[test]
fn a_password_that_is_easy_to_guess_is_refused_with_a_reason_everywhere() {
    on_both(|app| {
        let visitor = app.anonymous();
        for (weak, why) in [
            ("password", "Many people use this password"),
            ("password12345678", "A few unrelated words make a good one."),
            ("qwertyuiopasdfgh", "A few unrelated words make a good one."),
            ("ann ann ann", "must not be the user name"),
            ("Lee Ann Lee Ann", "must not be the full name"),
            ("ANN LEE", "at least 8"),
            ("Ann Lee Ann", "must not be the full name"),
            ("vestibule1", "easy to guess"),
        ] {
            let asked = json!({ "username": "ann", "full_name": "Ann Lee", "password": weak });
            let reply = visitor.post_json("/api/register", &asked);
            reply.assert_problem(422, "invalid_field");
            let fields = reply.json()["fields"].clone();
            assert_eq!(fields.as_object().map(serde_json::Map::len), Some(1), "{weak}: {fields}");
            let said = fields["password"].as_str().unwrap_or_default().to_owned();
            assert!(said.contains(why), "{weak}: {said}");
            let fields = [("username", "ann"), ("full_name", "Ann Lee"), ("password", weak)];
            let page = visitor.post_form("/register", &fields);
            page.assert_page(422);
            assert!(page.body.contains(why), "{weak}: {}", page.body);
            page.assert_no_cookies();
        }
        assert_eq!(app.count("users"), 3);

        let program = app.token("user_01");
        let body = json!({ "current_password": "1234", "new_password": "password12345678" });
        let reply = program.post_json("/api/password", &body);
        reply.assert_problem(422, "invalid_field");
        assert!(reply.json()["fields"]["new_password"].is_string(), "{}", reply.body);
        let person = app.session("user_01");
        let fields = [("current_password", "1234"), ("new_password", "user_01 user_01")];
        let page = person.post_form("/account/password", &fields);
        page.assert_page(422);
        assert!(page.body.contains("must not be the user name"), "{}", page.body);
        assert_eq!(program.get("/api/me").status, 200, "nothing has changed");
    });
}

#[test]
fn a_weak_password_is_named_together_with_the_other_fields() {
    on_both(|app| {
        let asked = json!({ "username": "two words", "password": "iloveyou" });
        let reply = app.anonymous().post_json("/api/register", &asked);
        reply.assert_problem(422, "invalid_field");
        let fields = reply.json()["fields"].clone();
        let names: Vec<_> = fields.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(names, ["password", "username"]);
    });
}

#[test]
fn the_strength_of_passwords_is_a_setting() {
    for (strength, taken, refused) in [
        (0, "password", None),
        (2, "x7Kq$2vP", Some("secret123")),
        (3, "x7Kq$2vPz", Some("x7Kq$2vP")),
        (4, "correct horse battery", Some("correct horse")),
    ] {
        let strength = |figment: rocket::figment::Figment| {
            figment.merge(Serialized::default("auth.password.strength", strength))
        };
        on_both_with(strength, |app| {
            let visitor = app.anonymous();
            if let Some(refused) = refused {
                let reply = visitor.post_json("/api/register", &body("ann", refused));
                reply.assert_problem(422, "invalid_field");
            }
            assert_eq!(visitor.post_json("/api/register", &body("ann", taken)).status, 201);
            let own = visitor.post_json("/api/register", &body("ann.lee.1", "ann.lee.1"));
            own.assert_problem(422, "invalid_field");
        });
    }
}

#[test]
fn the_form_asks_for_a_password_as_long_as_the_setting_says() {
    on_both_with(
        |figment| figment.merge(("auth.password.min_length", 12)),
        |app| {
            let page = app.anonymous().get("/register").body;
            assert!(page.contains("minlength=\"12\""), "{page}");
        },
    );
}

#[test]
fn the_longest_password_is_taken_whole_and_a_longer_one_refused_before_any_work() {
    on_both(|app| {
        let visitor = app.anonymous();
        let longest = format!("{}{}", "correct horse ".repeat(73), "é");
        assert_eq!(longest.len(), 1024);
        assert_eq!(visitor.post_json("/api/register", &body("ann", &longest)).status, 201);
        assert_eq!(visitor.post_json("/api/login", &body("ann", &longest)).status, 200);
        let other = format!("{}{}", "correct horse ".repeat(73), "è");
        assert_eq!(visitor.post_json("/api/login", &body("ann", &other)).status, 401);
        let reply = visitor.post_json("/api/register", &body("bob", &format!("{longest}!")));
        reply.assert_problem(422, "invalid_field");
        assert_eq!(reply.json()["fields"]["password"], "A password has at most 1024 bytes.");
    });
}

/// Three accounts an hour for each address.
fn three(figment: rocket::figment::Figment) -> rocket::figment::Figment {
    figment.merge(("accounts.registrations.max", 3))
}

#[test]
fn an_address_registers_so_many_accounts_an_hour_by_form_and_api_together() {
    on_both_with(three, |app| {
        let from = |address: &str| app.anonymous().from(address);
        let api = |address: &str, name: &str| {
            from(address).post_json("/api/register", &body(name, "correct horse"))
        };
        let form = |address: &str, name: &str| {
            let fields = [("username", name), ("password", "correct horse")];
            from(address).post_form("/register", &fields)
        };
        let (one, other) = ("192.0.2.7", "192.0.2.8");
        assert_eq!(api(one, "ann").status, 201);
        // A request that creates no account is not counted.
        assert_eq!(api(one, "ann").status, 409);
        assert_eq!(api(one, "two words").status, 422);
        assert_eq!(from(one).post_json("/api/register", &body("bob", "password")).status, 422);
        assert_eq!(form(one, "bob").status, 303);
        assert_eq!(api(one, "cat").status, 201);

        let refused = api(one, "dan");
        refused.assert_problem(429, "too_many_attempts");
        let wait: u64 = refused.header("retry-after").expect("a time").parse().expect("seconds");
        assert!((1..=3601).contains(&wait), "{wait}");
        let page = form(one, "dan");
        page.assert_page(429);
        let said = "Too many registrations from your address. Try again in 60 minutes.";
        assert!(page.body.contains(said) && page.body.contains("value=\"dan\""), "{}", page.body);
        assert_eq!(refused.json()["detail"], said);
        assert!(page.header("retry-after").is_some());
        page.assert_no_cookies();
        assert_eq!(app.count("users WHERE username = 'dan'"), 0);
        assert_eq!(api(other, "dan").status, 201, "another address is not held up");

        let neighbour = app.neighbour();
        let elsewhere = app.anonymous().at(&neighbour).from(one);
        let elsewhere = elsewhere.post_json("/api/register", &body("eve", "correct horse"));
        assert_eq!(elsewhere.status, 429, "every process counts the same");

        app.clock.advance(std::time::Duration::from_secs(60 * 60));
        assert_eq!(api(one, "eve").status, 201);
    });
}

#[test]
fn tries_that_make_no_account_are_counted_too() {
    on_both_with(three, |app| {
        let visitor = app.anonymous().from("192.0.2.7");
        for attempt in 0..30 {
            let reply = visitor.post_json("/api/register", &body("user_01", "correct horse"));
            assert_eq!(reply.status, 409, "attempt {attempt}");
        }
        let reply = visitor.post_json("/api/register", &body("user_01", "correct horse"));
        reply.assert_problem(429, "too_many_attempts");
    });
}

#[test]
fn of_many_registrations_at_once_no_more_than_the_limit_make_an_account() {
    on_both_with(three, |app| {
        let clients: Vec<_> = (0..4).map(|_| app.neighbour()).collect();
        let register = |(at, client): (usize, rocket::local::blocking::Client)| -> Vec<u16> {
            let visitor = Actor::new(&client).from("192.0.2.7");
            let names = (0..4).map(|name| format!("ann{at}{name}"));
            let asked = names.map(|name| body(&name, "correct horse"));
            asked.map(|body| visitor.post_json("/api/register", &body).status).collect()
        };
        let statuses: Vec<u16> = thread::scope(|scope| {
            let all: Vec<_> = clients
                .into_iter()
                .enumerate()
                .map(|client| scope.spawn(|| register(client)))
                .collect();
            all.into_iter().flat_map(|one| one.join().expect("no panic")).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 429].contains(status)), "{statuses:?}");
    });
}

#[test]
fn a_name_with_a_stack_of_accents_is_refused_and_says_why() {
    on_both(|app| {
        let stack = format!("z{}a", "\u{301}".repeat(60));
        let visitor = app.anonymous();
        for (field, name, full_name) in
            [("username", stack.as_str(), "Zed"), ("full_name", "zed", &stack)]
        {
            let sent =
                json!({ "username": name, "full_name": full_name, "password": "correct horse" });
            let reply = visitor.post_json("/api/register", &sent);
            reply.assert_problem(422, "invalid_field");
            assert!(reply.body.contains("at most 4 combining marks"), "{}", reply.body);
            let fields =
                [("username", name), ("full_name", full_name), ("password", "correct horse")];
            let form = visitor.post_form("/register", &fields);
            form.assert_page(422);
            assert!(form.body.contains("at most 4 combining marks"), "{field}: {}", form.body);
        }
        let sent = json!({ "username": "Vie\u{323}\u{302}t", "full_name": "שָׁ֑לוֹם", "password": "correct horse" });
        assert_eq!(visitor.post_json("/api/register", &sent).status, 201);
    });
}
