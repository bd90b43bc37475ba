//! The audit log: its rows, who may read it, and how changes to it are detected.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use rocket::figment::Figment;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vestibule_service::accounts::audit::{self, Actor as EventActor, ChainHead, Verified};

use crate::support::actor::Actor;
use crate::support::app::{TestApp, on_both, on_both_with};
use crate::support::process::{Done, Home, at_home, finish};

/// All events, oldest first, as an administrator gets them over the API.
pub(crate) fn events(admin: &Actor<'_>) -> Vec<Value> {
    // The service waits for them half a second at most, which a busy machine may exceed.
    admin.wait_for_audit_log();
    let mut all = Vec::new();
    let mut path = "/api/admin/events".to_owned();
    loop {
        let page = admin.get(&path).json();
        all.extend(page["events"].as_array().expect("a list").clone());
        match page["next"].as_i64() {
            Some(next) => path = format!("/api/admin/events?before={next}"),
            None => break,
        }
    }
    all.reverse();
    all
}

/// Event, account, actor and detail of each.
fn rows_of(events: &[Value]) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let row = |e: &Value| ["event", "username", "actor", "detail"].map(|name| text(&e[name]));
    events.iter().map(row).collect()
}

/// The same of what has happened since there were `before` events.
fn since(admin: &Actor<'_>, before: usize) -> Vec<[String; 4]> {
    rows_of(&events(admin)[before..])
}

#[track_caller]
fn assert_rows(found: &[[String; 4]], wanted: &[[&str; 4]]) {
    let found: Vec<[&str; 4]> =
        found.iter().map(|row| row.each_ref().map(String::as_str)).collect();
    assert_eq!(found, wanted);
}

/// How many rows there are, once what was queued is written.
fn rows(app: &TestApp) -> i64 {
    app.token("user_02").wait_for_audit_log();
    app.count("events")
}

#[track_caller]
pub(crate) fn assert_whole(app: &TestApp) -> (i64, ChainHead) {
    match audit::verify(&mut app.connection(), None).expect("an answer") {
        Verified::Whole { rows, head } => (rows, head),
        broken => panic!("{broken:?}"),
    }
}

#[track_caller]
pub(crate) fn assert_broken(app: &TestApp, row: i64) {
    let found = audit::verify(&mut app.connection(), None).expect("an answer");
    assert!(matches!(found, Verified::Broken { id, .. } if id == row), "{row}: {found:?}");
}

/// Runs the program on this application's database.
pub(crate) fn command(app: &TestApp, arguments: &[&str], stdin: &str) -> Done {
    command_with(app, arguments, stdin, ("ROCKET_ACCOUNTS", "{}"))
}

/// The same with a variable.
pub(crate) fn command_with(
    app: &TestApp,
    arguments: &[&str],
    stdin: &str,
    variable: (&str, &str),
) -> Done {
    let home = Home::new();
    let url: String = app.figment().extract_inner("databases.main.url").expect("a URL");
    let mut command = home.command(arguments);
    command.env("ROCKET_DATABASES", format!("{{main={{url=\"{url}\"}}}}"));
    finish(command.env(variable.0, variable.1), stdin)
}

#[test]
fn what_an_administrator_does_is_in_the_log_by_page_api_and_command_line() {
    on_both(|app| {
        let (page, api) = (app.session("admin"), app.token("admin"));
        let person = || app.token("user_01");
        let id = app.id("user_01");
        person();
        let done = |wanted: &[[&str; 4]], act: &dyn Fn()| {
            let before = events(&api).len();
            act();
            assert_rows(&since(&api, before), wanted);
        };
        let form = |path: &str, fields: &[(&str, &str)]| {
            let reply = page.post_form(&format!("/admin/users/{id}/{path}"), fields);
            assert_eq!(reply.status, 303, "{}", reply.body);
        };
        let patch = |body: Value| {
            assert_eq!(api.patch_json(&format!("/api/users/{id}"), &body).status, 200);
        };
        let run = |arguments: &[&str], stdin: &str| {
            let done = command(&app, arguments, stdin);
            assert_eq!(done.code, Some(0), "{done:?}");
        };
        let (admin, cli) = ("admin", "command line");
        let row = |event, actor, detail| [event, "user_01", actor, detail];

        done(&[row("role_changed", admin, "user to admin")], &|| {
            form("role", &[("role", "admin")])
        });
        done(&[row("role_changed", admin, "admin to user")], &|| patch(json!({ "role": "user" })));
        done(&[row("role_changed", cli, "user to admin")], &|| {
            run(&["user", "set-role", "user_01", "admin"], "");
        });
        done(&[row("deactivated", admin, "1 sign-in ended")], &|| {
            form("active", &[("active", "false")]);
        });
        done(&[row("activated", admin, "-")], &|| patch(json!({ "active": true })));
        done(&[row("deactivated", cli, "-")], &|| run(&["user", "disable", "user_01"], ""));
        done(&[row("activated", cli, "-")], &|| run(&["user", "enable", "user_01"], ""));
        done(&[row("deactivated", admin, "-")], &|| patch(json!({ "active": false })));
        done(&[row("activated", admin, "-")], &|| form("active", &[("active", "true")]));
        done(&[], &|| patch(json!({ "active": true, "role": "admin" })));
        done(
            &[row("role_changed", admin, "admin to user"), row("full_name_changed", admin, "-")],
            &|| patch(json!({ "role": "user", "full_name": "Ann" })),
        );

        person();
        done(&[row("ended", admin, "1 sign-in ended")], &|| form("end-sign-ins", &[]));
        person();
        person();
        done(&[row("ended", admin, "2 sign-ins ended")], &|| {
            assert_eq!(api.delete(&format!("/api/users/{id}/sign-ins")).status, 204);
        });
        person();
        done(&[row("ended", cli, "1 sign-in ended")], &|| {
            run(&["sign-in", "end", "--all-of", "user_01"], "");
        });
        let acting = person().get("/api/claims").json()["sid"].as_str().expect("an id").to_owned();
        done(&[row("ended", cli, "1 sign-in ended")], &|| run(&["sign-in", "end", &acting], ""));
        assert_eq!(events(&api).pop().expect("an event")["sign_in"], acting.as_str());
        person();
        done(&[row("password_changed", cli, "1 sign-in ended")], &|| {
            run(&["user", "set-password", "user_01", "--password-stdin"], "correct horse");
        });

        let add = |name: &str| {
            run(&["user", "add", name, "--password-stdin", "--role", "admin"], "correct horse");
        };
        for name in ["ann", "bob", "cleo"] {
            done(&[["added", name, cli, "admin"]], &|| add(name));
        }
        let path = |name: &str| format!("users/{}", app.id(name));
        let (ann, bob) = (path("ann"), path("bob"));
        done(&[["deleted", "ann", admin, "-"]], &|| {
            page.post_form(&format!("/admin/{ann}/delete"), &[("confirm", "on")]);
        });
        done(&[["deleted", "bob", admin, "-"]], &|| {
            assert_eq!(api.delete(&format!("/api/{bob}")).status, 204);
        });
        done(&[["deleted", "cleo", cli, "-"]], &|| run(&["user", "delete", "cleo", "--yes"], ""));
        assert_whole(&app);
    });
}

