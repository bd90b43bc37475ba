//! Where sign-ins and failed passwords are stored.

use std::sync::Arc;

use rocket::{Build, Rocket};

use crate::sign_in::store::SignInStore;
use crate::throttle::{MemoryThrottle, ThrottleStore};

/// Where sign-ins are stored.
pub(super) enum StoreChoice {
    None,
    /// Chosen twice.
    Repeated,
    Stateless,
    Store(Arc<dyn SignInStore>),
    AtIgnition(Box<MakeStore>),
}

pub(super) type MakeStore = dyn Fn(&Rocket<Build>) -> Option<Arc<dyn SignInStore>> + Send + Sync;
pub(super) type MakeThrottle =
    dyn Fn(&Rocket<Build>) -> Option<Arc<dyn ThrottleStore>> + Send + Sync;

impl StoreChoice {
    /// Returns the store, none for `stateless`, or why it cannot be used.
    pub(super) fn find(
        &self,
        rocket: &Rocket<Build>,
    ) -> Result<Option<Arc<dyn SignInStore>>, String> {
        match self {
            Self::Stateless => Ok(None),
            Self::Store(store) => Ok(Some(store.clone())),
            Self::AtIgnition(make) => made("store", make(rocket)).map(Some),
            Self::None | Self::Repeated => Err("Auth::fairing() needs one of `.store(...)`, \
                                                `.store_at_ignition(...)` and `.stateless()`, once"
                .to_owned()),
        }
    }
}

/// Returns the throttle, in memory unless another is chosen, or why it cannot be used.
pub(super) fn find_throttle(
    make: Option<&MakeThrottle>,
    rocket: &Rocket<Build>,
) -> Result<Arc<dyn ThrottleStore>, String> {
    make.map_or_else(
        || Ok(Arc::new(MemoryThrottle::new()) as _),
        |make| made("throttle", make(rocket)),
    )
}

fn made<T>(what: &str, made: Option<T>) -> Result<T, String> {
    made.ok_or_else(|| {
        format!(
            "the {what} of Auth::fairing() could not be made; attach the fairing of its pool before"
        )
    })
}
