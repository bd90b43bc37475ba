//! Pages alone: the form, the session and its end.

use crate::client::Example;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn the_form_opens_the_page_until_the_log_out() {
    let example = Example::start("pages_only");
    let form = example.get("/login", &[]);
    assert_eq!(form.status, 200);
    assert!(form.body.contains("<form action=\"/login\" method=\"post\">"), "{form:?}");
    let started = example.send("POST", "/login", &[FORM], "name=ada&password=lovelace");
    assert_eq!((started.status, started.all("location")), (303, vec!["/"]));
    let cookies = started.cookies().join("; ");
    let cookie = [("Cookie", cookies.as_str())];
    let page = example.get("/", &cookie);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Hello, ada."), "{page:?}");
    let ended = example.send("POST", "/logout", &cookie, "");
    assert_eq!((ended.status, ended.all("location")), (303, vec!["/login"]));
    assert_eq!(ended.cookies(), ["session="]);
}

#[test]
fn without_a_session_there_is_the_form_with_the_reason() {
    let example = Example::start("pages_only");
    let page = example.get("/", &[]);
    assert_eq!((page.status, page.cookies().len()), (401, 0));
    assert!(page.body.contains("<form action=\"/login\""), "{page:?}");
    let reasons = ["name=ada&password=hopper", "name=eve&password=lovelace"].map(|form| {
        let reply = example.send("POST", "/login", &[FORM], form);
        assert_eq!((reply.status, reply.cookies().len()), (401, 0), "{reply:?}");
        assert!(reply.body.contains("<form action=\"/login\""), "{reply:?}");
        reply.body
    });
    assert_eq!(reasons[0], reasons[1]);
    assert_ne!(reasons[0], page.body);
}