#[test]
fn a_key_is_in_the_log_with_its_label_however_it_was_made_and_ended() {
    on_both(|app| {
        let (admin, page, api) = (app.token("admin"), app.session("user_01"), app.token("user_01"));
        let ids = || -> Vec<String> {
            let keys = api.get("/api/keys").json();
            let keys = keys.as_array().expect("a list").iter();
            keys.map(|key| key["id"].as_str().expect("an id").to_owned()).collect()
        };
        // The sign-in that acts: of the API its token's, of the page the other one.
        let of_api = api.get("/api/claims").json()["sid"].as_str().expect("an id").to_owned();
        let sign_ins = api.get("/api/sign-ins").json();
        let sign_ins = sign_ins["sign_ins"].as_array().expect("a list").iter();
        let mut sign_ins = sign_ins.filter_map(|one| one["id"].as_str());
        let of_page = sign_ins.find(|id| *id != of_api).expect("the page's").to_owned();
        let made = |words: [&str; 3], actor: &str, act: &dyn Fn()| -> String {
            let (before, had) = (events(&admin).len(), ids());
            act();
            let all = events(&admin);
            let mut new = api.get("/api/keys").json().as_array().expect("a list").clone();
            new.retain(|key| !had.iter().any(|id| key["id"] == id.as_str()));
            let until = new[0]["expires_at"].as_str().expect("a time").to_owned();
            let [scopes, acting, label] = words;
            let detail = format!("{scopes}, until {until}{acting}: {label}");
            assert_rows(&rows_of(&all)[before..], &[["key_made", "user_01", actor, &detail]]);
            let mut new = ids();
            new.retain(|id| !had.contains(id));
            let row = all.last().expect("a row");
            assert_eq!((new.len(), row["sign_in"].as_str()), (1, Some(new[0].as_str())));
            new.remove(0)
        };
        let form = [("label", "<i>page</i>"), ("expires_in", "604800")];
        let acting = format!(", by sign-in {of_page}");
        let by_page = made(["none", &acting, "<i>page</i>"], "user_01", &|| {
            assert_eq!(page.post_form("/account/keys", &form).status, 303);
        });
        // A label that reads like the rest comes after it.
        let sly = "users:write, until 2099-01-01T00:00:00Z, by sign-in x: y";
        let acting = format!(", by sign-in {of_api}");
        let by_api = made(["sign-ins", &acting, sly], "user_01", &|| {
            let body = json!({ "label": sly, "scopes": ["sign-ins"] });
            assert_eq!(api.post_json("/api/keys", &body).status, 201);
        });
        let by_shell = made(["none", "", "shell"], "command line", &|| {
            let done = command(&app, &["key", "add", "user_01", "--label", "shell"], "");
            assert_eq!(done.code, Some(0), "{done:?}");
        });
        let log = page.get("/account/events").body;
        assert!(
            log.contains("Access key made")
                && log.contains("&lt;i&gt;page")
                && !log.contains("<i>")
        );

        let before = events(&admin).len();
        assert_eq!(page.post(&format!("/account/keys/{by_page}/end")).status, 303);
        assert_eq!(api.delete(&format!("/api/sign-ins/{by_api}")).status, 204);
        let own = |label| ["key_ended", "user_01", "user_01", label];
        assert_rows(&since(&admin, before), &[own("<i>page</i>"), own(sly)]);
        assert!(page.get("/account/events").body.contains("Access key ended"));
        let done = command(&app, &["key", "end", &by_shell], "");
        assert_eq!(done.code, Some(0), "{done:?}");
        let by_command = ["key_ended", "user_01", "command line", "shell"];
        assert_rows(&since(&admin, before + 2), &[by_command]);
        let ended: Vec<_> =
            events(&admin)[before..].iter().map(|row| row["sign_in"].clone()).collect();
        assert_eq!(ended, [by_page, by_api, by_shell]);

        let scopes = ["users:read", "users:write"];
        let body = json!({ "label": "both", "scopes": scopes, "expires_in": "30 days" });
        assert_eq!(admin.post_json("/api/keys", &body).status, 201);
        let row = events(&admin).pop().expect("a row");
        let detail = row["detail"].as_str().unwrap_or_default();
        assert!(detail.starts_with("users:read users:write, until "), "{detail}");

        // What was refused is no event.
        let before = events(&admin).len();
        assert_eq!(api.post_json("/api/keys", &json!({ "label": "", "scopes": [] })).status, 422);
        app.sql(&format!("UPDATE users SET active = FALSE WHERE id = {}", app.id("user_02")));
        let done = command(&app, &["key", "add", "user_02", "--label", "x"], "");
        assert!(done.code == Some(1) && done.out.is_empty(), "{done:?}");
        assert_eq!(events(&admin).len(), before);
        assert_whole(&app);
    });
}

