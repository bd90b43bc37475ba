//! What a key opens, what ends it, and what is never said of it.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use rocket::figment::providers::Serialized;
use rocket::http::{Cookie, Method};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vestibule_service::accounts::MAX_ACTIVE_KEYS;

use super::{DAY, invalid_fields, key_in, make, names, page_of_new_key};
use crate::audit::command;
use crate::support::app::{On, TestApp, on_both, on_both_with};
use crate::support::process::finish;

#[test]
fn a_key_is_made_used_listed_and_ended_over_the_api() {
    on_both(|app| {
        let owner = app.token("user_01");
        let body = json!({ "label": " nightly ", "scopes": ["sign-ins"], "expires_in": 3600 });
        let reply = owner.post_json("/api/keys", &body);
        assert_eq!(reply.status, 201, "{}", reply.body);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        reply.assert_no_cookies();
        let made = reply.json();
        let shape = ["created_at", "expires_at", "id", "key", "label", "scopes"];
        assert_eq!(names(&made), shape);
        assert_eq!((&made["label"], &made["scopes"]), (&json!("nightly"), &json!(["sign-ins"])));
        let key = key_in(&reply.body);
        assert_eq!(&key[4..26], made["id"].as_str().expect("an id"));

        let program = app.anonymous().with_token(&key);
        assert_eq!(program.get("/api/me").json()["username"], "user_01");
        let whoami = program.get("/whoami").json();
        assert_eq!((&whoami["username"], &whoami["via"]), (&json!("user_01"), &json!("token")));
        let claims = program.get("/api/claims").json();
        let now = app.clock.now().expect("a good clock").unix_timestamp();
        let expected = json!({
            "sub": app.id("user_01").to_string(), "type": "access_key", "sid": made["id"],
            "scope": "sign-ins", "fresh": false, "iat": now, "auth_time": now, "exp": now + 3600,
        });
        assert_eq!(claims, expected);

        let list = program.get("/api/keys").json();
        let shape =
            ["created_at", "current", "expires_at", "id", "label", "last_seen_at", "scopes"];
        assert_eq!(names(&list[0]), shape);
        assert_eq!(list[0]["current"], true);
        assert_eq!(owner.get("/api/keys").json()[0]["current"], false);
        let sign_ins = owner.get("/api/sign-ins").json();
        let of_key =
            sign_ins["sign_ins"].as_array().into_iter().flatten().find(|one| one["kind"] == "key");
        assert_eq!(of_key.expect("listed like any sign-in")["label"], "nightly");
        let unused = make(&owner, &[]);
        let sign_ins = owner.get("/api/sign-ins").json();
        let mut sign_ins = sign_ins["sign_ins"].as_array().into_iter().flatten();
        let of_key = sign_ins.find(|one| one["id"] == unused.id.as_str()).expect("a key");
        assert!(of_key["last_seen_at"].is_null(), "never used: {of_key}");
        let page = app.session("user_01").get("/account/sign-ins").body;
        assert!(page.contains("data-label=\"Last seen\"><span class=\"muted\">Never"), "{page}");
        assert_eq!(owner.delete(&format!("/api/sign-ins/{}", unused.id)).status, 204);

        let path = format!("/api/keys/{}", made["id"].as_str().expect("an id"));
        assert_eq!(owner.delete(&path).status, 204);
        program.get("/api/me").assert_problem(401, "token_revoked");
        owner.delete(&path).assert_problem(404, "not_found");
        assert_eq!(owner.get("/api/keys").json(), json!([]));
    });
}

