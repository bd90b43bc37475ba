//! What administrators do to users on pages.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use rocket::http::{ContentType, Header, Method};
use rocket::local::blocking::Client;
use serde_json::json;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both};

fn page(app: &TestApp, username: &str) -> String {
    format!("/admin/users/{}", app.id(username))
}

/// The page after a change, with the message on it.
#[track_caller]
fn assert_message(actor: &Actor<'_>, reply: &Reply, place: &str, message: &str) -> Reply {
    assert_eq!((reply.status, reply.location()), (303, place), "{}", reply.body);
    let page = actor.get(place);
    assert_eq!(page.status, 200);
    assert!(page.body.contains(message), "{message}: {}", page.body);
    page
}

#[test]
fn only_an_administrator_sees_all_users() {
    on_both(|app| {
        let admin = app.session("admin");
        let list = admin.get("/admin/users");
        assert_eq!(list.status, 200);
        assert!(list.body.contains("3 users"));
        for name in ["admin", "user_01", "user_02"] {
            let link = format!("<a href=\"{}\">{name}</a>", page(&app, name));
            assert!(list.body.replace("&#x2F;", "/").contains(&link), "{link}: {}", list.body);
        }
        let one = admin.get(&page(&app, "user_01"));
        assert!(one.status == 200 && one.body.contains("<h1>user_01</h1>"), "{}", one.body);

        let (user, nobody) = (app.session("user_01"), app.anonymous());
        let path = page(&app, "user_02");
        for path in ["/admin/users", &path, "/admin/events"] {
            user.get(path).assert_page(403);
            assert!(nobody.get(path).location().starts_with("/login?next="), "{path}");
        }
        let nav = "href=\"/admin";
        assert!(admin.get("/dashboard").body.contains(nav));
        for path in ["/", "/dashboard", "/account", "/account/events", "/account/sign-ins"] {
            assert!(!user.get(path).body.contains(nav), "{path}");
        }
    });
}

#[test]
fn users_are_found_by_a_part_of_their_name_on_the_page_and_over_the_api() {
    on_both(|app| {
        let add = |name: &str| {
            app.sql(&format!(
                "INSERT INTO users (username, username_key, role, active, password_hash, created_at) \
                 VALUES ('{name}', '{}', 'user', TRUE, '!', 0)",
                name.to_lowercase()
            ));
        };
        for number in 0..60 {
            add(&format!("Many{number}"));
        }
        for name in ["50%", "a!b", "a\\b", "Éva"] {
            add(name);
        }
        let (admin, program) = (app.session("admin"), app.token("admin"));
        for (search, total) in [
            ("", 67),
            ("user_0", 2),
            ("USER_01", 1),
            ("many", 60),
            ("MANY5", 11),
            (" many5 ", 11),
            ("éVA", 1),
            // Characters with a meaning in a pattern stand for themselves.
            ("_", 2),
            ("%", 1),
            ("!", 1),
            ("\\", 1),
            ("u%1", 0),
            ("nobody", 0),
            ("two words", 0),
            ("x' OR '1'='1", 0),
            ("a\0b", 0),
        ] {
            let query = format!("?q={}", encoded(search));
            let list = program.get(&format!("/api/users{query}")).json();
            assert_eq!(list["total"], total, "{search:?}");
            let page = admin.get(&format!("/admin/users{query}"));
            assert_eq!(page.status, 200, "{search:?}");
            let said = match total {
                0 => "No user has".to_owned(),
                1 => "1 user".to_owned(),
                many => format!("{many} users"),
            };
            assert!(page.body.contains(&said), "{search:?}: {}", page.body);
        }
        let long = "x".repeat(5000);
        assert_eq!(program.get(&format!("/api/users?q={long}")).json()["total"], 0);

        // The next page is of the same search.
        let first = admin.get("/admin/users?q=many");
        let next = first.body.split("href=\"").find(|link| link.contains("page=2"));
        let next = next.and_then(|link| link.split('"').next()).expect("a link to page 2");
        let second = admin.get(&next.replace("&amp;", "&").replace("&#x2F;", "/"));
        assert!(second.body.contains("page 2 of 2"), "{next}: {}", second.body);
        assert!(second.body.contains("Many59") && !second.body.contains("Many49"));
        // Beyond the last page, the last.
        let last = admin.get("/admin/users?q=many&page=9").body;
        assert!(last.contains("page 2 of 2") && last.contains("Many59"), "{last}");
    });
}

