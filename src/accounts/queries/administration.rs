//! Changes to users by administrators, and deletion by the user: each in one transaction with its row in the audit log.
//! An active administrator always remains.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::Error as Query;

use super::access_keys::key_ended;
use super::addresses::set_address;
use super::links::{delete_links, delete_pending_address};
use super::locks::{lock_sign_in, lock_user};
use super::notices::queue_notice;
use super::password_links;
use super::sign_ins::end_sign_ins;
use super::trusted_browsers::delete_trusted_browsers;
use super::users::{NewUser, find, has_admin_role, insert};
use crate::accounts::audit::{Actor, AuditEvent, ChangedUser, Record, append};
use crate::accounts::links::PasswordLink;
use crate::accounts::user::{Role, User};
use crate::db::schema::users;
use crate::db::{AnyConnection, write};
use crate::mail::MailKind;
use vestibule::database::sign_ins;
use vestibule::{Error, ErrorKind};

/// The changes to a user; `None` keeps a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserChange {
    /// The new role.
    pub role: Option<Role>,
    /// Whether the user may sign in.
    pub active: Option<bool>,
    /// The new full name; the inner `None` removes it.
    pub full_name: Option<Option<String>>,
    /// Whether the e-mail address is removed.
    pub removes_address: bool,
}

/// Adds a user for an administrator, with a link that sets its password if there is one.
///
/// # Errors
/// 403 `forbidden` when the actor is no longer an administrator, 409 `username_taken`, 503
/// `unavailable`.
pub fn add(
    connection: &mut AnyConnection,
    new: &NewUser,
    link: Option<&PasswordLink>,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        check_permission(connection, actor)?;
        let user = insert(connection, new)?;
        let record = Record::about(AuditEvent::Added, &user, actor).detail(user.role.as_str());
        let mut records = vec![record];
        if let Some(link) = link {
            records.push(password_links::store(connection, &user, link, actor)?);
        }
        append(connection, &records)?;
        Ok(ChangedUser { user, ended: 0, records })
    })
}

/// Changes a user; deactivating ends all sign-ins. A field with the same value is no change.
///
/// # Errors
/// 403 `forbidden` when the actor is no longer an administrator, 404 `not_found`, 409
/// `last_administrator` when no active administrator would remain, 503 `unavailable`.
pub fn change(
    connection: &mut AnyConnection,
    id: i64,
    change: &UserChange,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        check_permission(connection, actor)?;
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
        let mut ended = 0;
        if !user.active {
            ended = end_sign_ins(connection, id, None)?;
            delete_links(connection, id)?;
            delete_trusted_browsers(connection, id)?;
        }
        if before.active && !user.active {
            queue_notice(connection, MailKind::Deactivated, &user, actor)?;
        }
        if is_administrator(&before) && !is_administrator(&user) {
            require_active_administrator(connection)?;
        }
        let mut records = differences(&before, &user, ended, actor);
        append(connection, &records)?;
        if !change.removes_address {
            return Ok(ChangedUser { user, ended, records });
        }
        let changed = set_address(connection, &user, None, actor)?;
        records.extend(changed.records);
        Ok(ChangedUser { user: changed.user, ended, records })
    })
}

/// Returns one record for each changed field.
fn differences(before: &User, after: &User, ended: u64, actor: &Actor) -> Vec<Record> {
    let record = |event| Record::about(event, after, actor);
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
/// 403 `forbidden` when the actor is no longer an administrator, 404 `not_found`, 503
/// `unavailable`.
pub fn sign_out(
    connection: &mut AnyConnection,
    id: i64,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        check_permission(connection, actor)?;
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        let ended = end_sign_ins(connection, id, None)?;
        let records = vec![Record::about(AuditEvent::Ended, &user, actor).ended(ended)];
        append(connection, &records)?;
        Ok(ChangedUser { user, ended, records })
    })
}

