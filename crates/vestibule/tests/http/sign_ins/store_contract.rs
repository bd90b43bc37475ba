//! What every store must do, wherever it keeps its rows.

use std::sync::Arc;
use std::time::Duration;

use rocket::futures::future::join_all;
use rocket::tokio;
use time::OffsetDateTime;
use time::macros::datetime;
use vestibule::sign_ins::{
    RefreshAttempt, Rotation, Rotations, SignIn, SignInId, SignInKind, SignInStore, SignInUse,
};

use super::stores::each;

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
    half_from: 0,
    half_at: None,
    used: 0,
});

fn sign_in(account: &str, kind: SignInKind) -> SignIn {
    SignIn {
        id: SignInId::random().expect("randomness"),
        account: account.to_owned(),
        kind,
        created_at: START,
        auth_time: START,
        last_seen_at: START,
        expires_at: at(3600),
        user_agent: Some("a browser".to_owned()),
        address: Some("192.0.2.1".to_owned()),
    }
}

async fn new_sign_in(store: &Arc<dyn SignInStore>, account: &str, kind: SignInKind) -> SignIn {
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

async fn get(store: &Arc<dyn SignInStore>, id: &SignInId) -> Option<SignIn> {
    store.get(id).await.expect("an answer")
}

#[test]
fn what_was_stored_is_found_as_it_was_and_nothing_else_is() {
    each(async |store, [account, _]| {
        for kind in [BROWSER, TOKEN] {
            let row = new_sign_in(&store, account, kind).await;
            assert_eq!(get(&store, &row.id).await, Some(row));
        }
        let key = SignInKind::Key {
            label: "nightly 🌙 backup".to_owned(),
            scopes: vec!["files:read".to_owned(), "!#~".to_owned()],
            secret_hash: "a hash".to_owned(),
            stamp: Some("and a stamp".to_owned()),
        };
        let key = sign_in(account, key);
        store.open(&key).await.expect("an opening");
        assert_eq!(get(&store, &key.id).await, Some(key));
        assert_eq!(get(&store, &SignInId::random().unwrap()).await, None);
    });
}

#[test]
fn an_id_that_exists_is_an_error_and_never_an_overwrite() {
    each(async |store, [account, other]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let again = SignIn { id: row.id.clone(), ..sign_in(other, BROWSER) };
        assert!(store.open(&again).await.is_err());
        assert_eq!(get(&store, &row.id).await, Some(row));
    });
}

#[test]
fn a_use_is_recorded_and_never_goes_back() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, BROWSER).await;
        for (seen_at, expected) in [(60, 60), (30, 60), (61, 61)] {
            store.seen(&used(&row.id, seen_at)).await.expect("a note");
            let last_seen_at = at(expected);
            assert_eq!(get(&store, &row.id).await, Some(SignIn { last_seen_at, ..row.clone() }));
        }
        let gone = SignInId::random().unwrap();
        store.seen(&used(&gone, 1)).await.expect("no error");
        assert_eq!(get(&store, &gone).await, None);
    });
}

#[test]
fn many_uses_are_recorded_at_once_and_an_ended_sign_in_prevents_no_other() {
    each(async |store, [account, other]| {
        let (one, two) =
            (new_sign_in(&store, account, BROWSER).await, new_sign_in(&store, other, TOKEN).await);
        store.seen(&used(&two.id, 90)).await.expect("a note");
        let gone = SignInId::random().unwrap();
        let uses = [&one.id, &gone, &two.id].map(|id| used(id, 60));
        store.seen_all(&uses).await.expect("no error");
        assert_eq!(get(&store, &one.id).await, Some(SignIn { last_seen_at: at(60), ..one }));
        assert_eq!(get(&store, &two.id).await, Some(SignIn { last_seen_at: at(90), ..two }));
        assert_eq!(get(&store, &gone).await, None);
        store.seen_all(&[]).await.expect("no error");
    });
}

#[test]
fn a_new_proof_of_the_password_is_recorded_and_changes_nothing_else() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, BROWSER).await;
        store.confirm(&row.id, at(60)).await.expect("a note");
        let confirmed = SignIn { auth_time: at(60), ..row };
        assert_eq!(get(&store, &confirmed.id).await, Some(confirmed));
        store.confirm(&SignInId::random().unwrap(), at(1)).await.expect("no error");
    });
}

#[test]
fn a_sign_in_is_ended_once() {
    each(async |store, [account, _]| {
        let (row, other) =
            (new_sign_in(&store, account, TOKEN).await, new_sign_in(&store, account, TOKEN).await);
        assert!(store.end(&row.id).await.expect("an end"));
        assert!(!store.end(&row.id).await.expect("no error"));
        assert_eq!(get(&store, &row.id).await, None);
        assert_eq!(get(&store, &other.id).await, Some(other));
    });
}

