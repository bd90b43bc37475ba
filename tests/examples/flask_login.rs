//! The rows of Flask-Login that are the application's: views, messages, `next`, other credentials.

use serde_json::{Value, json};

use crate::client::{Example, Reply};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const SETTINGS: &str = "{password={cost=4},fresh_for=\"1h\"}";

struct Site(Example);

/// The cookies of a new browser after a response.
fn jar(reply: &Reply) -> String {
    let kept = reply.cookies().into_iter().filter(|cookie| !cookie.ends_with('='));
    kept.collect::<Vec<_>>().join("; ")
}

impl Site {
    fn start() -> Self {
        Self(Example::start_with("flask_login", SETTINGS))
    }

    fn get(&self, path: &str, cookies: &str) -> Reply {
        let header = [("Cookie", cookies)];
        self.0.get(path, if cookies.is_empty() { &[] } else { &header })
    }

    fn post(&self, path: &str, cookies: &str, form: &str) -> Reply {
        self.0.send("POST", path, &[FORM, ("Cookie", cookies)], form)
    }

    /// Signs Ada in; returns her cookies.
    fn log_in(&self, more: &str) -> String {
        let reply = self.post("/login", "", &format!("name=ada&password=lovelace{more}"));
        assert_eq!((reply.status, location(&reply)), (303, "/"), "{reply:?}");
        jar(&reply)
    }

    /// Whether Ada is there, fresh, and remembered.
    fn state(&self, cookies: &str) -> Value {
        let reply = self.get("/secret", cookies);
        if reply.status == 200 { reply.json() } else { Value::Null }
    }
}

fn location(reply: &Reply) -> &str {
    reply.all("location").first().copied().unwrap_or_default()
}

fn ada(fresh: bool, remembered: bool) -> Value {
    json!({ "name": "ada", "login_fresh": fresh, "login_remembered": remembered })
}

/// One of the cookies of a jar.
fn only(cookies: &str, name: &str) -> String {
    let found = cookies.split("; ").find(|cookie| cookie.starts_with(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("no {name} in {cookies}")).to_owned()
}

#[test]
fn outside_a_login_there_is_a_guest() {
    let site = Site::start();
    assert_eq!(site.get("/", "").body, "Hello, guest.");
    assert_eq!(site.get("/", &site.log_in("")).body, "Hello, ada.");
}

#[test]
fn a_protected_page_leads_to_the_login_view_with_next_and_a_flashed_message() {
    let site = Site::start();
    let refused = site.get("/secret?tab=2", "");
    assert_eq!((refused.status, location(&refused)), (303, "/login?next=%2Fsecret%3Ftab%3D2"));
    let form = site.get(location(&refused), &jar(&refused)).json();
    let message = json!(["message", "Please log in to access this page."]);
    assert_eq!((&form["next"], &form["flash"]), (&json!("/secret?tab=2"), &message));
    let entered = site.post("/login", "", "name=ada&password=lovelace&next=%2Fsecret%3Ftab%3D2");
    assert_eq!((entered.status, location(&entered)), (303, "/secret?tab=2"));
}

#[test]
fn next_never_leads_off_the_site() {
    let site = Site::start();
    let refused = site.0.get("//evil.example/secret", &[]);
    assert!(!location(&refused).contains("evil"), "{refused:?}");
    for next in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", ""] {
        let entered = site.post("/login", "", &format!("name=ada&password=lovelace&next={next}"));
        assert_eq!((entered.status, location(&entered)), (303, "/"), "{next}");
    }
}

#[test]
fn each_part_of_the_site_has_its_own_login_view() {
    let site = Site::start();
    for (path, view) in [
        ("/secret", "/login?next=%2Fsecret"),
        ("/staff/secret", "/staff/login?next=%2Fstaff%2Fsecret"),
        ("/shop/secret", "/login"),
    ] {
        assert_eq!(location(&site.get(path, "")), view, "{path}");
    }
}

