//! Every statement about sign-ins.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use time::OffsetDateTime;

use super::users::lock_user;
use crate::db::schema::{sign_ins, users};
use crate::db::{AnyConnection, write};
use vestibule::{Error, ErrorKind, Rotation, SignIn, SignInId, SignInKind, from_micros, to_micros};

/// A row of `sign_ins`. Its scopes have spaces between.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = sign_ins)]
pub(in crate::accounts) struct Row {
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
    user_agent: Option<String>,
    address: Option<String>,
    label: Option<String>,
    scopes: String,
    secret_hash: Option<String>,
}

impl Row {
    pub(in crate::accounts) fn of(sign_in: &SignIn) -> Option<Self> {
        Some(Self {
            id: sign_in.id.to_string(),
            account: sign_in.account.parse().ok()?,
            kind: sign_in.kind.as_str().to_owned(),
            created_at: to_micros(sign_in.created_at),
            auth_time: to_micros(sign_in.auth_time),
            last_seen_at: to_micros(sign_in.last_seen_at),
            expires_at: to_micros(sign_in.expires_at),
            remembered: sign_in.remembered,
            generation: sign_in.generation,
            rotated_at: sign_in.rotated_at.map(to_micros),
            user_agent: sign_in.user_agent.clone(),
            address: sign_in.address.clone(),
            label: sign_in.label.clone(),
            scopes: sign_in.scopes.join(" "),
            secret_hash: sign_in.secret_hash.clone(),
        })
    }

    /// The sign-in of a row; `None` for a row that we did not write.
    fn read(self) -> Option<SignIn> {
        Some(SignIn {
            id: SignInId::parse(&self.id)?,
            account: self.account.to_string(),
            kind: SignInKind::parse(&self.kind)?,
            created_at: from_micros(self.created_at).ok()?,
            auth_time: from_micros(self.auth_time).ok()?,
            last_seen_at: from_micros(self.last_seen_at).ok()?,
            expires_at: from_micros(self.expires_at).ok()?,
            remembered: self.remembered,
            generation: self.generation,
            rotated_at: self.rotated_at.and_then(|micros| from_micros(micros).ok()),
            user_agent: self.user_agent,
            address: self.address,
            label: self.label,
            scopes: self.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
            secret_hash: self.secret_hash,
        })
    }
}

pub(in crate::accounts) fn find(
    connection: &mut AnyConnection,
    id: &str,
) -> QueryResult<Option<SignIn>> {
    let found: QueryResult<Row> = match connection {
        AnyConnection::Sqlite(sqlite) => {
            sign_ins::table.find(id).select(Row::as_select()).get_result(sqlite)
        }
        AnyConnection::Postgres(postgres) => {
            sign_ins::table.find(id).select(Row::as_select()).get_result(postgres)
        }
    };
    Ok(found.optional()?.and_then(Row::read))
}

/// Notes a use, never backwards: two requests may note in either order.
pub(in crate::accounts) fn seen(
    connection: &mut AnyConnection,
    id: &str,
    at: OffsetDateTime,
) -> QueryResult<()> {
    let at = to_micros(at);
    let earlier = sign_ins::table.find(id).filter(sign_ins::last_seen_at.lt(at));
    diesel::update(earlier).set(sign_ins::last_seen_at.eq(at)).execute(connection).map(drop)
}

/// Notes many uses in one transaction.
pub(in crate::accounts) fn seen_all(
    connection: &mut AnyConnection,
    uses: &[(String, OffsetDateTime)],
) -> Result<(), Error> {
    write(connection, |connection| {
        let mut notes = uses.iter().map(|(id, at)| seen(connection, id, *at));
        notes.try_for_each(|noted| noted.map_err(Error::from))
    })
}

/// Notes a new proof of the password.
pub(in crate::accounts) fn confirm(
    connection: &mut AnyConnection,
    id: &str,
    at: OffsetDateTime,
) -> QueryResult<()> {
    let row = sign_ins::table.find(id);
    diesel::update(row).set(sign_ins::auth_time.eq(to_micros(at))).execute(connection).map(drop)
}

/// Locks one sign-in until the transaction ends; answers how many there are of this id.
pub(super) fn lock_sign_in(connection: &mut AnyConnection, id: &str) -> QueryResult<usize> {
    let row = sign_ins::table.find(id);
    diesel::update(row).set(sign_ins::id.eq(id)).execute(connection)
}

