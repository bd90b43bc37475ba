//! Notes: a small application outside of the library's repository, with its own user type.
//! Every route but one needs a login.

use std::collections::HashMap;
use std::convert::Infallible;

use rocket::figment::Figment;
use rocket::{Build, Orbit, Rocket, State, get, post, routes};
use vestibule::{Account, Auth, Clock};
use vestibule::sign_ins::MemorySignInStore;

#[derive(Clone)]
struct Author {
    id: u8,
    name: &'static str,
}

type Authors = HashMap<u8, Author>;

impl Account for Author {
    type Id = u8;
    type Error = Infallible;

    fn id(&self) -> u8 {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &u8) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Authors>().and_then(|authors| authors.get(id).cloned()))
    }
}

#[get("/")]
fn home() -> &'static str {
    "Notes"
}

#[get("/notes")]
fn notes(author: vestibule::CurrentUser<Author>) -> String {
    format!("notes of {}, by {}", author.name, author.authentication().method().as_str())
}

#[post("/notes")]
fn write(author: vestibule::guards::Fresh<vestibule::CurrentUser<Author>>) -> String {
    format!("written by {}", author.name)
}

/// Its guard was forgotten.
#[get("/drafts?<page>")]
fn drafts(page: Option<u8>, authors: &State<Authors>) -> String {
    format!("drafts of {} authors, page {}", authors.len(), page.unwrap_or(1))
}

fn authors() -> Authors {
    [(1, "ann"), (2, "bob")].map(|(id, name)| (id, Author { id, name })).into()
}

fn application(store: MemorySignInStore, clock: Clock) -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("auth.token.secret", "the secret of this program, not of others"));
    let auth = Auth::fairing().store(store).clock(clock);
    rocket::custom(figment)
        .attach(auth.login_required_except(&["GET /"]))
        .manage(authors())
        .mount("/", routes![home, notes, write])
}

/// Starts with the forgotten guard, which must not launch.
#[rocket::main]
async fn main() -> Result<(), rocket::Error> {
    let rocket = application(MemorySignInStore::new(), Clock::system());
    rocket.mount("/", routes![drafts]).ignite().await.map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rocket::http::Status;
    use rocket::local::blocking::Client;
    use vestibule::testing::{ActAs, AssertNoCookies, blocking as testing};

    use super::*;

    struct Fixture {
        client: Client,
        clock: Clock,
        store: MemorySignInStore,
        ann: Author,
    }

    fn fixture() -> Fixture {
        let (store, clock) = (MemorySignInStore::new(), Clock::manual());
        let client = Client::untracked(application(store.clone(), clock.clone()));
        Fixture { client: client.expect("a launch"), clock, store, ann: authors()[&1].clone() }
    }

    #[test]
    fn a_session_user_reads_and_writes() {
        let Fixture { client, ann, .. } = fixture();
        let browser = testing::session(&client, &ann).expect("a session");
        let notes = client.get("/notes").act_as(&browser).dispatch();
        assert_eq!(notes.into_string().as_deref(), Some("notes of ann, by session"));
        let written = client.post("/notes").act_as(&browser).dispatch();
        assert_eq!(written.into_string().as_deref(), Some("written by ann"));
        let refused = client.post("/notes").act_as(&browser.not_fresh()).dispatch();
        assert_eq!(refused.status(), Status::Unauthorized);
    }

    #[test]
    fn a_token_user_reads_and_gets_no_cookie() {
        let Fixture { client, ann, .. } = fixture();
        let program = testing::token(&client, &ann).expect("a token");
        let notes = client.get("/notes").act_as(&program).dispatch().assert_no_cookies();
        assert_eq!(notes.into_string().as_deref(), Some("notes of ann, by token"));
    }

    #[test]
    fn a_request_without_either_is_refused() {
        let Fixture { client, .. } = fixture();
        assert_eq!(client.get("/").dispatch().status(), Status::Ok);
        let refused = client.get("/notes").dispatch().assert_no_cookies();
        assert_eq!(refused.status(), Status::Unauthorized);
    }

    #[test]
    fn a_token_is_over_when_the_clock_says_so() {
        let Fixture { client, clock, store, ann } = fixture();
        let program = testing::token(&client, &ann).expect("a token");
        clock.advance(Duration::from_secs(15 * 60));
        assert_eq!(client.get("/notes").act_as(&program).dispatch().status(), Status::Unauthorized);
        assert_eq!(store.all().len(), 1, "the sign-in stands, and would give another");
    }
}
