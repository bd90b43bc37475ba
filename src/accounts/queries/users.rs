//! Queries about users.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::Bool;
use time::OffsetDateTime;

use super::limit::{count_new_credential, count_own_change, forget_new_factors};
use super::links::delete_links;
use super::locks::lock_sign_in;
use super::notices::queue_notice;
use super::sign_ins::end_sign_ins;
use super::spellings::named_by_address;
use super::trusted_browsers::delete_trusted_browsers;
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, append};
use crate::accounts::user::{Role, User, UserRow, Username};
use crate::db::schema::users;
use crate::db::to_micros;
use crate::db::{AnyConnection, write};
use crate::languages::Tag;
use crate::mail::{EmailAddress, MailKind};
use vestibule::{Error, ErrorKind};

/// The fields of a new user. It has no `Debug`, because it holds a hash.
#[derive(Clone)]
pub struct NewUser {
    /// The valid user name.
    pub username: Username,
    /// The full name, if any.
    pub full_name: Option<String>,
    /// The role.
    pub role: Role,
    /// The hash of the password.
    pub password_hash: String,
    /// When the account is created.
    pub created_at: OffsetDateTime,
}

/// Finds a user by id.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn find(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<User>> {
    let found: QueryResult<UserRow> = match connection {
        AnyConnection::Sqlite(sqlite) => {
            users::table.find(id).select(UserRow::as_select()).get_result(sqlite)
        }
        AnyConnection::Postgres(postgres) => {
            users::table.find(id).select(UserRow::as_select()).get_result(postgres)
        }
    };
    found.optional().map(|row| row.map(User::from))
}

/// Changes a user's full name for that user; the same one is no change.
///
/// # Errors
/// 401 `token_revoked` when the account is gone, 429 `too_many_attempts`, 503 `unavailable`.
pub(in crate::accounts) fn change_own_name(
    connection: &mut AnyConnection,
    id: i64,
    full_name: Option<String>,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        let before = find(connection, id)?.ok_or(ErrorKind::TokenRevoked)?;
        let is_same = before.full_name == full_name;
        let user = User { full_name, ..before };
        let mut records = Vec::new();
        if !is_same {
            count_own_change(connection, id, actor.at)?;
            diesel::update(users::table.find(id))
                .set(users::full_name.eq(user.full_name.as_deref()))
                .execute(connection)?;
            records.push(Record::about(AuditEvent::FullNameChanged, &user, actor));
            append(connection, &records)?;
        }
        Ok(ChangedUser { user, ended: 0, records })
    })
}

/// Changes the language of a user.
///
/// # Errors
/// 401 `token_revoked` when the account is gone, 503 `unavailable`.
pub(in crate::accounts) fn change_language(
    connection: &mut AnyConnection,
    id: i64,
    language: Option<Tag>,
) -> Result<User, Error> {
    write(connection, |connection| {
        let user = find(connection, id)?.ok_or(ErrorKind::TokenRevoked)?;
        let language = language.map(|language| language.as_str().to_owned());
        diesel::update(users::table.find(id))
            .set(users::language.eq(language.as_deref()))
            .execute(connection)?;
        Ok(User { language, ..user })
    })
}

/// Finds a user by name.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn named(connection: &mut AnyConnection, username: &Username) -> QueryResult<Option<User>> {
    Ok(row_of(connection, username)?.map(User::from))
}

