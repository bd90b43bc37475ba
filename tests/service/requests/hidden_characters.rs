//! Characters that a terminal obeys, or that people cannot see, in the log, on pages and on the
//! command line.

use std::fs;

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
