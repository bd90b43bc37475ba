//! Every statement about users.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error as Query;
use diesel::result::Error::DatabaseError;
use time::OffsetDateTime;

use super::sign_ins::{end_sign_ins, lock_sign_in};
use crate::accounts::user::UserRow;
use crate::accounts::{Role, User, Username};
use crate::auth::{Error, ErrorKind, to_micros};
use crate::db::schema::users;
use crate::db::{AnyConnection, write};

/// How many users a page of the list holds.
pub const PAGE: i64 = 50;

/// What a new row of `users` holds; without `Debug`, for it holds a hash.
#[derive(Clone)]
pub struct NewUser {
    /// The checked name.
    pub username: Username,
    /// What to call the person.
    pub full_name: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// The hash to keep.
    pub password_hash: String,
    /// When the account is made.
    pub created_at: OffsetDateTime,
}

/// The user with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<User>> {
    let row = users::table.find(id).select(UserRow::as_select()).first(connection);
    row.optional().map(|row| row.map(User::from))
}

/// The user with this name, with the hash of the password.
///
/// # Errors
/// Whatever the database says.
pub fn with_hash(
    connection: &mut AnyConnection,
    username: &Username,
) -> QueryResult<Option<(User, String)>> {
    let row = users::table.filter(users::username_key.eq(username.key()));
    let row: Option<UserRow> = row.select(UserRow::as_select()).first(connection).optional()?;
    Ok(row.map(|mut row| {
        let hash = std::mem::take(&mut row.password_hash);
        (User::from(row), hash)
    }))
}

/// Adds a user.
///
/// # Errors
/// 409 `username_taken`, 503 `unavailable`.
pub fn insert(connection: &mut AnyConnection, new: &NewUser) -> Result<User, Error> {
    let inserted = diesel::insert_into(users::table)
        .values((
            users::username.eq(new.username.shown()),
            users::username_key.eq(new.username.key()),
            users::full_name.eq(new.full_name.as_deref()),
            users::role.eq(new.role.as_str()),
            users::active.eq(true),
            users::password_hash.eq(&new.password_hash),
            users::created_at.eq(to_micros(new.created_at)),
        ))
        .returning(users::all_columns)
        // Read to its end: SQLite commits there, and `get_result` would not hear that the disk
        // is full.
        .get_results::<UserRow>(connection)
        .and_then(|mut rows| rows.pop().ok_or(diesel::NotFound));
    match inserted {
        Ok(row) => Ok(row.into()),
        Err(DatabaseError(UniqueViolation, _)) => Err(ErrorKind::UsernameTaken.into()),
        Err(error) => Err(error.into()),
    }
}

/// One page of all users by id, from page 1, and how many there are.
///
/// # Errors
/// Whatever the database says.
pub fn page(connection: &mut AnyConnection, page: i64) -> QueryResult<(Vec<User>, i64)> {
    let total = users::table.select(count_star()).first(connection)?;
    let rows: Vec<UserRow> = users::table
        .order(users::id)
        .offset((page - 1).saturating_mul(PAGE))
        .limit(PAGE)
        .select(UserRow::as_select())
        .load(connection)?;
    Ok((rows.into_iter().map(User::from).collect(), total))
}

/// What to change about a user; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new role.
    pub role: Option<Role>,
    /// Whether the user may sign in.
    pub active: Option<bool>,
    /// The new full name; the inner `None` takes it away.
    pub full_name: Option<Option<String>>,
}

/// Changes a user in one step; deactivating ends all sign-ins. Answers how many ended.
///
/// # Errors
/// 404 `not_found`, 409 `last_administrator` when nobody active would be left to administer,
/// 503 `unavailable`.
pub fn change(
    connection: &mut AnyConnection,
    id: i64,
    change: &Change,
) -> Result<(User, u64), Error> {
    write(connection, |connection| {
        lock_administrators(connection)?;
        let mut user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        let administered = is_administrator(&user);
        user.role = change.role.unwrap_or(user.role);
        user.active = change.active.unwrap_or(user.active);
        if let Some(full_name) = &change.full_name {
            user.full_name.clone_from(full_name);
        }
        diesel::update(users::table.find(id))
            .set((
                users::role.eq(user.role.as_str()),
                users::active.eq(user.active),
                users::full_name.eq(user.full_name.as_deref()),
            ))
            .execute(connection)?;
        let ended = if user.active { 0 } else { end_sign_ins(connection, id, None)? };
        if administered && !is_administrator(&user) {
            keep_an_administrator(connection)?;
        }
        Ok((user, ended))
    })
}

