//! What administrators do to users over `/api`.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use rocket::http::Method;
use serde_json::{Value, json};

use crate::support::actor::Reply;
use crate::support::app::{TestApp, on_both};

fn path(app: &TestApp, username: &str) -> String {
    format!("/api/users/{}", app.id(username))
}

/// The names of the invalid fields.
#[track_caller]
fn invalid_fields(reply: &Reply) -> Vec<String> {
    reply.assert_problem(422, "invalid_field");
    reply.json()["fields"].as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn an_administrator_lists_all_users() {
    on_both(|app| {
        let reply = app.token("admin").get("/api/users");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let list = reply.json();
        assert_eq!(
            (&list["page"], &list["pages"], &list["total"]),
            (&json!(1), &json!(1), &json!(3))
        );
        let users = list["users"].as_array().expect("a list");
        let names: Vec<_> = users.iter().map(|user| user["username"].clone()).collect();
        assert_eq!(names, ["admin", "user_01", "user_02"]);
        let keys: Vec<_> = users[0].as_object().expect("an object").keys().collect();
        assert_eq!(
            keys,
            [
                "active",
                "created_at",
                "email",
                "full_name",
                "id",
                "role",
                "second_factor",
                "username"
            ]
        );
        assert!(!reply.body.contains("bcrypt"), "no hash leaves");
    });
}

#[test]
fn the_list_comes_in_pages() {
    on_both(|app| {
        for number in 0..60 {
            app.sql(&format!(
                "INSERT INTO users (username, username_key, role, active, password_hash, created_at) \
                 VALUES ('u{number}', 'u{number}', 'user', TRUE, '!', 0)"
            ));
        }
        let admin = app.token("admin");
        let count = |query: &str| {
            let list = admin.get(&format!("/api/users{query}")).json();
            assert_eq!((&list["pages"], &list["total"]), (&json!(2), &json!(63)), "{query}");
            (list["page"].as_i64(), list["users"].as_array().map(Vec::len))
        };
        assert_eq!(count(""), (Some(1), Some(50)));
        assert_eq!(count("?page=2"), (Some(2), Some(13)));
        assert_eq!(count("?page=3"), (Some(3), Some(0)));
        assert_eq!(count("?page=9223372036854775807").1, Some(0));
        let page = app.session("admin");
        for odd in ["?page=0", "?page=-1", "?page=abc", "?page=99999999999999999999", "?page="] {
            let reply = admin.get(&format!("/api/users{odd}"));
            reply.assert_problem(422, "invalid_field");
            assert!(reply.json()["fields"]["page"].is_string(), "{}", reply.body);
            let first = page.get(&format!("/admin/users{odd}"));
            assert!(first.status == 200 && first.body.contains("page=2"), "{odd}: the first page");
        }
    });
}

#[test]
fn a_parameter_of_a_list_that_is_repeated_unknown_or_cannot_be_read_is_refused() {
    on_both(|app| {
        let program = app.token("admin");
        for (path, name) in [
            ("/api/events", "before"),
            ("/api/admin/events", "before"),
            ("/api/admin/events", "account"),
            ("/api/users", "page"),
            ("/api/sign-ins", "page"),
        ] {
            for bad in [
                "NAME=1&NAME=x",
                "NAME=x&NAME=1",
                "NAME=x",
                "NAME=%ff",
                "NAME=1&x=1&x=2",
                "NAME=1&NAME[]=1",
                "NAME=1&NAME.x=1",
                "NAME=1&x=2",
                "NAME=1&=x",
            ] {
                let reply = program.get(&format!("{path}?{}", bad.replace("NAME", name)));
                reply.assert_problem(422, "invalid_field");
                let named = match bad {
                    "NAME=1&=x" => "",
                    bad if bad.contains("&x=2") => "x",
                    _ => name,
                };
                assert!(reply.json()["fields"][named].is_string(), "{bad}: {}", reply.body);
            }
            for other in [format!("{name}[]=1"), format!("{name}.x=1")] {
                let reply = program.get(&format!("{path}?{other}"));
                reply.assert_problem(422, "invalid_field");
                assert!(reply.body.contains("This parameter is unknown."), "{}", reply.body);
            }
            assert_eq!(program.get(&format!("{path}?{name}=1&&")).status, 200);
        }
        let twice = program.get("/api/users?q=a&q=b");
        assert!(twice.json()["fields"]["q"].is_string(), "{}", twice.body);
        app.anonymous().get("/api/users?page=x").assert_problem(401, "credentials_missing");
    });
}

#[test]
fn a_long_list_and_what_is_found_in_it_are_whole_and_in_order() {
    on_both(|app| {
        let values: Vec<_> = (0..1203)
            .map(|number| format!("('M{number:04}', 'm{number:04}', 'user', TRUE, '!', 0)"))
            .collect();
        app.sql(&format!(
            "INSERT INTO users (username, username_key, role, active, password_hash, created_at) \
             VALUES {}",
            values.join(", ")
        ));
        let all: Vec<String> = ["admin", "user_01", "user_02"]
            .map(str::to_owned)
            .into_iter()
            .chain((0..1203).map(|number| format!("M{number:04}")))
            .collect();
        let admin = app.token("admin");
        // All of them, more than a thousand finds, some, and none.
        for search in ["", "m", "M0", "m07", "m0777", "_0", "m1_"] {
            let key = search.to_lowercase();
            let wanted: Vec<_> =
                all.iter().filter(|name| name.to_lowercase().contains(&key)).cloned().collect();
            let mut found = Vec::new();
            for page in 1..=wanted.len() / 50 + 2 {
                let list = admin.get(&format!("/api/users?q={search}&page={page}")).json();
                assert_eq!(list["total"], json!(wanted.len()), "{search:?}, page {page}");
                let users = list["users"].as_array().expect("a list");
                found.extend(
                    users.iter().filter_map(|user| user["username"].as_str().map(str::to_owned)),
                );
            }
            assert_eq!(found, wanted, "{search:?}");
        }
    });
}

#[test]
fn only_an_administrator_looks_after_users() {
    on_both(|app| {
        let (user, nobody) = (app.token("user_01"), app.anonymous());
        let path = path(&app, "user_02");
        let change = json!({ "active": false });
        for reply in [user.get("/api/users"), user.patch_json(&path, &change), user.delete(&path)] {
            reply.assert_problem(403, "forbidden");
        }
        for reply in
            [nobody.get("/api/users"), nobody.patch_json(&path, &change), nobody.delete(&path)]
        {
            reply.assert_problem(401, "credentials_missing");
        }
        assert_eq!(app.count("users WHERE active"), 3);
    });
}

#[test]
fn role_activity_and_full_name_can_be_changed_at_once() {
    on_both(|app| {
        let admin = app.token("admin");
        let path = path(&app, "user_01");
        let all = json!({ "role": "admin", "active": true, "full_name": "Ann" });
        let changed = admin.patch_json(&path, &all);
        assert_eq!(changed.status, 200, "{}", changed.body);
        let user = changed.json();
        assert_eq!((&user["role"], &user["full_name"]), (&json!("admin"), &json!("Ann")));
        assert_eq!(app.token("user_01").get("/api/users").status, 200);

        let cleared = admin.patch_json(&path, &json!({ "full_name": null })).json();
        assert_eq!((&cleared["role"], &cleared["full_name"]), (&json!("admin"), &Value::Null));
        // `null` is no value, but of the field that can be empty.
        for nothing in [json!({}), json!({ "role": null })] {
            admin.patch_json(&path, &nothing).assert_problem(422, "invalid_field");
        }
        assert_eq!(admin.get(&path).json(), cleared, "what is not named stays");
    });
}

#[test]
fn an_administrator_whom_another_process_demoted_changes_no_user_though_still_in_the_cache() {
    on_both(|app| {
        let demoted = app.token("admin");
        assert_eq!(demoted.get("/api/users").status, 200);
        app.sql(
            "UPDATE users SET role = 'admin' WHERE username = 'user_02'; \
             UPDATE users SET role = 'user' WHERE username = 'admin'",
        );
        assert_eq!(demoted.get("/api/users").status, 200, "what was looked up counts for a second");
        let other = path(&app, "user_01");
        let change = json!({ "role": "admin" });
        demoted.patch_json(&other, &change).assert_problem(403, "forbidden");
        demoted.delete(&other).assert_problem(403, "forbidden");
        assert_eq!(app.count("users WHERE username = 'user_01' AND role = 'user'"), 1);
    });
}

#[test]
fn a_demoted_administrator_is_one_no_longer_at_once() {
    on_both(|app| {
        let (admin, demoted) = (app.token("admin"), {
            app.sql("UPDATE users SET role = 'admin' WHERE username = 'user_01'");
            app.token("user_01")
        });
        let change = json!({ "role": "user" });
        assert_eq!(admin.patch_json(&path(&app, "user_01"), &change).status, 200);
        demoted.get("/api/users").assert_problem(403, "forbidden");
        let other = path(&app, "user_02");
        demoted.patch_json(&other, &change).assert_problem(403, "forbidden");
        demoted.delete(&other).assert_problem(403, "forbidden");
        assert_eq!(demoted.get("/api/admin").status, 200, "its claims are those of before");
    });
}

#[test]
fn changes_take_a_password_that_was_proven_recently() {
    on_both(|app| {
        let mut admin = app.token("admin");
        let (path, change) = (path(&app, "user_01"), json!({ "role": "user" }));
        app.clock.advance(Duration::from_secs(601));
        for reply in [admin.patch_json(&path, &change), admin.delete(&path)] {
            reply.assert_problem(401, "fresh_login_required");
        }
        assert_eq!(admin.get("/api/users").status, 200, "looking takes no fresh token");

        let mut refreshed = app.token("admin");
        assert_eq!(refreshed.refresh().status, 200);
        refreshed.patch_json(&path, &change).assert_problem(401, "fresh_login_required");
        assert_eq!(app.token("admin").patch_json(&path, &change).status, 200);
        assert_eq!(admin.refresh().status, 200);
        admin.delete(&path).assert_problem(401, "fresh_login_required");
    });
}

#[test]
fn unknown_fields_and_wrong_types_are_all_named() {
    on_both(|app| {
        let admin = app.token("admin");
        let path = path(&app, "user_01");
        for (body, names) in [
            (json!({ "rôle": "admin" }), vec!["rôle"]),
            (json!({ "username": "x", "id": 7 }), vec!["id", "username"]),
            (json!({ "active": "yes" }), vec!["active"]),
            (
                json!({ "active": 0, "role": 1, "full_name": [] }),
                vec!["active", "full_name", "role"],
            ),
            (json!({ "active": null }), vec!["active"]),
            (json!({ "role": null, "full_name": "x" }), vec!["role"]),
            (json!({ "role": "root" }), vec!["role"]),
            (json!({ "role": "Admin" }), vec!["role"]),
            (json!({ "role": "", "full_name": "a\u{7}b", "x": 1 }), vec!["full_name", "role", "x"]),
        ] {
            assert_eq!(invalid_fields(&admin.patch_json(&path, &body)), names, "{body}");
        }
        assert_eq!(app.count("users WHERE username = 'user_01' AND active AND role = 'user'"), 1);
    });
}

#[test]
fn a_user_that_is_not_there_is_404_however_it_is_named() {
    on_both(|app| {
        let admin = app.token("admin");
        for id in [
            "999999",
            "0",
            "-1",
            "abc",
            "1.0",
            "1e0",
            "0x1",
            "%31%00",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999999999",
            "%F0%9F%94%91",
            "%ff",
        ] {
            let path = format!("/api/users/{id}");
            admin.patch_json(&path, &json!({ "active": true })).assert_problem(404, "not_found");
            admin.delete(&path).assert_problem(404, "not_found");
        }
        assert_eq!(app.count("users"), 3);
    });
}

#[test]
fn an_id_that_is_written_in_another_way_names_no_account() {
    on_both(|app| {
        let (admin, page) = (app.token("admin"), app.session("admin"));
        let id = app.id("user_01");
        for id in [format!("+{id}"), format!("0{id}"), format!("{id}.0"), "-1".to_owned()] {
            assert_eq!(admin.delete(&format!("/api/users/{id}")).status, 404, "{id}");
            assert_eq!(admin.get(&format!("/api/users/{id}")).status, 404, "{id}");
            assert_eq!(page.get(&format!("/admin/users/{id}")).status, 404, "{id}");
        }
        assert_eq!(admin.get(&format!("/api/users/{id}")).status, 200);
    });
}

#[test]
fn a_full_name_turns_no_text_round() {
    on_both(|app| {
        let admin = app.token("admin");
        let path = format!("/api/users/{}", app.id("user_01"));
        let change = |name: &str| admin.patch_json(&path, &json!({ "full_name": name })).status;
        assert_eq!(["\u{202e}foo", "a\u{2066}b"].map(change), [422, 422]);
        // Persian and Hindi are written with joiners.
        assert_eq!(["مهدی‌زاده", "क्‍ष"].map(change), [200, 200]);
    });
}

#[test]
fn a_deleted_user_is_gone_and_its_number_is_never_given_again() {
    on_both(|app| {
        let admin = app.token("admin");
        let (id, path) = (app.id("user_02"), path(&app, "user_02"));
        let reply = admin.delete(&path);
        assert_eq!((reply.status, reply.body.as_str()), (204, ""));
        admin.delete(&path).assert_problem(404, "not_found");
        let body = json!({ "username": "user_02", "password": "correct horse" });
        let again = app.anonymous().post_json("/api/register", &body);
        assert_eq!(again.status, 201);
        assert!(again.json()["id"].as_i64() > Some(id), "{}", again.body);
    });
}

#[test]
fn the_last_administrator_stays() {
    on_both(|app| {
        let admin = app.token("admin");
        let path = path(&app, "admin");
        for change in [
            json!({ "role": "user" }),
            json!({ "active": false }),
            json!({ "role": "user", "active": false }),
        ] {
            admin.patch_json(&path, &change).assert_problem(409, "last_administrator");
        }
        admin.delete(&path).assert_problem(409, "last_administrator");
        assert_eq!(admin.get("/api/users").status, 200, "the sign-in stands as before");

        app.sql("UPDATE users SET role = 'admin', active = FALSE WHERE username = 'user_01'");
        admin.delete(&path).assert_problem(409, "last_administrator");
        app.sql("UPDATE users SET active = TRUE WHERE username = 'user_01'");
        assert_eq!(admin.delete(&path).status, 204);
    });
}

#[test]
fn of_two_administrators_who_remove_each_other_at_once_one_stays() {
    for change in [json!({ "role": "user" }), json!({ "active": false }), Value::Null] {
        on_both(|app| {
            app.sql("UPDATE users SET role = 'admin' WHERE username = 'user_01'");
            let pairs = [("admin", "user_01"), ("user_01", "admin")];
            let racers = pairs.map(|(who, whom)| {
                (app.token(who).credentials(), path(&app, whom), app.neighbour())
            });
            let start = Barrier::new(racers.len());
            let statuses: Vec<u16> = thread::scope(|scope| {
                let running = racers.map(|(credentials, path, client)| {
                    let (start, change) = (&start, &change);
                    scope.spawn(move || {
                        let admin = credentials.at(&client);
                        start.wait();
                        match change {
                            Value::Null => admin.delete(&path).status,
                            change => admin.patch_json(&path, change).status,
                        }
                    })
                });
                running.into_iter().map(|racer| racer.join().expect("no panic")).collect()
            });
            let done = statuses.iter().filter(|status| [200, 204].contains(*status)).count();
            assert_eq!(done, 1, "{statuses:?}");
            assert_eq!(app.count("users WHERE role = 'admin' AND active"), 1);
        });
    }
}

#[test]
fn the_method_override_of_forms_reaches_nothing() {
    on_both(|app| {
        let admin = app.token("admin");
        let path = path(&app, "user_01");
        let mut request = admin.request(Method::Post, &path);
        request.add_header(rocket::http::ContentType::Form);
        request.set_body("_method=patch&active=false");
        admin.send(request).assert_problem(415, "unsupported_media_type");
        assert_eq!(app.count("users WHERE active"), 3);
    });
}
