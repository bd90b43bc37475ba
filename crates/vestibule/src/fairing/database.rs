//! Keeping sign-ins and failed passwords in one database.

use super::auth::Auth;
use crate::database::{ConnectionPool, DieselSignInStore, DieselThrottle};

impl Auth {
    /// Stores sign-ins and counts failed passwords in this database: the [`store`](Self::store) is a
    /// [`DieselSignInStore`], the [`throttle`](Self::throttle) a [`DieselThrottle`]. Their tables are
    /// made by [`open_sqlite`](crate::database::open_sqlite) or by
    /// [`MIGRATIONS`](crate::database::MIGRATIONS); if one is missing, the launch fails.
    pub fn database<P: ConnectionPool + Clone>(self, pool: P) -> Self {
        self.store(DieselSignInStore::new(pool.clone())).throttle(DieselThrottle::new(pool))
    }
}
