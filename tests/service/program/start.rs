//! Starting the real program: what it makes for itself, what it says, and what it refuses.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rocket::figment::Figment;

use crate::support::app::{On, TestApp, password};
use crate::support::process::{Done, Home, Service, at_home, finish, read_reply};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o7777
}

#[test]
fn the_first_start_makes_a_directory_and_secrets_for_the_owner_alone() {
    let home = Home::new();
    drop(home.serve(&[]));
    assert_eq!(mode(&home.path("state")), 0o700);
    assert_eq!(mode(&home.path("state/secrets.toml")), 0o600);
    let names: Vec<_> = fs::read_dir(home.path("state")).expect("it exists").collect();
    assert!(names.iter().flatten().all(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name == "secrets.toml" || name.starts_with("vestibule.sqlite3")
    }));
}

#[test]
fn two_installations_have_different_secrets() {
    let secrets = || {
        let home = Home::new();
        assert_eq!(home.run(&["routes"], "").code, Some(0));
        fs::read_to_string(home.path("state/secrets.toml")).expect("made at the first start")
    };
    assert_ne!(secrets(), secrets());
}

#[test]
fn a_restart_keeps_the_secrets_and_logs_no_user_out() {
    at_home(|home| {
        let first = home.serve(&[]);
        let secrets = fs::read(home.path("state/secrets.toml")).expect("made at the first start");
        let cookie = first.form_login("user_01", "1234").expect("a sample user");
        let token = first.api_login("user_02", "5678").expect("a sample user");
        first.stop();

        let second = home.serve(&[]);
        let kept = fs::read(home.path("state/secrets.toml")).expect("still there");
        assert_eq!(kept, secrets);
        let page = second.get("/dashboard", &[("Cookie", &cookie)]);
        assert_eq!(page.status, 200);
        assert!(page.body.contains("user_01"));
        assert_eq!(
            second.get("/api/me", &[("Authorization", &token)]).json()["username"],
            "user_02"
        );
    });
}

#[test]
fn a_killed_program_logs_no_user_out_either() {
    at_home(|home| {
        let first = home.serve(&[]);
        let token = first.api_login("user_02", "5678").expect("a sample user");
        drop(first);
        let second = home.serve(&[]);
        assert_eq!(second.get("/api/me", &[("Authorization", &token)]).status, 200);
    });
}

#[test]
fn the_banner_says_where_how_and_as_whom() {
    let home = Home::new();
    let service = home.serve(&[]);
    let banner = &service.banner;
    assert!(!service.address.ends_with(":0"), "{banner}");
    let database = home.path("state/vestibule.sqlite3");
    for part in [
        format!("Vestibule is at http://{}", service.address),
        "mode      both (profile debug)".to_owned(),
        format!("database  SQLite, {}", database.display()),
        format!("curl http://{}/api/login", service.address),
    ] {
        assert!(banner.contains(&part), "{part}: {banner}");
    }
    for name in ["admin", "user_01", "user_02"] {
        assert!(banner.contains(name) && banner.contains(password(name)), "{name}: {banner}");
        assert!(service.api_login(name, password(name)).is_ok(), "{name}");
    }
}

#[test]
fn there_are_no_sample_users_outside_the_debug_profile() {
    let home = Home::new();
    let release = [("ROCKET_PROFILE", "release"), ("ROCKET_AUTH", "{password={cost=10}}")];
    let service = home.serve(&release);
    assert!(service.banner.contains("vestibule user add NAME --role admin"));
    for name in ["admin", "user_01", "user_02"] {
        let refused = service.api_login(name, password(name)).expect_err("nobody is there");
        refused.assert_problem(401, "bad_credentials");
        assert!(!service.banner.contains(password(name)), "{}", service.banner);
    }
}

#[test]
fn there_are_no_sample_users_for_an_address_that_others_can_reach() {
    // Built, but listening nowhere.
    let open = |figment: Figment| figment.merge(("address", "0.0.0.0"));
    let app = TestApp::new(On::Sqlite, &open);
    assert_eq!(app.count("users"), 0);
}