#[test]
fn the_row_says_who_did_it_with_which_sign_in_and_outlives_the_account() {
    on_both(|app| {
        let admin = app.token("admin");
        // Its row is queued; what an administrator does is written at once.
        admin.wait_for_audit_log();
        let sign_in = admin.get("/api/claims").json()["sid"].clone();
        let id = app.id("user_01");
        assert_eq!(admin.delete(&format!("/api/users/{id}")).status, 204);
        let last = events(&admin).pop().expect("an event");
        assert_eq!((&last["event"], &last["outcome"]), (&json!("deleted"), &json!("success")));
        assert_eq!((&last["account"], &last["username"]), (&json!(id), &json!("user_01")));
        assert_eq!(
            (&last["actor_account"], &last["actor"]),
            (&json!(app.id("admin")), &json!("admin"))
        );
        assert_eq!(last["sign_in"], sign_in);
        let of_gone = admin.get(&format!("/api/admin/events?account={id}")).json();
        assert_eq!(of_gone["events"][0], last);
        let page = app.session("admin").get(&format!("/admin/events?account={id}"));
        assert!(page.body.contains("Activity of user_01"), "{}", page.body);
    });
}

#[test]
fn a_change_that_was_refused_leaves_no_row() {
    on_both(|app| {
        let (page, admin) = (app.session("admin"), app.token("admin"));
        let own = app.id("admin");
        let before = events(&admin).len();
        page.post_form(&format!("/admin/users/{own}/role"), &[("role", "user")]).assert_page(409);
        admin.delete(&format!("/api/users/{own}")).assert_problem(409, "last_administrator");
        admin.patch_json(&format!("/api/users/{own}"), &json!({ "x": 1 }));
        admin.delete("/api/users/999").assert_problem(404, "not_found");
        assert_eq!(command(&app, &["user", "disable", "admin"], "").code, Some(1));
        assert_eq!(command(&app, &["user", "delete", "user_01"], "").code, Some(1));
        assert_rows(&since(&admin, before), &[]);
    });
}

#[test]
fn what_a_sign_in_goes_through_is_in_the_log() {
    on_both(|app| {
        let admin = app.token("admin");
        let before = events(&admin).len();
        let body = json!({ "username": "ann", "password": "correct horse" });
        assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
        let person = app.session("ann");
        let program = app.token("ann");
        let fields = [("password", "correct horse"), ("next", "")];
        assert_eq!(person.post_form("/reauthenticate", &fields).status, 303);
        // The change of password is not queued.
        admin.wait_for_audit_log();
        let new = json!({ "current_password": "correct horse", "new_password": "battery staple" });
        assert_eq!(program.post_json("/api/password", &new).status, 204);
        let second = app.anonymous();
        let fields = [("username", "ann"), ("password", "battery staple")];
        second.post_form("/login", &fields);
        assert_eq!(program.delete("/api/sign-ins").status, 204);
        assert_eq!(program.delete("/api/sign-ins").status, 204);
        assert_eq!(program.post("/api/logout").status, 204);
        let ann = |event, detail| [event, "ann", "ann", detail];
        assert_rows(
            &since(&admin, before),
            &[
                ann("registered", "-"),
                ann("signed_in", "-"),
                ann("signed_in", "-"),
                ann("confirmed", "-"),
                ann("password_changed", "1 sign-in ended"),
                ann("signed_in", "-"),
                ann("ended", "1 sign-in"),
                ann("signed_out", "-"),
            ],
        );
        assert_whole(&app);
    });
}

#[test]
fn what_cookies_restore_or_another_client_presents_is_in_the_log_with_its_address() {
    on_both(|app| {
        let admin = app.token("admin");
        let before = events(&admin).len();
        let person = app.anonymous().from("192.0.2.7");
        let fields = [("username", "user_01"), ("password", "1234"), ("remember", "on")];
        assert_eq!(person.post_form("/login", &fields).status, 303);
        person.jar.borrow_mut().remove("session").expect("a session");
        assert_eq!(person.get("/dashboard").status, 200);
        assert_eq!(person.get_with("/dashboard", "User-Agent", "another").status, 200);
        let row = |event, actor| [event, "user_01", actor, "-"];
        assert_rows(
            &since(&admin, before),
            &[row("signed_in", "user_01"), row("restored", "user_01"), row("protected", "-")],
        );
        for event in &events(&admin)[before..] {
            assert_eq!(event["address"], "192.0.2.7", "{event}");
        }
    });
}

#[test]
fn a_stolen_refresh_token_is_in_the_log_without_an_actor() {
    on_both(|app| {
        let (admin, mut program) = (app.token("admin"), app.token("user_01"));
        let before = events(&admin).len();
        let used = program.refresh_token.clone();
        assert_eq!(program.refresh().status, 200);
        app.clock.advance(Duration::from_secs(301));
        program.refresh_token = used;
        assert_eq!(program.refresh().status, 401);
        assert_eq!(program.refresh().status, 401);
        assert_rows(&since(&admin, before), &[["theft", "user_01", "-", "-"]]);
        let last = events(&admin).pop().expect("an event");
        assert_eq!(last["outcome"], "failure");
    });
}

