//! Queries about sign-ins.

use diesel::prelude::*;
use time::OffsetDateTime;

use super::locks::lock_user;
use crate::db::schema::{sign_ins, users};
use crate::db::{AnyConnection, write};
use crate::db::{from_micros, to_micros};
use vestibule::sign_ins::{
    RefreshAttempt, Rotation, Rotations, SignIn, SignInId, SignInKind, SignInUse,
};
use vestibule::{Error, ErrorKind};

/// A row of `sign_ins`. The scopes are separated by spaces; behind the hash of a key stands, after a
/// dot, the digest of its account's stamp.
#[derive(AsChangeset, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = sign_ins, treat_none_as_null = true)]
pub(in crate::accounts) struct SignInRow {
    id: String,
    account: i64,
    kind: String,
    created_at: i64,
    auth_time: i64,
    last_seen_at: i64,
    expires_at: i64,
    remembered: bool,
    generation: i64,
    rotated_at: Option<i64>,
    burst_from: i64,
    half_from: i64,
    half_at: Option<i64>,
    used_generation: i64,
    user_agent: Option<String>,
    address: Option<String>,
    label: Option<String>,
    scopes: String,
    secret_hash: Option<String>,
}

impl SignInRow {
    /// Returns the row of a sign-in; `None` if its account is no number.
    pub(in crate::accounts) fn of(sign_in: &SignIn) -> Option<Self> {
        let rotations = match &sign_in.kind {
            SignInKind::Token(rotations) => rotations.clone(),
            _ => Rotations::default(),
        };
        let secret_hash = match &sign_in.kind {
            SignInKind::Key { secret_hash, stamp: None, .. } => Some(secret_hash.clone()),
            SignInKind::Key { secret_hash, stamp: Some(stamp), .. } => {
                Some(format!("{secret_hash}.{stamp}"))
            }
            _ => None,
        };
        Some(Self {
            id: sign_in.id.to_string(),
            account: sign_in.account.parse().ok()?,
            kind: sign_in.kind.as_str().to_owned(),
            created_at: to_micros(sign_in.created_at),
            auth_time: to_micros(sign_in.auth_time),
            last_seen_at: to_micros(sign_in.last_seen_at),
            expires_at: to_micros(sign_in.expires_at),
            remembered: sign_in.is_remembered(),
            generation: rotations.generation,
            rotated_at: rotations.rotated_at.map(to_micros),
            burst_from: rotations.burst_from,
            half_from: rotations.half_from,
            half_at: rotations.half_at.map(to_micros),
            used_generation: rotations.used,
            user_agent: sign_in.user_agent.clone(),
            address: sign_in.address.clone(),
            label: sign_in.label().map(str::to_owned),
            scopes: sign_in.scopes().join(" "),
            secret_hash,
        })
    }

    /// Returns the sign-in of a row; `None` if a value is invalid.
    pub(super) fn into_sign_in(self) -> Option<SignIn> {
        let kind = match self.kind.as_str() {
            "browser" => SignInKind::Browser { remembered: self.remembered },
            "token" => SignInKind::Token(Rotations {
                generation: self.generation,
                rotated_at: self.rotated_at.and_then(|micros| from_micros(micros).ok()),
                burst_from: self.burst_from,
                half_from: self.half_from,
                half_at: self.half_at.and_then(|micros| from_micros(micros).ok()),
                used: self.used_generation,
            }),
            "key" => {
                // Without a hash the key opens nothing, but it is listed and can be ended.
                let stored = self.secret_hash.unwrap_or_default();
                let (secret_hash, stamp) = match stored.split_once('.') {
                    Some((hash, stamp)) => (hash.to_owned(), Some(stamp.to_owned())),
                    None => (stored, None),
                };
                SignInKind::Key {
                    label: self.label.unwrap_or_default(),
                    scopes: self.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
                    secret_hash,
                    stamp,
                }
            }
            _ => return None,
        };
        Some(SignIn {
            id: SignInId::parse(&self.id)?,
            account: self.account.to_string(),
            kind,
            created_at: from_micros(self.created_at).ok()?,
            auth_time: from_micros(self.auth_time).ok()?,
            last_seen_at: from_micros(self.last_seen_at).ok()?,
            expires_at: from_micros(self.expires_at).ok()?,
            user_agent: self.user_agent,
            address: self.address,
        })
    }
}

/// Finds a sign-in by id, expired or not.
pub(in crate::accounts) fn find(
    connection: &mut AnyConnection,
    id: &str,
) -> QueryResult<Option<SignIn>> {
    let found: QueryResult<SignInRow> = match connection {
        AnyConnection::Sqlite(sqlite) => {
            sign_ins::table.find(id).select(SignInRow::as_select()).get_result(sqlite)
        }
        AnyConnection::Postgres(postgres) => {
            sign_ins::table.find(id).select(SignInRow::as_select()).get_result(postgres)
        }
    };
    Ok(found.optional()?.and_then(SignInRow::into_sign_in))
}