fn row_of(connection: &mut AnyConnection, username: &Username) -> QueryResult<Option<UserRow>> {
    for key in username.stored_keys() {
        let row = users::table.filter(users::username_key.eq(key)).select(UserRow::as_select());
        if let Some(found) = row.get_result(connection).optional()? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Finds the user with this confirmed address.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn with_address(
    connection: &mut AnyConnection,
    address: &EmailAddress,
) -> QueryResult<Option<User>> {
    let row = users::table.filter(users::email_key.eq(address.key()));
    let found = row.select(UserRow::as_select()).get_result(connection).optional()?;
    Ok(found.map(User::from))
}

/// Finds a user by name, with the hash of its password.
pub(in crate::accounts) fn with_hash(
    connection: &mut AnyConnection,
    username: &Username,
) -> QueryResult<Option<(User, String)>> {
    Ok(row_of(connection, username)?.map(|mut row| {
        let hash = std::mem::take(&mut row.password_hash);
        (User::from(row), hash)
    }))
}

/// Returns whether a user name is the confirmed address of an account, which signs in with it.
fn is_address(connection: &mut AnyConnection, username: &Username) -> QueryResult<bool> {
    match EmailAddress::parse(username.shown()) {
        Ok(address) => Ok(with_address(connection, &address)?.is_some()
            || !named_by_address(connection, &address)?.is_empty()),
        Err(_) => Ok(false),
    }
}

/// Adds a user.
///
/// # Errors
/// 409 `username_taken`, 503 `unavailable`.
pub fn insert(connection: &mut AnyConnection, new: &NewUser) -> Result<User, Error> {
    // Checked first, because PostgreSQL uses up an id for a taken name and writes the name into its
    // log. The unique index decides when two requests insert a name at once.
    if named(connection, &new.username)?.is_some() || is_address(connection, &new.username)? {
        return Err(ErrorKind::UsernameTaken.into());
    }
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
        // Reads all rows: SQLite commits after the last, and `get_result` would miss the error of
        // a full disk.
        .get_results::<UserRow>(connection)
        .and_then(|mut rows| rows.pop().ok_or(diesel::NotFound));
    match inserted {
        Ok(row) => Ok(row.into()),
        Err(DatabaseError(UniqueViolation, _)) => Err(ErrorKind::UsernameTaken.into()),
        Err(error) => Err(error.into()),
    }
}

/// Replaces the hash of a password, ends all sign-ins and returns how many.
///
/// # Errors
/// 404 `not_found`, 503 `unavailable`.
pub fn set_password(
    connection: &mut AnyConnection,
    user: &User,
    hash: &str,
    actor: &Actor,
) -> Result<u64, Error> {
    write(connection, |connection| replace_password(connection, user, hash, actor))
}

/// Does what [`set_password`] does, in a transaction of the caller.
pub(super) fn replace_password(
    connection: &mut AnyConnection,
    user: &User,
    hash: &str,
    actor: &Actor,
) -> Result<u64, Error> {
    let row = users::table.find(user.id);
    if diesel::update(row).set(users::password_hash.eq(hash)).execute(connection)? == 0 {
        return Err(ErrorKind::NotFound.into());
    }
    forget_new_factors(connection, user.id)?;
    end_all(connection, user, None, actor)
}

/// Ends all sign-ins of a user except one, the trust in browsers, and the links that set the password
/// or confirm an address, records that the password has changed and queues the mail that says so. Returns how many sign-ins
/// ended.
fn end_all(
    connection: &mut AnyConnection,
    user: &User,
    except: Option<&str>,
    actor: &Actor,
) -> Result<u64, Error> {
    let ended = end_sign_ins(connection, user.id, except)?;
    delete_links(connection, user.id)?;
    delete_trusted_browsers(connection, user.id)?;
    queue_notice(connection, MailKind::PasswordChanged, user, actor)?;
    append(connection, &[Record::about(AuditEvent::PasswordChanged, user, actor).ended(ended)])?;
    Ok(ended)
}

/// The sign-in that changes a password.
#[derive(Clone, Debug)]
pub struct CurrentSignIn {
    /// Its id.
    pub id: String,
    /// Whether it stays active.
    pub stays: bool,
}

/// Replaces the hash of a password if it is still the expected one, and ends all sign-ins except
/// the current one if it stays. Returns how many ended, or `None` for another hash.
///
/// The hash is replaced first, which locks the user: a sign-in that is being opened with the old
/// password is either ended here or finds the new hash.
///
/// # Errors
/// 401 `token_revoked` when the current sign-in has ended: a request that began before signing
/// out must not continue. 429 `too_many_attempts` after many changes, 503 `unavailable`.
pub fn change_password(
    connection: &mut AnyConnection,
    user: &User,
    (expected, hash): (&str, &str),
    current: &CurrentSignIn,
    actor: &Actor,
) -> Result<Option<u64>, Error> {
    write(connection, |connection| {
        let row = users::table.find(user.id).filter(users::password_hash.eq(expected));
        if diesel::update(row).set(users::password_hash.eq(hash)).execute(connection)? == 0 {
            return Ok(None);
        }
        if !lock_sign_in(connection, &current.id)? {
            return Err(ErrorKind::TokenRevoked.into());
        }
        count_new_credential(connection, "passwords", user.id, actor.at)?;
        let except = current.stays.then_some(current.id.as_str());
        end_all(connection, user, except, actor).map(Some)
    })
}

/// Returns the hash of a user's password.
pub(in crate::accounts) fn hash_of(
    connection: &mut AnyConnection,
    id: i64,
) -> QueryResult<Option<String>> {
    users::table.find(id).select(users::password_hash).get_result(connection).optional()
}

/// Replaces a hash by a stronger one of the same password, unless it has changed. Returns the
/// number of changed rows.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn upgrade_hash(
    connection: &mut AnyConnection,
    id: i64,
    old: &str,
    new: &str,
) -> QueryResult<usize> {
    let unchanged = users::table.find(id).filter(users::password_hash.eq(old));
    diesel::update(unchanged).set(users::password_hash.eq(new)).execute(connection)
}

/// Returns the condition of the index of administrators as literal SQL: with a parameter the
/// database could not use the index and would read all users.
pub(super) fn has_admin_role() -> SqlLiteral<Bool> {
    sql("role = 'admin'")
}

/// Returns whether no user exists.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn is_empty(connection: &mut AnyConnection) -> QueryResult<bool> {
    let first: Option<i64> = users::table.select(users::id).first(connection).optional()?;
    Ok(first.is_none())
}