#[test]
fn what_is_not_acceptable_is_named_and_makes_no_key() {
    on_both(|app| {
        let owner = app.token("user_01");
        let good = json!({ "label": "x", "scopes": [] });
        let refuse = |name: &str, value: Value, faults: &[&str]| {
            let mut body = good.clone();
            body[name] = value;
            let reply = owner.post_json("/api/keys", &body);
            assert_eq!(invalid_fields(&reply), faults, "{name}: {body}");
        };
        let long = "x".repeat(101);
        for label in [json!(""), json!("  "), json!(7), json!(null), json!(long)] {
            refuse("label", label, &["label"]);
        }
        for label in [
            "a\nb",
            "a\u{0}b",
            "a\u{7f}b",
            "a\u{202e}b",
            "a\u{200f}b",
            "a\u{fffd}",
            "\u{3164}",
            "a\u{ad}",
            "\u{e0041}",
        ] {
            refuse("label", json!(label), &["label"]);
        }
        for scopes in [
            json!("sign-ins"),
            json!(null),
            json!({}),
            json!([1]),
            json!(["account"]),
            json!(["nonsense"]),
            json!(["sign-ins", "sign-ins"]),
            json!(["sign-ins users:read"]),
            json!(["SIGN-INS"]),
            json!([""]),
            json!(["users:read"]),
            json!(["users:write"]),
        ] {
            refuse("scopes", scopes, &["scopes"]);
        }
        for life in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!(365 * DAY + 1),
            json!(u64::MAX),
            json!(true),
            json!([]),
            json!(""),
            json!("0"),
            json!("-1 day"),
            json!("1ms"),
            json!("366 days"),
            json!("a while"),
        ] {
            refuse("expires_in", life, &["expires_in"]);
        }
        refuse("extra", json!(1), &["extra"]);
        let nothing = owner.post_json("/api/keys", &json!({}));
        assert_eq!(invalid_fields(&nothing), ["label", "scopes"]);
        let all = json!({ "label": "", "scopes": ["account"], "expires_in": 0 });
        assert_eq!(
            invalid_fields(&owner.post_json("/api/keys", &all)),
            ["expires_in", "label", "scopes"]
        );
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 0);

        for (life, seconds) in [
            (json!(1), 1),
            (json!("30 days"), 30 * DAY),
            (json!("90"), 90),
            (json!(365 * DAY), 365 * DAY),
            (json!(86_400.0), DAY),
            (serde_json::from_str("864e2").expect("a number"), DAY),
            (json!(null), 90 * DAY),
        ] {
            let body = json!({ "label": "x".repeat(100), "scopes": [], "expires_in": life });
            let made = owner.post_json("/api/keys", &body);
            assert_eq!(made.status, 201, "{}", made.body);
            let made = app.anonymous().with_token(&key_in(&made.body)).get("/api/claims").json();
            let lives = made["exp"].as_u64().zip(made["iat"].as_u64()).map(|(exp, iat)| exp - iat);
            assert_eq!(lives, Some(seconds), "{life}");
        }
    });
}

#[test]
fn making_a_key_takes_a_password_that_was_proven_lately() {
    on_both(|app| {
        let mut program = app.token("user_01");
        let person = app.session("user_01");
        let made = make(&program, &["sign-ins"]);
        let body = json!({ "label": "x", "scopes": [] });
        let by_key = made.program.post_json("/api/keys", &body);
        by_key.assert_problem(401, "fresh_login_required");
        program.refresh();
        program.post_json("/api/keys", &body).assert_problem(401, "fresh_login_required");

        app.clock.advance(Duration::from_secs(601));
        let page = person.get("/account/keys");
        assert!(page.status == 200 && page.body.contains("/reauthenticate?next=/account/keys"));
        assert!(!page.body.contains("action=\"/account/keys\""), "no form to lose");
        let wanted = [("label", "x"), ("expires_in", "604800")];
        let reply = person.post_form("/account/keys", &wanted);
        let to_password = "/reauthenticate?next=%2Faccount%2Fkeys%3Flabel%3Dx%26expires_in";
        assert!(reply.status == 303 && reply.location().starts_with(to_password));
        assert_eq!(app.count("sign_ins WHERE kind = 'key'"), 1);

        let fields = [("password", "1234"), ("next", "/account/keys")];
        assert_eq!(person.post_form("/reauthenticate", &fields).location(), "/account/keys");
        page_of_new_key(&person, &wanted);
        // Ending one needs no password.
        app.clock.advance(Duration::from_secs(601));
        assert_eq!(person.post(&format!("/account/keys/{}/end", made.id)).status, 303);
        let nobody = app.anonymous().get("/account/keys");
        assert_eq!(nobody.location(), "/login?next=%2Faccount%2Fkeys");
    });
}

