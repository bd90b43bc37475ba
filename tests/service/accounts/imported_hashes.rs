//! Passwords whose hashes were made elsewhere.

use std::fs;

use serde_json::json;

use crate::support::app::on_both;
use crate::support::process::at_home;

/// Made of "pässword" by Werkzeug 3.1, Django 5.2, and argon2-cffi and bcrypt, which write what
/// Laravel and Devise do.
const MADE: &[(&str, &str)] = &[
    (
        "flask",
        "scrypt:1024:8:1$NFWDuC8d4fQtL362$b61804996744d64965e155a4e9bdf3b154fe1a2ce4b31f320d4e10686409f162378a7bcb8fa9d5924b3454bd76e7b147e4b559b6d2aa781adeafa7dae4d9193e",
    ),
    (
        "older-flask",
        "pbkdf2:sha256:1000$2Spv1eEnGTh1ZgFI$aa57a827d09ada290f207ee6481b72679378a660cb1b157b414a3a54913bdaf0",
    ),
    ("django", "pbkdf2_sha256$1000$salt$zaPBw25cko7Ca8lZz1fxPhI2duvzpPRkKl9tLENcH14="),
    (
        "django-bcrypt-sha256",
        "bcrypt_sha256$$2b$04$5h19fac6r2BYA1PCV6qCN.C49UOVHwBfbKLvZ.Q1wtWeAh9.tp482",
    ),
    ("django-bcrypt", "bcrypt$$2b$04$lpHwgzzuOtjbYOyMS3VO2.CYb/MUuv91yEgw4.dC87/oQABIFeXai"),
    (
        "django-argon2",
        "argon2$argon2i$v=19$m=64,t=1,p=2$g/KpJbkGMGSEoOKDNIwapA$lyILdGv2h1sBVNQblT5/hQ",
    ),
    (
        "django-scrypt",
        "scrypt$1024$salt$8$1$Zs5JU2NO+bdJ9FjJ6Dh715TLl8xW45zhDGNs44KQfBRIAuRiUU+2pghcAjozItTKLGpze2t+vqU9Kw74NDSK6g==",
    ),
    ("devise", "$2a$04$lpHwgzzuOtjbYOyMS3VO2.CYb/MUuv91yEgw4.dC87/oQABIFeXai"),
    ("laravel", "$2y$04$lpHwgzzuOtjbYOyMS3VO2.CYb/MUuv91yEgw4.dC87/oQABIFeXai"),
    (
        "laravel-argon2",
        "$argon2id$v=19$m=64,t=1,p=2$CPjJWOu8yeZ2EqFra3p3MQ$nCtRuu97L4RzKWFh6Arsx+P2wWJmiYWfUe9THru/aCU",
    ),
];

#[test]
fn a_hash_from_elsewhere_is_replaced_by_ours_at_the_first_right_password() {
    on_both(|app| {
        for (name, hash) in MADE {
            app.sql(&format!(
                "INSERT INTO users (username, username_key, role, active, password_hash, \
                 created_at) VALUES ('{name}', '{name}', 'user', TRUE, '{hash}', 0)"
            ));
            let sign_in = |password: &str| {
                let body = json!({ "username": name, "password": password });
                app.anonymous().post_json("/api/login", &body)
            };
            let has = |hash: &str| {
                app.count(&format!(
                    "users WHERE username = '{name}' AND password_hash LIKE '{hash}'"
                ))
            };
            sign_in("password").assert_problem(401, "bad_credentials");
            sign_in("pässword\0").assert_problem(401, "bad_credentials");
            assert_eq!(has(hash), 1, "{name}: a wrong password changes nothing");
            for _ in 0..2 {
                assert_eq!(sign_in("pässword").status, 200, "{name}");
                assert_eq!(has("$bcrypt-sha256$v=2,%"), 1, "{name}");
            }
            sign_in("password").assert_problem(401, "bad_credentials");
        }
    });
}

#[test]
fn users_of_flask_django_rails_and_laravel_are_imported() {
    at_home(|home| {
        let line = |(name, hash): &(&str, &str)| format!("{name},\"{hash}\",user\n");
        let lines: String = MADE.iter().map(line).collect();
        fs::write(home.path("users.csv"), format!("username,hash,role\n{lines}")).expect("a file");
        let done = home.run(&["user", "import", "users.csv"], "");
        let said = format!("imported {} users, 0 of them administrators\n", MADE.len());
        assert_eq!((done.code, done.out.as_str()), (Some(0), said.as_str()), "{done:?}");
        let service = home.serve(&[]);
        for (name, _) in MADE {
            service.api_login(name, "pässword").expect(name);
            service
                .api_login(name, "password")
                .expect_err(name)
                .assert_problem(401, "bad_credentials");
        }
    });
}

#[test]
fn a_hash_that_would_cost_too_much_is_named_and_no_account_is_imported() {
    at_home(|home| {
        let (zeros, salt) = ("0".repeat(64), "c2FsdHNhbHQ");
        let lines = [
            format!("ann,pbkdf2:sha256:4000000000$salt${zeros},user\n"),
            format!("bob,scrypt:1048576:8:1$salt${zeros}{zeros},user\n"),
            format!("cat,\"$argon2id$v=19$m=1048576,t=1,p=1${salt}${}\",user\n", "A".repeat(43)),
            format!("dan,\"$argon2id$v=19$m=65536,t=99,p=1${salt}${}\",user\n", "A".repeat(43)),
            "eve,md5$salt$5f4dcc3b5aa765d61d8327deb882cf99,user\n".to_owned(),
        ];
        let text = format!("username,hash,role\n{}", lines.concat());
        fs::write(home.path("users.csv"), text).expect("a file");
        let done = home.run(&["user", "import", "users.csv"], "");
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done:?}");
        let why = [
            "line 2: hash: its 4000000000 iterations are more than 2000000",
            "line 3: hash: its memory is 1048577 KiB, more than 131072",
            "line 4: hash: its memory is 1048576 KiB, more than 131072",
            "line 5: hash: it fills 6488064 KiB of memory, more than 524288",
            "line 6: hash: this is no hash of bcrypt, PBKDF2, scrypt or Argon2",
            "nothing was imported; bad lines: 5",
        ];
        assert_eq!(done.err.lines().count(), why.len(), "{done:?}");
        for (line, why) in done.err.lines().zip(why) {
            assert!(line.starts_with(&format!("vestibule: {why}")), "{line}");
        }
        assert!(!done.err.contains(salt) && !done.err.contains("0000000000000"), "{done:?}");
    });
}
