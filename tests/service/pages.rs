//! How pages look: the operator's name, logo and colours, times, browsers, and the ways between the
//! parts of the account.

use std::fs;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::http::{ContentType, Header, Method};
use serde_json::json;
use vestibule_service::app;

use crate::support::actor::Actor;
use crate::support::app::{TestApp, on_both, on_both_with};

const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                    Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0";

fn set(key: &'static str, value: &str) -> impl Fn(Figment) -> Figment {
    let value = value.to_owned();
    move |figment| figment.merge(Serialized::default(key, &value))
}

/// Starts on the database of another application with one more setting; returns the errors.
fn refusal(app: &TestApp, key: &'static str, value: &str) -> String {
    let errors = app::build(set(key, value)(app.figment()), &app.clock).expect_err("bad settings");
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A sample user who has signed in with this browser.
fn signed_in_with<'a>(app: &'a TestApp, user_agent: &str) -> Actor<'a> {
    let actor = app.anonymous();
    let form = actor.request(Method::Post, "/login").header(ContentType::Form);
    let form = form.header(Header::new("User-Agent", user_agent.to_owned()));
    assert_eq!(actor.send(form.body("username=user_01&password=1234")).status, 303);
    actor
}

#[test]
fn every_page_has_the_name_from_the_settings() {
    on_both_with(set("accounts.site_name", "Bits & Co"), |app| {
        let person = app.session("user_01");
        for path in ["/", "/dashboard", "/account", "/account/keys", "/nothing"] {
            let page = person.get(path).body;
            assert!(page.contains("Bits &amp; Co</title>"), "{path}: {page}");
            assert!(page.contains("<span>Bits &amp; Co</span>"), "{path}: {page}");
            assert!(!page.contains("Vestibule"), "{path}: {page}");
        }
        assert!(app.anonymous().get("/").body.contains("<title>Bits &amp; Co</title>"));
    });
}

#[test]
fn a_layout_of_the_operator_has_the_name_too() {
    let templates = tempfile::tempdir().expect("a directory");
    let layout = "<!doctype html><title>{{ title }} | {{ site_name }}</title><body>{{ logo }}\
                  {% block content %}{% endblock content %}";
    fs::write(templates.path().join("layout.html.tera"), layout).expect("a new file");
    let own = |figment: Figment| {
        let figment = figment.merge(Serialized::default("template_dir", templates.path()));
        set("accounts.site_name", "Bits & Co")(figment)
    };
    on_both_with(own, |app| {
        let page = app.anonymous().get("/login").body;
        assert!(page.contains("<title>Sign in | Bits &amp; Co</title>"), "{page}");
        let page = app.anonymous().get("/").body;
        assert!(page.contains("Bits &amp; Co keeps your account"), "{page}");
        assert!(!page.contains("Vestibule"), "{page}");
    });
}

#[test]
fn a_name_that_does_not_fit_into_a_title_is_refused() {
    on_both(|app| {
        for name in ["", " x", "x\n", "a\u{7}b", &"x".repeat(61)] {
            let refused = refusal(&app, "accounts.site_name", name);
            assert!(
                refused.starts_with("accounts.site_name") && refused.contains("1 to 60 characters"),
                "{refused}"
            );
        }
        app::build(set("accounts.site_name", &"ü".repeat(60))(app.figment()), &app.clock)
            .expect("good settings");
    });
}

#[test]
fn files_of_the_operator_are_served_and_come_after_the_programs_stylesheet() {
    let files = tempfile::tempdir().expect("a directory");
    for (name, text) in [
        ("brand.css", ":root { --accent: #00f }"),
        ("logo.svg", "<svg/>"),
        ("favicon.svg", "<svg><!-- own --></svg>"),
        (".hidden", ""),
    ] {
        fs::write(files.path().join(name), text).expect("a new file");
    }
    on_both_with(set("accounts.static_dir", &files.path().to_string_lossy()), |app| {
        let visitor = app.anonymous();
        let page = visitor.get("/login").body;
        let (ours, theirs) = (page.find("/static/style.css"), page.find("/static/brand.css"));
        assert!(ours.is_some() && ours < theirs, "{page}");
        assert!(page.contains("<img src=\"/static/logo.svg\" alt=\"\">"), "{page}");
        for (name, kind, text) in [
            ("brand.css", "text/css; charset=utf-8", "--accent: #00f"),
            ("logo.svg", "image/svg+xml", "<svg/>"),
            ("favicon.svg", "image/svg+xml", "own"),
            ("style.css", "text/css; charset=utf-8", "--accent: #1f5c50"),
        ] {
            let file = visitor.get(&format!("/static/{name}"));
            assert_eq!((file.status, file.header("content-type")), (200, Some(kind)), "{name}");
            assert!(file.body.contains(text), "{name}: {}", file.body);
            let policy = file.header("content-security-policy").expect("a policy");
            assert!(policy.starts_with("default-src 'none'"), "{name}: {policy}");
        }
        assert_eq!(visitor.get("/static/.hidden").status, 404);
    });
    on_both(|app| {
        let page = app.anonymous().get("/login").body;
        assert!(!page.contains("brand.css") && !page.contains("<img"), "{page}");
    });
}

