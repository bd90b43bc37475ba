//! An own user type, and the login form for it.

use crate::client::Example;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn only_who_has_signed_in_is_greeted() {
    let example = Example::start("own_user");
    assert_eq!(example.get("/", &[]).status, 401);
    let welcome = example.send("POST", "/login", &[FORM], "name=ada&password=lovelace");
    assert_eq!((welcome.status, welcome.body.as_str()), (200, "Welcome, ada.\n"));
    let cookies = welcome.cookies().join("; ");
    let cookie = [("Cookie", cookies.as_str())];
    let hello = example.get("/", &cookie);
    assert_eq!((hello.status, hello.body.as_str()), (200, "Hello, ada.\n"));
    let goodbye = example.send("POST", "/logout", &cookie, "");
    assert_eq!((goodbye.status, goodbye.cookies()), (200, vec!["session="]));
}

#[test]
fn a_wrong_password_opens_nothing() {
    let example = Example::start("own_user");
    for form in ["name=ada&password=hopper", "name=nobody&password=lovelace"] {
        let reply = example.send("POST", "/login", &[FORM], form);
        assert_eq!((reply.status, reply.cookies().len()), (401, 0), "{reply:?}");
    }
}
