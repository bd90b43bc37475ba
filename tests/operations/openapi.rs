//! Schemathesis against the service, as visitor, user and administrator. It comes from PyPI, so
//! `tests/openapi.sh` installs it and runs this test.

use std::process::{Command, Stdio};

use crate::support::process::{Home, Service, at_home};

/// No limit that hundreds of requests reach.
const LIMITS: [(&str, &str); 2] = [
    ("ROCKET_AUTH", "{throttle={failures=1000000},password={cost=4}}"),
    ("ROCKET_ACCOUNTS", "{registrations={max=1000000},max_sign_ins=1000000}"),
];

/// Left out: names and passwords are refused by rules that no schema can tell; a method that Rocket
/// does not know is 400; and beside a good token a bad cookie is ignored.
const EXCLUDED: &str = "positive_data_acceptance,unsupported_method,ignored_auth";

#[test]
#[ignore = "tests/openapi.sh runs it"]
fn schemathesis_finds_nothing() {
    at_home(|home: Home| {
        let service = home.serve(&LIMITS);
        examine(&home, &service, &[]);
        for name in ["user_01", "admin"] {
            let password = if name == "admin" { "admin123" } else { "1234" };
            let token = service.api_login(name, password).expect("a sign-in");
            examine(&home, &service, &["--header", &format!("Authorization: {token}")]);
        }
        // The users are still there, and none is locked out.
        assert!(service.api_login("admin", "admin123").is_ok());
    });
}

fn examine(home: &Home, service: &Service, credential: &[&str]) {
    let program = std::env::var("SCHEMATHESIS").expect("the path of its program");
    let mut command = Command::new(program);
    // It leaves a directory behind.
    command.current_dir(home.path(""));
    command.args(["run", &format!("http://{}/api/openapi.json", service.address)]);
    command.args(["--exclude-checks", EXCLUDED, "--max-examples", "20", "--seed", "1"]);
    // What would end the very credential, or the users of the test.
    command.args(["--exclude-operation-id", "logout", "--exclude-operation-id", "changePassword"]);
    command.args(["--exclude-operation-id", "deleteUser", "--exclude-operation-id", "changeUser"]);
    command.args(["--exclude-operation-id", "endUserSignIns", "--no-color"]);
    let output = command.args(credential).stdin(Stdio::null()).output().expect("it can be run");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
}
