//! Keeping sign-ins and failed passwords in one database.

use rocket::{Build, Rocket};

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

    /// As [`database`](Self::database), with a pool that is found at ignition, as by
    /// [`store_at_ignition`](Self::store_at_ignition); `None` aborts the launch.
    ///
    /// ```
    /// # #[cfg(all(feature = "diesel-sqlite", feature = "rocket_sync_db_pools"))] {
    /// use rocket_sync_db_pools::{database, diesel::SqliteConnection};
    /// use vestibule::Auth;
    /// use vestibule::database::sync_db_pool;
    ///
    /// #[database("app")]
    /// struct Db(SqliteConnection);
    ///
    /// let auth = Auth::fairing().database_at_ignition(sync_db_pool::<Db, SqliteConnection>);
    /// let rocket = rocket::build().attach(Db::fairing()).attach(auth);
    /// # }
    /// ```
    pub fn database_at_ignition<P: ConnectionPool>(
        self,
        find: impl Fn(&Rocket<Build>) -> Option<P> + Clone + Send + Sync + 'static,
    ) -> Self {
        let find_again = find.clone();
        self.store_at_ignition(move |rocket| find(rocket).map(DieselSignInStore::new))
            .throttle_at_ignition(move |rocket| find_again(rocket).map(DieselThrottle::new))
    }
}