#[test]
fn users_are_found_by_a_part_of_their_full_name() {
    on_both(|app| {
        for (username, full_name) in
            [("u1", "Änne Beispiel-Öztürk"), ("u2", "BEISPIEL 100%"), ("u3", "Максим Åberg")]
        {
            app.sql(&format!(
                "INSERT INTO users (username, username_key, full_name, role, active, \
                 password_hash, created_at) VALUES ('{username}', '{username}', '{full_name}', \
                 'user', TRUE, '!', 0)"
            ));
        }
        let (admin, program) = (app.session("admin"), app.token("admin"));
        for (search, names) in [
            ("Beispiel", &["u1", "u2"][..]),
            ("beispiel", &["u1", "u2"]),
            ("änne", &["u1"]),
            ("ÄNNE BEISPIEL", &["u1"]),
            ("Öztürk", &["u1"]),
            ("öztürk", &["u1"]),
            ("максим", &["u3"]),
            ("åberg", &["u3"]),
            ("100%", &["u2"]),
            ("e_n", &[]),
            ("a\0b", &[]),
        ] {
            let query = format!("?q={}", encoded(search));
            let list = program.get(&format!("/api/users{query}")).json();
            let found: Vec<_> = list["users"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|user| &user["username"])
                .collect();
            assert_eq!(found, names, "{search}");
            let page = admin.get(&format!("/admin/users{query}")).body;
            let is_on_page = |name: &str| page.contains(&format!(">{name}</a>"));
            assert!(["u1", "u2", "u3"].iter().all(|name| is_on_page(name) == names.contains(name)));
        }
    });
}

#[test]
fn a_parameter_that_appears_twice_is_refused_on_the_page_as_over_the_api() {
    on_both(|app| {
        let (person, program) = (app.session("admin"), app.token("admin"));
        for query in ["role=user&role=admin", "q=a&q=b", "page=1&page=2", "active=true&active=true"]
        {
            person.get(&format!("/admin/users?{query}")).assert_page(422);
            let reply = program.get(&format!("/api/users?{query}"));
            reply.assert_problem(422, "invalid_field");
        }
        assert_eq!(person.get("/admin/users?q=a&role=user&active=true&page=1").status, 200);
    });
}

