use std::sync::mpsc::{Receiver, channel};

use rocket::tokio::task::yield_now;

use super::*;

fn hasher(hashers: usize) -> Hasher {
    let config = PasswordConfig { hashers, queue: 0, ..PasswordConfig::default() };
    Hasher::new(&config).expect("a hasher")
}

/// Work that runs until its receiver hears of it.
fn until<T>(end: Receiver<()>, result: impl Fn() -> T) -> impl Fn() -> T {
    let end = Mutex::new(end);
    move || {
        let _ = end.lock().map(|end| end.recv());
        result()
    }
}

#[test]
fn a_costly_hash_is_given_more_time_before_it_counts_as_starved() {
    let costly = PasswordConfig { cost: 20, ..PasswordConfig::default() };
    assert!(Hasher::new(&costly).expect("a hasher").starved_after > STARVED_AFTER);
}

#[cfg(target_os = "linux")]
#[rocket::async_test]
async fn work_runs_at_the_lowest_priority_and_again_at_normal_priority_when_it_is_starved() {
    let niceness = || rustix::process::getpriority_process(None).expect("a priority");
    let (mut hasher, before) = (hasher(1), niceness());
    let low = 19.max(before);
    hasher.starved_after = Duration::from_secs(3600);
    assert_eq!(hasher.run(niceness).await.expect("a result"), low);
    hasher.starved_after = Duration::from_millis(1);
    let (end, ended) = channel();
    let wait = until(ended, || ());
    let starved = hasher.run(move || {
        // The run at low priority waits, as a thread does that is given no time.
        if niceness() > before {
            wait();
        }
        niceness()
    });
    assert_eq!(starved.await.expect("a rescue"), before);
    // The next work waits behind the starved one, and is rescued too.
    assert_eq!(hasher.run(niceness).await.expect("a rescue"), before);
    drop(end);
    assert_eq!(niceness(), before);
}

#[rocket::async_test]
async fn beyond_those_at_work_and_waiting_it_is_busy() {
    let hasher = hasher(1);
    let (end, ended) = channel();
    let first = hasher.run(until(ended, || 1));
    let second = async {
        assert_eq!((hasher.busy(), hasher.waiting()), (1, 0));
        let second = hasher.run(|| 2).await;
        drop(end);
        second
    };
    let (first, second) = rocket::tokio::join!(first, second);
    assert_eq!(first.expect("a result"), 1);
    assert_eq!(second.expect_err("no permit").kind(), ErrorKind::Busy);
    assert_eq!(hasher.run(|| 3).await.expect("a result"), 3);
}

#[rocket::async_test]
async fn those_at_work_and_those_that_wait_are_counted_apart() {
    let config = PasswordConfig { hashers: 1, queue: 2, ..PasswordConfig::default() };
    let mut hasher = Hasher::new(&config).expect("a hasher");
    hasher.starved_after = Duration::from_secs(3600);
    let (end, ended) = channel();
    let first = hasher.run(until(ended, || 1));
    let (second, third) = (hasher.run(|| 2), hasher.run(|| 3));
    let counted = async {
        let counted = (hasher.busy(), hasher.waiting());
        drop(end);
        counted
    };
    let (first, second, third, counted) = rocket::tokio::join!(first, second, third, counted);
    assert_eq!(counted, (1, 2));
    let results = [first, second, third].map(|result| result.expect("a result"));
    assert_eq!((results, hasher.waiting()), ([1, 2, 3], 0));
}

#[rocket::async_test]
async fn work_whose_client_has_gone_keeps_its_permit_until_it_is_done() {
    let hasher = hasher(1);
    let (end, ended) = channel();
    let (begin, mut begun) = mpsc::unbounded_channel();
    let wait = until(ended, || ());
    let work = hasher.run(move || {
        let _ = begin.send(());
        wait();
    });
    select! {
        biased;
        _ = begun.recv() => {}
        _ = work => panic!("it goes on"),
    }
    // The client is gone with the future.
    assert!(hasher.check_capacity().is_err());
    drop(end);
    while hasher.check_capacity().is_err() {
        yield_now().await;
    }
}

#[rocket::async_test]
async fn work_that_panics_is_an_error_and_releases_its_permit() {
    let hasher = hasher(1);
    let failed = hasher.run(|| panic!("on purpose")).await;
    assert_eq!(failed.expect_err("an error").kind(), ErrorKind::Internal);
    assert!(hasher.run(|| ()).await.is_ok());
}

#[rocket::async_test]
async fn a_password_above_the_limit_matches_nothing() {
    let config = PasswordConfig { cost: 4, ..PasswordConfig::default() };
    let hasher = Hasher::new(&config).expect("a hasher");
    for (length, is_compared) in [(Password::MAX_BYTES, true), (Password::MAX_BYTES + 1, false)] {
        let password = Password::from("x".repeat(length));
        let stored = hasher.hash_blocking(&password).expect("a hash");
        let matches = hasher.verify(&password, Some(&stored)).await;
        assert_eq!(matches.expect("an answer"), is_compared, "{length}");
    }
}
