//! What people and simple programs send to forms: any type, any value of a checkbox, and the address
//! of a form opened as a page.

use rocket::http::{ContentType, Header, Method};
use serde_json::json;

use crate::support::app::on_both;

const EMAIL: &str = "ann@example.org";

#[test]
fn a_form_that_gets_json_asks_for_a_form() {
    on_both(|app| {
        let admin = app.session("admin");
        let user = format!("/admin/users/{}/role", app.id("user_01"));
        for path in ["/login", "/register", "/account/password", "/reauthenticate", &user] {
            for accept in ["text/html", "application/json"] {
                let request = admin.request(Method::Post, path).header(ContentType::JSON);
                let request = request.header(Header::new("Accept", accept)).body("{}");
                let reply = admin.send(request);
                assert_eq!(reply.status, 415, "{path}");
                let form = "Send the form as application&#x2F;x-www-form-urlencoded.";
                let form = if accept == "text/html" { form } else { &form.replace("&#x2F;", "/") };
                assert!(reply.body.contains(form), "{path}: {}", reply.body);
                assert!(!reply.body.contains("as application/json"), "{path}: {}", reply.body);
            }
        }
        let program = app.anonymous().post_form("/api/login", &[("username", "user_01")]);
        program.assert_problem(415, "unsupported_media_type");
        assert!(program.body.contains("application/json"), "{}", program.body);
    });
}

#[test]
fn any_ticked_value_ticks_a_box() {
    on_both(|app| {
        let remembered = |value: &str| {
            let fields = [("username", "user_01"), ("password", "1234"), ("remember", value)];
            let visitor = app.anonymous();
            let reply = visitor.post_form("/login", &fields);
            let is_remembered = visitor.jar.borrow().contains_key("remember_token");
            (reply.status, is_remembered)
        };
        for ticked in ["1", "y", "yes", "Yes", "checked", "on", "true", "TRUE"] {
            assert_eq!(remembered(ticked), (303, true), "{ticked}");
        }
        for unticked in ["0", "n", "no", "off", "false"] {
            assert_eq!(remembered(unticked), (303, false), "{unticked}");
        }
        for neither in ["", "2", "perhaps"] {
            assert_eq!(remembered(neither), (422, false), "{neither:?}");
        }
        let fields = [("username", "user_01"), ("password", "1234"), ("remember", "maybe")];
        let again = app.anonymous().post_form("/login?", &fields);
        assert!(again.body.contains("Tick the box to stay signed in"), "{}", again.body);
        assert!(again.body.contains("value=\"user_01\"") && !again.body.contains("1234"));

        let admin = app.session("admin");
        let key = [("label", "a label"), ("expires_in", "7d"), ("users_read", "1")];
        assert_eq!(admin.post_form("/account/keys", &key).status, 303);
        assert!(admin.get("/account/keys").body.contains("\">users:read<"));
        let path = format!("/admin/users/{}/delete", app.id("user_01"));
        assert_eq!(admin.post_form(&path, &[("confirm", "0")]).status, 422);
        assert_eq!(admin.post_form(&path, &[("confirm", "yes")]).location(), "/admin/users");
    });
}

#[test]
fn a_form_that_was_opened_by_another_user_changes_nothing() {
    on_both(|app| {
        app.sql(&format!(
            "UPDATE users SET email = '{EMAIL}', email_key = '{EMAIL}' WHERE username = 'user_01'"
        ));
        let person = app.session("user_01");
        let passwords = [("current_password", "1234"), ("new_password", "a longer one")];
        for other in ["admin", "User_02", "no name"] {
            let change = [&[("username", other)], &passwords[..]].concat();
            for (path, fields) in [
                ("/account/password", &change[..]),
                ("/reauthenticate", &[("username", other), ("password", "1234")]),
                ("/account/address", &[("username", other), ("email", "ann@example.org")]),
                ("/account/address/remove", &[("username", other)]),
                ("/account/address/notices", &[("username", other)]),
            ] {
                let reply = person.post_form(path, fields);
                reply.assert_page(422);
                let said = "You are signed in as user_01 now. Nothing has been changed.";
                assert!(reply.body.contains(said), "{path} {other}: {}", reply.body);
            }
        }
        let kept = app.token("user_01").get("/api/me").json();
        assert_eq!((&kept["email"], &kept["device_notices"]), (&json!(EMAIL), &json!(true)));
        let confirmed = [("username", "USER_01"), ("password", "1234"), ("next", "/account")];
        assert_eq!(person.post_form("/reauthenticate", &confirmed).location(), "/account");
        for (own, current, new) in
            [("user_01", "1234", "a longer one"), ("", "a longer one", "another one")]
        {
            let change = [("username", own), ("current_password", current), ("new_password", new)];
            assert_eq!(person.post_form("/account/password", &change).location(), "/account");
        }
    });
}