#[test]
fn a_user_sees_the_own_events_and_no_others_nor_which_administrator_it_was() {
    on_both(|app| {
        let (page, admin) = (app.session("admin"), app.token("admin"));
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        app.session("user_02");
        let id = app.id("user_01");
        // What is queued is written before the log is shown; a change writes its row at once.
        events(&admin);
        admin.patch_json(&format!("/api/users/{id}"), &json!({ "full_name": "Ann" }));
        command(&app, &["user", "set-role", "user_01", "user"], "");
        command(&app, &["user", "set-role", "user_01", "admin"], "");

        let own = program.get("/api/events").json();
        let rows: Vec<_> = own["events"].as_array().expect("a list").iter().collect();
        let rows_of: Vec<_> =
            rows.iter().map(|row| (row["event"].as_str(), row["by"].as_str())).collect();
        assert_eq!(
            rows_of,
            [
                (Some("role_changed"), Some("command line")),
                (Some("full_name_changed"), Some("administrator")),
                (Some("signed_in"), Some("self")),
                (Some("signed_in"), Some("self")),
            ]
        );
        assert_eq!(own["next"], Value::Null);
        assert_eq!(
            rows[1]["sign_in"],
            Value::Null,
            "the administrator's is nobody else's business"
        );
        assert!(rows[2]["sign_in"].is_string());
        let keys: BTreeSet<_> = rows[0].as_object().expect("an object").keys().cloned().collect();
        let wanted = ["address", "at", "by", "detail", "event", "id", "outcome", "sign_in"];
        assert_eq!(keys, wanted.map(str::to_owned).into());

        let seen = person.get("/account/events");
        assert_eq!(seen.status, 200);
        assert!(seen.body.contains("An administrator") && seen.body.contains("You"));
        assert!(!seen.body.contains("user_02") && !seen.body.contains(">admin<"), "{}", seen.body);
        assert!(person.get("/account").body.contains("href=\"/account/events\""));

        command(&app, &["user", "set-role", "user_01", "user"], "");
        // What another process changed is seen after `revocation_delay`.
        app.clock.advance(Duration::from_secs(1));
        person.get("/admin/events").assert_page(403);
        program.get("/api/admin/events").assert_problem(403, "forbidden");
        app.anonymous().get("/api/events").assert_problem(401, "credentials_missing");
        let all = page.get("/admin/events").body;
        for name in ["user_01", "user_02", "admin", "command line"] {
            assert!(all.contains(name), "{name}: {all}");
        }
    });
}

#[test]
fn the_log_comes_in_pages_from_the_newest() {
    on_both(|app| {
        let (page, admin) = (app.session("admin"), app.token("admin"));
        let id = app.id("user_01");
        for number in 0..60 {
            let body = json!({ "full_name": format!("Ann {number}") });
            assert_eq!(admin.patch_json(&format!("/api/users/{id}"), &body).status, 200);
        }
        let first = admin.get("/api/admin/events").json();
        assert_eq!(first["events"].as_array().map(Vec::len), Some(50));
        let next = first["next"].as_i64().expect("more");
        assert_eq!(first["events"][49]["id"], next);
        let second = admin.get(&format!("/api/admin/events?before={next}")).json();
        assert_eq!(second["events"][0]["id"], next - 1);
        assert_eq!(second["next"], Value::Null);
        assert_eq!(events(&admin).len(), 62);
        let oldest = admin.get("/api/admin/events?before=51").json();
        assert_eq!(oldest["events"].as_array().map(Vec::len), Some(50));
        assert_eq!(oldest["next"], Value::Null, "a full page, and none after it");

        let shown = page.get(&format!("/admin/events?account={id}")).body.replace("&#x2F;", "/");
        let older = shown.split('"').find(|link| link.contains("before=")).expect("a link");
        let older = page.get(&older.replace("&amp;", "&"));
        assert_eq!(older.body.matches("Full name changed").count(), 10, "{}", older.body);
        for odd in ["?before=0", "?before=9223372036854775807"] {
            assert_eq!(admin.get(&format!("/api/admin/events{odd}")).status, 200, "{odd}");
        }
        for odd in ["?before=x", "?before=null", "?before=", "?before=-1", "?before=1.0"] {
            // A program would read the first page again and again; a person sees that it is one.
            for path in ["/api/events", "/api/admin/events"] {
                let reply = admin.get(&format!("{path}{odd}"));
                reply.assert_problem(422, "invalid_field");
                assert!(reply.json()["fields"]["before"].is_string(), "{}", reply.body);
            }
            for path in ["/account/events", "/admin/events"] {
                let first = page.get(&format!("{path}{odd}"));
                assert_eq!((first.status, first.body), (200, page.get(path).body), "{path}{odd}");
            }
        }
        for path in ["/api/events?page=2", "/api/keys?page=2", "/api/users?before=2"] {
            let reply = admin.get(path);
            reply.assert_problem(422, "invalid_field");
            assert!(reply.body.contains("This parameter is unknown."), "{}", reply.body);
        }
        for odd in [
            "?account=x",
            "?account=1&account=2",
            "?acount=1",
            "?account=",
            "?account=9223372036854775808",
        ] {
            let reply = admin.get(&format!("/api/admin/events{odd}"));
            reply.assert_problem(422, "invalid_field");
            page.get(&format!("/admin/events{odd}")).assert_page(422);
        }
    });
}

/// Ten failures, as shipped.
fn shipped(figment: Figment) -> Figment {
    figment.merge(("auth.throttle.failures", 10))
}