#[test]
fn all_of_an_account_are_ended_but_for_one_and_counted() {
    each(async |store, [account, other]| {
        let mut rows = Vec::new();
        for kind in [BROWSER, TOKEN, BROWSER] {
            rows.push(new_sign_in(&store, account, kind).await);
        }
        let stranger = new_sign_in(&store, other, TOKEN).await;
        let kept = &rows[1].id;
        assert_eq!(store.end_all(account, Some(kept)).await.expect("an end"), 2);
        assert_eq!(store.list(account).await.expect("a list"), [rows[1].clone()]);
        assert_eq!(store.end_all(account, None).await.expect("an end"), 1);
        assert_eq!(store.end_all(account, Some(&stranger.id)).await.expect("an end"), 0);
        assert_eq!(store.end_all("nobody", None).await.expect("an end"), 0);
        assert_eq!(store.list(other).await.expect("a list"), [stranger]);
    });
}

#[test]
fn the_list_has_all_of_an_account_latest_use_first() {
    each(async |store, [account, other]| {
        let mut rows = Vec::new();
        for seen in [5, 1, 9, 3] {
            let mut row = new_sign_in(&store, account, BROWSER).await;
            row.last_seen_at = at(seen);
            store.seen(&used(&row.id, seen)).await.expect("a note");
            rows.push(row);
        }
        new_sign_in(&store, other, BROWSER).await;
        rows.sort_by_key(|row| std::cmp::Reverse(row.last_seen_at));
        assert_eq!(store.list(account).await.expect("a list"), rows);
        assert!(store.list("nobody").await.expect("a list").is_empty());
    });
}

#[test]
fn sign_ins_that_were_used_at_the_same_moment_are_listed_in_one_order() {
    each(async |store, [account, _]| {
        let mut rows = Vec::new();
        for number in 0..24 {
            let mut row = sign_in(account, BROWSER);
            (row.created_at, row.last_seen_at) = (at(number % 3), at(9));
            store.open(&row).await.expect("an opening");
            rows.push(row);
        }
        rows.sort_by_key(|row| (row.created_at, row.id.to_string()));
        rows.reverse();
        assert_eq!(store.list(account).await.expect("a list"), rows);
    });
}

#[test]
fn the_newest_token_takes_the_sign_in_one_generation_further() {
    each(async |store, [account, _]| {
        let mut row = new_sign_in(&store, account, TOKEN).await;
        for generation in 1..4 {
            let seconds = 100 * u64::try_from(generation).unwrap();
            let now = at(seconds);
            let rotation =
                store.rotate(&row.id, attempt(generation - 1, seconds)).await.expect("an answer");
            let kind = SignInKind::Token(Rotations {
                generation,
                rotated_at: Some(now),
                burst_from: generation - 1,
                half_from: generation - 1,
                half_at: Some(now),
                used: 0,
            });
            row = SignIn { kind, last_seen_at: now, ..row };
            assert_eq!(rotation, Rotation::Rotated(row.clone()));
            assert_eq!(get(&store, &row.id).await, Some(row.clone()));
        }
    });
}

#[test]
fn the_newest_generation_that_was_used_is_recorded_and_never_goes_back() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let newest = async || match get(&store, &row.id).await.expect("a row").kind {
            SignInKind::Token(rotations) => rotations.used,
            other => panic!("{other:?}"),
        };
        // At the time that is stored already, as right after a rotation.
        for (generation, expected) in [(3, 3), (2, 3), (0, 3), (4, 4)] {
            store.seen(&SignInUse { generation, ..used(&row.id, 0) }).await.expect("a note");
            assert_eq!(newest().await, expected);
            let many = [SignInUse { generation, ..used(&row.id, 0) }];
            store.seen_all(&many).await.expect("a note");
            assert_eq!(newest().await, expected);
        }
    });
}

#[test]
fn a_token_whose_successor_was_never_used_gets_the_same_row_for_a_while_and_ends_it_after() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let rotate = async |from, seconds| {
            store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
        };
        let Rotation::Rotated(rotated) = rotate(0, 100).await else { panic!("not the newest") };
        for seconds in [100, 110, 111, 400] {
            assert_eq!(rotate(0, seconds).await, Rotation::Replayed(rotated.clone()));
        }
        assert_eq!(get(&store, &row.id).await, Some(rotated));
        assert_eq!(rotate(0, 401).await, Rotation::Theft);
        assert_eq!(get(&store, &row.id).await, None);
        assert_eq!(rotate(1, 401).await, Rotation::Gone);
    });
}

