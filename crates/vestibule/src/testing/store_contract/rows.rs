//! Rows are kept as they were, listed in one order, and ended once.

use std::time::Duration;

use rocket::futures::future::join_all;
use rocket::tokio;

use super::{BROWSER, Store, TOKEN, at, end_all, get, new_sign_in, sign_in, used};
use crate::sign_in::amr::Amr;
use crate::sign_in::{SignIn, SignInId, SignInKind};

pub(super) async fn check(store: &Store, accounts: [&str; 2]) {
    what_was_stored_is_found_as_it_was_and_nothing_else_is(store, accounts).await;
    an_id_that_exists_is_an_error_and_never_an_overwrite(store, accounts).await;
    a_use_is_recorded_and_never_goes_back(store, accounts).await;
    many_uses_are_recorded_at_once_and_an_ended_sign_in_prevents_no_other(store, accounts).await;
    what_is_proven_is_kept(store, accounts).await;
    a_new_proof_is_added_and_changes_nothing_else(store, accounts).await;
    proofs_at_the_same_time_are_all_recorded(store, accounts).await;
    a_sign_in_is_ended_once(store, accounts).await;
    all_of_an_account_are_ended_but_for_one_and_counted(store, accounts).await;
    the_list_has_all_of_an_account_latest_use_first(store, accounts).await;
    sign_ins_that_were_used_at_the_same_moment_are_listed_in_one_order(store, accounts).await;
    a_purge_keeps_what_is_active(store, accounts).await;
}

async fn what_was_stored_is_found_as_it_was_and_nothing_else_is(
    store: &Store,
    [account, _]: [&str; 2],
) {
    for kind in [BROWSER, TOKEN] {
        let row = new_sign_in(store, account, kind).await;
        assert_eq!(get(store, &row.id).await, Some(row));
    }
    for stamp in [None, Some("and a stamp".to_owned())] {
        let key = SignInKind::Key {
            label: "nightly 🌙 backup".to_owned(),
            scopes: vec!["files:read".to_owned(), "!#~".to_owned()],
            secret_hash: "a hash".to_owned(),
            stamp,
        };
        let key = sign_in(account, key);
        store.open(&key).await.expect("an opening");
        assert_eq!(get(store, &key.id).await, Some(key));
    }
    assert_eq!(get(store, &SignInId::random().expect("randomness")).await, None);
}

async fn an_id_that_exists_is_an_error_and_never_an_overwrite(
    store: &Store,
    [account, other]: [&str; 2],
) {
    let row = new_sign_in(store, account, TOKEN).await;
    let again = SignIn { id: row.id.clone(), ..sign_in(other, BROWSER) };
    assert!(store.open(&again).await.is_err());
    assert_eq!(get(store, &row.id).await, Some(row));
}

async fn a_use_is_recorded_and_never_goes_back(store: &Store, [account, _]: [&str; 2]) {
    let row = new_sign_in(store, account, BROWSER).await;
    for (seen_at, expected) in [(60, 60), (30, 60), (61, 61)] {
        store.seen(&used(&row.id, seen_at)).await.expect("a note");
        let last_seen_at = at(expected);
        assert_eq!(get(store, &row.id).await, Some(SignIn { last_seen_at, ..row.clone() }));
    }
    let gone = SignInId::random().expect("randomness");
    store.seen(&used(&gone, 1)).await.expect("no error");
    assert_eq!(get(store, &gone).await, None);
}

async fn many_uses_are_recorded_at_once_and_an_ended_sign_in_prevents_no_other(
    store: &Store,
    [account, other]: [&str; 2],
) {
    let (one, two) =
        (new_sign_in(store, account, BROWSER).await, new_sign_in(store, other, TOKEN).await);
    store.seen(&used(&two.id, 90)).await.expect("a note");
    let gone = SignInId::random().expect("randomness");
    let uses = [&one.id, &gone, &two.id].map(|id| used(id, 60));
    store.seen_all(&uses).await.expect("no error");
    assert_eq!(get(store, &one.id).await, Some(SignIn { last_seen_at: at(60), ..one }));
    assert_eq!(get(store, &two.id).await, Some(SignIn { last_seen_at: at(90), ..two }));
    assert_eq!(get(store, &gone).await, None);
    store.seen_all(&[]).await.expect("no error");
}

const PASSKEY: Amr = Amr::HARDWARE_KEY.with(Amr::USER_PRESENCE).with(Amr::MULTI_FACTOR);

async fn what_is_proven_is_kept(store: &Store, [account, _]: [&str; 2]) {
    for amr in [Amr::NONE, Amr::PASSWORD.with(Amr::OTP), PASSKEY] {
        let row = SignIn { amr, ..sign_in(account, TOKEN) };
        store.open(&row).await.expect("an opening");
        assert_eq!(get(store, &row.id).await, Some(row));
    }
}

