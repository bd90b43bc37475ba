//! The application's own pool of connections.

use diesel::helper_types::Limit;
use diesel::query_dsl::methods::{LimitDsl, LoadQuery};
use diesel::r2d2::{ConnectionManager, Pool, R2D2Connection};
use diesel::{OptionalExtension, RunQueryDsl};
use rocket::tokio::task;
use rocket::{Orbit, Rocket};

use super::backend::StoreConnection;
use crate::error::Error;

/// Runs work on a connection of the application's pool, off the async threads.
///
/// ```
/// # #[cfg(feature = "diesel-sqlite")] {
/// use diesel::prelude::*;
/// use rocket::{Orbit, Rocket};
/// use vestibule::Error;
/// use vestibule::database::{ConnectionPool, SqlitePool};
///
/// diesel::table! { notes (id) { id -> Integer, text -> Text } }
///
/// async fn text(rocket: &Rocket<Orbit>, id: i32) -> Result<Option<String>, Error> {
///     SqlitePool::of(rocket)?.first(notes::table.find(id).select(notes::text)).await
/// }
///
/// async fn remove_all(pool: &SqlitePool) -> Result<usize, Error> {
///     pool.run(|db| Ok(diesel::delete(notes::table).execute(db)?)).await
/// }
/// # }
/// ```
pub trait ConnectionPool: Send + Sync + 'static {
    /// The type of its connections.
    type Connection: StoreConnection;

    /// Returns the pool of this type that the application manages; 500 `internal` without one.
    fn of(rocket: &Rocket<Orbit>) -> Result<&Self, Error>
    where
        Self: Sized,
    {
        rocket.state().ok_or_else(|| Error::misuse("no pool of this type: `.manage(pool)`"))
    }

    /// Runs work on a connection. Without a connection it is 503 `unavailable`.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Self::Connection) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Error>> + Send;

    /// Looks something up by key with one statement, which may be run twice. Default: as
    /// [`run`](Self::run).
    fn look_up<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Self::Connection) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Error>> + Send {
        self.run(work)
    }

    /// Returns the first row of a query, if there is one.
    fn first<T, Q>(&self, query: Q) -> impl Future<Output = Result<Option<T>, Error>> + Send
    where
        T: Send + 'static,
        Q: LimitDsl + RunQueryDsl<Self::Connection> + Send + 'static,
        Limit<Q>: LoadQuery<'static, Self::Connection, T>,
        Self: Sized,
    {
        self.run(move |connection| Ok(query.first(connection).optional()?))
    }
}

/// How many rows one statement deletes: a larger one would delay other writers.
pub(super) const PURGE_BATCH: i64 = 500;

/// Runs a statement that deletes up to [`PURGE_BATCH`] rows until it deletes fewer; returns how many
/// in all.
pub(super) async fn purge_all<P: ConnectionPool>(
    pool: &P,
    purge: impl Fn(&mut P::Connection) -> diesel::QueryResult<usize> + Copy + Send + 'static,
) -> Result<u64, Error> {
    let mut purged = 0;
    loop {
        let count = pool.run(move |connection| Ok(purge(connection)?)).await?;
        purged += count as u64;
        if count < PURGE_BATCH as usize {
            return Ok(purged);
        }
    }
}

/// SQLite fails at once if another connection writes, unless the connections set
/// `PRAGMA busy_timeout`; set it in a `CustomizeConnection`.
impl<C: StoreConnection + R2D2Connection> ConnectionPool for Pool<ConnectionManager<C>> {
    type Connection = C;

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut C) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let pool = self.clone();
        let job = move || {
            let mut connection = pool.get().map_err(Error::unavailable)?;
            work(&mut connection)
        };
        task::spawn_blocking(job).await.map_err(Error::internal)?
    }
}

#[cfg(feature = "rocket_sync_db_pools")]
impl<K, C> ConnectionPool for SyncDbPool<K, C>
where
    K: 'static,
    C: rocket_sync_db_pools::Poolable + StoreConnection,
{
    type Connection = C;

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut C) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match self.get().await {
            Some(connection) => connection.run(work).await,
            None => Err(Error::unavailable(std::io::Error::other("the pool has no connection"))),
        }
    }
}

/// The pool of a `#[database]` type of `rocket_sync_db_pools`, which its fairing manages:
/// `SyncDbPool::<Db, SqliteConnection>::of(rocket)`.
#[cfg(feature = "rocket_sync_db_pools")]
pub type SyncDbPool<K, C> = rocket_sync_db_pools::ConnectionPool<K, C>;

/// Returns the pool of a `#[database]` type of `rocket_sync_db_pools`, whose fairing is attached
/// before; `None` without that fairing.
///
/// ```
/// use rocket_sync_db_pools::{database, diesel::SqliteConnection};
/// use vestibule::Auth;
/// use vestibule::database::sync_db_pool;
///
/// #[database("app")]
/// struct Db(SqliteConnection);
///
/// let auth = Auth::fairing().database_at_ignition(sync_db_pool::<Db, SqliteConnection>);
/// let rocket = rocket::build().attach(Db::fairing()).attach(auth);
/// ```
#[cfg(feature = "rocket_sync_db_pools")]
#[must_use]
pub fn sync_db_pool<K: 'static, C: rocket_sync_db_pools::Poolable>(
    rocket: &rocket::Rocket<rocket::Build>,
) -> Option<SyncDbPool<K, C>> {
    SyncDbPool::pool(rocket).cloned()
}
