//! Compares the two databases: the same random requests at an application on SQLite
//! and at one on PostgreSQL, whose clocks show the same. The responses must be alike, and so must
//! be what is left in the tables.
//!
//! `VESTIBULE_DIFFERENTIAL_CASES` says how many sequences are played, and
//! `VESTIBULE_DIFFERENTIAL_SEED` which ones.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what other tests need of it")]
mod support;

mod administration;
mod contents;
mod player;
mod pools;
mod redaction;
mod requests;
mod steps;

use std::thread;

use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use player::{Answer, Player};
use requests::{Op, op};
use support::app::On;
use support::postgres;

/// Plays a sequence on one database; returns each response, and what is left in the tables.
fn play(on: On, ops: &[Op]) -> Vec<Answer> {
    let mut player = Player::new(on);
    player.prologue();
    ops.iter().for_each(|op| player.step(op));
    player.epilogue()
}

/// The first response that differs, for a person to read.
fn difference(sqlite: &[Answer], postgres: &[Answer]) -> Option<String> {
    let differs = |at: &usize| sqlite.get(*at) != postgres.get(*at);
    let at = (0..sqlite.len().max(postgres.len())).find(differs)?;
    let asked = sqlite.get(at).or(postgres.get(at)).map(|answer| answer.asked.clone());
    let lines = |answers: &[Answer]| -> Vec<String> {
        let said = answers.get(at).map(|answer| answer.said.as_str()).unwrap_or("nothing");
        said.lines().map(str::to_owned).collect()
    };
    let (on_sqlite, on_postgres) = (lines(sqlite), lines(postgres));
    let count = on_sqlite.len().max(on_postgres.len());
    let unlike = (0..count).filter(|&line| on_sqlite.get(line) != on_postgres.get(line)).take(8);
    let shown = |line: Option<&String>| line.map_or("(no such line)", String::as_str).to_owned();
    let unlike = unlike.map(|line| {
        format!(
            "SQLite:     {}\nPostgreSQL: {}",
            shown(on_sqlite.get(line)),
            shown(on_postgres.get(line))
        )
    });
    let unlike = unlike.collect::<Vec<_>>().join("\n");
    Some(format!("answer {at}, to {}\n{unlike}", asked.unwrap_or_default()))
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a whole number"))
}

#[test]
fn the_same_random_requests_get_the_same_answers_on_both_databases() {
    let Some(server) = postgres::server() else { return };
    let collation = server.execute("postgres", "SELECT 'a' < 'B' AND 'é' < 'z'");
    println!("PostgreSQL sorts as {}", if collation == "t" { "a language" } else { "bytes" });
    let (seed, cases) =
        (number("VESTIBULE_DIFFERENTIAL_SEED", 1), number("VESTIBULE_DIFFERENTIAL_CASES", 20));
    let config = Config {
        cases: u32::try_from(cases).expect("not that many"),
        failure_persistence: None,
        max_shrink_time: 30_000,
        max_shrink_iters: 1000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let counts = std::cell::RefCell::new(std::collections::BTreeMap::<u16, usize>::new());
    let done = TestRunner::new_with_rng(config, random).run(&vec(op(), 40..60), |ops| {
        let (sqlite, postgres) = thread::scope(|scope| {
            let sqlite = scope.spawn(|| play(On::Sqlite, &ops));
            let postgres = play(On::Postgres, &ops);
            (sqlite.join().expect("no panic on SQLite"), postgres)
        });
        for answer in &sqlite {
            *counts.borrow_mut().entry(answer.status).or_default() += 1;
        }
        match difference(&sqlite, &postgres) {
            None => Ok(()),
            Some(difference) => Err(TestCaseError::fail(difference)),
        }
    });
    println!("answers by status: {:?}", counts.borrow());
    match done {
        Ok(()) => {}
        Err(TestError::Fail(why, ops)) => panic!(
            "the databases differ; again with VESTIBULE_DIFFERENTIAL_SEED={seed} \
             VESTIBULE_DIFFERENTIAL_CASES={cases}\n{why}\nafter the first requests:\n{}",
            ops.iter().map(|op| format!("{op:?}\n")).collect::<String>()
        ),
        Err(TestError::Abort(why)) => panic!("seed {seed}: {why}"),
    }
    // What is compared must be worth it.
    let all = [200, 201, 204, 303, 401, 403, 404, 409, 422, 429];
    for status in all.into_iter().filter(|_| cases >= 20) {
        assert!(counts.borrow().contains_key(&status), "nothing was answered {status}");
    }
}