#[test]
fn refusals_leave_no_rows_but_one_a_window_for_an_account_that_exists() {
    on_both_with(shipped, |app| {
        let admin = app.token("admin");
        let before = events(&admin).len();
        let guess = |name: &str| {
            let body = json!({ "username": name, "password": "wrong" });
            app.anonymous().post_json("/api/login", &body).status
        };
        for _ in 0..30 {
            guess("user_01");
            guess("hunter2-hunter2");
            app.anonymous().get("/api/me");
            app.token("user_02").get("/api/users").assert_problem(403, "forbidden");
        }
        let found = since(&admin, before);
        let found: Vec<_> = found.into_iter().filter(|row| row[0] != "signed_in").collect();
        assert_rows(&found, &[["throttled", "user_01", "-", "10 wrong passwords"]]);
        assert!(!format!("{:?}", events(&admin)).contains("hunter2"), "no name that nobody has");

        app.clock.advance(Duration::from_secs(5 * 60));
        let before = events(&admin).len();
        for _ in 0..30 {
            guess("user_01");
        }
        let row = ["throttled", "user_01", "-", "10 wrong passwords"];
        assert_rows(&since(&admin, before), &[row]);
    });
}

#[test]
fn refusals_of_a_network_leave_one_row_that_counts_all_its_guesses_and_names_no_account() {
    on_both_with(
        |figment| figment.merge(("auth.throttle.failures", 2)),
        |app| {
            let admin = app.token("admin");
            let before = events(&admin).len();
            for guess in 0..30 {
                let body = json!({ "username": format!("name{guess}"), "password": "wrong" });
                let guesser = app.anonymous().from("203.0.113.9");
                let status = guesser.post_json("/api/login", &body).status;
                assert_eq!(status, if guess < 20 { 401 } else { 429 }, "{guess}");
            }
            assert_rows(&since(&admin, before), &[["throttled", "-", "-", "20 wrong passwords"]]);
        },
    );
}

#[test]
fn wrong_passwords_are_reported_together_with_the_right_one_or_an_hour_later() {
    on_both(|app| {
        let admin = app.token("admin");
        let before = events(&admin).len();
        let guess = || {
            let body = json!({ "username": "user_01", "password": "wrong" });
            assert_eq!(app.anonymous().post_json("/api/login", &body).status, 401);
        };
        for _ in 0..3 {
            guess();
        }
        let person = app.session("user_01");
        app.token("user_01");
        let failed = |detail| ["bad_credentials", "user_01", "-", detail];
        let signed_in = ["signed_in", "user_01", "user_01", "-"];
        let first = [failed("3 wrong passwords"), signed_in, signed_in];
        assert_rows(&since(&admin, before), &first);

        guess();
        let wrong = [("password", "wrong"), ("next", "")];
        assert_eq!(person.post_form("/reauthenticate", &wrong).status, 401);
        assert_rows(&since(&admin, before), &first);
        app.clock.advance(Duration::from_secs(60 * 60));
        guess();
        let admin = app.token("admin");
        let rows_of = &since(&admin, before)[3..4];
        assert_rows(rows_of, &[failed("2 wrong passwords")]);
    });
}

#[test]
fn what_a_session_can_repeat_at_no_cost_is_written_once_an_hour() {
    on_both(|app| {
        let (admin, person) = (app.token("admin"), app.session("user_01"));
        let before = events(&admin).len();
        let confirm = || {
            for _ in 0..3 {
                let fields = [("password", "1234"), ("next", "")];
                assert_eq!(person.post_form("/reauthenticate", &fields).status, 303);
            }
        };
        confirm();
        let row = ["confirmed", "user_01", "user_01", "-"];
        assert_rows(&since(&admin, before), &[row]);
        app.clock.advance(Duration::from_secs(60 * 60));
        confirm();
        assert_rows(&rows_of(&events(&app.token("admin"))[before..before + 2]), &[row, row]);
    });
}

#[test]
fn a_row_that_was_changed_taken_out_moved_or_put_in_is_found() {
    for (what, statements, row) in [
        ("another actor", "UPDATE events SET actor = 'eve' WHERE id = 3", 3),
        ("another time", "UPDATE events SET at = at + 1 WHERE id = 2", 2),
        ("no address", "UPDATE events SET detail = NULL WHERE id = 4", 4),
        ("another hash", "UPDATE events SET hash = 'x' WHERE id = 4", 4),
        ("the first is gone", "DELETE FROM events WHERE id = 1", 1),
        ("one is gone", "DELETE FROM events WHERE id = 3", 3),
        (
            "one is gone and the others close up",
            "DELETE FROM events WHERE id = 3; UPDATE events SET id = 3 WHERE id = 4; \
             UPDATE events SET id = 4 WHERE id = 5",
            3,
        ),
        (
            "two are swapped",
            "UPDATE events SET id = -1 WHERE id = 2; UPDATE events SET id = 2 WHERE id = 3; \
             UPDATE events SET id = 3 WHERE id = -1",
            2,
        ),
        (
            "a row twice",
            "UPDATE events SET event = (SELECT event FROM events WHERE id = 2), \
             hash = (SELECT hash FROM events WHERE id = 2) WHERE id = 3",
            3,
        ),
        ("the tail is cut off", "DELETE FROM events WHERE id >= 4", 4),
        (
            "a row before the first",
            "INSERT INTO events (id, at, event, outcome, hash) \
             VALUES (-5, 1, 'role_changed', 'success', 'h')",
            -5,
        ),
        ("everything is gone", "DELETE FROM events", 1),
        ("the mark is gone", "DELETE FROM event_chain", 1),
        ("the mark has another hash", "UPDATE event_chain SET hash = 'x'", 5),
        (
            "somebody claims that it was pruned",
            "DELETE FROM events WHERE id < 3; UPDATE events SET event = 'events_pruned', \
             detail = '4:0000000000000000000000000000000000000000000000000000000000000000' \
             WHERE id = 5",
            5,
        ),
    ] {
        on_both(|app| {
            let admin = app.token("admin");
            // Otherwise the row of the sign-in could come after a change of the role.
            admin.wait_for_audit_log();
            let id = app.id("user_01");
            for role in ["admin", "user", "admin", "user"] {
                let body = json!({ "role": role });
                assert_eq!(admin.patch_json(&format!("/api/users/{id}"), &body).status, 200);
            }
            assert_eq!(events(&admin).len(), 5);
            assert_whole(&app);
            app.sql(statements);
            println!("{what}");
            assert_broken(&app, row);
            let done = command(&app, &["audit", "verify"], "");
            assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{what}: {done:?}");
            assert!(done.err.contains(&format!("row {row} ")), "{what}: {done:?}");
            let prune = command(&app, &["audit", "prune", "--older-than", "0s"], "");
            assert_eq!(prune.code, Some(1), "{what}: a broken log is evidence: {prune:?}");
        });
    }
}

