//! Characters that a terminal obeys, or that people cannot see, in the log, on pages and on the
//! command line.

use std::fs;

use serde_json::json;
use vestibule_service::accounts::new_setup_link;

use crate::support::actor::encoded;
use crate::support::app::on_both;
use crate::support::process::at_home;

/// Another direction, another line, and a control sequence of one character.
const HIDDEN: &str = "a\u{202e}b\u{2028}c\u{9b}31md";

#[test]
fn no_path_and_no_user_agent_shows_a_hidden_character_raw() {
    at_home(|home| {
        let service = home.serve(&[]);
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        let agent = format!("Müller-Browser {HIDDEN}");
        let headers = [form, ("User-Agent", agent.as_str())];
        let reply = service.send("POST", "/login", &headers, "username=user_01&password=1234");
        let cookie = reply.cookies().first().map(|cookie| (*cookie).to_owned()).expect("a session");
        let cookie = [("Cookie", cookie.split(';').next().expect("a pair"))];
        let page = service.get("/account/sign-ins", &cookie);
        assert!(page.body.contains("Müller-Browser a\\u{202e}b\\u{2028}c"), "{}", page.body);
        let dashboard = service.get("/dashboard", &cookie);
        assert!(dashboard.body.contains("Müller-Browser a\\u{202e}b"), "{}", dashboard.body);
        assert_eq!(service.get(&format!("/ü{HIDDEN}"), &[]).status, 404);

        let listed = home.run(&["sign-in", "list", "user_01"], "");
        assert!(listed.out.contains("Müller-Browser a\\u{202e}b\\u{2028}c"), "{}", listed.out);
        service.stop();
        let log = fs::read_to_string(home.path("log")).expect("a log");
        assert!(log.contains("GET /üa\\u202eb\\u2028c\\u009b31md 404"), "{log}");
        for text in [page.body, dashboard.body, listed.out, log] {
            assert!(!text.contains(['\u{202e}', '\u{2028}', '\u{9b}']), "{text}");
        }
    });
}

#[test]
fn a_form_that_comes_back_holds_exactly_what_was_typed() {
    on_both(|app| {
        let typed = "Ann\u{200f} <X>\u{200d}\u{202e}";
        let value = "value=\"Ann\u{200f} &lt;X&gt;\u{200d}\u{202e}\"";
        let visitor = app.anonymous();
        let person = app.session("user_01");
        let label = [("label", typed), ("expires_in", "604800")];
        let kept = format!("/account/keys?label={}&expires_in=604800", encoded(typed));
        let search = format!("/admin/users?q={}", encoded(typed));
        let names = [("username", typed), ("full_name", typed), ("password", "short")];
        for (form, fields, reply) in [
            ("register", 2, visitor.post_form("/register", &names)),
            ("login", 1, visitor.post_form("/login", &names)),
            ("key", 1, person.post_form("/account/keys", &label)),
            ("key in the address", 1, person.get(&kept)),
            ("search", 1, app.session("admin").get(&search)),
        ] {
            assert_eq!(reply.body.matches(value).count(), fields, "{form}: {}", reply.body);
        }
        app.sql("DELETE FROM sign_ins; DELETE FROM users");
        let now = app.clock.now().expect("a time");
        let token = new_setup_link(&mut app.connection(), now).expect("a database");
        let token = token.expect("no administrator");
        let fields: Vec<_> = names.into_iter().chain([("token", token.reveal())]).collect();
        let reply = visitor.post_form("/setup", &fields);
        assert_eq!(reply.body.matches(value).count(), 2, "setup: {}", reply.body);
    });
}

#[test]
fn no_name_hides_characters_or_consists_of_blanks() {
    on_both(|app| {
        let (visitor, admin) = (app.anonymous(), app.token("admin"));
        let user = format!("/api/users/{}", app.id("user_01"));
        for name in ["a\u{200b}b", "a\u{200e}b", "a\u{200f}b", "a\u{2060}b", "\u{200b}", "\u{3164}"]
        {
            for (field, other) in [("username", "full_name"), ("full_name", "username")] {
                let asked = json!({ field: name, other: "new", "password": "correct horse" });
                let reply = visitor.post_json("/api/register", &asked);
                reply.assert_problem(422, "invalid_field");
                assert!(reply.json()["fields"][field].is_string(), "{}", reply.body);
            }
            let reply = admin.patch_json(&user, &json!({ "full_name": name }));
            reply.assert_problem(422, "invalid_field");
        }
        for blank in ["\u{200d}", "\u{200c}\u{200d}", "\u{2800}"] {
            let asked = json!({ "username": "n", "full_name": blank, "password": "correct horse" });
            visitor.post_json("/api/register", &asked).assert_problem(422, "invalid_field");
        }
        for (at, name) in
            ["می\u{200c}خواهم", "👩\u{200d}💻", "葛\u{e0100}城"].into_iter().enumerate()
        {
            let username = format!("good{at}");
            let asked =
                json!({ "username": username, "full_name": name, "password": "correct horse" });
            let made = visitor.post_json("/api/register", &asked);
            assert_eq!((made.status, made.json()["full_name"].as_str()), (201, Some(name)));
        }
    });
}
