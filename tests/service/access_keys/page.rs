//! Keys on the page.

use std::time::Duration;

use rocket::figment::providers::Serialized;
use rocket::http::{ContentType, Header, Method};
use serde_json::json;
use vestibule_service::accounts::KeyScope;

use super::{invalid_fields, key_in, make, page_of_new_key};
use crate::support::app::{On, on_both, on_both_with};

#[test]
fn a_key_is_made_on_the_page_shown_once_and_ended_there() {
    on_both(|app| {
        let person = app.session("user_01");
        assert!(person.get("/account").body.contains("href=\"/account/keys\""));
        assert!(person.get("/account/sign-ins").body.contains("href=\"/account/keys\""));
        let empty = person.get("/account/keys");
        assert!(empty.status == 200 && empty.body.contains("You have no keys."), "{}", empty.body);
        assert!(!empty.body.contains("users:"), "what is for administrators is not offered");
        for life in ["7 days", "30 days", "90 days", "365 days"] {
            assert!(empty.body.contains(life), "{life}");
        }
        let wanted = [("label", "<b>nightly</b>"), ("sign_ins", "on"), ("expires_in", "604800")];
        let reply = page_of_new_key(&person, &wanted);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(reply.body.contains("&lt;b&gt;nightly") && !reply.body.contains("<b>nightly"));
        assert!(reply.body.contains("readonly") && reply.body.contains("curl -H"));
        let key = key_in(&reply.body);
        for (name, value) in &reply.headers {
            assert!(!value.contains(&key[27..]), "{name}: {value}");
        }
        let page = person.get("/account/keys").body;
        assert!(!page.contains("vst_") && page.contains("Never") && page.contains("sign-ins"));

        let program = app.anonymous().with_token(&key);
        assert_eq!(program.get("/api/sign-ins").status, 200);
        let row = person.get("/account/sign-ins").body;
        assert!(row.contains("Access key") && row.contains("&lt;b&gt;nightly"));
        let end = format!("/account/keys/{}/end", &key[4..26]);
        let ended = person.post(&end);
        assert_eq!((ended.status, ended.location()), (303, "/account/keys"));
        assert!(person.get("/account/keys").body.contains("That key has ended."));
        program.get("/api/me").assert_problem(401, "token_revoked");
        let again = person.post(&end);
        assert_eq!((again.status, again.location()), (303, "/account/keys"));
        person.post("/account/keys/short/end").assert_page(404);
    });
}

#[test]
fn a_form_that_is_sent_twice_makes_one_key_and_a_new_form_another() {
    on_both(|app| {
        let person = app.session("user_01");
        let form_id = || {
            let page = person.get("/account/keys").body;
            let (_, rest) =
                page.split_once("name=\"form_id\" value=\"").expect("a name of the form");
            rest.split_once('"').expect("its end").0.to_owned()
        };
        let (first, second) = (form_id(), form_id());
        for id in [&first, &first, &second] {
            let fields = [("label", "nightly"), ("expires_in", "604800"), ("form_id", id.as_str())];
            let made = person.post_form("/account/keys", &fields);
            assert_eq!((made.status, made.location()), (303, "/account/keys"), "{}", made.body);
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 2);
        let page = person.get("/account/keys").body;
        assert!(page.contains("vst_"), "the key is shown: {page}");
    });
}

#[test]
fn a_form_that_was_sent_twice_says_that_its_key_is_there() {
    on_both(|app| {
        let person = app.session("user_01");
        let fields =
            [("label", "nightly"), ("expires_in", "604800"), ("form_id", "AAAAAAAAAAAAAAAAAAAAAA")];
        let again = person.at(&app.client);
        for copy in [&person, &again] {
            assert_eq!(copy.post_form("/account/keys", &fields).status, 303);
        }
        let said = "This form has made its key already";
        assert!(!person.get("/account/keys").body.contains(said));
        let page = again.get("/account/keys").body;
        assert!(page.contains(said) && !page.contains("vst_"), "{page}");
    });
}

#[test]
fn a_head_leaves_the_new_key_and_the_notice_for_the_page() {
    on_both(|app| {
        let person = app.session("user_01");
        let head = || {
            let reply = person.send(person.request(Method::Head, "/account/keys"));
            assert_eq!((reply.status, reply.body.as_str()), (200, ""));
            reply.assert_no_cookies();
        };
        let wanted = [("label", "nightly"), ("expires_in", "604800")];
        assert_eq!(person.post_form("/account/keys", &wanted).status, 303);
        head();
        let key = key_in(&person.get("/account/keys").body);
        assert!(!person.get("/account/keys").body.contains("vst_"), "it is shown once");
        assert_eq!(person.post(&format!("/account/keys/{}/end", &key[4..26])).status, 303);
        head();
        assert!(person.get("/account/keys").body.contains("That key has ended."));
        assert!(!person.get("/account/keys").body.contains("That key has ended."));
    });
}

