//! The guard of JSON bodies: each way of being wrong has its own response.

use rocket::figment::Figment;
use rocket::http::{ContentType, Header};
use rocket::local::blocking::Client;
use rocket::{Request, catch, catchers, post, routes};
use serde_json::{Value, json};
use vestibule::{Error, Problem};
use vestibule_service::http::JsonBody;

#[post("/", data = "<body>")]
fn form(mut body: JsonBody) -> Result<String, Error> {
    let debug = format!("{body:?}");
    let (name, nick, on) =
        (body.text("name"), body.optional_text("nick"), body.optional_bool("on"));
    if name == "root" {
        body.add_error("name", "This name is taken.");
    }
    body.finish()?;
    Ok(format!("{name} {nick:?} {on:?} {debug}"))
}

#[catch(default)]
fn refused(status: rocket::http::Status, request: &Request<'_>) -> Problem {
    Problem::of(status, request)
}

struct App(Client);

struct Reply {
    status: u16,
    body: String,
}

impl App {
    fn new() -> Self {
        Self::with(rocket::Config::figment())
    }

    fn with(figment: Figment) -> Self {
        let rocket = rocket::custom(figment).mount("/", routes![form]);
        Self(Client::untracked(rocket.register("/", catchers![refused])).expect("a launch"))
    }

    fn send_as(&self, kind: Option<&str>, text: &str) -> Reply {
        let mut request = self.0.post("/").body(text);
        if let Some(kind) = kind {
            request.add_header(Header::new("Content-Type", kind.to_owned()));
        }
        let answer = request.dispatch();
        Reply { status: answer.status().code, body: answer.into_string().unwrap_or_default() }
    }
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().expect("a code").to_owned()
    }
}

fn send(app: &App, text: &str) -> Reply {
    app.send_as(Some(&ContentType::JSON.to_string()), text)
}

#[test]
fn fields_are_taken_out_by_name() {
    let app = App::new();
    let reply = send(&app, r#"{"name":"ann","nick":"a","on":true}"#);
    assert!(reply.body.starts_with("ann Some(\"a\") Some(true)"), "{}", reply.body);
    for text in [r#"{"name":"ann"}"#, r#"{"name":"ann","nick":null}"#] {
        assert!(send(&app, text).body.starts_with("ann None None"), "{text}");
    }
}

#[test]
fn another_content_type_is_415() {
    let app = App::new();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "nonsense"]
    {
        let reply = app.send_as(Some(kind), r#"{"name":"ann"}"#);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (415, "unsupported_media_type"),
            "{kind}"
        );
    }
    assert_eq!(app.send_as(None, "").status, 415);
}

#[test]
fn what_is_no_object_is_400() {
    let app = App::new();
    for text in
        ["", "[]", "null", "\"x\"", "{", r#"{"name":"a","name":"b"}"#, r#"{"name":}"#, "{}x"]
    {
        let reply = send(&app, text);
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed_body"), "{text}");
    }
}

#[test]
fn a_body_beyond_rockets_limit_is_413() {
    let app = App::with(rocket::Config::figment().merge(("limits.json", "64B")));
    let reply = send(&app, &json!({ "name": "x".repeat(100) }).to_string());
    assert_eq!((reply.status, reply.code().as_str()), (413, "too_large"));
}

#[test]
fn every_invalid_field_is_named_and_nothing_unknown_gets_in() {
    let app = App::new();
    let reply = send(&app, r#"{"nick":1,"on":"yes","extra":{}}"#);
    assert_eq!((reply.status, reply.code().as_str()), (422, "invalid_field"));
    let fields = json!({
        "name": "This field is required.",
        "nick": "This field is a text.",
        "on": "This field is true or false.",
        "extra": "This field is unknown.",
    });
    assert_eq!(reply.json()["fields"], fields);
    let reply = send(&app, r#"{"name":1}"#);
    assert_eq!(reply.json()["fields"], json!({ "name": "This field is a text." }));
    let reply = send(&app, r#"{"name":"root"}"#);
    assert_eq!(reply.json()["fields"], json!({ "name": "This name is taken." }));
}

#[test]
fn no_value_is_sent_back_and_none_is_in_the_debug_output() {
    let app = App::new();
    let reply = send(&app, r#"{"name":"ann","password":"open sesame"}"#);
    assert!(reply.status == 422 && !reply.body.contains("sesame"), "{}", reply.body);
    let reply = send(&app, r#"{"name":"ann","nick":"sesame"}"#);
    let debug = reply.body.split("JsonBody").nth(1).expect("debug output");
    assert!(!debug.contains("sesame"), "{debug}");
    let long = "x".repeat(5000);
    let reply = send(&app, &json!({ "name": "a", (long): 1 }).to_string());
    assert!(reply.status == 422 && reply.body.len() < 500, "{}", reply.body);
}
