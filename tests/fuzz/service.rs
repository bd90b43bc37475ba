//! The service, whose functions are called without requests.

use rocket::outcome::Outcome;
use rocket::request::FromRequest as _;
use rocket::tokio::runtime::{Builder, Runtime};
use serde_json::Value;
use vestibule::{ErrorKind, Session};
use vestibule_service::accounts::audit::{Actor, RequestSource};
use vestibule_service::accounts::{Accounts, PasskeyAnswer, PasskeyOptions, User, queries};

use crate::authenticator::Authenticator;
use crate::support::app::{On, TestApp};

/// The service with one user, and what runs its functions without requests.
pub(crate) struct Service {
    pub(crate) app: TestApp,
    runtime: Runtime,
    user: User,
    actor: Actor,
}

impl Service {
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let app = TestApp::new(On::Sqlite, &|figment| figment);
        let user = queries::find(&mut app.connection(), app.id("user_01"));
        let user = user.expect("a connection").expect("a sample user");
        let actor = Actor::command_line(app.clock.now().expect("a sane clock"));
        Self { app, runtime, user, actor }
    }

    fn accounts(&self) -> &Accounts {
        self.app.client.rocket().state().expect("managed accounts")
    }

    /// The options of a new passkey and their state.
    pub(crate) fn begin(&self) -> PasskeyOptions {
        let begun = self.runtime.block_on(self.accounts().begin_passkey(&self.user, "Key"));
        begun.expect("passkeys are offered")
    }

    /// Adds a passkey with this answer.
    pub(crate) fn add(&self, state: &str, answer: &str) -> Result<(), ErrorKind> {
        let added = self.accounts().add_passkey(&self.user, (state, answer), "one", &self.actor);
        self.runtime.block_on(added).map(drop).map_err(|error| error.kind())
    }

    /// Adds this passkey.
    pub(crate) fn add_one(&self, passkey: &mut Authenticator) {
        let begun = self.begin();
        let answer = passkey.create(&begun.options).to_string();
        self.add(&begun.state, &answer).expect("a passkey");
    }

    /// Returns the id of the user who is to take a second step with this login ticket.
    pub(crate) fn owner_of(&self, ticket: &str) -> Option<i64> {
        let found = self.runtime.block_on(self.accounts().owner_of_ticket(ticket));
        found.expect("a database").map(|(user, _)| user.id)
    }

    /// Removes the passkeys, and the count of those that were added.
    pub(crate) fn remove_all(&self) {
        self.app.sql("DELETE FROM throttle WHERE bucket LIKE 'factors:%'");
        self.runtime.block_on(async {
            for own in self.accounts().passkeys(&self.user).await.expect("passkeys") {
                let removed = self.accounts().remove_passkey(&self.user, &own.id, &self.actor);
                removed.await.expect("a passkey");
            }
        });
    }

    /// The challenge of a sign-in and the answer to it.
    pub(crate) fn ask(&self, passkey: &mut Authenticator) -> (String, Value) {
        let asked = self.accounts().ask_to_sign_in().expect("passkeys are offered");
        (asked.state, passkey.get(&asked.options))
    }

    /// Signs in with this answer.
    pub(crate) fn sign_in(&self, state: &str, answer: &str) -> Result<(), ErrorKind> {
        let request = self.app.client.get("/");
        let source = RequestSource::of(request.inner());
        let sent = PasskeyAnswer { state, answer, source };
        self.runtime.block_on(async {
            let Outcome::Success(session) = Session::from_request(request.inner()).await else {
                panic!("no session");
            };
            let signed_in = self.accounts().sign_in_by_passkey(&session, &sent, false).await;
            signed_in.map_err(|error| error.kind())
        })
    }
}
