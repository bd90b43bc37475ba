//! What administrators do to users: each change in one transaction with its row in the audit
//! log, and never so that nobody is left to administer.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::Error as Query;

use super::events::append;
use super::sign_ins::{end_sign_in, end_sign_ins};
use super::users::{NewUser, administers, find, insert, lock_user};
use crate::accounts::audit::{Actor, AuditEvent, Changed, Record};
use crate::accounts::{Role, User};
use crate::db::schema::users;
use crate::db::{AnyConnection, write};
use vestibule::{Error, ErrorKind};

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

/// Adds a user on an administrator's behalf.
///
/// # Errors
/// 409 `username_taken`, 503 `unavailable`.
pub fn add(connection: &mut AnyConnection, new: &NewUser, by: &Actor) -> Result<User, Error> {
    write(connection, |connection| {
        let user = insert(connection, new)?;
        let record = Record::of(AuditEvent::Added, &user, by).detail(user.role.as_str());
        append(connection, &[record])?;
        Ok(user)
    })
}

/// Changes a user in one step; deactivating ends all sign-ins. What is as it was is no change.
///
/// # Errors
/// 403 `forbidden` when whoever asks is no administrator any more, 404 `not_found`, 409
/// `last_administrator` when nobody active would be left to administer, 503 `unavailable`.
pub fn change(
    connection: &mut AnyConnection,
    id: i64,
    change: &Change,
    by: &Actor,
) -> Result<Changed, Error> {
    write(connection, |connection| {
        permit(connection, by)?;
        let before = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        let user = User {
            role: change.role.unwrap_or(before.role),
            active: change.active.unwrap_or(before.active),
            full_name: change.full_name.clone().unwrap_or_else(|| before.full_name.clone()),
            ..before.clone()
        };
        diesel::update(users::table.find(id))
            .set((
                users::role.eq(user.role.as_str()),
                users::active.eq(user.active),
                users::full_name.eq(user.full_name.as_deref()),
            ))
            .execute(connection)?;
        let ended = if user.active { 0 } else { end_sign_ins(connection, id, None)? };
        if is_administrator(&before) && !is_administrator(&user) {
            keep_an_administrator(connection)?;
        }
        let records = differences(&before, &user, ended, by);
        append(connection, &records)?;
        Ok(Changed { user, ended, records })
    })
}

/// One record for each thing that is not as it was.
fn differences(before: &User, after: &User, ended: u64, by: &Actor) -> Vec<Record> {
    let record = |what| Record::of(what, after, by);
    let mut records = Vec::new();
    if before.role != after.role {
        let roles = format!("{} to {}", before.role.as_str(), after.role.as_str());
        records.push(record(AuditEvent::RoleChanged).detail(roles));
    }
    match (before.active, after.active) {
        (true, false) => records.push(record(AuditEvent::Deactivated).ended(ended)),
        (false, true) => records.push(record(AuditEvent::Activated)),
        _ => {}
    }
    if before.full_name != after.full_name {
        records.push(record(AuditEvent::FullNameChanged));
    }
    records
}

/// Ends all sign-ins of a user.
///
/// # Errors
/// 403 `forbidden` when whoever asks is no administrator any more, 404 `not_found`, 503
/// `unavailable`.
pub fn sign_out(connection: &mut AnyConnection, id: i64, by: &Actor) -> Result<Changed, Error> {
    write(connection, |connection| {
        permit(connection, by)?;
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        let ended = end_sign_ins(connection, id, None)?;
        let records = vec![Record::of(AuditEvent::Ended, &user, by).ended(ended)];
        append(connection, &records)?;
        Ok(Changed { user, ended, records })
    })
}

/// Ends one sign-in, whosoever it is.
///
/// # Errors
/// 404 `not_found` when there is none of this id, 503 `unavailable`.
pub fn sign_out_of(connection: &mut AnyConnection, id: &str, by: &Actor) -> Result<(), Error> {
    write(connection, |connection| {
        permit(connection, by)?;
        let sign_in = super::sign_ins::find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        if end_sign_in(connection, id)? == 0 {
            return Err(ErrorKind::NotFound.into());
        }
        let account = sign_in.account.parse().unwrap_or_default();
        let user = find(connection, account)?.ok_or(ErrorKind::NotFound)?;
        let record = Record::of(AuditEvent::Ended, &user, by).ended(1);
        append(connection, &[Record { sign_in: Some(id.to_owned()), ..record }])?;
        Ok(())
    })
}

/// Deletes a user and all its sign-ins; its id is never given out again, and its events stay.
///
/// # Errors
/// As [`change`].
pub fn delete(connection: &mut AnyConnection, id: i64, by: &Actor) -> Result<Changed, Error> {
    write(connection, |connection| {
        permit(connection, by)?;
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        let ended = end_sign_ins(connection, id, None)?;
        diesel::delete(users::table.find(id)).execute(connection)?;
        if is_administrator(&user) {
            keep_an_administrator(connection)?;
        }
        let records = vec![Record::of(AuditEvent::Deleted, &user, by).ended(ended)];
        append(connection, &records)?;
        Ok(Changed { user, ended, records })
    })
}

fn is_administrator(user: &User) -> bool {
    user.active && user.role == Role::Admin
}

/// Whether whoever asks may still do so: between the guard and here another administrator may
/// have taken the role away. With the administrators locked, nobody can any more.
fn permit(connection: &mut AnyConnection, by: &Actor) -> Result<(), Error> {
    lock_administrators(connection)?;
    let Some(acting) = by.account else { return Ok(()) };
    match find(connection, acting)? {
        Some(user) if is_administrator(&user) => Ok(()),
        _ => Err(ErrorKind::Forbidden.into()),
    }
}

/// Refuses, and so rolls back, a change that leaves nobody to administer the service.
fn keep_an_administrator(connection: &mut AnyConnection) -> Result<(), Error> {
    let admins = users::table.filter(administers());
    let active: i64 =
        admins.filter(users::active.eq(true)).select(count_star()).get_result(connection)?;
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