#[test]
fn a_form_that_is_not_acceptable_comes_back_with_what_was_typed() {
    on_both(|app| {
        let person = app.session("user_01");
        let day = ("expires_in", "604800");
        for (fields, why) in [
            (vec![("label", ""), day], "A label is 1 to 100 characters"),
            (vec![("label", "kept"), ("users_read", "on"), day], "Without the role"),
            (vec![("label", "kept"), ("sign_ins", "off"), day], "Tick a box"),
            (vec![("label", "kept"), ("sign_ins", ""), day], "Tick a box"),
            (vec![("label", "kept"), ("expires_in", "0")], "A key lives from"),
            (vec![("label", "kept"), ("expires_in", "x")], "Choose when"),
        ] {
            let reply = person.post_form("/account/keys", &fields);
            reply.assert_page(422);
            let shown = reply.body.contains(why) && !reply.body.contains("vst_");
            assert!(shown, "{fields:?}: {}", reply.body);
            assert!(fields[0].1.is_empty() || reply.body.contains("value=\"kept\""));
        }
        for fields in [
            vec![("label", "x")],
            vec![day],
            vec![("label", "x"), day, day],
            vec![("label", "x"), day, ("account", "on")],
            vec![("label", "x"), day, ("sign-ins", "on")],
            vec![("label", "x"), day, ("scopes", "account")],
        ] {
            assert_eq!(person.post_form("/account/keys", &fields).status, 422, "{fields:?}");
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 0);
        let admin = app.session("admin").get("/account/keys").body;
        assert!(admin.contains("users:read") && admin.contains("users:write"));
    });
}

#[test]
fn another_site_makes_and_ends_no_key() {
    on_both(|app| {
        let owner = app.token("user_01");
        let made = make(&owner, &[]);
        let person = app.session("user_01");
        for path in ["/account/keys".to_owned(), format!("/account/keys/{}/end", made.id)] {
            let request = person
                .request(Method::Post, &path)
                .header(ContentType::Form)
                .header(Header::new("Sec-Fetch-Site", "cross-site"))
                .body("label=x&expires_in=604800");
            person.send(request).assert_page(403);
        }
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 1);
    });
}

#[test]
fn a_shorter_longest_life_is_what_the_page_offers() {
    let short = |figment: rocket::figment::Figment| {
        let key = json!({ "lifetime": "12h", "longest": "31 days" });
        figment.merge(Serialized::default("auth.key", key))
    };
    on_both_with(short, |app| {
        let page = app.session("user_01").get("/account/keys").body;
        assert!(page.contains("value=\"43200\" selected>12h"), "{page}");
        assert!(page.contains("30 days") && !page.contains("90 days"));
        let owner = app.token("user_01");
        let body = json!({ "label": "x", "scopes": [], "expires_in": "32 days" });
        assert_eq!(invalid_fields(&owner.post_json("/api/keys", &body)), ["expires_in"]);
    });
}

#[test]
fn each_box_of_the_form_gives_its_scope() {
    on_both(|app| {
        let admin = app.session("admin");
        let page = admin.get("/account/keys").body;
        let all: Vec<&str> = KeyScope::ALL.iter().map(|scope| scope.name).collect();
        let each = all.iter().map(|scope| vec![*scope]);
        for scopes in each.chain([all.clone(), Vec::new()]) {
            let boxes: Vec<String> =
                scopes.iter().map(|scope| scope.replace([':', '-'], "_")).collect();
            let mut form = vec![("label", "x"), ("expires_in", "604800")];
            for field in &boxes {
                assert!(page.contains(&format!("name=\"{field}\"")), "{field}");
                form.push((field, "on"));
            }
            let reply = page_of_new_key(&admin, &form);
            let program = app.anonymous().with_token(&key_in(&reply.body));
            let scope = program.get("/api/claims").json()["scope"].clone();
            assert_eq!(scope.as_str().unwrap_or_default(), scopes.join(" "));
        }
    });
}

#[test]
fn a_new_key_is_first_in_the_list_beside_it() {
    on_both(|app| {
        let person = app.session("user_01");
        for label in ["older", "newer"] {
            app.clock.advance(Duration::from_secs(1));
            let wanted = [("label", label), ("expires_in", "604800")];
            let page = page_of_new_key(&person, &wanted).body;
            let list = |page: &str| {
                let rows = page.matches("data-label=\"Label\">").count();
                let first = page.split("data-label=\"Label\">").nth(1).unwrap_or_default();
                (rows, first.split('<').next().unwrap_or_default().to_owned())
            };
            assert_eq!(list(&page), list(&person.get("/account/keys").body));
            assert_eq!(list(&page).1, label);
        }
    });
}

