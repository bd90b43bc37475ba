//! Notes in a database: pages and programs, and a restart that signs no user out.

use serde_json::json;

use crate::client::{Example, Reply};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const PASSWORD: &str = "password=correct+horse";

struct Notes(Example);

impl Notes {
    fn start() -> Self {
        Self(Example::start("notes"))
    }

    fn restart(self) -> Self {
        Self(self.0.restart("notes"))
    }

    fn send(&self, path: &str, cookie: &str, form: &str) -> Reply {
        self.0.send("POST", path, &[FORM, ("Cookie", cookie)], form)
    }

    fn page(&self, path: &str, cookie: &str) -> Reply {
        self.0.get(path, &[("Cookie", cookie)])
    }

    fn sign_in(&self, name: &str, rest: &str) -> String {
        let reply = self.send("/login", "", &format!("name={name}&{PASSWORD}{rest}"));
        assert_eq!((reply.status, reply.all("location")), (303, vec!["/"]), "{reply:?}");
        reply.cookies().join("; ")
    }

    fn token(&self, name: &str) -> String {
        let given = json!({ "name": name, "password": "correct horse" });
        self.0.post("/api/login", &[], &given).text("access_token")
    }
}

#[test]
fn a_note_written_on_a_page_is_read_by_a_program_after_a_restart() {
    let notes = Notes::start();
    let (cookie, token) = (notes.sign_in("ada", "&remember=on"), notes.token("ada"));
    assert_eq!(notes.send("/", &cookie, "text=buy+milk").status, 303);
    let notes = notes.restart();
    assert!(notes.page("/", &cookie).body.contains("buy milk"));
    let bearer = [("Authorization", format!("Bearer {token}"))];
    let bearer = [(bearer[0].0, bearer[0].1.as_str())];
    let list = notes.0.get("/api/notes", &bearer);
    assert_eq!((list.status, list.json()[0]["text"].as_str()), (200, Some("buy milk")), "{list:?}");
    assert!(list.cookies().is_empty());
    // A note of one user is none of another.
    assert!(!notes.page("/", &notes.sign_in("ben", "")).body.contains("buy milk"));
}

#[test]
fn a_wrong_password_shows_the_form_again_and_too_many_say_so() {
    let notes = Notes::start();
    for attempt in 0..11 {
        let reply = notes.send("/login?next=%2Fusers", "", "name=ada&password=wrong");
        let status = if attempt < 10 { 401 } else { 429 };
        assert_eq!((reply.status, reply.cookies().len()), (status, 0), "{reply:?}");
        assert_eq!(reply.all("retry-after").len(), usize::from(status == 429), "{reply:?}");
        assert!(reply.body.contains("value=\"ada\""), "{reply:?}");
        // Without an action it is sent to the same address, with `next`.
        assert!(reply.body.contains("<form method=\"post\">"), "{reply:?}");
    }
}

#[test]
fn a_visitor_is_led_to_the_login_and_back_and_an_administrator_sees_the_users() {
    let notes = Notes::start();
    let reply = notes.page("/users", "");
    assert_eq!((reply.status, reply.all("location")), (303, vec!["/login?next=%2Fusers"]));
    let form = format!("name=ada&{PASSWORD}");
    let reply = notes.send(reply.all("location")[0], "", &form);
    assert_eq!((reply.status, reply.all("location")), (303, vec!["/users"]));
    let page = notes.page("/users", &reply.cookies().join("; "));
    assert!(page.status == 200 && page.body.contains("ben: 0 notes"), "{page:?}");
    assert_eq!(notes.page("/users", &notes.sign_in("ben", "")).status, 403);
    let elsewhere = notes.send("/login", "", &format!("name=ada&{PASSWORD}&next=//evil.example"));
    assert_eq!(elsewhere.all("location"), ["/"]);
}

#[test]
fn a_new_password_and_signing_out_everywhere_end_every_sign_in() {
    let notes = Notes::start();
    let (one, two, token) =
        (notes.sign_in("ben", ""), notes.sign_in("ben", ""), notes.token("ben"));
    assert_eq!(notes.send("/logout/everywhere", &one, "").status, 303);
    for cookie in [&one, &two] {
        assert_eq!(notes.page("/", cookie).status, 303);
    }
    let bearer = format!("Bearer {token}");
    assert_eq!(notes.0.get("/api/notes", &[("Authorization", &bearer)]).status, 401);
    let cookie = notes.sign_in("ben", "");
    let refused = notes.send("/password", &cookie, "password=short");
    assert!(refused.status == 422 && refused.body.contains("at least 8 characters"), "{refused:?}");
    assert_eq!(notes.send("/password", &cookie, "password=new+battery+staple").status, 303);
    assert_eq!(notes.page("/", &cookie).status, 303);
    assert_eq!(notes.send("/login", "", &format!("name=ben&{PASSWORD}")).status, 401);
}
