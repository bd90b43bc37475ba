//! Routes together with the guard that they demand: the list that `vestibule routes` prints.

use rocket::Route;

/// Routes that one kind of visitor may use.
pub struct Guarded {
    /// The path that they are mounted under.
    pub base: &'static str,
    /// The guard in their signatures, or what stands for none.
    pub demands: &'static str,
    /// The routes.
    pub routes: Vec<Route>,
}

impl Guarded {
    /// Routes under `base` whose handlers demand this guard.
    #[must_use]
    pub fn new(base: &'static str, demands: &'static str, routes: Vec<Route>) -> Self {
        Self { base, demands, routes }
    }
}
