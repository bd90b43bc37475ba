//! What our guards answer when Rocket asks them about a launch: is the fairing there? And,
//! asked by a Rocket that only surveys routes, whether they demand a login.

use std::sync::atomic::{AtomicBool, Ordering};

use rocket::{Ignite, Rocket};

use crate::state::AuthState;

/// What a guard that lets a request in has proven about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing about who is asking.
    Nothing,
    /// That a credential of ours is good.
    Login,
}

/// Managed by a Rocket that surveys routes: notes which of our guards were asked.
pub(crate) struct RouteGuards {
    /// What the guards answer.
    abort: bool,
    ours: AtomicBool,
    login: AtomicBool,
}

impl RouteGuards {
    /// The guards that are asked answer `abort`.
    pub(crate) fn answering(abort: bool) -> Self {
        Self { abort, ours: AtomicBool::new(false), login: AtomicBool::new(false) }
    }

    fn note(&self, proof: Proof) -> bool {
        self.ours.store(true, Ordering::Relaxed);
        self.login.fetch_or(proof == Proof::Login, Ordering::Relaxed);
        self.abort
    }

    /// What was noted since the last time; `None` when no guard of ours was asked.
    pub(crate) fn take(&self) -> Option<Proof> {
        let login = self.login.swap(false, Ordering::Relaxed);
        let proof = if login { Proof::Login } else { Proof::Nothing };
        self.ours.swap(false, Ordering::Relaxed).then_some(proof)
    }
}

/// The answer of a guard: aborts the launch when the fairing is missing.
pub(crate) fn abort(rocket: &Rocket<Ignite>, guard: &str, proof: Proof) -> bool {
    if let Some(survey) = rocket.state::<RouteGuards>() {
        return survey.note(proof);
    }
    let missing = rocket.state::<AuthState>().is_none();
    if missing {
        log::error!("a route uses {guard}, which needs `.attach(Auth::fairing())`");
    }
    missing
}

/// Whether this Rocket only surveys routes.
pub(crate) fn surveys(rocket: &Rocket<Ignite>) -> bool {
    rocket.state::<RouteGuards>().is_some()
}

/// Whether the fairing is there. A survey is answered yes, so that it hides no guard that is
/// asked next.
pub(crate) fn is_attached(rocket: &Rocket<Ignite>) -> bool {
    surveys(rocket) || rocket.state::<AuthState>().is_some()
}

/// The answer of a guard for accounts of one type: a second type in one application aborts the
/// launch, because a credential names an account and not its type.
pub(crate) fn abort_for<U: 'static>(rocket: &Rocket<Ignite>, guard: &str) -> bool {
    let second = rocket.state::<AuthState>().is_some_and(|state| !state.serves::<U>());
    if second && !surveys(rocket) {
        let name = std::any::type_name::<U>();
        log::error!("{guard}<{name}> is for another account type than the guards before it");
        return true;
    }
    abort(rocket, guard, Proof::Login)
}

/// The answer of a guard that lets in whom the guard inside does not know.
pub(crate) fn abort_as(rocket: &Rocket<Ignite>, inside: fn(&Rocket<Ignite>) -> bool) -> bool {
    match rocket.state::<RouteGuards>() {
        Some(survey) => survey.note(Proof::Nothing),
        None => inside(rocket),
    }
}