async fn a_new_proof_is_added_and_changes_nothing_else(store: &Store, [account, _]: [&str; 2]) {
    let mut row = new_sign_in(store, account, BROWSER).await;
    // The sign-in was opened by the password: with a code two factors are proven.
    for (seconds, amr) in [(60, Amr::OTP), (61, PASSKEY), (62, Amr::PASSWORD)] {
        let all = row.amr.with(amr);
        assert_eq!(store.confirm(&row.id, at(seconds), amr).await.expect("a proof"), Some(all));
        row = SignIn { auth_time: at(seconds), amr: all, ..row };
        assert_eq!(get(store, &row.id).await, Some(row.clone()));
    }
    let unknown = SignInId::random().expect("randomness");
    assert_eq!(store.confirm(&unknown, at(1), PASSKEY).await.expect("no error"), None);
    assert_eq!(get(store, &unknown).await, None);
}

async fn proofs_at_the_same_time_are_all_recorded(store: &Store, [account, _]: [&str; 2]) {
    let methods = [Amr::PASSWORD, Amr::OTP, Amr::HARDWARE_KEY, Amr::USER_PRESENCE];
    let all = methods.into_iter().fold(Amr::NONE, Amr::with);
    for _ in 0..6 {
        let row = SignIn { amr: Amr::NONE, ..sign_in(account, BROWSER) };
        store.open(&row).await.expect("an opening");
        let proofs = methods.map(|method| {
            let (store, id) = (store.clone(), row.id.clone());
            tokio::spawn(async move { store.confirm(&id, at(60), method).await })
        });
        for proof in join_all(proofs).await {
            proof.expect("no panic").expect("a proof");
        }
        assert_eq!(get(store, &row.id).await.map(|row| row.amr), Some(all));
    }
}

async fn a_sign_in_is_ended_once(store: &Store, [account, _]: [&str; 2]) {
    let (row, other) =
        (new_sign_in(store, account, TOKEN).await, new_sign_in(store, account, TOKEN).await);
    assert!(store.end(&row.id).await.expect("an end"));
    assert!(!store.end(&row.id).await.expect("no error"));
    assert_eq!(get(store, &row.id).await, None);
    assert_eq!(get(store, &other.id).await, Some(other));
}

async fn all_of_an_account_are_ended_but_for_one_and_counted(
    store: &Store,
    [account, other]: [&str; 2],
) {
    end_all(store, [account, other]).await;
    let mut rows = Vec::new();
    for kind in [BROWSER, TOKEN, BROWSER] {
        rows.push(new_sign_in(store, account, kind).await);
    }
    let stranger = new_sign_in(store, other, TOKEN).await;
    let kept = &rows[1].id;
    assert_eq!(store.end_all(account, Some(kept)).await.expect("an end"), 2);
    assert_eq!(store.list(account).await.expect("a list"), [rows[1].clone()]);
    assert_eq!(store.end_all(account, None).await.expect("an end"), 1);
    assert_eq!(store.end_all(account, Some(&stranger.id)).await.expect("an end"), 0);
    assert_eq!(store.end_all("nobody", None).await.expect("an end"), 0);
    assert_eq!(store.list(other).await.expect("a list"), [stranger]);
}

async fn the_list_has_all_of_an_account_latest_use_first(
    store: &Store,
    [account, other]: [&str; 2],
) {
    end_all(store, [account, other]).await;
    let mut rows = Vec::new();
    for seen in [5, 1, 9, 3] {
        let mut row = new_sign_in(store, account, BROWSER).await;
        row.last_seen_at = at(seen);
        store.seen(&used(&row.id, seen)).await.expect("a note");
        rows.push(row);
    }
    new_sign_in(store, other, BROWSER).await;
    rows.sort_by_key(|row| std::cmp::Reverse(row.last_seen_at));
    assert_eq!(store.list(account).await.expect("a list"), rows);
    assert!(store.list("nobody").await.expect("a list").is_empty());
}

async fn sign_ins_that_were_used_at_the_same_moment_are_listed_in_one_order(
    store: &Store,
    [account, other]: [&str; 2],
) {
    end_all(store, [account, other]).await;
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
}

async fn a_purge_keeps_what_is_active(store: &Store, [account, _]: [&str; 2]) {
    let unused = SignInKind::Browser { remembered: false };
    for kind in [BROWSER, TOKEN, unused] {
        let row = new_sign_in(store, account, kind).await;
        store.purge(at(3599), Duration::from_secs(3600)).await.expect("a purge");
        assert_eq!(get(store, &row.id).await, Some(row));
    }
}