/// What a chain of hashes alone cannot detect: with the newest rows removed and the mark
/// moved back the log is whole. A head that was recorded elsewhere shows it.
#[test]
fn a_tail_cut_off_with_its_mark_shows_only_against_a_recorded_head() {
    on_both(|app| {
        let expect = |head: &str| command(&app, &["audit", "verify", "--expect", head], "");
        assert_eq!(expect("0:").code, Some(0), "the head of an empty log");
        let admin = app.token("admin");
        admin.wait_for_audit_log();
        let path = format!("/api/users/{}", app.id("user_01"));
        for role in ["admin", "user", "admin"] {
            assert_eq!(admin.patch_json(&path, &json!({ "role": role })).status, 200);
        }
        let recorded = command(&app, &["audit", "verify"], "");
        let recorded = recorded.out.trim().rsplit(' ').next().expect("a head").to_owned();
        assert_eq!(recorded, assert_whole(&app).1.to_string());
        assert_eq!(admin.patch_json(&path, &json!({ "role": "user" })).status, 200);
        assert_eq!(expect(&recorded).code, Some(0), "later rows do not matter");

        app.sql(
            "DELETE FROM events WHERE id >= 3; UPDATE event_chain SET head = 2, \
             hash = (SELECT hash FROM events WHERE id = 2)",
        );
        assert_eq!(assert_whole(&app).0, 2, "nothing is wrong with what is left");
        let cut = expect(&recorded);
        assert!(cut.code == Some(1) && cut.err.contains("row 3 is missing"), "{cut:?}");
        for role in ["admin", "user", "admin"] {
            admin.patch_json(&path, &json!({ "role": role }));
        }
        let other = expect(&recorded);
        assert!(other.code == Some(1) && other.err.contains("row 4 is not"), "{other:?}");
        assert_eq!(expect("nonsense").code, Some(1));
    });
}

#[test]
fn an_export_is_lines_of_json_that_can_be_checked_elsewhere() {
    on_both(|app| {
        let admin = app.token("admin");
        let body = json!({ "role": "admin", "full_name": "Ann \"A\" <b>\u{e9}" });
        admin.patch_json(&format!("/api/users/{}", app.id("user_01")), &body);
        app.clock.advance(Duration::from_secs(3600));
        let later = app.clock.now().expect("a time").format(&Rfc3339).expect("a text");
        app.token("admin").wait_for_audit_log();

        let export = command(&app, &["audit", "export"], "");
        assert_eq!((export.code, export.err.as_str()), (Some(0), ""), "{export:?}");
        let lines: Vec<Value> =
            export.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 4);
        let mut previous = String::new();
        for (at, line) in lines.iter().enumerate() {
            assert_eq!(line["id"], at + 1);
            previous = recomputed(line, &previous);
            assert_eq!(line["hash"], previous, "{line}");
        }
        let since = command(&app, &["audit", "export", "--since", &later], "");
        assert_eq!(
            since.out.lines().collect::<Vec<_>>(),
            export.out.lines().skip(3).collect::<Vec<_>>()
        );
        let all = command(&app, &["audit", "export", "--since", "2020-01-01"], "");
        assert_eq!(all.out, export.out);
        assert_eq!(command(&app, &["audit", "export", "--since", "2199-01-01"], "").out, "");
        assert_eq!(command(&app, &["audit", "export", "--since", "lately"], "").code, Some(2));
    });
}

/// The hash as docs/EVENTS.md describes it.
fn recomputed(line: &Value, previous: &str) -> String {
    let at = OffsetDateTime::parse(line["at"].as_str().expect("a time"), &Rfc3339);
    let micros = at.expect("RFC 3339").unix_timestamp_nanos() / 1000;
    let mut fields = vec![json!(previous), line["id"].clone(), json!(micros.to_string())];
    let names = ["event", "outcome", "account", "username", "actor_account", "actor"];
    fields.extend(names.iter().map(|name| line[name].clone()));
    fields.extend(["sign_in", "address", "detail"].iter().map(|name| line[name].clone()));
    fields.extend(Some(line["request_id"].clone()).filter(|id| !id.is_null()));
    let netstring = |field: Value| match field {
        Value::Null => "-,".to_owned(),
        Value::String(text) => format!("{}:{text},", text.len()),
        other => format!("{}:{other},", other.to_string().len()),
    };
    let whole: String = fields.into_iter().map(netstring).collect();
    format!("{:x}", Sha256::digest(whole))
}