#[test]
fn a_key_cannot_be_shown_again_and_its_sha_256_is_all_that_is_kept() {
    #[derive(QueryableByName)]
    struct StoredKey {
        #[diesel(sql_type = diesel::sql_types::Text)]
        secret_hash: String,
    }
    on_both(|app| {
        let owner = app.token("user_01");
        let made = make(&owner, &["sign-ins"]);
        assert_eq!(made.program.get("/api/me").status, 200);
        let kept: StoredKey =
            diesel::sql_query("SELECT secret_hash FROM sign_ins WHERE kind = 'key'")
                .get_result(&mut app.connection())
                .expect("a row");
        assert_eq!(kept.secret_hash, URL_SAFE_NO_PAD.encode(Sha256::digest(&made.key)));

        let secret = &made.key[27..];
        let admin = app.token("admin");
        let person = app.session("user_01");
        let replies = [
            owner.get("/api/keys"),
            owner.get("/api/sign-ins"),
            owner.get("/api/events"),
            admin.get("/api/admin/events"),
            made.program.get("/api/claims"),
            made.program.get("/api/keys"),
            made.program.get("/api/nothing"),
            made.program.post_json("/api/keys", &json!({})),
            person.get("/account/keys"),
            person.get("/account/sign-ins"),
            person.get("/account/events"),
        ];
        for reply in replies {
            let whole = format!("{reply:?}");
            assert!(!whole.contains(secret) && !whole.contains(&kept.secret_hash), "{whole}");
        }
        // A refused one is as secret as a good one.
        let broken = format!("{}A", &made.key[..69]);
        let refused = made.program.with_token(&broken).get("/api/me");
        assert!(!format!("{refused:?}").contains(&secret[..40]));
        if app.on == On::Sqlite {
            let wal = app.file().with_extension("sqlite3-wal");
            for file in [app.file(), &wal] {
                let bytes = std::fs::read(file).unwrap_or_default();
                let found = |text: &str| bytes.windows(text.len()).any(|at| at == text.as_bytes());
                assert!(!found(secret), "{}", file.display());
            }
        }
    });
}

#[test]
fn one_wrong_character_anywhere_is_no_key() {
    on_both(|app| {
        let made = make(&app.token("user_01"), &[]);
        for at in 0..made.key.len() {
            let mut wrong = made.key.clone().into_bytes();
            wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
            let wrong = String::from_utf8(wrong).expect("ASCII");
            made.program.with_token(&wrong).get("/api/me").assert_problem(401, "token_invalid");
        }
        let strange = [&made.key[..69], &made.key[4..], "vst_", &made.key.to_uppercase()];
        for wrong in strange {
            made.program.with_token(wrong).get("/api/me").assert_problem(401, "token_invalid");
        }
    });
}

