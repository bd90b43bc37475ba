//! What every store of sign-ins must do, wherever it keeps its rows.

mod rotation;
mod rows;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;

use crate::sign_in::amr::Amr;
use crate::sign_in::rotation::{RefreshAttempt, Rotations};
use crate::sign_in::store::{SignInStore, SignInUse};
use crate::sign_in::{SignIn, SignInId, SignInKind};

type Store = Arc<dyn SignInStore>;

/// Checks a store of your own against the contract of [`SignInStore`]: every field is kept, what is
/// ended stays ended, and refresh tokens rotate in one atomic step.
///
/// The store must be empty, and accept sign-ins of both accounts.
///
/// # Panics
/// With the first rule that the store does not keep.
///
/// ```
/// use vestibule::sign_ins::MemorySignInStore;
/// use vestibule::testing::check_sign_in_store;
///
/// # rocket::async_test(async {
/// check_sign_in_store(MemorySignInStore::new(), ["1", "2"]).await;
/// # });
/// ```
pub async fn check_sign_in_store(store: impl SignInStore, accounts: [&str; 2]) {
    let store: Store = Arc::new(store);
    rows::check(&store, accounts).await;
    rotation::check(&store, accounts).await;
}

const START: OffsetDateTime = datetime!(2031-05-06 07:08:09.123456 UTC);

fn at(seconds: u64) -> OffsetDateTime {
    START + Duration::from_secs(seconds)
}

/// A sign-in of an hour.
const BROWSER: SignInKind = SignInKind::Browser { remembered: true };
const TOKEN: SignInKind = SignInKind::Token(Rotations {
    generation: 0,
    rotated_at: None,
    burst_from: 0,
    segment_from: 0,
    segment_at: None,
    used_generation: 0,
});

fn sign_in(account: &str, kind: SignInKind) -> SignIn {
    SignIn {
        id: SignInId::random().expect("randomness"),
        account: account.to_owned(),
        kind,
        created_at: START,
        auth_time: START,
        amr: Amr::PASSWORD,
        last_seen_at: START,
        expires_at: at(3600),
        user_agent: Some("a browser".to_owned()),
        address: Some("192.0.2.1".to_owned()),
    }
}

async fn new_sign_in(store: &Store, account: &str, kind: SignInKind) -> SignIn {
    let row = sign_in(account, kind);
    store.open(&row).await.expect("an opening");
    row
}

fn used(id: &SignInId, seconds: u64) -> SignInUse {
    SignInUse { id: id.clone(), at: at(seconds), generation: 0 }
}

/// A refresh token of this generation, with a grace of ten seconds and a retry of five minutes.
fn attempt(generation: i64, seconds: u64) -> RefreshAttempt {
    let (grace, retry) = (Duration::from_secs(10), Duration::from_secs(300));
    RefreshAttempt { generation, at: at(seconds), grace, retry }
}

async fn get(store: &Store, id: &SignInId) -> Option<SignIn> {
    store.get(id).await.expect("an answer")
}

/// Ends what earlier checks have left.
async fn end_all(store: &Store, accounts: [&str; 2]) {
    for account in accounts {
        store.end_all(account, None).await.expect("an end");
    }
}
