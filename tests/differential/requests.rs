//! The operations: everything that a client can do, with random numbers that pick from the pools
//! and from what there is at that moment.

use proptest::prelude::*;

use crate::pools::{AGENTS, NUMBERS, PAGES, PASSWORDS, PAUSES, RAW, TEXTS};

/// How many browsers there are, and then programs.
pub(crate) const BROWSERS: usize = 3;
pub(crate) const CLIENTS: usize = 6;

/// A user name: an existing one or one of the pool, in its own or another case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    pub(crate) known: bool,
    pub(crate) number: usize,
    pub(crate) case: u8,
}

/// A list that is read page by page, with one argument.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    Users { q: Option<usize>, page: Option<usize> },
    Events { account: Option<usize>, before: Option<usize> },
    OwnEvents { before: Option<usize> },
}

/// What an administrator does to a user.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Look,
    Role(usize),
    Active(usize),
    FullName(Option<usize>),
    All { role: usize, active: usize, full_name: usize },
    EndSignIns,
    Delete { confirmed: bool },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Register { who: usize, name: Name, full_name: usize, password: usize },
    LogIn { who: usize, name: Name, right: bool, remember: bool, agent: usize },
    Guess { who: usize, name: Name, times: usize },
    LogOut { who: usize, all: bool },
    Refresh { who: usize, age: usize },
    ChangePassword { who: usize, right: bool, new: usize },
    Reauthenticate { who: usize, right: bool },
    Look { who: usize, page: usize },
    Read { who: usize, list: List },
    Administer { who: usize, id: usize, known: bool, change: Change },
    EndSignIn { who: usize, target: usize },
    EndOthers { who: usize },
    EndAll { who: usize },
    SetUp { who: usize, good: bool, name: Name, full_name: usize, password: usize },
    Import { first: usize, count: usize },
    Export { ago: usize },
    LoseSession { who: usize },
    Wait { pause: usize },
    Purge,
    Restart,
}

fn name(known: f64) -> impl Strategy<Value = Name> {
    (prop::bool::weighted(known), 0_usize..TEXTS.len(), 0_u8..4)
        .prop_map(|(known, number, case)| Name { known, number, case })
}

fn list() -> impl Strategy<Value = List> {
    let number = || prop::option::of(0..NUMBERS.len());
    let found = TEXTS.len()..TEXTS.len() + RAW.len();
    let text = prop::option::weighted(0.8, prop_oneof![0..TEXTS.len(), found]);
    prop_oneof![
        5 => (text, number()).prop_map(|(q, page)| List::Users { q, page }),
        3 => (number(), number()).prop_map(|(account, before)| List::Events { account, before }),
        1 => number().prop_map(|before| List::OwnEvents { before }),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Look),
        3 => (0_usize..4).prop_map(Change::Role),
        3 => (0_usize..4).prop_map(Change::Active),
        3 => prop::option::of(0..TEXTS.len()).prop_map(Change::FullName),
        2 => (0_usize..4, 0_usize..4, 0..TEXTS.len())
            .prop_map(|(role, active, full_name)| Change::All { role, active, full_name }),
        2 => Just(Change::EndSignIns),
        3 => prop::bool::weighted(0.8).prop_map(|confirmed| Change::Delete { confirmed }),
    ]
}

/// Any operation.
pub(crate) fn op() -> impl Strategy<Value = Op> {
    let who = 0..CLIENTS;
    // The first administrator, two times out of three.
    let admin = prop_oneof![1 => 0..CLIENTS, 1 => Just(BROWSERS - 1), 1 => Just(CLIENTS - 1)];
    let (text, password) = (0..TEXTS.len(), 0..PASSWORDS.len());
    let right = prop::bool::weighted(0.75);
    prop_oneof![
        8 => (who.clone(), name(0.2), text.clone(), password.clone()).prop_map(
            |(who, name, full_name, password)| Op::Register { who, name, full_name, password }
        ),
        8 => (who.clone(), name(0.6), right, any::<bool>(), 0..AGENTS.len()).prop_map(
            |(who, name, right, remember, agent)| Op::LogIn { who, name, right, remember, agent }
        ),
        1 => (who.clone(), name(0.6), 3_usize..8)
            .prop_map(|(who, name, times)| Op::Guess { who, name, times }),
        2 => (who.clone(), prop::bool::weighted(0.3)).prop_map(|(who, all)| Op::LogOut { who, all }),
        4 => (BROWSERS..CLIENTS, prop_oneof![3 => Just(0_usize), 1 => 0_usize..6])
            .prop_map(|(who, age)| Op::Refresh { who, age }),
        3 => (who.clone(), right, password.clone())
            .prop_map(|(who, right, new)| Op::ChangePassword { who, right, new }),
        3 => (who.clone(), right).prop_map(|(who, right)| Op::Reauthenticate { who, right }),
        6 => (who.clone(), 0..PAGES.len()).prop_map(|(who, page)| Op::Look { who, page }),
        12 => (admin.clone(), list()).prop_map(|(who, list)| Op::Read { who, list }),
        10 => (admin, 0..NUMBERS.len(), any::<bool>(), change())
            .prop_map(|(who, id, known, change)| Op::Administer { who, id, known, change }),
        3 => (who.clone(), 0_usize..32).prop_map(|(who, target)| Op::EndSignIn { who, target }),
        1 => who.clone().prop_map(|who| Op::EndOthers { who }),
        1 => who.clone().prop_map(|who| Op::EndAll { who }),
        1 => (0..BROWSERS, prop::bool::weighted(0.8), name(0.2), text.clone(), password).prop_map(
            |(who, good, name, full_name, password)| Op::SetUp {
                who, good, name, full_name, password
            }
        ),
        1 => (text, 1_usize..5).prop_map(|(first, count)| Op::Import { first, count }),
        1 => (0..PAUSES.len()).prop_map(|ago| Op::Export { ago }),
        1 => (0..BROWSERS).prop_map(|who| Op::LoseSession { who }),
        // The long ones, after which no client is signed in, are the last.
        6 => (0..9_usize).prop_map(|pause| Op::Wait { pause }),
        1 => (0..PAUSES.len()).prop_map(|pause| Op::Wait { pause }),
        1 => Just(Op::Purge),
        1 => Just(Op::Restart),
    ]
}