/// Ends one sign-in, of any user or of the one whose id is `owner`. Deletes the pending address too, unless the
/// sign-in is a key: an intruder may have asked for it.
///
/// # Errors
/// 403 `forbidden` when the actor is no longer an administrator, 404 `not_found` when there is none
/// of this id, 503 `unavailable`.
pub fn revoke_sign_in(
    connection: &mut AnyConnection,
    id: &str,
    owner: Option<i64>,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        check_permission(connection, actor)?;
        let sign_in = sign_ins::find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        let account = sign_in.account.parse().unwrap_or_default();
        lock_user(connection, account)?;
        if owner.is_some_and(|owner| owner != account) || !sign_ins::end(connection, id)? {
            return Err(ErrorKind::NotFound.into());
        }
        let user = find(connection, account)?.ok_or(ErrorKind::NotFound)?;
        let record = if sign_in.kind.is_key() {
            key_ended(&user, &sign_in, actor)
        } else {
            delete_pending_address(connection, account)?;
            let record = Record::about(AuditEvent::Ended, &user, actor).ended(1);
            Record { sign_in: Some(id.to_owned()), ..record }
        };
        let records = vec![record];
        append(connection, &records)?;
        Ok(ChangedUser { user, ended: 1, records })
    })
}

/// Deletes a user and all its sign-ins. Its id is never assigned again, and its events stay.
///
/// # Errors
/// As [`change`].
pub fn delete(
    connection: &mut AnyConnection,
    id: i64,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        check_permission(connection, actor)?;
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::NotFound)?;
        delete_locked(connection, user, actor)
    })
}

/// Deletes a user for that user, as [`delete`] does.
///
/// # Errors
/// 401 `token_revoked` when the sign-in of the actor has ended: a request that began before signing
/// out must not continue. 409 `last_administrator`, 503 `unavailable`.
pub(in crate::accounts) fn delete_own(
    connection: &mut AnyConnection,
    id: i64,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    write(connection, |connection| {
        lock_administrators(connection)?;
        lock_user(connection, id)?;
        let user = find(connection, id)?.ok_or(ErrorKind::TokenRevoked)?;
        if let Some(sign_in) = &actor.sign_in
            && !lock_sign_in(connection, sign_in)?
        {
            return Err(ErrorKind::TokenRevoked.into());
        }
        delete_locked(connection, user, actor)
    })
}

/// Deletes a user whose row is locked, as those of all administrators are.
fn delete_locked(
    connection: &mut AnyConnection,
    user: User,
    actor: &Actor,
) -> Result<ChangedUser, Error> {
    let ended = end_sign_ins(connection, user.id, None)?;
    diesel::delete(users::table.find(user.id)).execute(connection)?;
    if is_administrator(&user) {
        require_active_administrator(connection)?;
    }
    let records = vec![Record::about(AuditEvent::Deleted, &user, actor).ended(ended)];
    append(connection, &records)?;
    Ok(ChangedUser { user, ended, records })
}

fn is_administrator(user: &User) -> bool {
    user.active && user.role == Role::Admin
}

/// Checks that the actor is still an administrator: another one may have removed the role since
/// the guard. Locks all administrators, so that the role stays until the transaction ends.
pub(super) fn check_permission(connection: &mut AnyConnection, actor: &Actor) -> Result<(), Error> {
    lock_administrators(connection)?;
    let Some(id) = actor.account else { return Ok(()) };
    match find(connection, id)? {
        Some(user) if is_administrator(&user) => Ok(()),
        _ => Err(ErrorKind::Forbidden.into()),
    }
}

/// Refuses a change, which is then rolled back, if no active administrator remains.
fn require_active_administrator(connection: &mut AnyConnection) -> Result<(), Error> {
    let admins = users::table.filter(has_admin_role());
    let active: i64 =
        admins.filter(users::active.eq(true)).select(count_star()).get_result(connection)?;
    if active > 0 { Ok(()) } else { Err(ErrorKind::LastAdministrator.into()) }
}

/// Locks the rows of all administrators in one order, so that two who demote each other at once
/// do not both succeed. On SQLite the write transaction already excludes others.
fn lock_administrators(connection: &mut AnyConnection) -> Result<(), Query> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT id FROM users WHERE role = 'admin' ORDER BY id FOR UPDATE")
            .execute(postgres)?;
    }
    Ok(())
}