#[test]
fn a_message_has_its_category_and_the_language_of_the_request() {
    let site = Site::start();
    for (language, text) in [("de-AT", "Nur für Personal."), ("en", "Staff only.")] {
        let refused = site.0.get("/staff/secret", &[("Accept-Language", language)]);
        let form = site.get("/staff/login", &jar(&refused)).json();
        assert_eq!(form["flash"], json!(["warning", text]));
    }
}

#[test]
fn next_can_wait_in_a_cookie_and_is_used_once() {
    let site = Site::start();
    let refused = site.get("/shop/secret", "");
    assert_eq!((refused.status, location(&refused)), (303, "/login"));
    let kept = only(&jar(&refused), "next");
    assert!(!kept.contains("secret"), "sealed: {kept}");
    let entered = site.post("/login", &kept, "name=ada&password=lovelace");
    assert_eq!((entered.status, location(&entered)), (303, "/shop/secret"));
    assert!(entered.cookies().contains(&"next="), "{entered:?}");
    let forged = site.post("/login", "next=%2Fsettings", "name=ada&password=lovelace");
    assert_eq!(location(&forged), "/", "nobody else can put it there");
}

#[test]
fn without_a_view_it_is_a_401() {
    let site = Site::start();
    assert_eq!(site.get("/plain/secret", "").status, 401);
    let link = jar(&site.get("/link/once", ""));
    assert_eq!(site.get("/plain/settings", &link).status, 401, "not fresh");
    assert_eq!(site.get("/plain/secret", &link).status, 200);
}

#[test]
fn a_handler_of_ones_own_answers_what_it_likes() {
    let site = Site::start();
    let link = jar(&site.get("/link/once", ""));
    for (path, cookies) in [("/api/secret", ""), ("/api/settings", link.as_str())] {
        site.get(path, cookies).is(418, &json!({ "error": "not without a login" }));
    }
}

#[test]
fn what_needs_a_fresh_login_leads_to_the_refresh_view() {
    let site = Site::start();
    let link = jar(&site.get("/link/once", ""));
    assert_eq!(site.state(&link), ada(false, false));
    let refused = site.get("/settings", &link);
    assert_eq!((refused.status, location(&refused)), (303, "/confirm?next=%2Fsettings"));
    let form = site.get("/confirm", &format!("{link}; {}", jar(&refused))).json();
    let message = json!(["message", "Please reauthenticate to access this page."]);
    assert_eq!(form["flash"], message);
    // Without a user the login comes first, not the confirmation.
    assert_eq!(location(&site.get("/settings", "")), "/login?next=%2Fsettings");
}

#[test]
fn the_refresh_view_can_have_its_next_in_a_cookie_too() {
    let site = Site::start();
    let link = jar(&site.get("/link/once", ""));
    let refused = site.get("/shop/settings", &link);
    assert_eq!((refused.status, location(&refused)), (303, "/confirm"));
    let cookies = format!("{link}; {}", only(&jar(&refused), "next"));
    let confirmed = site.post("/confirm", &cookies, "name=ada&password=lovelace");
    assert_eq!((confirmed.status, location(&confirmed)), (303, "/shop/settings"));
    assert_eq!(site.get("/shop/settings", &jar(&confirmed)).body, "Settings of ada.");
}

#[test]
fn confirming_a_remembered_login_makes_it_fresh_and_keeps_it_remembered() {
    let site = Site::start();
    let cookies = site.log_in("&remember=on");
    assert_eq!(site.state(&cookies), ada(true, true));
    let remember = only(&cookies, "remember_token");
    let restored = site.get("/secret", &remember);
    assert_eq!(restored.json(), ada(false, true));
    let cookies = format!("{remember}; {}", jar(&restored));
    assert_eq!(site.get("/settings", &cookies).status, 303);
    for wrong in ["name=ada&password=hopper", "name=grace&password=hopper"] {
        assert_eq!(site.post("/confirm", &cookies, wrong).status, 401);
    }
    let confirmed = site.post("/confirm", &cookies, "name=ada&password=lovelace");
    let cookies = format!("{remember}; {}", jar(&confirmed));
    assert_eq!(site.state(&cookies), ada(true, true));
    assert_eq!(site.get("/settings", &cookies).status, 200);
}

