//! Refresh tokens rotate in one atomic step.

use rocket::futures::future::join_all;
use rocket::tokio;

use super::{BROWSER, Store, TOKEN, at, attempt, get, new_sign_in, used};
use crate::sign_in::rotation::{Rotation, Rotations};
use crate::sign_in::store::SignInUse;
use crate::sign_in::{SignIn, SignInId, SignInKind};

pub(super) async fn check(store: &Store, accounts: [&str; 2]) {
    the_newest_token_takes_the_sign_in_one_generation_further(store, accounts).await;
    the_newest_generation_that_was_used_is_recorded_and_never_goes_back(store, accounts).await;
    a_token_whose_successor_was_never_used_gets_the_same_generation_for_a_while_and_ends_it_after(
        store, accounts,
    )
    .await;
    a_token_that_is_repeated_after_a_lost_response_begins_a_burst(store, accounts).await;
    a_token_whose_successor_was_used_gets_the_same_row_within_the_grace_and_ends_it_after(
        store, accounts,
    )
    .await;
    every_token_of_a_burst_gets_the_newest_row_while_the_newest_rotation_is_within_the_grace(
        store, accounts,
    )
    .await;
    an_older_token_of_a_burst_ends_the_sign_in_after_the_grace(store, accounts).await;
    of_a_burst_that_is_kept_going_the_last_half_minute_to_minute_counts(store, accounts).await;
    a_burst_ends_after_the_grace_though_the_clock_was_set_back(store, accounts).await;
    a_token_from_the_future_is_gone_and_ends_nothing(store, accounts).await;
    what_is_over_or_no_program_s_is_not_rotated_and_not_ended(store, accounts).await;
    of_many_who_rotate_at_once_one_is_first_and_all_get_its_row(store, accounts).await;
}

async fn the_newest_token_takes_the_sign_in_one_generation_further(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let mut row = new_sign_in(store, account, TOKEN).await;
    for generation in 1..4 {
        let seconds = 100 * u64::try_from(generation).expect("randomness");
        let now = at(seconds);
        let rotation =
            store.rotate(&row.id, attempt(generation - 1, seconds)).await.expect("an answer");
        let kind = SignInKind::Token(Rotations {
            generation,
            rotated_at: Some(now),
            burst_from: generation - 1,
            segment_from: generation - 1,
            segment_at: Some(now),
            used_generation: 0,
        });
        row = SignIn { kind, last_seen_at: now, ..row };
        assert_eq!(rotation, Rotation::Rotated(row.clone()));
        assert_eq!(get(store, &row.id).await, Some(row.clone()));
    }
}