#[test]
fn a_token_whose_successor_was_used_gets_the_same_row_within_the_grace_and_ends_it_after() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let rotate = async |from, seconds| {
            store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
        };
        assert!(matches!(rotate(0, 100).await, Rotation::Rotated(_)));
        store.seen(&SignInUse { generation: 1, ..used(&row.id, 100) }).await.expect("a note");
        assert!(matches!(rotate(0, 110).await, Rotation::Replayed(_)));
        assert_eq!(rotate(0, 111).await, Rotation::Theft);
        assert_eq!(get(&store, &row.id).await, None);
    });
}

#[test]
fn every_token_of_a_burst_gets_the_newest_row_while_the_newest_rotation_is_within_the_grace() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let rotate = async |from, seconds| {
            store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
        };
        // Generation 0 was exchanged long before the burst.
        rotate(0, 100).await;
        for (from, seconds) in [(1, 200), (2, 209), (3, 218)] {
            assert!(matches!(rotate(from, seconds).await, Rotation::Rotated(_)), "{from}");
        }
        let newest = get(&store, &row.id).await.expect("a row");
        for seconds in [218, 228] {
            for from in [1, 2, 3] {
                assert_eq!(rotate(from, seconds).await, Rotation::Replayed(newest.clone()));
            }
        }
        // Before the burst, within the grace.
        assert_eq!(rotate(0, 228).await, Rotation::Theft);
    });
}

#[test]
fn an_older_token_of_a_burst_ends_the_sign_in_after_the_grace() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let rotate = async |from, seconds| {
            store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
        };
        rotate(0, 100).await;
        rotate(1, 101).await;
        // The answer to generation 1 may be lost, not that to generation 0, whose successor was used.
        assert!(matches!(rotate(1, 112).await, Rotation::Replayed(_)));
        assert_eq!(rotate(0, 112).await, Rotation::Theft);
    });
}

#[test]
fn of_a_burst_that_is_kept_going_the_last_half_minute_to_minute_counts() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let rotate = async |from, seconds| {
            store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
        };
        for from in 0..40 {
            let seconds = 100 + 5 * u64::try_from(from).unwrap();
            assert!(matches!(rotate(from, seconds).await, Rotation::Rotated(_)), "{from}");
            // Seven were replaced in the last 30 seconds.
            let old = (from - 6).max(0);
            assert!(matches!(rotate(old, seconds).await, Rotation::Replayed(_)), "{old} at {from}");
        }
        // The last was replaced at 295 seconds, and this one more than a minute before.
        assert_eq!(rotate(26, 295).await, Rotation::Theft);
    });
}

#[test]
fn a_token_from_the_future_is_gone_and_ends_nothing() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let rotation = store.rotate(&row.id, attempt(1, 1)).await;
        assert_eq!(rotation.expect("an answer"), Rotation::Gone);
        assert_eq!(get(&store, &row.id).await, Some(row));
    });
}

#[test]
fn what_is_over_or_no_program_s_is_not_rotated_and_not_ended() {
    each(async |store, [account, _]| {
        let over = new_sign_in(&store, account, TOKEN).await;
        let browser = new_sign_in(&store, account, BROWSER).await;
        for (id, seconds) in [(&over.id, 3600), (&browser.id, 1), (&SignInId::random().unwrap(), 1)]
        {
            let rotation = store.rotate(id, attempt(0, seconds)).await;
            assert_eq!(rotation.expect("an answer"), Rotation::Gone);
        }
        assert_eq!(get(&store, &over.id).await, Some(over));
        assert_eq!(get(&store, &browser.id).await, Some(browser));
    });
}

#[test]
fn of_many_who_rotate_at_once_one_is_first_and_all_get_its_row() {
    each(async |store, [account, _]| {
        let row = new_sign_in(&store, account, TOKEN).await;
        let asked = (0..24).map(|_| {
            let (store, id) = (store.clone(), row.id.clone());
            tokio::spawn(async move { store.rotate(&id, attempt(0, 100)).await })
        });
        let mut first = 0;
        for answer in join_all(asked).await {
            let row = match answer.expect("no panic").expect("an answer") {
                Rotation::Rotated(row) => {
                    first += 1;
                    row
                }
                Rotation::Replayed(row) => row,
                other => panic!("{other:?}"),
            };
            assert_eq!(row.generation(), 1);
        }
        assert_eq!(first, 1);
    });
}
