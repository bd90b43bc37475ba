//! `vestibule doctor` and `vestibule health`: what they say, when they fail, and what they never
//! say.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::client::LONG_TIMEOUT;
use crate::support::process::{Done, Home, at_home, finish};

const RELEASE: (&str, &str) = ("ROCKET_PROFILE", "release");

/// What the doctor says, with these variables.
pub(crate) fn doctor(home: &Home, variables: &[(&str, &str)]) -> Done {
    let done = finish(home.command(&["doctor"]).envs(variables.iter().copied()), "");
    let failed = done.out.lines().any(|line| line.starts_with("FAIL"));
    assert_eq!(done.code, Some(i32::from(failed)), "{done:?}");
    done
}

/// Fails unless one line has this mark and subject, and says all of this.
#[track_caller]
pub(crate) fn assert_said(done: &Done, mark: &str, what: &str, parts: &[&str]) {
    let begin = format!("{mark:<5} {what:<14} ");
    let fits =
        |line: &&str| line.starts_with(&begin) && parts.iter().all(|part| line.contains(part));
    assert!(done.out.lines().any(|line| fits(&line)), "{mark} {what} {parts:?}: {done:?}");
}

/// Fails if a line has this mark and subject.
#[track_caller]
pub(crate) fn assert_not_said(done: &Done, mark: &str, what: &str) {
    let begin = format!("{mark:<5} {what:<14} ");
    assert!(!done.out.lines().any(|line| line.starts_with(&begin)), "{mark} {what}: {done:?}");
}

pub(crate) fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("our own");
}