/// Stores the last use and the newest generation that was used, unless later ones are stored already.
pub(in crate::accounts) fn seen(
    connection: &mut AnyConnection,
    used: &SignInUse,
) -> QueryResult<()> {
    let (id, at, generation) = (used.id.as_str(), to_micros(used.at), used.generation);
    let earlier = sign_ins::table.find(id).filter(sign_ins::last_seen_at.lt(at));
    diesel::update(earlier).set(sign_ins::last_seen_at.eq(at)).execute(connection)?;
    if generation > 0 {
        let older = sign_ins::table.find(id).filter(sign_ins::used_generation.lt(generation));
        diesel::update(older).set(sign_ins::used_generation.eq(generation)).execute(connection)?;
    }
    Ok(())
}

/// Stores the last use of many sign-ins in one transaction.
pub(in crate::accounts) fn seen_all(
    connection: &mut AnyConnection,
    uses: &[SignInUse],
) -> Result<(), Error> {
    write(connection, |connection| uses.iter().try_for_each(|used| Ok(seen(connection, used)?)))
}

/// Stores the time of a password confirmation.
pub(in crate::accounts) fn confirm(
    connection: &mut AnyConnection,
    id: &str,
    at: OffsetDateTime,
) -> QueryResult<()> {
    let row = sign_ins::table.find(id);
    diesel::update(row).set(sign_ins::auth_time.eq(to_micros(at))).execute(connection).map(drop)
}

/// Ends a sign-in and returns whether it existed.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn end_sign_in(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(sign_ins::table.find(id)).execute(connection)? > 0)
}

/// Stores a sign-in if the account exists and is active: one that is opened while the account is
/// deactivated must not remain.
///
/// # Errors
/// 403 `account_inactive`, 503 `unavailable`.
pub(in crate::accounts) fn open(
    connection: &mut AnyConnection,
    row: &SignInRow,
) -> Result<(), Error> {
    write(connection, |connection| insert(connection, row))
}

/// Does the same as [`open`] within a transaction.
pub(super) fn insert(connection: &mut AnyConnection, row: &SignInRow) -> Result<(), Error> {
    if let AnyConnection::Postgres(postgres) = connection {
        diesel::sql_query("SELECT 1 FROM users WHERE id = $1 FOR SHARE")
            .bind::<diesel::sql_types::BigInt, _>(row.account)
            .execute(postgres)?;
    }
    let account = users::table.find(row.account).select(users::active);
    if account.get_result(connection).optional()? != Some(true) {
        return Err(ErrorKind::AccountInactive.into());
    }
    diesel::insert_into(sign_ins::table).values(row).execute(connection)?;
    Ok(())
}

/// Applies a refresh token to a sign-in. The row is locked while that is decided, so that of several
/// requests only one gets `Rotated`.
pub(in crate::accounts) fn rotate(
    connection: &mut AnyConnection,
    id: &str,
    attempt: RefreshAttempt,
) -> Result<Rotation, Error> {
    write(connection, |connection| {
        if let AnyConnection::Postgres(postgres) = connection {
            let row = sign_ins::table.find(id).select(sign_ins::id).for_update();
            row.get_result::<String>(postgres).optional()?;
        }
        let Some(row) = find(connection, id)? else { return Ok(Rotation::Gone) };
        let rotation = attempt.decide(row);
        match &rotation {
            Rotation::Rotated(row) => {
                let row = SignInRow::of(row).ok_or(ErrorKind::Internal)?;
                diesel::update(sign_ins::table.find(id)).set(&row).execute(connection)?;
            }
            Rotation::Theft => drop(end_sign_in(connection, id)?),
            Rotation::Replayed(_) | Rotation::Gone => {}
        }
        Ok(rotation)
    })
}

/// Ends all sign-ins of a user except one and returns how many. Locks the user, so that a sign-in
/// or a key that is being created at the same time is either ended too or refused: a query alone
/// would not see an uncommitted row of another transaction.
pub(in crate::accounts) fn end_all(
    connection: &mut AnyConnection,
    account: i64,
    except: Option<&str>,
) -> Result<u64, Error> {
    write(connection, |connection| {
        lock_user(connection, account)?;
        Ok(end_sign_ins(connection, account, except)?)
    })
}

/// Does the same as [`end_all`] within a transaction that has locked the user.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(super) fn end_sign_ins(
    connection: &mut AnyConnection,
    account: i64,
    except: Option<&str>,
) -> QueryResult<u64> {
    let others = sign_ins::table
        .filter(sign_ins::account.eq(account))
        .filter(sign_ins::id.ne(except.unwrap_or_default()));
    Ok(diesel::delete(others).execute(connection)? as u64)
}

/// Returns all sign-ins of a user, expired or not, latest use first. Sorted here, because a
/// database with a language collation does not sort ids as bytes.
///
/// # Errors
/// A database error (503 `unavailable`).
pub fn sign_ins_of(connection: &mut AnyConnection, account: i64) -> QueryResult<Vec<SignIn>> {
    let rows: Vec<SignInRow> = sign_ins::table
        .filter(sign_ins::account.eq(account))
        .select(SignInRow::as_select())
        .load(connection)?;
    let mut all: Vec<_> = rows.into_iter().filter_map(SignInRow::into_sign_in).collect();
    all.sort_by(SignIn::latest_first);
    Ok(all)
}
