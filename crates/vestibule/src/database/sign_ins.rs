//! The statements of the store, for transactions of your own: to end an account's sign-ins together
//! with a change of its password, for example. They lock no account, and the cache hears of nothing:
//! call [`AuthCache::invalidate_account`](crate::sign_ins::AuthCache::invalidate_account) afterwards.

use std::time::Duration;

use diesel::QueryResult;
use time::OffsetDateTime;

use super::backend::{StoreConnection, on_backend};
use crate::sign_in::SignIn;

/// Inserts a sign-in.
///
/// # Errors
/// A database error (503 `unavailable`), also for an id that exists.
pub fn insert(connection: &mut impl StoreConnection, sign_in: &SignIn) -> QueryResult<()> {
    on_backend!(connection, insert(sign_in))
}

/// Finds a sign-in by id, expired or not; `None` also for a row that cannot be read.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn find(connection: &mut impl StoreConnection, id: &str) -> QueryResult<Option<SignIn>> {
    on_backend!(connection, find(id))
}

/// Ends a sign-in and returns whether it existed.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn end(connection: &mut impl StoreConnection, id: &str) -> QueryResult<bool> {
    on_backend!(connection, end(id))
}

/// Ends all sign-ins of an account except one, and returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn end_all(
    connection: &mut impl StoreConnection,
    account: &str,
    except: Option<&str>,
) -> QueryResult<u64> {
    on_backend!(connection, end_all(account, except))
}

/// Returns all sign-ins of an account, expired or not, latest use first.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn list(connection: &mut impl StoreConnection, account: &str) -> QueryResult<Vec<SignIn>> {
    on_backend!(connection, list(account))
}

/// Deletes at most `limit` sign-ins that have expired, or were unused for longer than `idle` in a
/// browser that is not remembered; returns how many.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn purge(
    connection: &mut impl StoreConnection,
    now: OffsetDateTime,
    idle: Duration,
    limit: i64,
) -> QueryResult<usize> {
    on_backend!(connection, purge(now, idle, limit))
}