#[test]
fn a_database_with_sample_users_and_their_passwords_is_refused_in_release() {
    at_home(|home| {
        home.serve(&[]).stop();
        let mut command = home.command(&[]);
        command.env("ROCKET_PROFILE", "release").env("ROCKET_AUTH", "{password={cost=10}}");
        let done = finish(&mut command, "");
        assert_eq!(done.code, Some(1), "{}", done.err);
        assert_eq!(done.err.lines().count(), 1, "{}", done.err);
        assert!(done.err.contains("admin, user_01, user_02"), "{}", done.err);
        for name in ["admin", "user_01", "user_02"] {
            assert_eq!(
                home.run(&["user", "disable", name], "").code,
                Some(i32::from(name == "admin"))
            );
        }
        let new = ["user", "set-password", "admin", "--password-stdin"];
        assert_eq!(home.run(&new, "a longer one\n").code, Some(0));
        home.serve(&[("ROCKET_PROFILE", "release"), ("ROCKET_AUTH", "{password={cost=10}}")])
            .stop();
    });
}

#[test]
fn the_running_program_sends_no_banner_of_its_server() {
    let service = Home::new().serve(&[]);
    for path in ["/", "/api/me", "/nothing", "/static/style.css"] {
        let reply = service.get(path, &[]);
        assert_eq!(reply.header("server"), None, "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(reply.header("content-security-policy").is_some(), "{path}");
    }
}

#[test]
fn a_setting_of_tls_that_would_be_ignored_stops_the_start() {
    at_home(|home| {
        let files = "certs = \"a.pem\"\nkey = \"b.pem\"\n";
        home.configure(&format!("[default.tls]\n{files}"));
        let by_variable = Home::new();
        let mut command = by_variable.command(&[]);
        command.env("ROCKET_TLS", "{certs=\"a.pem\",key=\"b.pem\"}");
        for done in [home.run(&[], ""), finish(&mut command, "")] {
            assert_eq!((done.code, done.err.lines().count()), (Some(1), 1), "{done:?}");
            assert!(done.err.starts_with("vestibule: tls ("), "{done:?}");
            assert!(done.err.contains("put nginx in front of it"), "{done:?}");
        }
    });
}

#[test]
fn a_cookie_that_is_not_utf_8_hides_the_session_and_the_form_says_what_to_do() {
    at_home(|home| {
        let service = home.serve(&[]);
        let cookie = service.form_login("user_01", "1234").expect("a sample user");
        let page = |path: &str, other: &[u8]| {
            let mut request =
                format!("GET {path} HTTP/1.1\r\nHost: a\r\nCookie: city=").into_bytes();
            request.extend_from_slice(other);
            request
                .extend_from_slice(format!("; {cookie}\r\nConnection: close\r\n\r\n").as_bytes());
            let mut stream = TcpStream::connect(&service.address).expect("it serves");
            stream.write_all(&request).expect("it reads");
            let mut reply = Vec::new();
            stream.read_to_end(&mut reply).expect("a response");
            read_reply(reply).expect("a whole response")
        };
        assert_eq!(page("/whoami", "München".as_bytes()).status, 200);
        page("/whoami", b"M\xfcnchen").assert_problem(401, "credentials_missing");
        let form = page("/login?next=%2Fdashboard&cookie_sent=true", b"M\xfcnchen");
        assert!(
            form.body.contains("sent it together with one that cannot be read"),
            "{}",
            form.body
        );
        assert_eq!(page("/whoami", b"Berlin").status, 200);
    });
}

#[test]
fn an_address_header_of_an_untrusted_client_is_not_believed() {
    let home = Home::new();
    let service = home.serve(&[]);
    let token = service.api_login("user_01", "1234").expect("a sample user");
    let cookie = {
        let form = "application/x-www-form-urlencoded";
        let headers =
            [("Content-Type", form), ("X-Real-IP", "6.6.6.6"), ("X-Forwarded-For", "6.6.6.6")];
        let reply = service.send("POST", "/login", &headers, "username=user_01&password=1234");
        reply.cookies()[0].split(';').next().expect("a cookie").to_owned()
    };
    let page = service.get("/dashboard", &[("Cookie", &cookie), ("X-Real-IP", "6.6.6.6")]);
    assert!(page.body.contains("127.0.0.1") && !page.body.contains("6.6.6.6"), "{}", page.body);
    assert_eq!(service.get("/api/me", &[("Authorization", &token)]).status, 200);
}

/// Fails unless the program ended with these lines, without a panic and without the secret.
#[track_caller]
fn assert_refused(done: &Done, lines: &[&[&str]]) {
    assert_eq!(done.code, Some(1), "{done:?}");
    let said: Vec<_> = done.err.lines().collect();
    assert_eq!(said.len(), lines.len(), "one line for each problem: {done:?}");
    for (line, parts) in said.iter().zip(lines) {
        assert!(line.starts_with("vestibule: "), "{line}");
        for part in *parts {
            assert!(line.contains(part), "{part:?} is not in {line:?}");
        }
    }
    assert_eq!(done.out, "", "nothing else is said");
    for never in ["panicked", "RUST_BACKTRACE", "hunter2", "src/"] {
        assert!(!done.err.contains(never), "{never}: {done:?}");
    }
}

/// A start with more in `Rocket.toml`.
fn with_file(toml: &str) -> Done {
    let home = Home::new();
    home.configure(toml);
    home.run(&[], "")
}

/// A start with one variable set.
fn with_variable(name: &str, value: &str) -> Done {
    let home = Home::new();
    finish(home.command(&[]).env(name, value), "")
}

#[test]
fn a_missing_secret_is_named() {
    let home = Home::new();
    fs::create_dir(home.path("state")).expect("a new directory");
    fs::write(home.path("state/secrets.toml"), "").expect("a new file");
    let own = Permissions::from_mode(0o600);
    fs::set_permissions(home.path("state/secrets.toml"), own).expect("our own file");
    let done = home.run(&[], "");
    assert_refused(&done, &[&["auth.token.secret", "is missing", "at least 32 random bytes"]]);
}

#[test]
fn a_missing_key_of_the_sessions_is_named_in_release() {
    let home = Home::new();
    fs::create_dir(home.path("state")).expect("a new directory");
    let text = "[auth.token]\nsecret = \"a secret of the tests, of 41 bytes at all\"\n";
    fs::write(home.path("state/secrets.toml"), text).expect("a new file");
    let own = Permissions::from_mode(0o600);
    fs::set_permissions(home.path("state/secrets.toml"), own).expect("our own file");
    let mut command = home.command(&[]);
    command.env("ROCKET_PROFILE", "release").env("ROCKET_AUTH", "{password={cost=10}}");
    let done = finish(&mut command, "");
    assert_refused(&done, &[&["secret_key"]]);
}

#[test]
fn a_published_key_of_the_sessions_is_refused_in_release() {
    let home = Home::new();
    let key = "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk=";
    home.configure(&format!(
        "[release]\nsecret_key = \"{key}\"\n[release.auth.password]\ncost = 10\n"
    ));
    let release =
        |arguments: &[&str]| finish(home.command(arguments).env("ROCKET_PROFILE", "release"), "");
    assert_refused(&release(&[]), &[&["secret_key (Rocket.toml)", "is a published example"]]);
    let doctor = release(&["doctor"]);
    assert!(doctor.out.contains("FAIL  settings       secret_key (Rocket.toml)"), "{doctor:?}");
}

#[test]
fn a_short_secret_is_refused_and_not_repeated() {
    let done = with_variable("ROCKET_AUTH", r#"{token={secret="hunter2"}}"#);
    let parts = ["auth.token.secret", "`ROCKET_` environment variable", "too short", "32 random"];
    assert_refused(&done, &[&parts]);

    let done = with_file("[default.auth.token]\nsecret = \"hunter2\"\n");
    let parts = ["auth.token.secret", "(Rocket.toml)", "too short", "at least 32 random bytes"];
    assert_refused(&done, &[&parts]);
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    for (name, value) in [
        ("ROCKET_AUTH", r#"{token="hunter2"}"#),
        ("ROCKET_AUTH", r#"{token={secret=["hunter2"]}}"#),
        ("ROCKET_AUTH", r#"{token={previous_secrets="hunter2"}}"#),
        ("ROCKET_SECRET_KEY", "hunter2"),
    ] {
        let done = with_variable(name, value);
        assert_eq!(done.code, Some(1), "{name}={value}: {done:?}");
        assert!(!done.err.contains("hunter2"), "{name}={value}: {done:?}");
    }
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones() {
    for (toml, key, known) in [
        ("[default.auth]\nmood = \"both\"\n", "mood", "mode"),
        ("[default.auth.session]\nlifespan = \"1h\"\n", "lifespan", "lifetime"),
        ("[default.auth.token]\nexpires = \"1h\"\n", "expires", "access"),
        ("[default.auth.password]\nrounds = 12\ncost = 4\n", "rounds", "cost"),
        ("[default.accounts]\nregister = true\n", "register", "registration"),
        ("[default.databases.main]\nurl = \"sqlite://x\"\nsize = 4\n", "size", "pool_size"),
        ("[default.databases.other]\nurl = \"sqlite://x\"\n", "other", "main"),
    ] {
        // The section of the passwords is in the file already.
        let home = Home::new();
        home.configure_alone(toml);
        let done = home.run(&[], "");
        assert_refused(&done, &[&[key, "(Rocket.toml)", "unknown key", "allowed: ", known]]);
    }
}

#[test]
fn a_bad_value_is_named_with_what_is_allowed() {
    for (toml, parts) in [
        ("[default.auth.token]\naccess = \"soon\"\n", ["auth.token.access", "a duration such as"]),
        ("[default.auth.session]\nidle = -1\n", ["auth.session.idle", "a duration such as"]),
        ("[default.auth]\nmode = \"jwt\"\n", ["auth.mode", "allowed: session, token, both"]),
        ("[default.auth]\npolicy = \"never\"\n", ["auth.policy", "mode = \"token\" only"]),
        ("[default.auth.token]\nrefresh = \"1s\"\n", ["auth.token.refresh", "shorter"]),
        ("[default.auth.key]\nlifetime = \"0\"\n", ["auth.key.lifetime", "at least \"1s\""]),
        ("[default.auth.key]\nlifetime = \"999ms\"\n", ["auth.key.lifetime", "at least \"1s\""]),
        ("[default.auth.key]\nlongest = \"89 days\"\n", ["auth.key.longest", "not be shorter"]),
        (
            "[default.auth.key]\nlifetime = \"3d\"\nlongest = \"2d\"\n",
            ["auth.key.longest", "not be shorter"],
        ),
        (
            "[default.databases.main]\nurl = \"mysql://root:hunter2@localhost/x\"\n",
            ["databases.main.url", "must begin with sqlite:// or postgres://"],
        ),
        (
            "[default.databases.main]\nurl = \"postgres://u:hunter2@db.example/x\"\n",
            ["databases.main.url", "sslmode=disable"],
        ),
        (
            "[default.databases.main]\nurl = \"sqlite://no/such/directory/x\"\n",
            ["databases.main.url", "does not exist"],
        ),
        (
            "[default.databases.main]\nurl = \"sqlite://x\"\npool_size = 0\n",
            ["databases.main.pool_size", "must be 1 to 256"],
        ),
        (
            "[default.databases.main]\nurl = \"sqlite://x\"\ntimeout = \"1 day\"\n",
            ["databases.main.timeout", "must be a duration from"],
        ),
        (
            "[default.accounts.registrations]\nmax = 0\n",
            ["accounts.registrations", "must be more than 0"],
        ),
        (
            "[default.accounts.registrations]\nwindow = \"0\"\n",
            ["accounts.registrations", "must be more than 0"],
        ),
        (
            "[default.accounts]\nregistration = \"perhaps\"\n",
            ["accounts.registration", "a boolean"],
        ),
        (
            "[default.accounts]\naudit_retention = \"23h\"\n",
            ["accounts.audit_retention", "at least \"1 day\""],
        ),
        (
            "[default.accounts]\ntrusted_proxy = [\"10.0.0.0/33\"]\n",
            ["accounts.trusted_proxy", "such as \"10.0.0.0/8\""],
        ),
        (
            "[default.accounts]\ntrusted_proxy = [\"::/0\"]\n",
            ["accounts.trusted_proxy", "every client"],
        ),
    ] {
        assert_refused(&with_file(toml), &[&[parts[0], "(Rocket.toml)", parts[1]]]);
    }
}

#[test]
fn a_default_is_named_as_one() {
    let home = Home::new();
    fs::create_dir_all(home.path("state/vestibule.sqlite3")).expect("a new directory");
    assert_refused(&home.run(&[], ""), &[&["databases.main.url (default): "]]);
}

#[test]
fn a_strength_that_there_is_not_is_named() {
    for strength in ["5", "-1", "\"strong\""] {
        let home = Home::new();
        home.configure_alone(&format!("[default.auth.password]\nstrength = {strength}\n"));
        let done = home.run(&[], "");
        assert_refused(&done, &[&["auth.password.strength", "(Rocket.toml)"]]);
    }
}

#[test]
fn every_problem_has_a_line() {
    let toml = "[default.auth.token]\nleeway = \"1h\"\nidentity_claim = \"\"\nsecret = \"hunter2\"\n\
                [default.accounts]\nregister = true\n";
    let lines: [&[&str]; 4] = [
        &["auth.token.leeway", "must be at most"],
        &["auth.token.identity_claim", "must name a claim"],
        &["auth.token.secret", "too short"],
        &["accounts.register", "unknown key"],
    ];
    assert_refused(&with_file(toml), &lines);
}

#[test]
fn sample_users_cannot_be_asked_for_where_they_do_not_belong() {
    let home = Home::new();
    home.configure("[default.accounts]\nsample_users = true\n");
    let mut command = home.command(&[]);
    let done = finish(command.env("ROCKET_ADDRESS", "0.0.0.0"), "");
    assert_refused(&done, &[&["accounts.sample_users", "(Rocket.toml)", "loopback"]]);
}

#[test]
fn the_keys_of_a_foreign_issuer_are_refused_where_its_tokens_name_no_account() {
    let home = Home::new();
    let key = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"sC1LwcDoCvLQ-g6A09rLyhNsnjBEjWi-_lO1SM4rPtg"}]}"#;
    let path = home.path("jwks.json");
    fs::write(&path, key).expect("a new file");
    home.configure(&format!(
        "[default.auth.token.foreign]\njwks = {path:?}\nissuer = \"https://id.example\"\n\
         audience = \"accounts\"\n"
    ));
    let parts = ["auth.token.foreign.jwks", "(Rocket.toml)", "is not for this service"];
    assert_refused(&home.run(&[], ""), &[&parts]);
}

#[test]
fn public_keys_without_a_private_one_are_refused_where_tokens_are_issued() {
    at_home(|home| {
        let keys = "algorithm = \"EdDSA\"\npublic_keys = [\"\"\"\n-----BEGIN PUBLIC KEY-----\n\
                    MCowBQYDK2VwAyEACmpmSxkTG9RKR+pxGrXwX+XMLoxcuzj7tUI0TDyhpG0=\n\
                    -----END PUBLIC KEY-----\n\"\"\"]\n";
        for mode in ["token", "both"] {
            home.configure(&format!(
                "[default.auth]\nmode = {mode:?}\n[default.auth.token]\n{keys}"
            ));
            assert_refused(&home.run(&[], ""), &[&["auth.token.private_key", "is missing"]]);
            let doctor = home.run(&["doctor"], "");
            let said = doctor.out.lines().any(|line| {
                line.starts_with("FAIL  settings") && line.contains("auth.token.private_key")
            });
            assert!(said && doctor.code == Some(1), "{doctor:?}");
        }
        home.configure(&format!(
            "[default.auth]\nmode = \"session\"\n[default.auth.token]\n{keys}"
        ));
        home.serve(&[]).stop();
    });
}

#[test]
fn a_named_file_that_does_not_exist_is_refused_before_anything_is_made() {
    let home = Home::new();
    let commands: [&[&str]; 3] = [&[], &["user", "list"], &["health"]];
    for arguments in commands {
        let done = finish(home.command(arguments).env("ROCKET_CONFIG", "Missing.toml"), "");
        assert_refused(
            &done,
            &[&["the configuration file Missing.toml does not exist", "ROCKET_CONFIG"]],
        );
    }
    let remove = || drop(std::fs::remove_file(home.path("Rocket.toml")));
    remove();
    std::os::unix::fs::symlink("nothing", home.path("Rocket.toml")).expect("a new link");
    let done = home.run(&[], "");
    assert_refused(&done, &[&["the configuration file Rocket.toml is a link to nothing"]]);
    remove();
    std::fs::create_dir(home.path("Rocket.toml")).expect("a new directory");
    let done = home.run(&[], "");
    assert_refused(&done, &[&["the configuration file Rocket.toml is a directory"]]);
    assert!(!home.path("state").exists());
    let none = finish(home.command(&["routes"]).env("ROCKET_CONFIG", "/dev/null"), "");
    assert_eq!(none.code, Some(0), "{none:?}");
}

#[test]
fn a_file_that_is_no_toml_is_named() {
    let home = Home::new();
    home.configure_alone("[default]\nsecret_key = \"hunter2\n");
    assert_refused(&home.run(&[], ""), &[&["Rocket.toml: ", "line 2"]]);
}

#[test]
fn a_database_that_is_not_there_is_said_without_its_password() {
    let url = r#"{main={url="postgres://u:hunter2@127.0.0.1:1/x"}}"#;
    let done = with_variable("ROCKET_DATABASES", url);
    assert_refused(&done, &[&["databases.main.url", "connection"]]);
}

#[test]
fn a_state_directory_that_cannot_be_made_is_named() {
    let done = with_variable("VESTIBULE_STATE", "/dev/null/state");
    assert_refused(&done, &[&["/dev/null/state", "set VESTIBULE_STATE"]]);
}

#[test]
fn a_state_directory_of_another_user_is_named() {
    let home = Home::new();
    let state = home.path("state");
    fs::create_dir(&state).expect("a new directory");
    fs::set_permissions(&state, Permissions::from_mode(0o555)).expect("our own");
    let mut command = home.command_of_nobody(&[]);
    let done = finish(&mut command, "");
    assert_refused(&done, &[&["state/secrets.toml", "Permission denied", "VESTIBULE_STATE"]]);
}

#[test]
fn secrets_of_another_user_are_named_and_no_other_directory_is_asked_for() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let mut command = home.command_of_nobody(&[]);
    for (path, mode) in [("state", 0o755), ("state/secrets.toml", 0)] {
        fs::set_permissions(home.path(path), Permissions::from_mode(mode)).expect("our own");
    }
    let done = finish(&mut command, "");
    let parts = ["state/secrets.toml cannot be read", "Permission denied", "belong to the user"];
    assert_refused(&done, &[&parts]);
    assert!(!done.err.contains("VESTIBULE_STATE"), "{done:?}");
}

/// A home with a database of its own in a directory that was there before.
fn with_database() -> Home {
    let home = Home::new();
    fs::create_dir(home.path("data")).expect("a new directory");
    fs::set_permissions(home.path("data"), Permissions::from_mode(0o755)).expect("our own");
    let url = format!("sqlite://{}", home.path("data/x.sqlite3").display());
    home.configure(&format!("[default.databases.main]\nurl = \"{url}\"\n"));
    home
}

#[test]
fn the_database_is_for_its_owner_alone_also_where_the_directory_is_not() {
    let home = with_database();
    let service = home.serve(&[]);
    assert!(service.api_login("user_01", "1234").is_ok());
    let files = fs::read_dir(home.path("data")).expect("it exists").flatten();
    let files: Vec<_> = files.map(|entry| entry.path()).collect();
    assert!(files.len() > 1, "the file and its log: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert_eq!(mode(&home.path("data")), 0o755, "which stays as it was");
}

#[test]
fn a_database_that_cannot_be_written_is_named_at_the_start() {
    for (directory, file) in [(0o777, 0o444), (0o555, 0o666)] {
        let home = with_database();
        home.serve(&[]).stop();
        fs::remove_dir_all(home.path("state")).expect("our own");
        fs::set_permissions(home.path("data/x.sqlite3"), Permissions::from_mode(file))
            .and_then(|()| {
                fs::set_permissions(home.path("data"), Permissions::from_mode(directory))
            })
            .expect("our own");
        let done = finish(&mut home.command_of_nobody(&[]), "");
        assert_refused(&done, &[&["databases.main.url (Rocket.toml)", "data/x.sqlite3"]]);
    }
}

#[test]
fn secrets_that_others_can_read_are_refused() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    let secrets = home.path("state/secrets.toml");
    for mode in [0o644, 0o640, 0o604, 0o660] {
        fs::set_permissions(&secrets, Permissions::from_mode(mode)).expect("our own file");
        let done = home.run(&[], "");
        assert_refused(&done, &[&["secrets.toml", "can be read by others", "chmod 600"]]);
    }
}

#[test]
fn a_number_of_threads_that_cannot_be_is_refused() {
    for (key, number) in [("workers", "0"), ("workers", "1025"), ("max_blocking", "0")] {
        let done = with_variable(&format!("ROCKET_{}", key.to_uppercase()), number);
        assert_refused(&done, &[&[&format!("{key} (`ROCKET_` environment"), "must be "]]);
    }
}

#[test]
fn settings_one_level_too_high_are_refused() {
    for (toml, name) in [
        ("[auth]\nmode = \"token\"\n", "auth"),
        ("[auth.token]\nsecret = \"hunter2\"\n", "auth"),
        ("[accounts]\nregistration = false\n", "accounts"),
        ("[databases.main]\nurl = \"sqlite://hunter2\"\n", "databases"),
        ("[limits]\njson = \"1KiB\"\n", "limits"),
    ] {
        let home = Home::new();
        home.configure(toml);
        for command in [&[][..], &["routes"], &["user", "list"]] {
            let named = format!("{name} (Rocket.toml)");
            let meant = format!("write [default.{name}]");
            assert_refused(&home.run(command, ""), &[&[&named, &meant]]);
        }
        assert!(!home.path("state/vestibule.sqlite3").exists(), "nothing was begun");
    }
    let done = with_file("[auth]\nmode = \"token\"\n[accounts]\nregistration = false\n");
    assert_refused(&done, &[&["accounts (Rocket.toml)"], &["auth (Rocket.toml)"]]);
}

/// The lines of a service's log from a level on, of those who warn.
fn warnings(home: &Home) -> Vec<String> {
    let lines = home.log().into_iter().filter(|line| line["level"] == "warn");
    lines.map(|line| line["message"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_profile_that_may_be_a_mistake_is_said_at_the_start() {
    let cheap = "password={cost=10}";
    for (toml, profile, named) in [
        ("", "prodution", Some("`prodution` is selected")),
        ("[defualt.auth]\nmode = \"token\"\n", "debug", Some("[defualt]")),
        ("[session]\nidle = \"1h\"\n", "debug", Some("[session]")),
        ("[live]\nlog_level = \"normal\"\n", "live", None),
        ("[api.auth]\nmode = \"token\"\n", "debug", None),
    ] {
        let home = Home::new();
        home.configure(toml);
        let auth = format!("{{{cheap}}}");
        home.serve(&[("ROCKET_PROFILE", profile), ("ROCKET_AUTH", &auth)]).stop();
        let warnings = warnings(&home);
        assert_eq!(warnings.len(), usize::from(named.is_some()), "{toml}: {warnings:?}");
        assert!(named.is_none_or(|named| warnings[0].contains(named)), "{warnings:?}");
    }
}

#[test]
fn the_banner_lists_the_profiles_that_are_not_selected() {
    let home = Home::new();
    home.configure("[api.auth]\nmode = \"token\"\n[defualt]\nworkers = 2\n");
    let service = home.serve(&[]);
    assert!(
        service.banner.contains("profiles  not selected: api, defualt\n"),
        "{}",
        service.banner
    );
    assert!(!Home::new().serve(&[]).banner.contains("profiles"));
}

#[test]
fn the_service_warns_only_of_settings_that_it_does_not_read() {
    let home = Home::new();
    let token = "json={access=\"token\"},refresh_grace=0,query={name=\"token\"}";
    let rest = "throttle={failures=3},key={lifetime=\"1d\"},session={idle=\"1h\"}";
    let service = home.serve(&[("ROCKET_AUTH", &format!("{{token={{{token}}},{rest}}}"))]);
    assert_eq!(service.get("/health", &[]).status, 200);
    service.stop();
    let found = warnings(&home).into_iter().filter(|line| line.starts_with("configuration:"));
    let source = "`ROCKET_` environment variable(s)";
    let told = format!("auth.token.query ({source}): is set, but token.locations lacks \"query\"");
    assert_eq!(found.collect::<Vec<_>>(), [format!("configuration: {told}")]);
}

#[test]
fn the_log_level_decides_what_is_logged() {
    for (level, requests, warnings) in
        [(None, 1, 1), (Some("off"), 0, 0), (Some("critical"), 0, 1), (Some("normal"), 1, 1)]
    {
        let home = Home::new();
        let level = level.map(|level| format!("log_level = \"{level}\"\n")).unwrap_or_default();
        // A profile that is not there is worth a warning.
        home.configure(&format!("[global]\n{level}"));
        let auth = "{password={cost=10}}";
        let service = home.serve(&[("ROCKET_PROFILE", "absent"), ("ROCKET_AUTH", auth)]);
        assert_eq!(service.get("/health", &[]).status, 200);
        service.stop();
        let log = home.log();
        let count = |name: &str, value: &str| log.iter().filter(|l| l[name] == value).count();
        assert_eq!(count("target", "vestibule::access"), requests, "{level}: {log:?}");
        assert_eq!(count("level", "warn"), warnings, "{level}: {log:?}");
    }
}

#[test]
fn the_finest_level_shows_no_more_of_a_request() {
    let home = Home::new();
    home.configure("[global]\nlog_level = \"debug\"\n");
    let service = home.serve(&[]);
    let token = service.api_login("admin", "admin123").expect("a sample user");
    let cookie = service.form_login("admin", "admin123").expect("a sample user");
    assert_eq!(service.get("/api/me?secret=hunter2", &[("Authorization", &token)]).status, 200);
    assert_eq!(service.get("/dashboard", &[("Cookie", &cookie)]).status, 200);
    service.stop();
    let log = format!("{:?}", home.log());
    assert!(log.contains("GET /dashboard"), "{log}");
    for never in ["hunter2", "Bearer", "session=", "admin123"] {
        assert!(!log.contains(never), "{never}: {log}");
    }
}

#[test]
fn a_closed_standard_output_does_not_stop_the_service() {
    let home = Home::new();
    // Asked for and given back: the port is free, as good as certainly.
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = home.command(&[]);
    command.env("ROCKET_PORT", address.port().to_string());
    let service = Service::unheard(&mut command, &address.to_string(), writer);
    assert_eq!(service.get("/health", &[]).status, 200);
}

#[test]
fn a_port_in_use_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let done = with_variable("ROCKET_PORT", &address.port().to_string());
    let what = format!("cannot listen on {address}");
    assert_refused(&done, &[&[&what, "in use"]]);
}

#[test]
fn links_to_sign_in_without_mail_are_refused_at_start() {
    let home = Home::new();
    home.configure("[default.accounts]\nsign_in_links = true\nemail = \"off\"\n");
    let refused = home.run(&["serve"], "");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("accounts.sign_in_links"), "{refused:?}");
    assert!(refused.err.contains("needs mail.url"), "{refused:?}");
}
