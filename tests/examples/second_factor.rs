//! Two factors: setting an authenticator up, the second step, and recovery codes.

use totp_rs::{Builder, Secret};
use vestibule::Clock;

use crate::client::Example;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Signs ada in with the password; returns the cookies.
fn log_in(example: &Example) -> String {
    let started = example.send("POST", "/login", &[FORM], "name=ada&password=lovelace");
    assert_eq!((started.status, started.all("location")), (303, vec!["/"]));
    started.cookies().join("; ")
}

/// The code that an app with this secret shows in so many steps of 30 seconds.
fn code(secret: &str, steps: u64) -> String {
    let secret = Secret::try_from_base32(secret).expect("base32");
    let now = Clock::system().now().expect("a time").unix_timestamp();
    let now = u64::try_from(now).expect("after 1970");
    Builder::new().with_secret(secret).build_noncompliant().generate(now + 30 * steps).to_string()
}

#[test]
fn after_the_set_up_a_password_alone_opens_only_the_second_step() {
    let example = Example::start("second_factor");
    let cookies = log_in(&example);
    let cookie = [("Cookie", cookies.as_str())];
    assert_eq!(example.get("/", &cookie).status, 200);
    let asked = example.get("/second-step?next=/set-up", &cookie);
    assert_eq!(asked.all("location"), ["/login?next=%2Fset-up"], "there is no code to ask for");
    let page = example.get("/set-up", &cookie).body;
    let secret = page.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next());
    let secret = secret.expect("a secret").to_owned();
    assert!(page.contains("<svg"), "{page}");

    let form = [cookie[0], FORM];
    assert_eq!(example.send("POST", "/set-up", &form, "code=000000").status, 422);
    let first = format!("code={}", code(&secret, 0));
    let done = example.send("POST", "/set-up", &form, &first);
    assert_eq!(done.status, 200, "{done:?}");
    let codes = done.body.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next());
    let recovery_code = codes.and_then(|codes| codes.lines().next()).expect("a code").to_owned();
    assert_eq!(example.get("/", &cookie).status, 200, "this session has proven both");

    let cookies = log_in(&example);
    let form = [("Cookie", cookies.as_str()), FORM];
    for page in ["/", "/set-up"] {
        let refused = example.get(page, &form[..1]);
        assert_eq!(refused.status, 303, "{refused:?}");
        let to = refused.all("location").concat();
        assert!(to.starts_with("/second-step"), "{to}");
    }
    let wrong = example.send("POST", "/second-step", &form, "code=000000");
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("This code is not valid"), "{wrong:?}");
    assert_eq!(example.send("POST", "/second-step", &form, &first).status, 422, "was used before");
    assert_eq!(example.get("/", &form[..1]).status, 303);
    let next = format!("code={}", code(&secret, 1));
    let done = example.send("POST", "/second-step?next=/set-up", &form, &next);
    assert_eq!((done.status, done.all("location")), (303, vec!["/set-up"]));
    assert_eq!(example.get("/", &form[..1]).status, 200);

    let cookies = log_in(&example);
    let form = [("Cookie", cookies.as_str()), FORM];
    let recovery = format!("code={recovery_code}");
    assert_eq!(example.send("POST", "/second-step", &form, &recovery).status, 303);
    assert_eq!(example.get("/", &form[..1]).status, 200);
    let cookies = log_in(&example);
    let form = [("Cookie", cookies.as_str()), FORM];
    assert_eq!(example.send("POST", "/second-step", &form, &recovery).status, 422, "works once");
}
