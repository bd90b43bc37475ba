//! Links in mails under concurrent requests.

use rocket::futures::future::join_all;
use rocket::http::ContentType;
use rocket::local::asynchronous::Client;
use rocket::tokio::runtime::Runtime;
use serde_json::json;

use super::addresses::{Mailbox, confirm, link_in, token};
use super::concurrent_requests::process;
use crate::support::app::{TestApp, on_both_with};

const ADDRESS: &str = "ann@example.org";

async fn ask(client: &Client) -> u16 {
    let body = json!({ "email": ADDRESS }).to_string();
    let request = client.post("/api/password/forgot").header(ContentType::JSON).body(body);
    request.dispatch().await.status().code
}

async fn use_link(client: &Client, link: &str, number: usize) -> u16 {
    let body = format!("token={}&password=battery+staple+{number}", token(link));
    let request = client.post("/password/new").header(ContentType::Form).body(body);
    request.dispatch().await.status().code
}

/// The links of all mails that were sent since.
fn links(mailbox: &mut Mailbox<'_>) -> Vec<String> {
    let mut links = Vec::new();
    while mailbox.rest() > 0 {
        links.push(link_in(&mailbox.next()));
    }
    links
}

fn is_valid(app: &TestApp, link: &str) -> bool {
    let browser = app.anonymous();
    assert_eq!(browser.get(link).status, 303);
    browser.get("/password/new").status == 200
}

#[test]
fn of_fifty_links_asked_for_at_once_the_last_works_and_for_one_of_twenty_forms() {
    let patient = |figment: rocket::figment::Figment| {
        let figment = figment.merge(("auth.password.queue", 10_000));
        figment.merge(("databases.main.timeout", "1m"))
    };
    on_both_with(patient, |app| {
        let mut mailbox = Mailbox::of(&app);
        confirm(&app, &mut mailbox, "user_01", ADDRESS);
        let runtime = Runtime::new().expect("a runtime");
        let processes = runtime.block_on(async { [process(&app).await, process(&app).await] });
        let asked = (0..50).map(|at| ask(&processes[at % 2]));
        let statuses = runtime.block_on(join_all(asked));
        assert!(statuses.iter().all(|status| *status == 202), "{statuses:?}");

        let links = links(&mut mailbox);
        // An address gets five an hour.
        assert!((1..=5).contains(&links.len()), "{links:?}");
        let valid: Vec<_> = links.iter().filter(|link| is_valid(&app, link)).collect();
        assert_eq!(valid.len(), 1, "{links:?}");

        let used = (0..20).map(|at| use_link(&processes[at % 2], valid[0], at));
        let statuses = runtime.block_on(join_all(used));
        let won: Vec<_> = (0..20).filter(|at| statuses[*at] == 303).collect();
        assert_eq!(won.len(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [303, 404].contains(status)), "{statuses:?}");
        let password = format!("battery staple {}", won[0]);
        let body = json!({ "username": "user_01", "password": password });
        assert_eq!(app.anonymous().post_json("/api/login", &body).status, 200);
        assert_eq!(app.count("events WHERE event = 'link_used'"), 1);
    });
}