#[test]
fn a_login_is_fresh_and_not_remembered_until_it_is_logged_out() {
    let site = Site::start();
    let cookies = site.log_in("");
    for _ in 0..2 {
        assert_eq!(site.state(&cookies), ada(true, false));
    }
    let bye = site.post("/logout", &cookies, "");
    assert_eq!(bye.status, 303);
    for _ in 0..2 {
        assert_eq!(site.state(&cookies), Value::Null);
    }
}

#[test]
fn a_remembered_login_that_logs_out_stays_out_also_with_a_duration_of_its_own() {
    let site = Site::start();
    for more in ["&remember=on", "&remember_for=7"] {
        let cookies = site.log_in(more);
        assert_eq!(site.state(&only(&cookies, "remember_token")), ada(false, true));
        site.post("/logout", &cookies, "");
        assert_eq!(site.state(&cookies), Value::Null, "{more}");
        assert_eq!(site.state(&only(&cookies, "remember_token")), Value::Null, "{more}");
    }
}

#[test]
fn hours_without_end_are_no_more_than_a_browser_keeps() {
    let site = Site::start();
    let cookies = site.log_in("&remember_for=18446744073709551615");
    assert_eq!(site.state(&only(&cookies, "remember_token")), ada(false, true));
}

#[test]
fn a_key_in_the_query_is_another_way_to_be_known() {
    let site = Site::start();
    let by = |name: &str, via: &str| json!({ "name": name, "via": via });
    site.get("/whoami?api_key=grace-and-no-other", "").is(200, &by("grace", "other"));
    assert_eq!(site.get("/whoami?api_key=nobodys", "").status, 401);
    assert_eq!(location(&site.get("/whoami", "")), "/login?next=%2Fwhoami");
    site.get("/whoami", &site.log_in("")).is(200, &by("ada", "session"));
}

#[test]
fn a_key_decides_whatever_session_comes_with_it_and_leaves_none_behind() {
    let site = Site::start();
    let cookies = site.log_in("&remember=on");
    let both = site.get("/whoami?api_key=grace-and-no-other", &cookies);
    both.is(200, &json!({ "name": "grace", "via": "other" }));
    assert_eq!(both.cookies(), [""; 0]);
    for bad in ["nobodys", "", "%FF"] {
        let bad = site.get(&format!("/whoami?api_key={bad}"), &cookies);
        assert_eq!((bad.status, bad.cookies().len()), (401, 0), "{bad:?}");
    }
    // Not even the remember cookie is turned into a session beside a key.
    let remember = only(&cookies, "remember_token");
    let both = site.get("/whoami?api_key=grace-and-no-other", &remember);
    assert_eq!((both.status, both.cookies().len()), (200, 0), "{both:?}");
    let key_alone = site.get("/whoami?api_key=grace-and-no-other", "");
    assert_eq!(site.get("/whoami", &jar(&key_alone)).status, 303, "the next one is nobody's");
    assert_eq!(key_alone.all("cache-control"), ["no-store"]);
}

#[test]
fn a_key_is_never_fresh() {
    let site = Site::start();
    assert_eq!(site.get("/fresh-caller", &site.log_in("")).body, "ada");
    assert_eq!(site.get("/fresh-caller?api_key=ada-and-no-other", "").status, 401);
}

#[test]
fn options_requires_no_user() {
    let site = Site::start();
    assert_eq!(site.0.send("OPTIONS", "/secret", &[], "").status, 204);
    let head = site.0.send("HEAD", "/plain/secret", &[], "");
    assert_eq!((head.status, head.body.as_str()), (401, ""));
}

#[test]
fn redirects_are_relative_whatever_the_host_unless_one_is_forced() {
    let site = Site::start();
    let of = |path| site.0.get(path, &[("Host", "bad.example")]);
    assert_eq!(location(&of("/secret")), "/login?next=%2Fsecret");
    assert_eq!(location(&of("/moved/secret")), "//good.example/login?next=%2Fmoved%2Fsecret");
}