#[test]
fn old_rows_are_pruned_and_the_rest_is_still_whole() {
    on_both(|app| {
        let admin = app.token("admin");
        // Its row is queued; what an administrator does is written at once.
        admin.wait_for_audit_log();
        let path = format!("/api/users/{}", app.id("user_01"));
        let change = |role: &str| {
            assert_eq!(admin.patch_json(&path, &json!({ "role": role })).status, 200);
        };
        change("admin");
        change("user");
        let recorded = assert_whole(&app).1;
        app.clock.advance(Duration::from_secs(60));
        let now = app.clock.now().expect("a time");
        change("admin");
        let mut connection = app.connection();
        let mut prune = |before| {
            audit::prune(&mut connection, before, &EventActor::command_line(now)).expect("a prune")
        };
        assert_eq!(prune(now), 3);
        let (rows, _) = assert_whole(&app);
        assert_eq!(rows, 2, "the last change, and the row about pruning");
        let last = events(&admin).pop().expect("an event");
        assert_eq!(
            (&last["event"], &last["actor"]),
            (&json!("events_pruned"), &json!("command line"))
        );
        assert_eq!(last["detail"], recorded.to_string());
        assert_eq!(prune(now), 0, "there is nothing left to prune");
        assert_eq!(assert_whole(&app).0, 2, "and nothing to say about it");
        change("user");
        assert_eq!(prune(now + Duration::from_secs(1)), 3);
        assert_eq!(assert_whole(&app).0, 1);

        let before = ChainHead { id: 1, hash: "0".repeat(64) };
        assert!(audit::verify(&mut app.connection(), Some(&before)).is_err(), "it was pruned");
        app.sql("DELETE FROM events");
        let found = audit::verify(&mut app.connection(), None).expect("an answer");
        assert!(matches!(found, Verified::Broken { .. }), "a prune leaves its own row: {found:?}");
    });
}

#[test]
fn the_command_line_prunes_what_is_older() {
    on_both(|app| {
        let admin = app.token("admin");
        admin.patch_json(&format!("/api/users/{}", app.id("user_01")), &json!({ "role": "admin" }));
        assert_eq!(rows(&app), 3);
        let older = command(&app, &["audit", "prune", "--older-than", "300000 years"], "");
        assert!(older.code == Some(1) && older.err.contains("no row is that old"), "{older:?}");
        let young = command(&app, &["audit", "prune", "--older-than", "1 day"], "");
        assert_eq!((young.code, young.out.as_str()), (Some(0), "pruned 0\n"), "{young:?}");
        let all = command(&app, &["audit", "prune", "--older-than", "0s"], "");
        assert_eq!((all.code, all.out.as_str()), (Some(0), "pruned 3\n"), "{all:?}");
        let verify = command(&app, &["audit", "verify"], "");
        assert!(verify.out.starts_with("whole: 1 rows, the last is 4:"), "{verify:?}");
        assert_eq!(command(&app, &["audit", "prune"], "").code, Some(2));
        let wrong = command(&app, &["audit", "prune", "--older-than", "foo"], "");
        assert!(wrong.code == Some(2) && wrong.err.contains("such as \"365 days\""), "{wrong:?}");
    });
}

#[test]
fn writers_in_several_processes_keep_one_unbroken_chain() {
    on_both(|app| {
        let admin = app.token("admin").credentials();
        let path = format!("/api/users/{}", app.id("user_01"));
        let processes: Vec<_> = (0..4).map(|_| app.neighbour()).collect();
        let workers: Vec<_> = processes.into_iter().enumerate().collect();
        thread::scope(|scope| {
            for (number, process) in workers {
                let (admin, path) = (&admin, &path);
                scope.spawn(move || {
                    let (actor, person) = (admin.at(&process), Actor::new(&process));
                    for round in 0..10 {
                        let body = json!({ "full_name": format!("Ann {number} {round}") });
                        assert_eq!(actor.patch_json(path, &body).status, 200);
                        let body = json!({ "username": "user_02", "password": "5678" });
                        assert_eq!(person.post_json("/api/login", &body).status, 200);
                    }
                    // What is queued here is written before the process goes.
                    assert_eq!(actor.get("/api/events").status, 200);
                });
            }
        });
        let (rows, _) = assert_whole(&app);
        assert_eq!(rows, 81);
        assert_eq!(app.count("events WHERE event = 'full_name_changed'"), 40);
        assert_eq!(app.count("events WHERE event = 'signed_in'"), 41);
    });
}

#[test]
fn the_service_and_commands_beside_it_keep_one_unbroken_chain() {
    at_home(|home| {
        let service = home.serve(&[]);
        thread::scope(|scope| {
            for name in ["user_01", "user_02"] {
                let home = &home;
                scope.spawn(move || {
                    for _ in 0..5 {
                        assert_eq!(
                            home.run(&["user", "set-role", name, "admin"], "").code,
                            Some(0)
                        );
                        assert_eq!(home.run(&["user", "set-role", name, "user"], "").code, Some(0));
                    }
                });
            }
            for _ in 0..20 {
                assert!(service.api_login("admin", "admin123").is_ok());
            }
        });
        // The events of the last requests are written before the program ends.
        service.stop();
        let done = home.run(&["audit", "verify"], "");
        assert!(done.out.starts_with("whole: 40 rows, "), "{done:?}");
    });
}