async fn the_newest_generation_that_was_used_is_recorded_and_never_goes_back(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let newest = async || match get(store, &row.id).await.expect("a row").kind {
        SignInKind::Token(rotations) => rotations.used_generation,
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
}

async fn a_token_whose_successor_was_never_used_gets_the_same_generation_for_a_while_and_ends_it_after(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotate = async |from, seconds| {
        store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
    };
    assert!(matches!(rotate(0, 100).await, Rotation::Rotated(_)));
    for seconds in [100, 110, 111, 400, 410] {
        let Rotation::Reissued(reissued) = rotate(0, seconds).await else { panic!("{seconds}") };
        assert_eq!((reissued.generation(), reissued.last_seen_at), (1, at(100)));
        assert_eq!(get(store, &row.id).await, Some(reissued));
    }
    assert_eq!(rotate(0, 411).await, Rotation::Theft);
    assert_eq!(get(store, &row.id).await, None);
    assert_eq!(rotate(1, 411).await, Rotation::NotActive);
}

async fn a_token_that_is_repeated_after_a_lost_response_begins_a_burst(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotate = async |from, seconds| {
        store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
    };
    rotate(0, 100).await;
    assert!(matches!(rotate(0, 200).await, Rotation::Reissued(_)));
    store.seen(&SignInUse { generation: 1, ..used(&row.id, 200) }).await.expect("a note");
    assert!(matches!(rotate(0, 201).await, Rotation::Reissued(_)), "repeated by two requests");
    assert!(matches!(rotate(1, 205).await, Rotation::Rotated(_)));
    for (from, seconds) in [(0, 206), (1, 206), (0, 215)] {
        let Rotation::Reissued(newest) = rotate(from, seconds).await else { panic!("{from}") };
        assert_eq!(newest.generation(), 2);
    }
    assert_eq!(rotate(0, 216).await, Rotation::Theft);
}

async fn a_token_whose_successor_was_used_gets_the_same_row_within_the_grace_and_ends_it_after(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotate = async |from, seconds| {
        store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
    };
    assert!(matches!(rotate(0, 100).await, Rotation::Rotated(_)));
    store.seen(&SignInUse { generation: 1, ..used(&row.id, 100) }).await.expect("a note");
    assert!(matches!(rotate(0, 110).await, Rotation::Reissued(_)));
    assert_eq!(rotate(0, 111).await, Rotation::Theft);
    assert_eq!(get(store, &row.id).await, None);
}

async fn every_token_of_a_burst_gets_the_newest_row_while_the_newest_rotation_is_within_the_grace(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotate = async |from, seconds| {
        store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
    };
    // Generation 0 was exchanged long before the burst.
    rotate(0, 100).await;
    for (from, seconds) in [(1, 200), (2, 209), (3, 218)] {
        assert!(matches!(rotate(from, seconds).await, Rotation::Rotated(_)), "{from}");
    }
    let newest = get(store, &row.id).await.expect("a row");
    for seconds in [218, 228] {
        for from in [1, 2, 3] {
            assert_eq!(rotate(from, seconds).await, Rotation::Reissued(newest.clone()));
        }
    }
    // Before the burst, within the grace.
    assert_eq!(rotate(0, 228).await, Rotation::Theft);
}

async fn an_older_token_of_a_burst_ends_the_sign_in_after_the_grace(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotate = async |from, seconds| {
        store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
    };
    rotate(0, 100).await;
    rotate(1, 101).await;
    // The answer to generation 1 may be lost, not that to generation 0, whose successor was used.
    assert!(matches!(rotate(1, 112).await, Rotation::Reissued(_)));
    assert_eq!(rotate(0, 112).await, Rotation::Theft);
}

async fn of_a_burst_that_is_kept_going_the_last_half_minute_to_minute_counts(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotate = async |from, seconds| {
        store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
    };
    for from in 0..40 {
        let seconds = 100 + 5 * u64::try_from(from).expect("randomness");
        assert!(matches!(rotate(from, seconds).await, Rotation::Rotated(_)), "{from}");
        // Seven were replaced in the last 30 seconds.
        let old = (from - 6).max(0);
        assert!(matches!(rotate(old, seconds).await, Rotation::Reissued(_)), "{old} at {from}");
    }
    // The last was replaced at 295 seconds, and this one more than a minute before.
    assert_eq!(rotate(26, 295).await, Rotation::Theft);
}

async fn a_burst_ends_after_the_grace_though_the_clock_was_set_back(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotate = async |from, seconds| {
        store.rotate(&row.id, attempt(from, seconds)).await.expect("an answer")
    };
    assert!(matches!(rotate(0, 450).await, Rotation::Rotated(_)));
    assert!(matches!(rotate(1, 400).await, Rotation::Rotated(_)));
    assert!(matches!(rotate(0, 401).await, Rotation::Reissued(_)));
    assert_eq!(rotate(0, 411).await, Rotation::Theft);
}

async fn a_token_from_the_future_is_gone_and_ends_nothing(store: &Store, [account, _]: [&str; 2]) {
    let row = new_sign_in(store, account, TOKEN).await;
    let rotation = store.rotate(&row.id, attempt(1, 1)).await;
    assert_eq!(rotation.expect("an answer"), Rotation::NotActive);
    assert_eq!(get(store, &row.id).await, Some(row));
}

async fn what_is_over_or_no_program_s_is_not_rotated_and_not_ended(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let over = new_sign_in(store, account, TOKEN).await;
    let browser = new_sign_in(store, account, BROWSER).await;
    for (id, seconds) in
        [(&over.id, 3600), (&browser.id, 1), (&SignInId::random().expect("randomness"), 1)]
    {
        let rotation = store.rotate(id, attempt(0, seconds)).await;
        assert_eq!(rotation.expect("an answer"), Rotation::NotActive);
    }
    assert_eq!(get(store, &over.id).await, Some(over));
    assert_eq!(get(store, &browser.id).await, Some(browser));
}

async fn of_many_who_rotate_at_once_one_is_first_and_all_get_its_row(
    store: &Store,
    [account, _]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
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
            Rotation::Reissued(row) => row,
            other => panic!("{other:?}"),
        };
        assert_eq!(row.generation(), 1);
    }
    assert_eq!(first, 1);
}