#[test]
fn a_key_of_another_account_and_a_sign_in_of_another_kind_are_not_found() {
    on_both(|app| {
        let (owner, other) = (app.token("user_01"), app.token("user_02"));
        let made = make(&owner, &[]);
        let path = format!("/api/keys/{}", made.id);
        other.delete(&path).assert_problem(404, "not_found");
        app.token("admin").delete(&path).assert_problem(404, "not_found");
        make(&other, &["sign-ins"]).program.delete(&path).assert_problem(404, "not_found");
        // A page says of any id that is no key of one's own that it has ended.
        assert_eq!(
            app.session("user_02").post(&format!("/account/keys/{}/end", made.id)).status,
            303
        );
        assert_eq!(made.program.get("/api/me").status, 200);

        let sid = owner.get("/api/claims").json()["sid"].as_str().expect("an id").to_owned();
        owner.delete(&format!("/api/keys/{sid}")).assert_problem(404, "not_found");
        assert_eq!(app.session("user_01").post(&format!("/account/keys/{sid}/end")).status, 303);
        assert_eq!(owner.get("/api/me").status, 200);
        for nothing in ["x", "AAAAAAAAAAAAAAAAAAAAAA"] {
            owner.delete(&format!("/api/keys/{nothing}")).assert_problem(404, "not_found");
        }
    });
}

#[test]
fn a_key_ends_with_its_time_and_not_before() {
    on_both(|app| {
        let owner = app.token("user_01");
        let body = json!({ "label": "x", "scopes": [], "expires_in": "30 days" });
        let key = key_in(&owner.post_json("/api/keys", &body).body);
        let program = app.anonymous().with_token(&key);
        app.clock.advance(Duration::from_secs(30 * DAY - 1));
        assert_eq!(program.get("/api/me").status, 200);
        app.clock.advance(Duration::from_secs(1));
        program.get("/api/me").assert_problem(401, "token_expired");
        assert_eq!(app.token("user_01").get("/api/keys").json(), json!([]));
        assert!(app.session("user_01").get("/account/keys").body.contains("You have no keys."));
    });
}

#[test]
fn a_key_ends_with_the_account_and_with_the_password() {
    on_both(|app| {
        let owner = app.token("user_01");
        let made = make(&owner, &[]);
        let admin = app.token("admin");
        let path = format!("/api/users/{}", app.id("user_01"));
        for active in [false, true] {
            assert_eq!(admin.patch_json(&path, &json!({ "active": active })).status, 200);
            made.program.get("/api/me").assert_problem(401, "token_revoked");
        }

        let owner = app.token("user_01");
        let made = make(&owner, &[]);
        let change = json!({ "current_password": "1234", "new_password": "correct horse" });
        assert_eq!(owner.post_json("/api/password", &change).status, 204);
        made.program.get("/api/me").assert_problem(401, "token_revoked");

        let person = app.session("user_02");
        let made = make(&app.token("user_02"), &[]);
        let fields = [("current_password", "5678"), ("new_password", "correct horse")];
        assert_eq!(person.post_form("/account/password", &fields).status, 303);
        made.program.get("/api/me").assert_problem(401, "token_revoked");

        let made = make(&admin, &[]);
        let all = format!("/api/users/{}/sign-ins", app.id("admin"));
        assert_eq!(admin.delete(&all).status, 204);
        made.program.get("/api/me").assert_problem(401, "token_revoked");
    });
}

#[test]
fn no_cookie_leaves_for_a_key_and_no_session_is_touched() {
    on_both(|app| {
        let person = app.session("user_02");
        let made = make(&app.token("user_01"), &["sign-ins"]);
        let beside = person.with_token(&made.key);
        app.clock.advance(Duration::from_secs(3600));
        let seen = "SELECT last_seen_at AS n FROM sign_ins WHERE kind = 'browser'";
        let before = app.number(seen);
        for path in ["/api/me", "/whoami", "/api/keys", "/dashboard", "/account/keys", "/nowhere"] {
            let reply = beside.get(path);
            reply.assert_no_cookies();
            assert!(!reply.body.contains("user_02"), "{path}: {}", reply.body);
        }
        assert_eq!(beside.get("/whoami").json()["username"], "user_01");
        beside.get("/dashboard").assert_problem(401, "credentials_missing");
        beside.post("/account/keys").assert_no_cookies();
        assert_eq!(app.number(seen), before);
        assert_eq!(person.get("/dashboard").status, 200);
    });
}