#[test]
fn what_an_administrator_does_is_a_log_line_too() {
    at_home(|home| {
        let service = home.serve(&[]);
        let token = service.api_login("admin", "admin123").expect("a sample user");
        service.api_login("user_01", "1234").expect("a sample user");
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let off = r#"{"active":false}"#;
        assert_eq!(service.send("PATCH", "/api/users/2", &headers, off).status, 200);
        assert_eq!(service.send("DELETE", "/api/users/3/sign-ins", &headers, "").status, 204);
        service.stop();
        let log = std::fs::read_to_string(home.path("log")).expect("a log");
        let lines: Vec<Value> =
            log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let line = |event: &str| {
            let found = lines.iter().find(|line| line["event"] == event);
            found.unwrap_or_else(|| panic!("{event}: {log}")).clone()
        };
        let off = line("deactivated");
        assert_eq!((&off["account"], &off["actor"]), (&json!("2"), &json!("admin")), "{off}");
        assert_eq!((&off["ended"], &off["address"]), (&json!(1), &json!("127.0.0.1")), "{off}");
        let ended = line("ended");
        assert_eq!((&ended["account"], &ended["reason"]), (&json!("3"), &json!("administrator")));
        assert_eq!(ended["ended"], 0);
    });
}

#[test]
fn a_log_line_says_who_ended_how_many_sign_ins_and_warns_of_another_client() {
    at_home(|home| {
        let service = home.serve(&[]);
        service.api_login("user_02", "5678").expect("a sample user");
        let token = service.api_login("user_02", "5678").expect("a sample user");
        let headers = [("Authorization", token.as_str())];
        assert_eq!(service.send("DELETE", "/api/sign-ins", &headers, "").status, 204);
        let cookie = service.form_login("user_02", "5678").expect("a sample user");
        let headers = [("Cookie", cookie.as_str()), ("User-Agent", "another")];
        assert_eq!(service.get("/whoami", &headers).status, 200);
        assert_eq!(service.get("/api/me", &[]).status, 401);
        service.stop();
        let log = home.log();
        let line = |event: &str| {
            let found = log.iter().find(|line| line["event"] == event);
            found.unwrap_or_else(|| panic!("{event}: {log:?}"))
        };
        let ended = line("ended");
        assert_eq!(
            (&ended["account"], &ended["reason"]),
            (&json!("3"), &json!("owner")),
            "{ended}"
        );
        assert_eq!((&ended["ended"], &ended["level"]), (&json!(1), &json!("info")), "{ended}");
        assert_eq!(line("refused")["reason"], "credentials_missing");
        let other = line("protected");
        assert_eq!((&other["account"], &other["level"]), (&json!("3"), &json!("warn")), "{other}");
    });
}

#[test]
fn without_the_log_nothing_is_administered_but_everybody_signs_in_and_out() {
    on_both(|app| {
        let (admin, path) = (app.token("admin"), format!("/api/users/{}", app.id("user_01")));
        let before = events(&admin).len();
        app.sql("ALTER TABLE events RENAME TO elsewhere");
        let refused = admin.patch_json(&path, &json!({ "role": "admin" }));
        refused.assert_problem(503, "unavailable");
        admin.delete(&path).assert_problem(503, "unavailable");
        assert_eq!(app.count("users WHERE role = 'admin'"), 1, "no change without its row");
        let (person, program) = (app.session("user_01"), app.token("user_01"));
        assert_eq!(person.post("/logout").status, 303);
        assert_eq!(program.post("/api/logout").status, 204);
        assert_eq!(app.count("sign_ins"), 1, "they are signed out");

        app.sql("ALTER TABLE elsewhere RENAME TO events");
        let begun = Instant::now();
        while events(&admin).len() < before + 4 && begun.elapsed() < Duration::from_secs(20) {}
        let row = |event| [event, "user_01", "user_01", "-"];
        let wanted = [row("signed_in"), row("signed_in"), row("signed_out"), row("signed_out")];
        assert_rows(&since(&admin, before), &wanted);
        assert_whole(&app);
    });
}

#[test]
fn no_row_holds_a_secret() {
    on_both(|app| {
        let admin = app.token("admin");
        let person = app.session("user_01");
        let mut program = app.token("user_01");
        let mut secrets = vec!["1234".to_owned(), "correct horse".to_owned()];
        secrets.extend(person.jar.borrow().values().cloned());
        secrets
            .extend([program.token.clone(), program.refresh_token.clone()].into_iter().flatten());
        program.refresh();
        let fields = [("current_password", "1234"), ("new_password", "correct horse")];
        assert_eq!(person.post_form("/account/password", &fields).status, 303);
        secrets.extend(person.jar.borrow().values().cloned());
        person.post("/logout");
        let all = serde_json::to_string(&events(&admin)).expect("JSON");
        for secret in &secrets {
            // The last part of a token is its signature.
            let tail = secret.rsplit('.').next().unwrap_or(secret);
            let tells_nothing = tail.is_empty() || tail == "1234";
            assert!(tells_nothing || !all.contains(tail), "{tail} in {all}");
        }
        assert!(!all.contains("bcrypt") && !all.contains("\"1234\""), "{all}");
    });
}

#[test]
fn guesses_for_what_is_no_name_keep_nothing_out_of_the_log() {
    on_both_with(
        |figment| figment.merge(("auth.throttle.failures", 2)),
        |app| {
            let visitor = app.anonymous();
            for name in ["a\0b", "two words", "\u{202e}nna"] {
                let body = json!({ "username": name, "password": "wrong" });
                let last = (0..3).map(|_| visitor.post_json("/api/login", &body).status).last();
                assert_eq!(last, Some(429), "{name:?}");
            }
            let program = app.token("user_01");
            let rows_of = program.get("/api/events").json()["events"].to_string();
            assert_eq!(rows_of.matches("\"signed_in\"").count(), 1, "{rows_of}");
        },
    );
}
