//! New secrets for the real program, which sign no user out.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use serde_json::Value;
use vestibule::Clock;

use crate::support::actor::Reply;
use crate::support::process::{Done, Home, Service, at_home, finish};

const SECRETS: &str = "state/secrets.toml";

/// What is in the file, as text and read.
fn secrets(home: &Home) -> (String, Value) {
    let text = fs::read_to_string(home.path(SECRETS)).expect("made at the first start");
    let read = Figment::from(Toml::string(&text)).extract().expect("good TOML");
    (text, read)
}

/// Every secret in the file.
fn values(home: &Home) -> Vec<String> {
    let (_, read) = secrets(home);
    let lists = [
        &read["auth"]["session"]["previous_secret_keys"],
        &read["auth"]["token"]["previous_secrets"],
    ];
    let previous = lists.into_iter().filter_map(Value::as_array).flatten();
    let all = [&read["secret_key"], &read["auth"]["token"]["secret"]].into_iter().chain(previous);
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Runs a command of `vestibule secrets`, which shows no secret of before or after.
fn run(home: &Home, command: &str) -> Done {
    let before = if home.path(SECRETS).exists() { values(home) } else { Vec::new() };
    let done = home.run(&["secrets", command], "");
    let after = if home.path(SECRETS).exists() { values(home) } else { Vec::new() };
    for secret in before.iter().chain(&after) {
        assert!(!done.out.contains(secret) && !done.err.contains(secret), "{done:?}");
    }
    done
}

#[track_caller]
fn assert_done(done: &Done, says: &str) {
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.err, "");
    assert!(done.out.contains(says), "{says:?} is not in {}", done.out);
}

/// Refused with one line, and the file is as it was.
#[track_caller]
fn assert_refused(home: &Home, command: &str, parts: &[&str]) {
    let before = fs::read(home.path(SECRETS)).ok();
    let done = run(home, command);
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{done:?}");
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    for part in parts {
        assert!(done.err.contains(part), "{part:?} is not in {}", done.err);
    }
    assert_eq!(fs::read(home.path(SECRETS)).ok(), before);
}

/// The cookies of a browser that has ticked the box: session and remember.
fn remembered(service: &Service) -> (String, String) {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = "username=user_01&password=1234&remember=on";
    let reply = service.send("POST", "/login", &form, body);
    assert_eq!(reply.status, 303, "{}", reply.body);
    (set(&reply, "session"), set(&reply, "remember_token"))
}

/// The pair `name=value` that a response sets.
#[track_caller]
fn set(reply: &Reply, name: &str) -> String {
    let cookies = reply.cookies();
    let found = cookies.iter().find(|cookie| cookie.starts_with(&format!("{name}=")));
    let found = found.unwrap_or_else(|| panic!("{name} is not set: {cookies:?}"));
    found.split(';').next().unwrap_or_default().to_owned()
}

fn pair(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let text = |name: &str| format!("Bearer {}", reply.json()[name].as_str().expect("a token"));
    (text("access_token"), text("refresh_token"))
}

fn whoami(service: &Service, cookies: &str) -> Reply {
    service.get("/whoami", &[("Cookie", cookies)])
}