#[test]
fn a_directory_with_a_file_that_pages_cannot_use_stops_the_start() {
    on_both(|app| {
        let files = tempfile::tempdir().expect("a directory");
        let refused = || refusal(&app, "accounts.static_dir", &files.path().to_string_lossy());
        let named = |name: &str| files.path().join(name);
        for name in ["logo.js", "logo", "page.html"] {
            fs::write(named(name), "").expect("a new file");
            assert!(refused().contains(&format!("{name} is not a stylesheet or an image")));
            fs::remove_file(named(name)).expect("the file");
        }
        fs::write(named("logo.png"), vec![0; 1024 * 1024 + 1]).expect("a new file");
        assert!(refused().contains("logo.png is not a stylesheet or an image of at most 1 MiB"));
        let nowhere = refusal(&app, "accounts.static_dir", &named("nowhere").to_string_lossy());
        assert!(nowhere.contains("accounts.static_dir") && nowhere.contains("cannot be read"));
    });
}

#[test]
fn a_recent_time_says_how_long_ago_it_was_and_an_older_one_is_a_date() {
    on_both(|app| {
        let person = app.session("user_01");
        let shown = |person: &Actor<'_>, words: &str| {
            let page = person.get("/account/events").body;
            let times = page.split("<time datetime=\"").skip(1);
            let found = times.filter(|time| time.contains(words)).count();
            assert!(found > 0, "{words}: {page}");
        };
        shown(&person, " UTC\">just now</time>");
        app.clock.advance(Duration::from_secs(5 * 60));
        shown(&person, " UTC\">5 minutes ago</time>");
        app.clock.advance(Duration::from_secs(24 * 60 * 60));
        let person = app.session("user_01");
        let day = app.clock.now().expect("a time") - Duration::from_secs(24 * 60 * 60 + 5 * 60);
        shown(&person, &format!("Z\">{} {} {}, ", day.day(), day.month(), day.year()));
        for path in ["/dashboard", "/account", "/account/sign-ins"] {
            let page = person.get(path).body;
            assert!(page.contains("<time datetime=\""), "{path}: {page}");
            assert!(!page.contains("&lt;time"), "{path}: {page}");
        }
    });
}

#[test]
fn a_browser_is_named_and_its_whole_user_agent_is_in_the_title() {
    on_both(|app| {
        let person = signed_in_with(&app, EDGE);
        signed_in_with(&app, "curl/8.5.0");
        signed_in_with(&app, "\"><script>/1");
        for path in ["/dashboard", "/account/sign-ins"] {
            let page = person.get(path).body;
            let named =
                format!("<span title=\"{}\">Edge on Windows</span>", EDGE.replace('/', "&#x2F;"));
            assert!(page.contains(&named), "{path}: {page}");
        }
        let page = person.get("/account/sign-ins").body;
        assert!(page.contains("<span title=\"curl&#x2F;8.5.0\">curl</span>"), "{page}");
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        let body = json!({ "label": "curl/8.5.0", "scopes": [] });
        assert_eq!(app.token("user_01").post_json("/api/keys", &body).status, 201);
        let page = person.get("/account/sign-ins").body;
        assert!(page.contains(">curl&#x2F;8.5.0</td>"), "a label stays whole: {page}");
    });
}

#[test]
fn the_activity_says_of_a_new_key_what_a_person_can_use() {
    on_both(|app| {
        let owner = app.token("user_01");
        let body =
            json!({ "label": "a: b, until c", "scopes": ["sign-ins"], "expires_in": "2 days" });
        assert_eq!(owner.post_json("/api/keys", &body).status, 201);
        let body = json!({ "label": "bare", "scopes": [], "expires_in": "2 days" });
        assert_eq!(owner.post_json("/api/keys", &body).status, 201);
        let until = app.clock.now().expect("a time") + Duration::from_secs(2 * 24 * 60 * 60);
        let until = format!("until {} {} {}, ", until.day(), until.month(), until.year());
        for page in [
            app.session("user_01").get("/account/events").body,
            app.session("admin").get("/admin/events").body,
        ] {
            assert!(page.contains(&format!("sign-ins, {until}")), "{page}");
            assert!(page.contains(" UTC: a: b, until c</span>"), "{page}");
            assert!(page.contains(&format!("no scopes, {until}")), "{page}");
            assert!(!page.contains("by sign-in"), "{page}");
        }
    });
}

