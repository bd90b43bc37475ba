//! The application's own user type: two people in a map, which a test can change.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rocket::{Orbit, Rocket};
use serde_json::{Map, Value, json};
use vestibule::Account;
use vestibule::guards::Role;
use vestibule::sign_ins::SignIn;
use vestibule::tokens::{Claims, TokenKind};

/// The administrator.
pub(crate) const ALICE: u32 = 1;
/// A user without a role.
pub(crate) const BOB: u32 = 2;

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: u32,
    pub(crate) admin: bool,
    pub(crate) active: bool,
    pub(crate) stamp: String,
    /// Further bytes in every token.
    pub(crate) filler: usize,
}

/// The table of users, shared between the application and the test.
#[derive(Clone, Default)]
pub(crate) struct Users(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rows: Mutex<HashMap<u32, User>>,
    broken: AtomicBool,
    refused: AtomicBool,
    calls: AtomicUsize,
}

impl Users {
    pub(crate) fn new() -> Self {
        let users = Self::default();
        for id in [ALICE, BOB] {
            let user = User {
                id,
                admin: id == ALICE,
                active: true,
                stamp: format!("hash {id}"),
                filler: 0,
            };
            users.rows().insert(id, user);
        }
        users
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, HashMap<u32, User>> {
        self.0.rows.lock().expect("users")
    }

    /// The user as the application's login handler would load it.
    pub(crate) fn get(&self, id: u32) -> Option<User> {
        self.rows().get(&id).cloned()
    }

    pub(crate) fn change(&self, id: u32, change: impl FnOnce(&mut User)) {
        change(self.rows().get_mut(&id).expect("a user"));
    }

    pub(crate) fn delete(&self, id: u32) {
        self.rows().remove(&id);
    }

    /// Makes every look-up fail from now on, or work again.
    pub(crate) fn break_down(&self, broken: bool) {
        self.0.broken.store(broken, Ordering::SeqCst);
    }

    /// Makes `Account::accept` return false.
    pub(crate) fn refuse_tokens(&self) {
        self.0.refused.store(true, Ordering::SeqCst);
    }

    /// How many look-ups there were.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }
}

impl Account for User {
    type Id = u32;
    type Error = io::Error;

    fn id(&self) -> u32 {
        self.id
    }

    async fn find(rocket: &Rocket<Orbit>, id: &u32) -> Result<Option<Self>, io::Error> {
        let users = rocket.state::<Users>().expect("managed users");
        users.0.calls.fetch_add(1, Ordering::SeqCst);
        if users.0.broken.load(Ordering::SeqCst) {
            return Err(io::Error::other("the table of users is on fire"));
        }
        Ok(users.get(*id))
    }

    /// The test's issuer names users by our own ids.
    async fn find_foreign(
        rocket: &Rocket<Orbit>,
        claims: &Claims,
    ) -> Result<Option<Self>, io::Error> {
        let Ok(id) = claims.sub.parse() else {
            return Ok(None);
        };
        Self::find(rocket, &id).await
    }

    fn is_active(&self) -> bool {
        self.active
    }

    fn stamp(&self) -> Cow<'_, str> {
        self.stamp.as_str().into()
    }

    fn claims(&self, _: TokenKind) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("admin".to_owned(), self.admin.into());
        if self.filler > 0 {
            claims.insert("filler".to_owned(), "x".repeat(self.filler).into());
        }
        // What is registered cannot be replaced by an application.
        claims.insert("sub".to_owned(), json!("999"));
        claims.insert("type".to_owned(), json!("access"));
        claims
    }

    async fn accept_key(rocket: &Rocket<Orbit>, _: &SignIn) -> Result<bool, io::Error> {
        let users = rocket.state::<Users>().expect("users");
        Ok(!users.0.refused.load(Ordering::SeqCst))
    }

    async fn accept(rocket: &Rocket<Orbit>, _: &Claims) -> Result<bool, io::Error> {
        let users = rocket.state::<Users>().expect("managed users");
        Ok(!users.0.refused.load(Ordering::SeqCst))
    }
}

/// The one role.
#[derive(Debug)]
pub(crate) struct Admin;

impl Role for Admin {
    type Account = User;

    fn permits(user: &User) -> bool {
        user.admin
    }

    fn claimed(claims: &Claims) -> bool {
        claims.extra.get("admin") == Some(&Value::Bool(true))
    }
}