/// Deletes a user and all its sign-ins; its id is never given out again. Answers how many
/// sign-ins ended.
///
/// # Errors
/// 404 `not_found`, 409 `last_administrator`, 503 `unavailable`.
pub fn delete(connection: &mut AnyConnection, id: i64) -> Result<u64, Error> {
    write(connection, |connection| {
        lock_administrators(connection)?;
        let user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        let ended = end_sign_ins(connection, id, None)?;
        diesel::delete(users::table.find(id)).execute(connection)?;
        if is_administrator(&user) {
            keep_an_administrator(connection)?;
        }
        Ok(ended)
    })
}

/// Replaces the hash of a password and ends all sign-ins; answers how many.
///
/// # Errors
/// 404 `not_found`, 503 `unavailable`.
pub fn set_password(connection: &mut AnyConnection, id: i64, hash: &str) -> Result<u64, Error> {
    write(connection, |connection| {
        let user = users::table.find(id);
        if diesel::update(user).set(users::password_hash.eq(hash)).execute(connection)? == 0 {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(end_sign_ins(connection, id, None)?)
    })
}

/// The sign-in that changes a password.
#[derive(Clone, Debug)]
pub struct Acting {
    /// Its id.
    pub id: String,
    /// Whether it stands afterwards.
    pub stays: bool,
}

/// Replaces the hash of a password if it is still the expected one, and ends all sign-ins, but
/// the acting one if it stays. Answers how many ended, or `None` for another hash.
///
/// The hash comes first: with it the row of the user is locked, so that a sign-in that is
/// being opened with the old password is either ended here or finds the new hash.
///
/// # Errors
/// 401 `token_revoked` when the acting sign-in is gone: a request that began before signing
/// out must not go on afterwards. 503 `unavailable`.
pub fn change_password(
    connection: &mut AnyConnection,
    id: i64,
    expected: &str,
    hash: &str,
    acting: &Acting,
) -> Result<Option<u64>, Error> {
    write(connection, |connection| {
        let user = users::table.find(id).filter(users::password_hash.eq(expected));
        if diesel::update(user).set(users::password_hash.eq(hash)).execute(connection)? == 0 {
            return Ok(None);
        }
        if lock_sign_in(connection, &acting.id)? == 0 {
            return Err(ErrorKind::TokenRevoked.into());
        }
        let except = acting.stays.then_some(acting.id.as_str());
        Ok(Some(end_sign_ins(connection, id, except)?))
    })
}

/// The hash of a user's password.
///
/// # Errors
/// Whatever the database says.
pub fn hash_of(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<String>> {
    users::table.find(id).select(users::password_hash).first(connection).optional()
}

/// Replaces a hash by a better one of the same password, unless it changed meanwhile.
///
/// # Errors
/// Whatever the database says.
pub fn upgrade_hash(
    connection: &mut AnyConnection,
    id: i64,
    old: &str,
    new: &str,
) -> QueryResult<usize> {
    let unchanged = users::table.find(id).filter(users::password_hash.eq(old));
    diesel::update(unchanged).set(users::password_hash.eq(new)).execute(connection)
}

/// Whether there is no user at all.
///
/// # Errors
/// Whatever the database says.
pub fn is_empty(connection: &mut AnyConnection) -> QueryResult<bool> {
    let first: Option<i64> = users::table.select(users::id).first(connection).optional()?;
    Ok(first.is_none())
}

fn is_administrator(user: &User) -> bool {
    user.active && user.role == Role::Admin
}

/// Refuses, and so rolls back, a change that leaves nobody to administer the service.
fn keep_an_administrator(connection: &mut AnyConnection) -> Result<(), Error> {
    let admins = users::table.filter(users::role.eq(Role::Admin.as_str()));
    let active: i64 =
        admins.filter(users::active.eq(true)).select(count_star()).first(connection)?;
    if active > 0 { Ok(()) } else { Err(ErrorKind::LastAdministrator.into()) }
}

/// Two administrators who demote each other at once must not both succeed: on PostgreSQL the
/// rows of all administrators are locked, in one order. SQLite's write transaction already
/// lets only one in.
fn lock_administrators(connection: &mut AnyConnection) -> Result<(), Query> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT id FROM users WHERE role = 'admin' ORDER BY id FOR UPDATE")
            .execute(postgres)?;
    }
    Ok(())
}