#[test]
fn rotating_signs_no_user_out_and_forgetting_ends_what_was_not_renewed() {
    at_home(|home| {
        let first = home.serve(&[]);
        let (session, remember) = remembered(&first);
        let (absent, absent_remember) = remembered(&first);
        let json = [("Content-Type", "application/json")];
        let body = r#"{"username":"user_02","password":"5678"}"#;
        let (access, refresh) = pair(&first.send("POST", "/api/login", &json, body));
        let (_, idle_refresh) = pair(&first.send("POST", "/api/login", &json, body));
        first.stop();

        let done = run(&home, "rotate");
        assert_done(&done, "Restart every process");
        assert!(done.out.contains("30 days after that") && done.out.contains("secrets forget"));
        assert_eq!(values(&home).len(), 4);

        let second = home.serve(&[]);
        let both = format!("{session}; {remember}");
        let page = second.get("/dashboard", &[("Cookie", &both)]);
        assert_eq!(page.status, 200);
        let (session, remember) = (set(&page, "session"), set(&page, "remember_token"));
        assert!(!both.contains(&session) && !both.contains(&remember));
        let both = format!("{session}; {remember}");
        whoami(&second, &both).assert_no_cookies();
        // A browser that was closed meanwhile has the remember cookie alone.
        let reopened = whoami(&second, &absent_remember);
        assert_eq!(reopened.json()["username"], "user_01");
        let reopened = [set(&reopened, "session"), set(&reopened, "remember_token")];
        assert_eq!(second.get("/api/me", &[("Authorization", &access)]).status, 200);
        let renewed = second.send("POST", "/api/refresh", &[("Authorization", &refresh)], "");
        let (new_access, new_refresh) = pair(&renewed);
        second.stop();

        let done = run(&home, "forget");
        assert_done(&done, "1 of cookies, 1 of tokens; replaced 20");
        assert_eq!(values(&home).len(), 2);
        let third = home.serve(&[]);
        for kept in [&session, &remember, &reopened[0], &reopened[1]] {
            assert_eq!(whoami(&third, kept).json()["username"], "user_01");
        }
        assert_eq!(third.get("/api/me", &[("Authorization", &new_access)]).status, 200);
        pair(&third.send("POST", "/api/refresh", &[("Authorization", &new_refresh)], ""));
        for old in [&absent, &absent_remember] {
            whoami(&third, old).assert_problem(401, "credentials_missing");
        }
        let dead = third.get("/api/me", &[("Authorization", &access)]);
        dead.assert_problem(401, "token_invalid");
        let dead = third.send("POST", "/api/refresh", &[("Authorization", &idle_refresh)], "");
        dead.assert_problem(401, "token_invalid");
    });
}

#[test]
fn each_rotation_adds_to_the_former_secrets_and_forgetting_drops_them_all() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let made = values(&home);
    assert_done(&run(&home, "forget"), "holds no former secrets");
    assert_done(&run(&home, "rotate"), "holds new secrets");
    let second = values(&home);
    assert_eq!(second[2..], made, "the newest former ones");
    assert_done(&run(&home, "rotate"), "holds new secrets");
    let third = values(&home);
    assert_eq!(third[2..], [&second[0], &made[0], &second[1], &made[1]].map(String::clone));
    let file = fs::metadata(home.path(SECRETS)).expect("still there");
    assert_eq!(file.permissions().mode() & 0o7777, 0o600);

    let done = run(&home, "forget");
    assert_done(&done, "2 of cookies, 2 of tokens");
    let (_, when) = done.out.split_once("replaced ").expect("when");
    assert_eq!(when.lines().next().expect("a line").split(", ").count(), 2, "{when}");
    assert_eq!(values(&home), third[..2], "the present ones stay");
    assert!(!secrets(&home).0.contains("replaced_at"));
    assert_eq!(fs::read_dir(home.path("state")).expect("it exists").count(), 1);
}

#[test]
fn rotating_concurrently_loses_no_secret_and_readers_see_a_whole_file() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let made = values(&home);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                let count = values(&home).len();
                assert!(count >= seen && count.is_multiple_of(2), "{count} after {seen}");
                seen = count;
            }
            seen
        });
        let starter = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let started = home.run(&["routes"], "");
                assert_eq!(started.code, Some(0), "{started:?}");
            }
        });
        let rotate = || {
            for _ in 0..4 {
                assert_eq!(home.run(&["secrets", "rotate"], "").code, Some(0));
            }
        };
        let rotations = [(); 4].map(|()| scope.spawn(rotate));
        for rotation in rotations {
            rotation.join().expect("sixteen rotations");
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().expect("whole files only") > 2);
        starter.join().expect("every start");
    });
    let mut all = values(&home);
    assert_eq!(all.len(), 2 * 17);
    assert!(made.iter().all(|secret| all.contains(secret)));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 2 * 17, "no secret twice");
}