/// Ends one sign-in; answers how many there were of this id.
///
/// # Errors
/// Whatever the database says.
pub fn end_sign_in(connection: &mut AnyConnection, id: &str) -> QueryResult<usize> {
    diesel::delete(sign_ins::table.find(id)).execute(connection)
}

/// Keeps the sign-in, if the account is still there and active: whoever switches an account
/// off ends its sign-ins, and one that is being opened meanwhile must not slip through.
pub(in crate::accounts) fn open(connection: &mut AnyConnection, row: &Row) -> Result<(), Error> {
    write(connection, |connection| insert(connection, row))
}

/// As [`open`], in a transaction that has begun.
pub(super) fn insert(connection: &mut AnyConnection, row: &Row) -> Result<(), Error> {
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

pub(in crate::accounts) fn rotate(
    connection: &mut AnyConnection,
    id: &str,
    from: i64,
    at: OffsetDateTime,
    grace: Duration,
) -> Result<Rotation, Error> {
    write(connection, |connection| {
        let newest = sign_ins::table
            .find(id)
            .filter(sign_ins::generation.eq(from))
            .filter(sign_ins::kind.eq(SignInKind::Token.as_str()))
            .filter(sign_ins::expires_at.gt(to_micros(at)));
        let claimed = diesel::update(newest)
            .set((
                sign_ins::generation.eq(from + 1),
                sign_ins::rotated_at.eq(to_micros(at)),
                sign_ins::last_seen_at.eq(to_micros(at)),
            ))
            .execute(connection)?;
        let row = find(connection, id)?.filter(|row| at < row.expires_at);
        let Some(row) = row else {
            return Ok(Rotation::Gone);
        };
        if claimed == 1 {
            return Ok(Rotation::Rotated(row));
        }
        let raced = row.rotated_at.is_some_and(|rotated| at - rotated <= grace);
        if row.generation == from + 1 && raced {
            return Ok(Rotation::Replayed(row));
        }
        if from >= row.generation || row.kind != SignInKind::Token {
            return Ok(Rotation::Gone);
        }
        end_sign_in(connection, id)?;
        Ok(Rotation::Theft)
    })
}

/// Ends all sign-ins of a user but one; answers how many. The user is locked, so that one that
/// is being opened meanwhile, or a key that is being made, is either ended too or refused: a
/// statement alone would not see a row that another transaction has not committed yet.
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

/// As [`end_all`], in a transaction that has begun and holds the lock of the user.
///
/// # Errors
/// Whatever the database says.
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

/// All sign-ins of a user, over or not, latest use first. Sorted here: a database in a language
/// does not sort ids as bytes.
///
/// # Errors
/// Whatever the database says.
pub fn sign_ins_of(connection: &mut AnyConnection, account: i64) -> QueryResult<Vec<SignIn>> {
    let rows: Vec<Row> = sign_ins::table
        .filter(sign_ins::account.eq(account))
        .select(Row::as_select())
        .load(connection)?;
    let mut all: Vec<_> = rows.into_iter().filter_map(Row::read).collect();
    all.sort_by(SignIn::latest_first);
    Ok(all)
}

/// Deletes at most `limit` sign-ins that no longer stand; answers how many. One that is used
/// in this moment is not deleted: the condition is looked at again with the row.
///
/// # Errors
/// Whatever the database says.
pub fn purge(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
    idle: Duration,
    limit: i64,
) -> QueryResult<usize> {
    // Two statements, because each has an index of its own.
    let over = sign_ins::expires_at.le(to_micros(now));
    let ids: Vec<String> = sign_ins::table
        .filter(over)
        .order(sign_ins::expires_at)
        .select(sign_ins::id)
        .limit(limit)
        .load(connection)?;
    let expired = sign_ins::table.filter(sign_ins::id.eq_any(ids)).filter(over);
    let expired = diesel::delete(expired).execute(connection)?;
    // The condition of the index in its very words: with parameters SQLite would not take it.
    let unused = || {
        sql::<Bool>("kind = 'browser' AND NOT remembered")
            .and(sign_ins::last_seen_at.le(to_micros(now - idle)))
    };
    let ids: Vec<String> = sign_ins::table
        .filter(unused())
        .order(sign_ins::last_seen_at)
        .select(sign_ins::id)
        .limit(limit - i64::try_from(expired).unwrap_or(limit))
        .load(connection)?;
    let idle = sign_ins::table.filter(sign_ins::id.eq_any(ids)).filter(unused());
    Ok(expired + diesel::delete(idle).execute(connection)?)
}