#[test]
fn users_are_filtered_by_role_and_state() {
    on_both(|app| {
        app.sql("UPDATE users SET active = FALSE WHERE username = 'user_02'");
        let (admin, program) = (app.session("admin"), app.token("admin"));
        for (query, names) in [
            ("role=admin", &["admin"][..]),
            ("role=user", &["user_01", "user_02"]),
            ("active=false", &["user_02"]),
            ("active=true", &["admin", "user_01"]),
            ("role=admin&active=false", &[]),
            ("q=user&role=user&active=true", &["user_01"]),
            ("q=&role=&active=", &["admin", "user_01", "user_02"]),
        ] {
            let list = program.get(&format!("/api/users?{query}")).json();
            let found: Vec<_> = list["users"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|user| &user["username"])
                .collect();
            assert_eq!(found, names, "{query}");
            assert_eq!(list["total"], names.len());
            let page = admin.get(&format!("/admin/users?{query}"));
            assert_eq!(page.status, 200);
            for name in ["admin", "user_01", "user_02"] {
                let is_listed = page.body.contains(&format!("\">{name}</a>"));
                assert_eq!(is_listed, names.contains(&name), "{query}: {name}");
            }
        }
        let page = admin.get("/admin/users?role=admin&active=true").body;
        assert!(
            page.contains("value=\"admin\" selected") && page.contains("value=\"true\" selected")
        );
        for bad in ["role=Admin", "role=root", "active=on", "active=1"] {
            program.get(&format!("/api/users?{bad}")).assert_problem(422, "invalid_field");
            admin.get(&format!("/admin/users?{bad}")).assert_page(422);
        }
    });
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_role_is_given_and_taken_and_counts_at_once() {
    on_both(|app| {
        let (admin, person) = (app.session("admin"), app.session("user_01"));
        let (program, path) = (app.token("user_01"), page(&app, "user_01"));
        person.get("/admin/users").assert_page(403);
        let made = admin.post_form(&format!("{path}/role"), &[("role", "admin")]);
        assert_message(&admin, &made, &path, "user_01 is an administrator now.");
        assert_eq!(person.get("/admin/users").status, 200);
        assert_eq!(program.get("/api/users").status, 200);
        let made = admin.post_form(&format!("{path}/role"), &[("role", "user")]);
        assert_message(&admin, &made, &path, "user_01 is an ordinary user now.");
        person.get("/admin/users").assert_page(403);
        program.get("/api/users").assert_problem(403, "forbidden");
        let other = page(&app, "user_02");
        person.post_form(&format!("{other}/active"), &[("active", "false")]).assert_page(403);
        assert_eq!(app.count("users WHERE active"), 3);
    });
}

#[test]
fn who_is_switched_off_is_out_everywhere_and_what_they_had_stays_dead() {
    on_both(|app| {
        let (admin, person) = (app.session("admin"), app.session("user_01"));
        let (program, path) = (app.token("user_01"), page(&app, "user_01"));
        let off = admin.post_form(&format!("{path}/active"), &[("active", "false")]);
        assert_message(&admin, &off, &path, "user_01 is deactivated; 2 sign-ins ended.");
        let dead = || {
            assert!(person.get("/dashboard").location().starts_with("/login"));
            program.get("/api/me").assert_problem(401, "token_revoked");
        };
        dead();
        let on = admin.post_form(&format!("{path}/active"), &[("active", "true")]);
        assert_message(&admin, &on, &path, "user_01 can sign in.");
        dead();
        app.session("user_01");
    });
}

#[test]
fn all_sign_ins_of_a_user_are_ended_by_page_and_api() {
    on_both(|app| {
        let (admin, program) = (app.session("admin"), app.token("admin"));
        let (person, other) = (app.session("user_01"), app.session("user_02"));
        let path = page(&app, "user_01");
        let ended = admin.post(&format!("{path}/end-sign-ins"));
        assert_message(&admin, &ended, &path, "user_01 is signed out everywhere: 1 sign-in ended.");
        assert!(person.get("/dashboard").location().starts_with("/login"));
        assert_eq!(other.get("/dashboard").status, 200, "others are not touched");
        let api = format!("/api/users/{}/sign-ins", app.id("user_02"));
        assert_eq!(program.delete(&api).status, 204);
        assert!(other.get("/dashboard").location().starts_with("/login"));
        program.delete("/api/users/999/sign-ins").assert_problem(404, "not_found");
        app.token("user_01").delete(&api).assert_problem(403, "forbidden");
    });
}

#[test]
fn a_user_is_deleted_only_after_being_asked_once_more() {
    on_both(|app| {
        let (admin, person) = (app.session("admin"), app.session("user_01"));
        let path = format!("{}/delete", page(&app, "user_01"));
        let asked = admin.get(&path);
        assert!(asked.status == 200 && asked.body.contains("Delete user_01?"), "{}", asked.body);
        for fields in [&[][..], &[("confirm", "")], &[("confirm", "off")]] {
            let again = admin.post_form(&path, fields);
            again.assert_page(422);
            assert!(again.body.contains("Tick the box"), "{}", again.body);
        }
        assert_eq!(person.get("/dashboard").status, 200, "nothing has happened");
        let gone = admin.post_form(&path, &[("confirm", "on")]);
        assert_message(&admin, &gone, "/admin/users", "The user is deleted; 1 sign-in ended.");
        assert!(person.get("/dashboard").location().starts_with("/login"));
        assert_eq!(app.count("users"), 2);
        admin.get(&path).assert_page(404);
        let again = admin.post_form(&path, &[("confirm", "on")]);
        assert_message(&admin, &again, "/admin/users", "That user is deleted.");
        assert_eq!(app.count("users"), 2);
    });
}

/// Every change that a page offers for this user.
fn changes(path: &str) -> [(String, Vec<(&'static str, &'static str)>); 4] {
    [
        (format!("{path}/role"), vec![("role", "admin")]),
        (format!("{path}/active"), vec![("active", "false")]),
        (format!("{path}/end-sign-ins"), vec![]),
        (format!("{path}/delete"), vec![("confirm", "on")]),
    ]
}

#[test]
fn a_change_takes_a_password_that_was_proven_lately_and_leads_back_to_the_user() {
    on_both(|app| {
        let admin = app.session("admin");
        let path = page(&app, "user_01");
        app.clock.advance(Duration::from_secs(601));
        let looking = admin.get(&path);
        assert!(looking.status == 200 && looking.body.contains("Confirm your password first."));
        assert!(!looking.body.contains("<form method=\"post\" action=\"/admin"), "no form to lose");
        for (path, fields) in changes(&path) {
            // To the page that has the form.
            let to_password = format!("/reauthenticate?next={}", path.replace('/', "%2F"));
            for reply in [admin.post_form(&path, &fields), admin.get(&path)] {
                assert_eq!((reply.status, reply.location()), (303, to_password.as_str()), "{path}");
            }
        }
        assert_eq!(app.count("users WHERE active AND role = 'user'"), 2);

        let fields = [("password", "admin123"), ("next", path.as_str())];
        let confirmed = admin.post_form("/reauthenticate", &fields);
        assert_eq!(confirmed.location(), path);
        let made = admin.post_form(&format!("{path}/role"), &[("role", "admin")]);
        assert_message(&admin, &made, &path, "an administrator now");
    });
}

#[test]
fn a_field_that_is_unknown_missing_twice_or_wrong_is_refused_with_422() {
    on_both(|app| {
        let admin = app.session("admin");
        let path = page(&app, "user_01");
        for (form, body) in [
            ("role", ""),
            ("role", "role="),
            ("role", "role=root"),
            ("role", "role=Admin"),
            ("role", "role=admin&role=user"),
            ("role", "role=admin&active=true"),
            ("role", "role=admin&password_hash=x"),
            ("role", "role=admin&id=1"),
            ("active", ""),
            ("active", "active=on"),
            ("active", "active=0"),
            ("active", "active=false&role=admin"),
            ("active", "active=false&active=false"),
            ("delete", "confirm=on&id=1"),
            ("delete", "confirm=on&confirm=on"),
        ] {
            let request = admin.request(Method::Post, &format!("{path}/{form}"));
            let request = request.header(Header::new("Accept", "application/json"));
            let reply = admin.send(request.header(ContentType::Form).body(body));
            reply.assert_problem(422, "invalid_field");
        }
        assert_eq!(app.count("users WHERE active AND role = 'user'"), 2);
    });
}

#[test]
fn another_site_presses_no_button_of_an_administrator() {
    on_both(|app| {
        let admin = app.session("admin");
        for (path, _) in changes(&page(&app, "user_01")) {
            let request = admin.request(Method::Post, &path);
            let request = request.header(Header::new("Sec-Fetch-Site", "cross-site"));
            admin.send(request.header(ContentType::Form).body("role=admin")).assert_page(403);
        }
        assert_eq!(app.count("users WHERE active AND role = 'user'"), 2);
    });
}

#[test]
fn a_user_that_is_not_there_is_a_page_that_is_not_there() {
    on_both(|app| {
        let admin = app.session("admin");
        for id in ["999999", "0", "-1", "abc", "1e0", "%00", "9223372036854775808", "%ff"] {
            let path = format!("/admin/users/{id}");
            admin.get(&path).assert_page(404);
            let has_form_of_an_id = id.parse::<i64>().is_ok();
            for (path, fields) in changes(&path) {
                let reply = admin.post_form(&path, &fields);
                if has_form_of_an_id && path.ends_with("/delete") {
                    assert_eq!((reply.status, reply.location()), (303, "/admin/users"));
                } else {
                    reply.assert_page(404);
                }
            }
        }
    });
}

#[test]
fn the_last_administrator_stays_and_the_refusal_says_so() {
    on_both(|app| {
        let admin = app.session("admin");
        let path = page(&app, "admin");
        for (path, fields) in [
            (format!("{path}/role"), [("role", "user")]),
            (format!("{path}/active"), [("active", "false")]),
            (format!("{path}/delete"), [("confirm", "on")]),
        ] {
            let reply = admin.post_form(&path, &fields);
            reply.assert_page(409);
            assert!(reply.body.contains("At least one active administrator must remain."));
            assert!(reply.body.contains("Nothing was changed."), "{}", reply.body);
        }
        assert_eq!(admin.get("/admin/users").status, 200, "the session stands as before");
    });
}

#[test]
fn an_administrator_may_step_down_switch_off_or_delete_the_own_account_while_another_stays() {
    on_both(|app| {
        app.sql("UPDATE users SET role = 'admin'");
        let own = app.session("user_01");
        let path = page(&app, "user_01");
        let left = own.post(&format!("{path}/end-sign-ins"));
        assert_message(&own, &left, "/", "You are signed out everywhere.");
        assert!(own.jar.borrow().keys().all(|name| name != "session"), "the cookie is taken back");

        let own = app.session("user_01");
        let down = own.post_form(&format!("{path}/role"), &[("role", "user")]);
        assert_message(&own, &down, "/dashboard", "You are no longer an administrator.");
        own.get("/admin/users").assert_page(403);

        let own = app.session("user_02");
        let path = page(&app, "user_02");
        let off = own.post_form(&format!("{path}/active"), &[("active", "false")]);
        assert_message(&own, &off, "/", "Your account is deactivated");
        assert!(own.get("/dashboard").location().starts_with("/login"));

        app.sql("UPDATE users SET role = 'admin', active = TRUE");
        let own = app.session("user_02");
        let gone = own.post_form(&format!("{path}/delete"), &[("confirm", "on")]);
        assert_message(&own, &gone, "/", "Your account is deleted.");
        assert_eq!(app.count("users"), 2);
    });
}

#[test]
fn a_name_is_shown_as_text_on_every_page_of_administrators() {
    on_both(|app| {
        let admin = app.session("admin");
        let body = json!({ "username": "<script>alert(1)</script>", "password": "correct horse",
            "full_name": "<img src=x onerror=alert(1)>\"'" });
        assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
        let id = app.number("SELECT max(id) AS n FROM users");
        let path = format!("/admin/users/{id}");
        let made = admin.post_form(&format!("{path}/role"), &[("role", "admin")]);
        let message = "&lt;script&gt;alert(1)&lt;&#x2F;script&gt; is an administrator now.";
        assert_message(&admin, &made, &path, message);
        for path in [
            "/admin/users",
            "/admin/users?q=%3Cscript%3E",
            &path,
            &format!("{path}/delete"),
            "/admin/events",
            &format!("/admin/events?account={id}"),
        ] {
            let page = admin.get(path);
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.contains("&lt;script&gt;"), "{path}: {}", page.body);
            assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{path}");
        }
        let odd = admin.get("/admin/users?q=%22%3E%3Cb%3E");
        assert!(!odd.body.contains("<b>"), "{}", odd.body);
    });
}