#[test]
fn secrets_from_elsewhere_are_not_rotated_and_the_keys_to_set_are_named() {
    let key = "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o=";
    let secret = "correct horse battery staple, twice";
    for (toml, key, previous) in [
        (
            format!("[debug]\nsecret_key = \"{key}\"\n"),
            "secret_key",
            "auth.session.previous_secret_keys",
        ),
        (
            format!("[default.auth.token]\nsecret = \"{secret}\"\n"),
            "auth.token.secret",
            "auth.token.previous_secrets",
        ),
        (
            format!("[default.auth.session]\nprevious_secret_keys = [\"{key}\"]\n"),
            "auth.session.previous_secret_keys",
            "move its entries",
        ),
        (
            format!("[default.auth.token]\nprevious_secrets = [\"{secret}\"]\n"),
            "auth.token.previous_secrets",
            "move its entries",
        ),
    ] {
        let home = Home::new();
        home.configure(&toml);
        assert_eq!(home.run(&["routes"], "").code, Some(0));
        for command in ["rotate", "forget"] {
            let named = format!("{key} (Rocket.toml)");
            assert_refused(&home, command, &[&named, previous, SECRETS]);
        }
    }
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let mut command = home.command(&["secrets", "rotate"]);
    let done = finish(command.env("ROCKET_SECRET_KEY", key), "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("secret_key (`ROCKET_` environment") && !done.err.contains(key));
    assert_eq!(values(&home).len(), 2);
}

#[test]
fn a_secret_that_the_mode_does_not_use_may_come_from_anywhere() {
    let home = Home::new();
    home.configure(
        "[debug]\nsecret_key = \"v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o=\"\n\
         [default.auth]\nmode = \"token\"\n[default.auth.token]\nrefresh = \"1 day\"\n",
    );
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    assert_done(&run(&home, "rotate"), "1 day after that");
}

/// A configuration that signs with a pair of keys.
fn key_pair() -> String {
    // PKCS #8 around a seed of Ed25519.
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend([7; 32]);
    let pem = STANDARD.encode(der);
    format!(
        "[default.auth.token]\nalgorithm = \"EdDSA\"\nprivate_key = \"\"\"\n\
         -----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n\"\"\"\n"
    )
}

#[test]
fn where_a_pair_of_keys_signs_the_way_to_change_it_is_printed() {
    let home = Home::new();
    home.configure(&key_pair());
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let done = run(&home, "rotate");
    assert_done(&done, "pair of keys (EdDSA)");
    assert!(done.out.contains("auth.token.public_keys"), "{}", done.out);
    home.serve(&[]).stop();

    home.configure(&format!("[default.auth]\nmode = \"token\"\n{}", key_pair()));
    assert_refused(&home, "rotate", &["no secret of", "auth.token.public_keys"]);
}

#[test]
fn where_there_are_no_secrets_none_are_made() {
    let home = Home::new();
    for command in ["rotate", "forget"] {
        assert_refused(&home, command, &["there is no", SECRETS, "VESTIBULE_STATE"]);
        assert!(!home.path("state").exists());
    }
}

#[test]
fn a_file_that_holds_more_than_secrets_is_not_written_anew() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let (text, _) = secrets(&home);
    for (more, named) in
        [(format!("port = 0\n{text}"), "`port`"), (format!("{text}access = \"5m\"\n"), "`access`")]
    {
        fs::write(home.path(SECRETS), more).expect("our own file");
        assert_refused(&home, "rotate", &[SECRETS, named, "Rocket.toml"]);
    }
    let (_, without) = text.split_once("\n[auth.token]").expect("two secrets");
    fs::write(home.path(SECRETS), format!("[auth.token]{without}")).expect("our own file");
    assert_refused(&home, "rotate", &["secret_key", "set"]);
}

#[test]
fn the_file_stays_with_the_user_that_the_service_runs_as() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let before = fs::metadata(home.path(SECRETS)).expect("it exists");
    if before.uid() == 0 {
        chown(home.path(SECRETS), Some(65534), Some(65534)).expect("root may");
    }
    let owner = |of: &fs::Metadata| (of.uid(), of.gid());
    let meant = fs::metadata(home.path(SECRETS)).expect("it exists");
    assert_done(&run(&home, "rotate"), "holds new secrets");
    let after = fs::metadata(home.path(SECRETS)).expect("it exists");
    assert_eq!(owner(&after), owner(&meant));
    assert_ne!(after.ino(), before.ino(), "another file took its place");
}