#[test]
fn before_the_first_start_nothing_is_wrong_and_nothing_is_made() {
    for profile in ["debug", "release"] {
        let home = Home::new();
        home.configure_alone("[default]\nport = 0\n");
        let done = doctor(&home, &[("ROCKET_PROFILE", profile)]);
        assert_said(&done, "ok", "state", &["the first start makes it"]);
        assert_said(&done, "ok", "database", &["the first start makes it"]);
        assert_said(&done, "ok", "templates", &["built in"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(!home.path("state").exists());
    }
}

#[test]
fn a_service_that_runs_is_well() {
    at_home(|home| {
        let service = home.serve(LONG_TIMEOUT);
        let port = service.address.rsplit(':').next().expect("a port");
        let done = doctor(&home, &[("ROCKET_PORT", port)]);
        for what in ["configuration", "profile", "state", "secrets", "database", "schema", "clock"]
        {
            assert_said(&done, "ok", what, &[]);
            assert_not_said(&done, "warn", what);
        }
        assert_said(&done, "ok", "administrator", &["1"]);
        assert_said(&done, "ok", "service", &["running at", "\"writable\":true"]);

        let health = |port: &str| finish(home.command(&["health"]).env("ROCKET_PORT", port), "");
        let well = health(port);
        assert_eq!(well.code, Some(0), "{well:?}");
        assert!(well.out.contains("\"status\":\"ok\""), "{well:?}");
        let port = port.to_owned();
        service.stop();
        let gone = health(&port);
        assert_eq!((gone.code, gone.err.lines().count()), (Some(1), 1), "{gone:?}");
        let done = doctor(&home, &[("ROCKET_PORT", &port)]);
        assert_said(&done, "ok", "service", &["not running"]);
    });
}

#[test]
fn a_configuration_that_is_not_read_is_reported() {
    let home = Home::new();
    home.configure("[default.acounts]\nregistration = false\n");
    let done = doctor(&home, &[("ROCKET_DATABASE_URL", "x"), ("ROCKET_PROFILE", "relase")]);
    assert_said(&done, "warn", "configuration", &["acounts"]);
    assert_said(&done, "warn", "configuration", &["database_url"]);
    assert_said(&done, "warn", "profile", &["relase"]);
    home.configure("[staging]\nworkers = 2\n");
    assert_not_said(&doctor(&home, &[]), "warn", "configuration");
    let known = doctor(&home, &[("ROCKET_PROFILE", "staging")]);
    assert!(!known.out.contains("no settings of its own"), "{known:?}");

    let missing = doctor(&home, &[("ROCKET_CONFIG", "Missing.toml")]);
    assert_said(&missing, "FAIL", "configuration", &["Missing.toml"]);
    fs::remove_file(home.path("Rocket.toml")).expect("our own file");
    assert_said(&doctor(&home, &[]), "warn", "configuration", &["ROCKET_CONFIG"]);
}

#[test]
fn weak_settings_are_named_outside_the_debug_profile() {
    let weak = r#"
        [default.auth]
        policy = "always"
        [default.auth.session]
        secure = false
        [default.auth.password]
        cost = 10
        min_length = 6
        [default.auth.token]
        access = "2h"
        leeway = "2m"
        locations = ["header", "query"]
        [default.auth.throttle]
        failures = 1000
    "#;
    let home = Home::new();
    home.configure_alone(weak);
    let done = doctor(&home, &[RELEASE]);
    for key in [
        "auth.policy",
        "auth.session.secure",
        "auth.password.cost",
        "auth.password.min_length",
        "auth.token.access",
        "auth.token.leeway",
        "auth.token.locations",
        "auth.throttle.failures",
    ] {
        assert_said(&done, "warn", "settings", &[key]);
    }
    assert_said(&done, "warn", "proxy", &["trusted_proxy"]);
    assert_not_said(&doctor(&home, &[]), "warn", "settings");

    home.configure_alone("[default.accounts]\ntrusted_proxy = [\"127.0.0.1\"]\n");
    let sound = doctor(&home, &[RELEASE]);
    assert_said(&sound, "ok", "settings", &["mode both"]);
    assert_said(&sound, "ok", "proxy", &["127.0.0.1"]);
    assert_said(&sound, "warn", "links", &["public_url"]);
    let public = ("ROCKET_PUBLIC_URL", "https://login.example");
    assert_said(&doctor(&home, &[RELEASE, public]), "ok", "links", &["https://login.example"]);
    assert_not_said(&doctor(&home, &[]), "warn", "links");
    assert_said(&sound, "ok", "revocation", &["within 1s"]);
    for (delay, mark, says) in [("0", "ok", "at once"), ("2m", "warn", "2m")] {
        home.configure_alone(&format!("[default.auth]\nrevocation_delay = \"{delay}\"\n"));
        assert_said(&doctor(&home, &[]), mark, "revocation", &[says]);
    }
    let open = ("ROCKET_ADDRESS", "0.0.0.0");
    assert_said(&doctor(&home, &[open]), "warn", "settings", &["debug profile"]);
    home.configure_alone("");
    assert_said(&doctor(&home, &[RELEASE, open]), "warn", "proxy", &["nginx.conf"]);
}

#[test]
fn files_that_others_can_read_are_named() {
    let home = Home::new();
    home.serve(LONG_TIMEOUT).stop();
    allow(&home.path("Rocket.toml"), 0o644);
    let sound = doctor(&home, &[]);
    assert_not_said(&sound, "warn", "secrets");
    assert_not_said(&sound, "warn", "state");
    assert_not_said(&sound, "warn", "database");

    allow(&home.path("state"), 0o755);
    allow(&home.path("state/vestibule.sqlite3"), 0o644);
    let done = doctor(&home, &[]);
    assert_said(&done, "warn", "state", &["chmod 700"]);
    assert_said(&done, "warn", "database", &["chmod 600", "vestibule.sqlite3"]);
    allow(&home.path("state/secrets.toml"), 0o640);
    assert_said(&doctor(&home, &[]), "FAIL", "secrets", &["chmod 600"]);
    allow(&home.path("state/secrets.toml"), 0o600);

    home.configure("[default.databases.main]\nurl = \"postgres://u:p@localhost:1/x\"\n");
    assert_said(&doctor(&home, &[]), "warn", "secrets", &["Rocket.toml", "chmod o="]);
    let secret = "a secret of the tests, of 41 bytes at all";
    home.configure(&format!("[default.auth.token]\nsecret = \"{secret}\"\n"));
    assert_said(&doctor(&home, &[]), "warn", "secrets", &["Rocket.toml", "chmod o="]);
    allow(&home.path("Rocket.toml"), 0o640);
    assert_not_said(&doctor(&home, &[]), "warn", "secrets");
}

#[test]
fn sample_users_with_their_published_passwords_fail_outside_the_debug_profile() {
    at_home(|home| {
        home.serve(LONG_TIMEOUT).stop();
        let cheap = ("ROCKET_AUTH", "{password={cost=10}}");
        let done = doctor(&home, &[RELEASE, cheap]);
        assert_said(&done, "FAIL", "sample users", &["admin", "user_01", "set-password"]);
        assert_not_said(&doctor(&home, &[]), "FAIL", "sample users");
    });
}

#[test]
fn a_schema_of_a_newer_program_and_a_clock_that_went_back_are_said() {
    at_home(|home| {
        let service = home.serve(LONG_TIMEOUT);
        service.api_login("user_01", "1234").expect("a sample user");
        service.stop();
        let hour = 3_600_000_000_i64;
        home.sql(&format!("UPDATE sign_ins SET last_seen_at = last_seen_at + {hour}"));
        home.sql("UPDATE users SET active = FALSE WHERE role = 'admin'");
        let done = doctor(&home, &[]);
        assert_said(&done, "warn", "clock", &["behind the newest sign-in"]);
        assert_said(&done, "warn", "administrator", &["vestibule user add"]);
        home.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
        assert_said(&doctor(&home, &[]), "FAIL", "schema", &["newer"]);
        home.sql("DELETE FROM __diesel_schema_migrations WHERE version < '2999'");
        home.sql("UPDATE __diesel_schema_migrations SET version = '19990101000000'");
        assert_said(&doctor(&home, &[]), "FAIL", "schema", &["newer"]);
    });
}

#[test]
fn an_empty_database_is_set_up_by_the_next_start_and_not_by_the_doctor() {
    at_home(|home| {
        let done = doctor(&home, &[]);
        // On SQLite there is no file yet.
        if done.out.contains("PostgreSQL") {
            for _ in 0..2 {
                assert_said(&doctor(&home, &[]), "ok", "schema", &["empty", "next start"]);
            }
        }
    });
}

#[test]
fn a_database_that_cannot_be_reached_fails() {
    let home = Home::at("postgres://u:hunter2@127.0.0.1:1/x");
    let done = doctor(&home, &[]);
    assert_said(&done, "FAIL", "database", &["127.0.0.1:1/x", "refused"]);
}

#[test]
fn no_part_of_a_password_that_libpq_cannot_read_is_said() {
    for url in [
        "postgres://u:GEH%00EIM@127.0.0.1:1/x",
        "postgres://127.0.0.1:1/x?user=u&password=a&GEHEIM",
        "postgres://127.0.0.1:1/x?user=u&password=a&GEHEIM=1",
        "postgres://127.0.0.1:1/x?user=u&password=a=GEHEIM",
        "postgres://127.0.0.1:GEHEIM/x",
        "postgres://u:GEHEIM%@127.0.0.1:1/x",
    ] {
        let home = Home::at(url);
        for arguments in [&["doctor"][..], &["migrate"], &["user", "list"], &[]] {
            let done = home.run(arguments, "");
            assert_eq!(done.code, Some(1), "{url} {arguments:?}: {done:?}");
            assert!(!format!("{done:?}").contains("GEH"), "{url} {arguments:?}: {done:?}");
            assert!(!format!("{done:?}").contains("EIM"), "{url} {arguments:?}: {done:?}");
        }
    }
}

#[test]
fn another_host_is_refused_whichever_header_names_it() {
    let home = Home::at("postgres:///x");
    for variable in [("PGHOST", "db.example"), ("PGHOSTADDR", "192.0.2.1"), ("PGSERVICE", "x")] {
        let done = doctor(&home, &[variable]);
        match cfg!(feature = "postgres-tls") {
            false => assert_said(&done, "FAIL", "settings", &["databases.main.url", "sslmode"]),
            // It can be reached, but only over TLS.
            true => assert_said(&done, "FAIL", "database", &[]),
        }
    }
    let plain = Home::at("postgres://127.0.0.1:1/x?sslmode=disable");
    assert_said(&doctor(&plain, &[]), "FAIL", "database", &["refused"]);
}

#[test]
fn a_template_that_is_none_fails() {
    let home = Home::new();
    fs::create_dir(home.path("templates")).expect("a new directory");
    fs::write(home.path("templates/layout.html.tera"), "{% if %}").expect("a new file");
    let done = doctor(&home, &[]);
    assert_said(&done, "FAIL", "templates", &["layout"]);
    home.configure("[default.auth]\nmode = \"token\"\n");
    assert_eq!(doctor(&home, &[]).code, Some(0), "without pages nobody needs them");
}

#[test]
fn a_static_file_that_pages_cannot_use_fails() {
    let home = Home::new();
    home.configure("[default.accounts]\nstatic_dir = \"brand\"\n");
    assert_said(&doctor(&home, &[]), "FAIL", "static files", &["brand", "cannot be read"]);
    fs::create_dir(home.path("brand")).expect("a new directory");
    fs::write(home.path("brand/brand.css"), "").expect("a new file");
    assert_said(&doctor(&home, &[]), "ok", "static files", &["brand"]);
    fs::write(home.path("brand/brand.js"), "").expect("a new file");
    assert_said(&doctor(&home, &[]), "FAIL", "static files", &["brand.js", "stylesheet"]);
}

#[test]
fn a_secret_is_never_said() {
    let secret = "hunter2-hunter2-hunter2-hunter2-hunter2-hunter2";
    for toml in [
        format!("[default]\nsecret_key = \"{secret}\"\n"),
        format!("[default.auth.token]\nsecret = \"{secret}\"\n"),
        "[default.auth.token]\nsecret = \"hunter2\"\n".to_owned(),
        format!("[default.auth.token]\nprevious_secrets = \"{secret}\"\n"),
        format!("[default.auth.token]\nalgorithm = \"EdDSA\"\nprivate_key = \"{secret}\"\n"),
        format!("[default.auth]\ntoken = \"{secret}\"\n"),
        format!("[default.databases.main]\nurl = \"postgres://u:{secret}@localhost:1/x\"\n"),
        format!("[default.databases.main]\nurl = \"postgres://u:{secret}@db.example/x\"\n"),
        format!("[default.databases.main]\nurl = \"mysql://u:{secret}@db.example/x\"\n"),
        format!("[default\nsecret_key = \"{secret}\"\n"),
    ] {
        let home = Home::new();
        home.configure_alone(&toml);
        for profile in ["debug", "release"] {
            let done = doctor(&home, &[("ROCKET_PROFILE", profile)]);
            assert!(!format!("{done:?}").contains("hunter2"), "{toml}: {done:?}");
        }
    }
}