/// Two administrators who take the role from each other in the same moment, one by form and
/// one over the API, in two processes. Returns how many succeeded.
fn demote_each_other(app: &TestApp, processes: &mut [Client; 2]) -> usize {
    let (person, program) = (app.session("user_01"), app.token("user_02"));
    let start = Barrier::new(2);
    let (of_person, of_program) = (person.credentials(), program.credentials());
    let (whom_person, whom_program) = (page(app, "user_02"), app.id("user_01"));
    let [one, other] = processes;
    let start = &start;
    let statuses = thread::scope(|scope| {
        let by_form = scope.spawn(move || {
            let person = of_person.at(one);
            start.wait();
            person.post_form(&format!("{whom_person}/role"), &[("role", "user")]).status
        });
        let by_api = scope.spawn(move || {
            let program = of_program.at(other);
            start.wait();
            let path = format!("/api/users/{whom_program}");
            program.patch_json(&path, &json!({ "role": "user" })).status
        });
        [by_form.join().expect("no panic"), by_api.join().expect("no panic")]
    });
    assert!(statuses.iter().all(|status| [200, 303, 403, 409].contains(status)), "{statuses:?}");
    statuses.iter().filter(|status| [200, 303].contains(*status)).count()
}

#[test]
fn of_two_administrators_who_demote_each_other_one_remains_in_twenty_rounds() {
    on_both(|app| {
        let mut processes = [app.neighbour(), app.neighbour()];
        app.sql("UPDATE users SET role = 'user' WHERE username = 'admin'");
        for round in 0..20 {
            app.sql("UPDATE users SET role = 'admin' WHERE username <> 'admin'");
            let done = demote_each_other(&app, &mut processes);
            assert_eq!(done, 1, "round {round}");
            assert_eq!(app.count("users WHERE role = 'admin' AND active"), 1, "round {round}");
        }
    });
}

#[test]
fn an_administrator_who_just_lost_the_role_takes_it_from_no_other() {
    // A third one is there, so that only this and not the rule of the last one is in the way.
    on_both(|app| {
        let mut processes = [app.neighbour(), app.neighbour()];
        for round in 0..20 {
            app.sql("UPDATE users SET role = 'admin'");
            let done = demote_each_other(&app, &mut processes);
            assert_eq!(done, 1, "round {round}");
            assert_eq!(app.count("users WHERE role = 'admin'"), 2, "round {round}");
        }
    });
}