#[test]
fn what_a_crash_left_aside_is_removed_and_nothing_else() {
    let home = Home::new();
    let directory = home.path("state");
    fs::create_dir(&directory).expect("a new directory");
    let (left, kept) = (".secrets-AAAAAAAAAAA", [".secrets-mine", ".secrets-AAAAAAAAAAA.toml"]);
    let check = |command: &[&str]| {
        for name in kept.iter().chain([&left]) {
            fs::write(directory.join(name), "secret_key = ").expect("our own file");
        }
        assert_eq!(home.run(command, "").code, Some(0), "{command:?}");
        assert!(!directory.join(left).exists(), "{command:?}");
        assert!(kept.iter().all(|name| directory.join(name).exists()), "{command:?}");
    };
    check(&["routes"]);
    check(&["secrets", "rotate"]);
}

#[test]
fn a_link_stays_a_link() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    fs::create_dir(home.path("vault")).expect("a new directory");
    fs::rename(home.path(SECRETS), home.path("vault/kept.toml")).expect("our own file");
    std::os::unix::fs::symlink(home.path("vault/kept.toml"), home.path(SECRETS)).expect("a link");
    assert_done(&run(&home, "rotate"), "holds new secrets");
    assert!(fs::symlink_metadata(home.path(SECRETS)).expect("it exists").is_symlink());
    assert_eq!(values(&home).len(), 4);
}

#[test]
fn the_secrets_of_the_first_start_are_long_enough_for_every_algorithm() {
    for algorithm in ["HS256", "HS384", "HS512"] {
        let home = Home::new();
        home.configure(&format!("[default.auth.token]\nalgorithm = \"{algorithm}\"\n"));
        let service = home.serve(&[]);
        assert!(service.api_login("user_01", "1234").is_ok(), "{algorithm}");
        assert_done(&run(&home, "rotate"), "holds new secrets");
        home.serve(&[]).stop();
    }
}

#[test]
fn forgetting_right_after_a_rotation_keeps_every_authenticator() {
    at_home(|home| {
        let first = home.serve(&[]);
        let token = first.api_login("user_01", "1234").expect("a token");
        let json = [("Content-Type", "application/json"), ("Authorization", token.as_str())];
        let begun = first.send("POST", "/api/me/second-factor", &json[1..], "").json();
        let secret = begun["secret"].as_str().expect("a secret");
        let secret = totp_rs::Secret::try_from_base32(secret).expect("base32");
        let app = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
        let now = Clock::system().now().expect("a sane year").unix_timestamp();
        let now = u64::try_from(now).expect("after 1970");
        let body = serde_json::json!({
            "set_up_token": begun["set_up_token"], "code": app.generate(now).to_string(),
        });
        let path = "/api/me/second-factor/confirm";
        assert_eq!(first.send("POST", path, &json, &body.to_string()).status, 201);
        first.stop();

        assert_done(&run(&home, "rotate"), "holds new secrets");
        // Without a start in between, which would encrypt it anew too.
        assert_done(&run(&home, "forget"), "1 of cookies");
        let second = home.serve(&[]);
        let login = second.api_login("user_01", "1234").expect_err("a second step").json();
        let body = serde_json::json!({
            "login_token": login["login_token"], "code": app.generate(now + 30).to_string(),
        });
        let reply = second.send("POST", "/api/login/second", &json[..1], &body.to_string());
        assert_eq!(reply.status, 200, "{}", reply.body);
    });
}
