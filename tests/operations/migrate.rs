//! `vestibule migrate`, and a database that a newer program has migrated.

use super::client::LONG_TIMEOUT;
use super::doctor::{assert_not_said, assert_said, doctor};
use crate::support::postgres;
use crate::support::process::{Home, at_home};

/// Runs `migrate`; returns what it applied, and the version of the schema.
fn migrate(home: &Home) -> (String, String) {
    let done = home.run(&["migrate"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    let (applied, version) =
        done.out.trim().split_once("; the schema has version ").expect("a version");
    (applied.to_owned(), version.to_owned())
}

#[test]
fn an_empty_database_is_migrated_once_and_the_service_starts_on_it() {
    at_home(|home| {
        let (applied, version) = migrate(&home);
        assert_ne!(applied, "applied 0");
        assert_eq!(migrate(&home), ("applied 0".to_owned(), version));
        home.serve(LONG_TIMEOUT).api_login("user_01", "1234").expect("a sample user");
    });
}

#[test]
fn an_older_program_on_a_newer_schema_starts_nothing_and_says_both_versions() {
    at_home(|home| {
        home.serve(LONG_TIMEOUT).stop();
        let (_, known) = migrate(&home);
        let newer = "29990101000000";
        home.sql(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{newer}')"));
        let commands: [&[&str]; 5] =
            [&[], &["migrate"], &["user", "list"], &["purge"], &["audit", "verify"]];
        for command in commands {
            let done = home.run(command, "");
            assert_eq!((done.code, done.err.lines().count()), (Some(1), 1), "{done:?}");
            for part in [newer, &known, "run the newer program"] {
                assert!(done.err.contains(part), "{command:?}: {done:?}");
            }
        }
        home.sql(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{newer}'"));
        home.serve(LONG_TIMEOUT).api_login("user_01", "1234").expect("nothing was lost");
    });
}

#[test]
fn after_migrate_the_service_needs_no_right_to_create_tables() {
    at_home(|owner| {
        let Some(url) = owner.url() else { return };
        migrate(&owner);
        let name = url.rsplit('/').next().and_then(|name| name.split('?').next());
        let role = format!("{}_user", name.expect("a name"));
        owner.sql(&format!(
            "CREATE ROLE {role}; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        ));
        let separator = if url.contains('?') { '&' } else { '?' };
        let home = Home::at(&format!("{url}{separator}options=-c%20role%3D{role}"));
        home.serve(LONG_TIMEOUT).api_login("user_01", "1234").expect("a sample user");
        assert_not_said(&doctor(&home, &[]), "FAIL", "privileges");
        owner.sql(&format!("REVOKE DELETE ON sign_ins FROM {role}"));
        assert_said(&doctor(&home, &[]), "FAIL", "privileges", &["GRANT SELECT"]);
        owner.sql(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"));
        assert_said(&doctor(&home, &[]), "FAIL", "privileges", &["GRANT SELECT"]);
        owner.sql(&format!("GRANT SELECT ON __diesel_schema_migrations TO {role}"));
        owner.sql("DELETE FROM __diesel_schema_migrations WHERE version > '20261128000300'");
        let done = home.run(&["migrate"], "");
        assert!(done.code == Some(1) && done.err.contains("permission denied"), "{done:?}");
        owner.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC");
        assert_said(&doctor(&home, &[]), "FAIL", "privileges", &["vestibule migrate"]);
        owner.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    });
}

#[test]
fn a_database_that_is_not_utf_8_is_refused_before_it_has_a_table() {
    let Some(server) = postgres::server() else { return };
    let url = server.create_database(None);
    let other = url.rsplit('/').next().and_then(|name| name.split('?').next()).expect("a name");
    let name = format!("{other}_latin1");
    server.execute(
        other,
        &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"),
    );
    let home = Home::at(&url.replace(other, &name));
    let to = home.url().expect("the URL").to_owned();
    let full = Home::new();
    migrate(&full);
    let file = format!("sqlite://{}", full.path("state/vestibule.sqlite3").display());
    let transfer = ["move", "--from", &file, "--to", &to, "--dry-run"];
    for arguments in [&[][..], &["migrate"], &transfer, &transfer[..5]] {
        let done = home.run(arguments, "");
        assert_eq!((done.code, done.err.lines().count()), (Some(1), 1), "{done:?}");
        let said = "the database has the encoding LATIN1; create one with ENCODING 'UTF8'";
        assert!(done.err.contains(said), "{arguments:?}: {done:?}");
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(server.execute(&name, tables).trim(), "0", "{arguments:?}");
    }
    server.execute(other, &format!("DROP DATABASE {name}"));
}