#[test]
fn the_first_use_and_then_about_each_minute_is_recorded() {
    on_both(|app| {
        let owner = app.token("user_01");
        let made = make(&owner, &[]);
        let used = || owner.get("/api/keys").json()[0]["last_seen_at"].clone();
        // Use is recorded in the background.
        let becomes = |wanted: &dyn Fn(&Value) -> bool| {
            let patience = std::time::Instant::now() + Duration::from_secs(5);
            while !wanted(&used()) {
                assert!(std::time::Instant::now() < patience, "still {}", used());
                std::thread::sleep(Duration::from_millis(5));
            }
            used()
        };
        assert_eq!(used(), Value::Null, "a key that was never used says so");
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(made.program.get("/api/me").status, 200);
        let first = becomes(&|used| *used != Value::Null);
        app.clock.advance(Duration::from_secs(61));
        assert_eq!(made.program.get("/api/me").status, 200);
        becomes(&|used| *used != first);
        let page = app.session("user_01").get("/account/keys").body;
        assert!(!page.contains("Never"), "{page}");
    });
}

#[test]
fn a_key_is_taken_from_the_authorization_header_alone() {
    let everywhere = |figment: rocket::figment::Figment| {
        let all = ["header", "cookies", "query"];
        figment.merge(Serialized::default("auth.token.locations", all))
    };
    on_both_with(everywhere, |app| {
        let made = make(&app.token("user_01"), &[]);
        let key = &made.key;
        let nobody = app.anonymous();
        assert_eq!(made.program.get("/api/me").status, 200);
        for query in ["access_token", "jwt"] {
            let reply = nobody.get(&format!("/api/me?{query}={key}"));
            assert_eq!(reply.status, 401, "{query}: {}", reply.body);
        }
        let jar = nobody.request(Method::Get, "/api/me");
        let in_cookie = nobody.send(jar.cookie(Cookie::new("access_token_cookie", key.clone())));
        assert_eq!(in_cookie.status, 401, "{}", in_cookie.body);
        for cookie in ["session", "remember_token"] {
            let jar = nobody.request(Method::Get, "/whoami");
            let reply = nobody.send(jar.cookie(Cookie::new(cookie, key.clone())));
            reply.assert_problem(401, "credentials_missing");
        }
        let in_body = nobody.post_json("/api/logout", &json!({ "access_token": key }));
        assert_eq!(in_body.status, 401, "{}", in_body.body);
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("user_01:{key}"));
        for value in [format!("Basic {basic}"), format!("Basic {key}"), format!("Token {key}")] {
            let reply = nobody.get_with("/api/me", "Authorization", &value);
            reply.assert_problem(401, "credentials_missing");
        }
        assert_eq!(made.program.get("/api/me").status, 200, "it still stands");
    });
}

#[test]
fn in_mode_session_there_is_no_key_and_in_mode_token_no_page() {
    let mode = |mode: &'static str| {
        move |figment: rocket::figment::Figment| {
            figment.merge(Serialized::default("auth.mode", mode))
        }
    };
    on_both_with(mode("both"), |app| {
        let made = make(&app.token("user_01"), &["sign-ins"]);
        let url: String = app.figment().extract_inner("databases.main.url").expect("a URL");
        let sessions = TestApp::at(app.on, url.clone(), &mode("session"));
        let program = sessions.anonymous().with_token(&made.key);
        for path in ["/api/me", "/api/keys", "/account/keys"] {
            program.get(path).assert_page(404);
        }
        assert_eq!(program.get("/dashboard").location(), "/login?next=%2Fdashboard");
        let person = sessions.session("user_01");
        person.get("/account/keys").assert_page(404);
        for page in ["/account", "/account/sign-ins"] {
            assert!(!person.get(page).body.contains("/account/keys"), "{page}");
        }
        let tokens = TestApp::at(app.on, url, &mode("token"));
        let program = tokens.anonymous().with_token(&made.key);
        assert_eq!(program.get("/api/keys").status, 200);
        program.get("/account/keys").assert_problem(404, "not_found");
    });
}

