//! The sentinels of our guards: they abort a launch without the fairing, and tell it which guards
//! the routes have. On a Rocket that only inspects routes they record whether the route demands a
//! login.

use std::sync::atomic::{AtomicBool, Ordering};

use rocket::{Ignite, Rocket};

use crate::state::AuthState;

/// What a guard proves about the requests that it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing about their user.
    Nothing,
    /// A good credential of ours.
    Login,
}

/// Managed by a Rocket that only inspects routes: records which sentinels of ours were called.
pub(crate) struct RouteGuards {
    /// What the sentinels return.
    abort: bool,
    ours: AtomicBool,
    login: AtomicBool,
}

impl RouteGuards {
    /// Makes every sentinel of ours return `abort`.
    pub(crate) fn new(abort: bool) -> Self {
        Self { abort, ours: AtomicBool::new(false), login: AtomicBool::new(false) }
    }

    fn record(&self, proof: Proof) -> bool {
        self.ours.store(true, Ordering::Relaxed);
        self.login.fetch_or(proof == Proof::Login, Ordering::Relaxed);
        self.abort
    }

    /// Returns what was recorded since the last call; `None` if no sentinel of ours was called.
    pub(crate) fn take(&self) -> Option<Proof> {
        let login = self.login.swap(false, Ordering::Relaxed);
        let proof = if login { Proof::Login } else { Proof::Nothing };
        self.ours.swap(false, Ordering::Relaxed).then_some(proof)
    }
}

/// The sentinel of a guard: aborts the launch without the fairing, which it tells of the guard.
pub(crate) fn abort(rocket: &Rocket<Ignite>, guard: &'static str, proof: Proof) -> bool {
    if let Some(inspection) = rocket.state::<RouteGuards>() {
        return inspection.record(proof);
    }
    let Some(state) = rocket.state::<AuthState>() else {
        log::error!(
            "a route uses {guard}, which needs Auth::fairing() with `.store(...)` or `.stateless()`"
        );
        return true;
    };
    state.record_guard(guard);
    false
}

/// The sentinel of a guard that ends sign-ins: aborts the launch without a store too.
pub(crate) fn abort_without_store(
    rocket: &Rocket<Ignite>,
    guard: &'static str,
    proof: Proof,
) -> bool {
    let stateless = rocket.state::<AuthState>().is_some_and(|state| state.store.is_none());
    if stateless && !is_inspection(rocket) {
        log::error!("a route uses {guard}, which needs `Auth::fairing().store(...)`");
        return true;
    }
    abort(rocket, guard, proof)
}

/// Whether this Rocket only inspects routes.
pub(crate) fn is_inspection(rocket: &Rocket<Ignite>) -> bool {
    rocket.state::<RouteGuards>().is_some()
}

/// The sentinel of a guard for accounts of type `U`: a second account type aborts the launch,
/// because a credential names an account and not its type.
pub(crate) fn abort_for<U: 'static>(
    rocket: &Rocket<Ignite>,
    guard: &'static str,
    proof: Proof,
) -> bool {
    let second = rocket.state::<AuthState>().is_some_and(|state| !state.serves::<U>());
    if second && !is_inspection(rocket) {
        let name = std::any::type_name::<U>();
        log::error!("{guard}<{name}> is for another account type than the guards before it");
        return true;
    }
    abort(rocket, guard, proof)
}

/// The sentinel of a guard that also accepts requests without a credential.
pub(crate) fn abort_as(rocket: &Rocket<Ignite>, inside: fn(&Rocket<Ignite>) -> bool) -> bool {
    match rocket.state::<RouteGuards>() {
        Some(inspection) => inspection.record(Proof::Nothing),
        None => inside(rocket),
    }
}