#[test]
fn each_page_of_the_account_leads_to_all_of_its_parts() {
    let parts = ["/account", "/account/sign-ins", "/account/keys", "/account/events"];
    on_both(|app| {
        let person = app.session("user_01");
        for path in parts {
            let page = person.get(path).body;
            let nav = page.split("aria-label=\"Your account\"").nth(1).expect("the parts");
            let nav = nav.split("</nav>").next().unwrap_or_default();
            for part in parts {
                let current = if part == path { " aria-current=\"page\"" } else { "" };
                assert!(nav.contains(&format!("href=\"{part}\"{current}>")), "{path}: {nav}");
            }
            assert!(nav.contains("href=\"/account#password\">Password"), "{path}: {nav}");
        }
        assert!(person.get("/account").body.contains("id=\"password\""));
        let fields = [("current_password", "wrong"), ("new_password", "correct horse battery")];
        let again = person.post_form("/account/password", &fields).body;
        assert!(again.contains("href=\"/account#password\" aria-current=\"page\""), "{again}");
        let admin = app.session("admin").get("/admin/events").body;
        assert!(!admin.contains("aria-label=\"Your account\""), "{admin}");
    });
    on_both_with(set("auth.mode", "session"), |app| {
        let page = app.session("user_01").get("/account/sign-ins").body;
        assert!(!page.contains("/account/keys") && !page.contains("access keys"), "{page}");
    });
}

#[test]
fn an_error_page_says_once_to_try_again() {
    let limited = |figment: Figment| {
        figment.merge(Serialized::default("auth.throttle", json!({ "failures": 1 })))
    };
    on_both_with(limited, |app| {
        let person = app.session("user_01");
        let fields = [("current_password", "wrong"), ("new_password", "correct horse battery")];
        assert_eq!(person.post_form("/account/password", &fields).status, 401);
        let page = person.post_form("/account/password", &fields);
        page.assert_page(429);
        let advice = |text: &str| text.matches("again").count();
        assert!(page.body.contains("Too many attempts. Wait 5 minutes, then try again."));
        assert_eq!(advice(&page.body), 1, "{}", page.body);

        app.sql("ALTER TABLE sign_ins RENAME TO elsewhere");
        let page = person.get("/account/sign-ins");
        page.assert_page(503);
        assert!(page.body.contains("Try again in a moment."), "{}", page.body);
        assert_eq!(page.body.matches("ry again").count(), 1, "{}", page.body);
    });
}

#[test]
fn each_page_about_links_and_new_users_has_a_heading_and_labels_for_its_fields() {
    on_both(|app| {
        let (admin, visitor) = (app.session("admin"), app.anonymous());
        let user = format!("/admin/users/{}", app.id("user_01"));
        let link = admin.post(&format!("{user}/reset-link"));
        let text = link.body.replace("&#x2F;", "/");
        let (_, token) = text.split_once("/password/new?token=").expect("a link");
        let path = format!("/password/new?token={}", &token[..43]);
        let short = [("token", &token[..43]), ("password", "short")];
        let bad = [("username", ""), ("full_name", ""), ("role", "user"), ("password", "x")];
        let pages = [
            admin.get("/admin/users"),
            admin.get("/admin/users/new"),
            admin.post_form("/admin/users/new", &bad),
            admin.get(&format!("{user}/reset-link")),
            link,
            admin.get(&format!("{user}/sign-ins")),
            admin.get(&format!("/admin/users/{}/sign-ins", app.id("admin"))),
            visitor.open_link(&path),
            visitor.post_form("/password/new", &short),
            visitor.open_link("/password/new?token=x"),
        ];
        for page in pages {
            let (status, page) = (page.status, page.body);
            assert_eq!(page.matches("<h1>").count(), 1, "{page}");
            assert_eq!(page.contains("<title>Error: "), status >= 400, "{page}");
            for field in ["<input ", "<select ", "<textarea "] {
                for field in page.split(field).skip(1) {
                    let field = field.split('>').next().unwrap_or_default();
                    let is_shown = !field.contains("type=\"hidden\"") && !field.contains(" hidden");
                    let id = field.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
                    let label = format!("<label for=\"{}\">", id.unwrap_or_default());
                    assert!(!is_shown || page.contains(&label), "{field}: {page}");
                    for named in field.split("aria-describedby=\"").skip(1) {
                        let ids = named.split('"').next().unwrap_or_default().split(' ');
                        for id in ids {
                            assert!(page.contains(&format!("id=\"{id}\"")), "{id}: {page}");
                        }
                    }
                }
            }
        }
    });
}