#[test]
fn of_many_keys_in_an_hour_the_sixty_first_is_refused() {
    on_both(|app| {
        let owner = app.token("user_01");
        (0..60).for_each(|_| drop(make(&owner, &[])));
        let body = json!({ "label": "x", "scopes": [] });
        let reply = owner.post_json("/api/keys", &body);
        reply.assert_problem(429, "too_many_attempts");
        assert_eq!(reply.header("retry-after"), Some("3601"));
        let page = app.session("user_01");
        let wanted = [("label", "kept"), ("expires_in", "604800")];
        let reply = page.post_form("/account/keys", &wanted);
        reply.assert_page(429);
        assert!(reply.body.contains("many keys") && reply.body.contains("value=\"kept\""));
        make(&app.token("user_02"), &[]);
        app.clock.advance(Duration::from_secs(3601));
        make(&app.token("user_01"), &[]);
    });
}

#[test]
fn an_account_has_a_hundred_keys_at_most() {
    on_both(|app| {
        let mut owner = app.token("user_01");
        let expiring = json!({ "label": "x", "scopes": [], "expires_in": 1 });
        assert_eq!(owner.post_json("/api/keys", &expiring).status, 201);
        let mut last = None;
        for at in 0..MAX_ACTIVE_KEYS {
            if at % 50 == 0 {
                app.clock.advance(Duration::from_secs(3601));
                owner = app.token("user_01");
            }
            last = Some(make(&owner, &[]));
        }
        let body = json!({ "label": "x", "scopes": [] });
        let reply = owner.post_json("/api/keys", &body);
        reply.assert_problem(403, "forbidden");
        assert!(reply.body.contains("at most 100 keys"), "{}", reply.body);
        let page = app.session("user_01");
        let wanted = [("label", "kept"), ("expires_in", "604800")];
        let reply = page.post_form("/account/keys", &wanted);
        reply.assert_page(403);
        assert!(reply.body.contains("at most 100 keys") && reply.body.contains("value=\"kept\""));
        let by_shell = command(&app, &["key", "add", "user_01", "--label", "x"], "");
        assert!(by_shell.code == Some(1) && by_shell.out.is_empty(), "{by_shell:?}");
        assert!(by_shell.err.contains("at most 100 keys"), "{by_shell:?}");
        assert_eq!(
            app.count("sign_ins WHERE kind = 'key'"),
            MAX_ACTIVE_KEYS + 1,
            "and an expired one"
        );
        make(&app.token("user_02"), &[]);
        let id = last.expect("a key").id;
        assert_eq!(owner.delete(&format!("/api/keys/{id}")).status, 204);
        make(&owner, &[]);
        owner.post_json("/api/keys", &body).assert_problem(403, "forbidden");
    });
}

#[test]
fn a_key_that_is_over_cannot_be_ended() {
    on_both(|app| {
        let owner = app.token("user_01");
        let body = json!({ "label": "x", "scopes": [], "expires_in": 60 });
        let id = owner.post_json("/api/keys", &body).json()["id"].clone();
        app.clock.advance(Duration::from_secs(60));
        let path = format!("/api/keys/{}", id.as_str().expect("an id"));
        owner.delete(&path).assert_problem(404, "not_found");
    });
}

#[test]
fn the_documented_pattern_for_scanners_finds_a_key() {
    on_both(|app| {
        let key = make(&app.token("user_01"), &[]).key;
        let text = include_str!("../../../SECURITY.md");
        let pattern = text.lines().find(|line| line.starts_with("vst_[")).expect("a pattern");
        let mut grep = std::process::Command::new("grep");
        grep.args(["-oE", pattern]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let found = finish(grep.stderr(Stdio::piped()), &format!("KEY=\"{key}\" # nightly\n"));
        assert_eq!(found.out, format!("{key}\n"), "{pattern}");
    });
}