#[test]
fn a_key_that_was_made_is_shown_though_the_database_fails_afterwards() {
    on_both(|app| {
        // A trigger that takes the table away: only PostgreSQL has such.
        if app.on == On::Sqlite {
            return;
        }
        let person = app.session("user_01");
        app.sql(
            "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN ALTER TABLE sign_ins RENAME TO away; RETURN NULL; END $$; \
             CREATE TRIGGER gone AFTER INSERT ON events FOR EACH ROW \
             WHEN (NEW.event = 'key_made') EXECUTE FUNCTION gone()",
        );
        let wanted = [("label", "x"), ("expires_in", "604800")];
        assert_eq!(person.post_form("/account/keys", &wanted).status, 303);
        assert_eq!(person.get("/account/keys").status, 503, "it does fail");
        app.sql("ALTER TABLE away RENAME TO sign_ins");
        let key = key_in(&person.get("/account/keys").body);
        assert_eq!(app.anonymous().with_token(&key).get("/api/me").status, 200);
    });
}

#[test]
fn a_new_key_is_shown_to_its_owner_alone_and_by_any_process() {
    for secure in [false, true] {
        let change =
            move |figment: rocket::figment::Figment| figment.merge(("auth.session.secure", secure));
        on_both_with(change, |app| {
            let person = app.session("user_01");
            let wanted = [("label", "x"), ("expires_in", "604800")];
            let made = person.post_form("/account/keys", &wanted);
            let cookies = made.cookies();
            let cookie = cookies.iter().find(|cookie| cookie.starts_with("new_key="));
            let cookie = cookie.expect("the key");
            assert!(cookie.contains("HttpOnly") && cookie.contains("Path=/account/keys"));
            assert!(cookie.contains("SameSite=Strict") && !cookie.contains("vst_"), "{cookie}");
            assert_eq!(cookie.contains("Secure"), secure, "{cookie}");

            let key = person.jar.borrow()["new_key"].clone();
            let other = app.session("user_02");
            other.jar.borrow_mut().insert("new_key".to_owned(), key);
            assert!(!other.get("/account/keys").body.contains("Your new key"));
            assert!(!other.jar.borrow().contains_key("new_key"), "it is taken back");

            let neighbour = app.neighbour();
            let elsewhere = person.at(&neighbour);
            let page = elsewhere.get("/account/keys").body;
            let program = app.anonymous().with_token(&key_in(&page));
            assert_eq!(program.get("/api/me").status, 200);
            assert!(!elsewhere.get("/account/keys").body.contains("vst_"), "a reload makes none");
            assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 1);
        });
    }
}

#[test]
fn a_copy_of_the_cookie_of_a_new_key_shows_it_for_five_minutes() {
    on_both(|app| {
        let person = app.session("user_01");
        let wanted = [("label", "x"), ("expires_in", "604800")];
        assert_eq!(person.post_form("/account/keys", &wanted).status, 303);
        let copy = person.jar.borrow()["new_key"].clone();
        let shows = || {
            person.jar.borrow_mut().insert("new_key".to_owned(), copy.clone());
            person.get("/account/keys").body.contains("vst_")
        };
        app.clock.advance(Duration::from_secs(5 * 60 - 1));
        assert!(shows());
        app.clock.advance(Duration::from_secs(1));
        assert!(!shows());
    });
}

#[test]
fn pages_say_what_ends_a_key() {
    on_both(|app| {
        let person = app.session("user_01");
        let keys = person.get("/account/keys").body;
        let sign_ins = person.get("/account/sign-ins").body;
        assert!(keys.contains("change your password") && keys.contains("sign out everywhere or"));
        assert!(sign_ins.contains("also end your access keys"));
    });
}

#[test]
fn where_no_header_is_looked_at_nothing_makes_a_key() {
    let without = |figment: rocket::figment::Figment| {
        figment.merge(Serialized::default("auth.token.locations", ["cookies"]))
    };
    on_both_with(without, |app| {
        let person = app.session("user_01");
        person.get("/account/keys").assert_page(404);
        let wanted = [("label", "x"), ("expires_in", "604800")];
        person.post_form("/account/keys", &wanted).assert_page(404);
        for page in ["/account", "/account/sign-ins"] {
            assert!(!person.get(page).body.contains("key"), "{page}");
        }
        let api = app.anonymous();
        let body = json!({ "label": "x", "scopes": [] });
        for reply in [api.get("/api/keys"), api.post_json("/api/keys", &body)] {
            reply.assert_problem(404, "not_found");
        }
    });
}