#[test]
fn a_form_of_the_lists_that_was_opened_by_another_user_changes_nothing() {
    on_both(|app| {
        let (first, person) = (app.session("user_01"), app.session("user_02"));
        app.token("user_02");
        let wanted = [("username", "user_01"), ("label", "kept"), ("expires_in", "7d")];
        assert_eq!(first.post_form("/account/keys", &wanted).status, 303);
        let key = id_in(&first.get("/account/keys").body, "/account/keys/");
        let sign_in =
            id_in(&app.session("user_01").get("/account/sign-ins").body, "/account/sign-ins/");
        let before = app.count("sign_ins");
        let said = "You are signed in as user_02 now. Nothing has been changed.";
        for path in [
            "/account/keys".to_owned(),
            format!("/account/keys/{key}/end"),
            format!("/account/sign-ins/{sign_in}/end"),
            "/account/sign-ins/end-others".to_owned(),
            "/account/sign-ins/end-all".to_owned(),
        ] {
            let fields = if path == "/account/keys" { &wanted[..] } else { &wanted[..1] };
            let reply = person.post_form(&path, fields);
            reply.assert_page(422);
            assert!(reply.body.contains(said), "{path}: {}", reply.body);
            assert!(!reply.body.contains("has ended"), "{path}: {}", reply.body);
            let own = r#"<input type="hidden" name="username" value="user_02">"#;
            assert!(reply.body.contains(own), "{path}: {}", reply.body);
            assert_eq!(person.post_form(&path, &[fields, fields].concat()).status, 422, "{path}");
        }
        assert_eq!(app.count("sign_ins"), before);
        let own = [("username", "USER_02")];
        let end_others = person.post_form("/account/sign-ins/end-others", &own);
        assert_eq!(end_others.location(), "/account/sign-ins");
        assert_eq!(app.count("sign_ins"), before - 1);
        assert_eq!(person.post_form("/account/sign-ins/end-all", &own).location(), "/");
        assert_eq!(app.count("sign_ins"), before - 2);
    });
}

/// A body of `multipart/form-data` whose fields have a type each.
fn typed_parts(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{value}\r\n"
        )
    };
    fields.iter().map(part).chain(["--x--\r\n".to_owned()]).collect()
}

#[test]
fn a_multipart_form_is_read_also_if_its_fields_have_a_type() {
    on_both(|app| {
        let send = |path: &str, fields: &[(&str, &str)]| {
            let visitor = app.anonymous();
            let request = visitor.request(Method::Post, path);
            let kind = Header::new("Content-Type", "multipart/form-data; boundary=x");
            visitor.send(request.header(kind).body(typed_parts(fields)))
        };
        let own = [("username", "user_01"), ("password", "1234")];
        assert_eq!(send("/login", &own).location(), "/dashboard");
        assert_eq!(send("/login", &[own, own].concat()).status, 422);
        assert_eq!(send("/login", &[own[0], ("password", "wrong")]).status, 401);
        let new = [("username", "zoë"), ("password", "battery staple")];
        assert_eq!(send("/register", &new).status, 303);
        assert_eq!(app.count("users WHERE username = 'zoë'"), 1);
        let long = "x".repeat(40_000);
        assert_eq!(send("/login", &[own[0], ("password", &long)]).status, 413);
    });
}

/// The id in the first form on this page that sends to a path below `prefix`.
fn id_in(page: &str, prefix: &str) -> String {
    let action = format!("action=\"{prefix}");
    let (_, rest) = page.split_once(&action).expect("a form");
    rest.split('/').next().unwrap_or_default().to_owned()
}

#[test]
fn the_address_of_a_form_leads_to_its_page() {
    on_both(|app| {
        let admin = app.session("admin");
        let wrong = [("current_password", "wrong"), ("new_password", "correct horse")];
        assert_eq!(admin.post_form("/account/password", &wrong).status, 401);
        for (path, page) in [
            ("/account/password", "/account"),
            ("/account/sign-ins/end-all", "/account/sign-ins"),
            ("/account/sign-ins/AAAAAAAAAAAAAAAAAAAAAA/end", "/account/sign-ins"),
            ("/account/keys/AAAAAAAAAAAAAAAAAAAAAA/end", "/account/keys"),
        ] {
            let reply = admin.get(path);
            assert_eq!((reply.status, reply.location()), (303, page), "{path}");
            assert_eq!(admin.get(page).status, 200, "{page}");
            let stranger = app.anonymous().get(path);
            assert_eq!((stranger.status, stranger.location()), (303, page), "{path}");
            let program = admin.get_with(path, "Accept", "application/json");
            program.assert_problem(405, "method_not_allowed");
            let put = admin.send(admin.request(Method::Put, path));
            assert_eq!((put.status, put.header("allow")), (405, Some("POST")), "{path}");
        }
    });
}
